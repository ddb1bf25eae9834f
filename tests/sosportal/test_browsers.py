"""What the stylesheets use is known to every browser of the manual, or docs/browsers.md says what happens without."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EVERYWHERE = ROOT / "tests" / "data" / "css_everywhere.txt"
DOCUMENT = ROOT / "docs" / "browsers.md"
SHEETS = [ROOT / "static" / "css" / name for name in ("tokens.css", "portal.css", "admin.css")]

ZOOMED_BELOW = 16  # px: iOS zooms in on what is typed into when its letters are smaller
ROOT_SIZE = 16
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
TEXT = re.compile(r"\"[^\"]*\"")
DECLARATION = re.compile(r"(?<=[{;])\s*([a-z-]+)\s*:\s*([^;{}]+)(?=[;}])")
RULE = re.compile(r"([^{};]+)\{([^{}]*)\}")
TYPED_INTO = re.compile(r"(?:\.input(?:--figure)?|\binput(?:\[[^\]]*\])?|\bselect|\btextarea)\s*$")


def stylesheet(path: Path) -> str:
    return TEXT.sub('""', COMMENT.sub("", path.read_text(encoding="utf-8")))


def used(css: str) -> set[str]:
    """Properties, at-rules, pseudo-classes and -elements, functions; as they are written."""
    properties = {name for name, _ in DECLARATION.findall(css) if not name.startswith("--")}
    outside = DECLARATION.sub("", css)
    at_rules = set(re.findall(r"@[a-z-]+", css))
    pseudos = set(re.findall(r"::?[a-z-]+", outside))
    functions = {f"{name}()" for name in re.findall(r"(?<![:\w-])([a-z][a-z-]*)\(", css)}
    nested = {"&"} & set(outside)
    return properties | at_rules | pseudos | functions | nested


def everywhere() -> set[str]:
    return set(EVERYWHERE.read_text(encoding="utf-8").split("\n")) - {""}


def documented() -> set[str]:
    """What the table of the document names."""
    return set(re.findall(r"^\| `([^`]+)`[^|]*\|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_every_browser_knows_it_or_the_document_says_what_happens(sheet: Path) -> None:
    assert used(stylesheet(sheet)) - everywhere() - documented() == set()


def test_the_document_names_what_is_used_and_nothing_twice() -> None:
    all_used = set().union(*(used(stylesheet(sheet)) for sheet in SHEETS))
    assert documented() - all_used == set()
    assert documented() & everywhere() == set()


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ("a { anchor-name: --x; }", "anchor-name"),
        ("@layer base { a { color: red; } }", "@layer"),
        ("a:user-invalid { color: red; }", ":user-invalid"),
        ("a { color: light-dark(red, blue); }", "light-dark()"),
        ("a { color: red; & b { color: blue; } }", "&"),
    ],
)
def test_what_is_newer_is_found(planted: str, found: str) -> None:
    assert used(planted) - everywhere() - documented() == {found}


# --- Phones -----------------------------------------------------------------------------------------------------------


def too_small(css: str, tokens: dict[str, str]) -> list[str]:
    """Rules by which something that is typed into gets letters that iOS zooms in on."""
    found = []
    for selectors, body in RULE.findall(css):
        size = dict(DECLARATION.findall(f"{{{body}}}")).get("font-size", "").strip()
        if not size or not any(TYPED_INTO.search(each) for each in selectors.split(",")):
            continue
        if pixels(size, tokens) < ZOOMED_BELOW:
            found.append(f"{selectors.strip()}: {size}")
    return found


def pixels(size: str, tokens: dict[str, str]) -> float:
    """A font size in px; of a token, what it stands for."""
    while token := re.fullmatch(r"var\((--[\w-]+)\)", size):
        size = tokens[token[1]].strip()
    number = re.fullmatch(r"([\d.]+)(rem|px)", size)
    assert number, size
    return float(number[1]) * (ROOT_SIZE if number[2] == "rem" else 1)


def test_nothing_typed_into_makes_a_phone_zoom() -> None:
    css = "".join(stylesheet(sheet) for sheet in SHEETS[:2])
    tokens = dict(reversed(re.findall(r"(--[\w-]+)\s*:\s*([^;{}]+);", css)))  # the first is the screen's
    assert pixels(tokens["--t-body"], tokens) >= ZOOMED_BELOW, "fields inherit it"
    assert too_small(css, tokens) == []
    assert too_small(".a, .input { font-size: 0.875rem; }", {}) != []
    assert too_small(".site-search input { font-size: var(--s); }", {"--s": "15px"}) != []
