"""Every colour by its role, in light and in dark: what stands on what can be told apart (WCAG 1.4.3, 1.4.11).

Drawings and signs have no axe: their colours are reckoned here, from the style sheets themselves.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

CSS = Path(settings.STATICFILES_DIRS[0]) / "css"
DARK = "@media screen and (prefers-color-scheme: dark)"
FORCED = "@media (forced-colors: active)"

# Role of what is seen → the grounds it stands on.
TEXT = {
    "ink": ("paper", "paper-soft", "key-tint", "caution-tint", "low", "enough"),
    "ink-soft": ("paper", "paper-soft", "key-tint", "caution-tint"),
    "key": ("paper", "paper-soft", "key-tint", "caution-tint"),
    "on-key": ("key", "key-pressed", "error"),
    "on-board": ("board",),
    "signal": ("board",),
    "on-short": ("short",),
    "draft": ("draft-tint", "paper"),
    "error": ("error-tint", "paper"),
    "review": ("review-tint", "paper"),
    "accepted": ("accepted-tint", "paper"),
    "caution": ("caution-tint", "paper"),
}
DRAWN = {
    "edge": ("paper", "paper-soft", "key-tint"),
    "way": ("paper",),
    "bar": ("paper",),
    "key": ("rule-soft",),
    "short-edge": ("paper",),
    "low-edge": ("paper",),
    "enough-edge": ("paper",),
    "mark-ink": ("error", "accepted", "caution", "key"),
    "focus-line": ("paper", "key-tint", "caution-tint"),
    "focus": ("focus-line",),
}
_ROLE = re.compile(r"--([a-z0-9-]+):\s*([^;]+);")
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|var\(--color-")


def block(css: str, begin: str) -> str:
    """What stands between the braces after `begin`."""
    start = css.index("{", css.index(begin)) + 1
    depth, end = 1, start
    while depth:
        depth += {"{": 1, "}": -1}.get(css[end], 0)
        end += 1
    return css[start : end - 1]


def roles(scheme: str) -> dict[str, str]:
    """Every custom property of the scheme, as the style sheets give it."""
    css = (CSS / "portal.css").read_text(encoding="utf-8")
    found = dict(_ROLE.findall((CSS / "tokens.css").read_text(encoding="utf-8")))
    found |= dict(_ROLE.findall(block(css, ":root {")))
    if scheme == "dark":
        found |= dict(_ROLE.findall(block(css, DARK)))
    return found


def contrast(one: str, other: str, given: dict[str, str]) -> float:
    """The contrast ratio of two roles, 1 to 21 (WCAG 2.2, relative luminance)."""
    dark, light = sorted((_luminance(one, given), _luminance(other, given)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(role: str, given: dict[str, str]) -> float:
    value = given[role]
    while found := re.fullmatch(r"var\(--([a-z0-9-]+)\)", value):
        value = given[found[1]]
    assert re.fullmatch("#[0-9a-f]{6}", value), f"{role} is {value}"
    parts = [int(value[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_stands_on_what_can_be_told_apart(scheme: str) -> None:
    given = roles(scheme)
    found = {
        f"{role} on {ground}": round(contrast(role, ground, given), 2)
        for pairs, least in ((TEXT, 4.5), (DRAWN, 3.0))
        for role, grounds in pairs.items()
        for ground in grounds
        if contrast(role, ground, given) < least
    }
    assert found == {}


def test_the_reckoning_is_right() -> None:
    given = {"a": "#000000", "b": "#ffffff", "c": "#767676", "d": "var(--b)"}
    assert contrast("a", "b", given) == pytest.approx(21)
    assert contrast("c", "d", given) == pytest.approx(4.54, abs=0.01)


def test_no_rule_names_a_colour_itself() -> None:
    """Else it would stay as it is where everything around it turns dark."""
    for name in ("portal.css", "admin.css"):
        css = re.sub(r"/\*.*?\*/", "", (CSS / name).read_text(encoding="utf-8"), flags=re.DOTALL)
        if name == "portal.css":
            for begin in (":root {", DARK, FORCED):
                css = css.replace(block(css, begin), "", 1)
        assert _COLOUR.findall(css) == [], name


def test_a_sign_takes_its_colours_from_the_page() -> None:
    sprite = (CSS.parent / "sprite.svg").read_text(encoding="utf-8")
    colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', sprite))
    assert colours == {"none", "currentColor", "var(--mark-ink, #fff)"}
