"""`python -m bench.pages`: bytes, requests, queries and CPU of every page that a hospital and its officers meet.

Walks the pages of the demonstration by their links, as each of the accounts below; prints a table in Markdown. With
`--before COMMIT` the same is done in a checkout of that commit, and its figures stand in front of today's.

    --before COMMIT     compare with this commit
    --accounts NAME …   whose pages (hospital-tokyo pref-tokyo ministry)
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.cpu import machine

ROOT = Path(__file__).resolve().parent.parent
ACCOUNTS = ("hospital-tokyo", "pref-tokyo", "ministry")
INHERITED = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "DATABASE_AS_OWNER",
    "PORTAL_MODE",
    "DJANGO_SETTINGS_MODULE",
)
Pages = dict[str, dict[str, Any]]  # the heaviest page of each route

RUN = "import sys; sys.path.insert(0, {folder!r}); import pages_inside; pages_inside.write({out!r}, {accounts!r})"


def measured(checkout: Path, accounts: Sequence[str]) -> dict[str, Pages]:
    """The pages of each account by route, in that checkout, on demo data of its own. Takes minutes."""
    with tempfile.TemporaryDirectory(prefix="pages-") as place:
        folder, out = Path(place, "inside"), Path(place, "pages.json")
        folder.mkdir()
        (folder / "weighing.py").write_bytes((ROOT / "bench" / "weighing.py").read_bytes())
        (folder / "pages_inside.py").write_text(INSIDE, encoding="utf-8")
        code = RUN.format(folder=str(folder), out=str(out), accounts=list(accounts))
        inherited = {name: value for name, value in os.environ.items() if name not in INHERITED}
        subprocess.run(
            [sys.executable, "-m", "sosportal.demo", "manage", "shell", "-c", code],
            cwd=checkout,
            env={**inherited, "DEMO_DIRECTORY": str(Path(place, "demo")), "LOG_LEVEL": "ERROR"},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        found: dict[str, Pages] = json.loads(out.read_text(encoding="utf-8"))
        return found


INSIDE = """
import dataclasses, json, pathlib
import weighing
from django.core.management import call_command
from django.test import Client
from institutions.models import User


def write(out, accounts):
    call_command("collectstatic", interactive=False, verbosity=0)
    found = {}
    for name in accounts:
        client = Client()
        client.force_login(User.objects.get(username=name))
        pages = found[name] = {}
        for page in weighing.visits(client, "/", measure=True):
            if page.first > pages.get(page.route, {"first": 0})["first"]:
                pages[page.route] = dataclasses.asdict(page)
    pathlib.Path(out).write_text(json.dumps(found), encoding="utf-8")
"""


def of_commit(commit: str, accounts: Sequence[str]) -> dict[str, Pages]:
    """The same in a checkout of an older commit."""
    with tempfile.TemporaryDirectory(prefix="checkout-") as place:
        checkout = Path(place, "portal")
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(checkout), commit], check=True)
        try:
            return measured(checkout, accounts)
        finally:
            subprocess.run([*git, "remove", "--force", str(checkout)], check=True)


def table(now: Pages, before: Pages | None) -> Iterator[str]:
    """Lines of Markdown, a row for each route, in the order in which the pages were met."""
    heads = ["page", "first kB", "again kB", "requests", "queries", "CPU ms"]
    if before is not None:
        heads[1:1] = [f"before: {head}" for head in heads[1:]]
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for route, page in now.items():
        cells = figures(page)
        if before is not None:
            cells = [*(figures(before[route]) if route in before else ["—"] * len(cells)), *cells]
        yield f"| `/{route}` | {' | '.join(cells)} |"


def figures(page: dict[str, Any]) -> list[str]:
    """The cells of a page: a repeated visit loads the page alone, as static files are kept for ever."""
    sizes = (f"{page[name] / 1000:.1f}" for name in ("first", "html"))
    return [*sizes, str(page["requests"]), str(page["queries"]), f"{page['milliseconds']:.1f}"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.pages",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--before", metavar="COMMIT")
    parser.add_argument("--accounts", nargs="+", default=ACCOUNTS)
    options = parser.parse_args()
    before = of_commit(options.before, options.accounts) if options.before else None
    now = measured(ROOT, options.accounts)
    print(f"{machine()}; kB = 1,000 bytes as sent to a browser that takes gzip")
    for account, pages in now.items():
        print(f"\n## {account}, {len(pages)} pages\n")
        print("\n".join(table(pages, before[account] if before else None)), flush=True)


if __name__ == "__main__":
    main()
