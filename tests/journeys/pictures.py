"""Pictures of a running demonstration: `python -m tests.journeys.pictures URL OUT`.

Writes `OUT/<page>-<width>.png` for every page below, at 1280 and 360 px; home-360, request-detail-1280 and
officer-queue-1280 are the README's. Only looks: nothing is saved, sent or applied for.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, FloatRect, Page

from requests_app.demo_data.accounts import PASSWORD
from tests.support.browser import PC, PHONE, chromium, visitor

TALLEST = 6000  # px; what lies below is cut off

HOSPITAL, PREFECTURE, MINISTRY, OPERATOR = "hospital-tokyo", "pref-tokyo", "ministry", "operator"
REQUESTS = "/admin/requests_app/sosrequest/"

# Account ("" for nobody) → name of the picture → address.
PAGES: dict[str, dict[str, str]] = {
    "": {
        "login": "/accounts/login/",
        "password-reset": "/accounts/password/reset/",
        "manual": "/guide/",
        "environment": "/environment/",
        "accessibility": "/accessibility/",
        "not-found": "/nowhere/",
    },
    HOSPITAL: {
        "home": "/",
        "survey-menu": "/surveys-and-requests/",
        "other-menu": "/other/",
        "password-change": "/accounts/password/change/",
        "survey": "/survey/",
        "requests": "/requests/",
        "requests-all": "/requests/?view=all",
        "request-new": "/requests/new/",
    },
    PREFECTURE: {"officer-start": "/admin/", "officer-queue": REQUESTS},
    MINISTRY: {
        "ministry-queue": REQUESTS,
        "campaigns": "/admin/requests_app/campaign/",
        "cutoffs": "/admin/requests_app/cutoffchange/",
        "survey-answers": "/admin/surveys/surveyresponse/",
    },
    OPERATOR: {
        "institutions": "/admin/institutions/institution/",
        "people": "/admin/institutions/user/",
        "person-new": "/admin/institutions/user/add/",
    },
}

# What is reached by a link: account → (name, address of the list, text of the row).
ROWS: dict[str, list[tuple[str, str, str]]] = {
    HOSPITAL: [
        ("request-draft", "/requests/?view=all", "未申請"),
        ("request-error", "/requests/?view=all", "エラー有り"),
        ("request-detail", "/requests/?view=all", "都道府県・国確認中"),
        ("request-accepted", "/requests/?view=all", "受付完了"),
    ],
    PREFECTURE: [("officer-review", REQUESTS, "未確認")],
    MINISTRY: [("ministry-review", f"{REQUESTS}?stage=confirmed", "確認済み")],
}


def main() -> int:
    """Take them all; tells each file on standard output, and what could not be taken on standard error."""
    parser = argparse.ArgumentParser(prog="python -m tests.journeys.pictures", description=__doc__)
    parser.add_argument("url", help="address of a running demonstration")
    parser.add_argument("out", type=Path, help="folder for the pictures; made if it isn't there")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    missing = 0
    with chromium() as browser:
        for name, width, file in taken(browser, options.url.rstrip("/"), options.out):
            missing += file is None
            (sys.stderr if file is None else sys.stdout).write(f"{file or f'{name}-{width}: not there'}\n")
    return 1 if missing else 0


def taken(browser: Browser, url: str, out: Path) -> Iterator[tuple[str, int, Path | None]]:
    """(name, width, file) of each picture as it is taken; no file where the demonstration has no such page."""
    for account, pages in PAGES.items():
        for width in (PC, PHONE):
            with visitor(browser, width=width) as page:
                if account:
                    log_in(page, url, account)
                for name, path in pages.items():
                    page.goto(url + path)
                    yield name, width, picture(page, out / f"{name}-{width}.png")
                for name, path, text in ROWS.get(account, []):
                    found = open_row(page, url + path, text)
                    yield name, width, picture(page, out / f"{name}-{width}.png") if found else None


def log_in(page: Page, url: str, account: str) -> None:
    """By the log-in page, as people do."""
    page.goto(f"{url}/accounts/login/")
    page.get_by_label("ユーザー名").fill(account)
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="ログイン").click()
    page.wait_for_load_state()


def open_row(page: Page, address: str, text: str) -> bool:
    """Open the first row of a list that holds the text; False when there is none."""
    page.goto(address)
    row = page.get_by_role("row").filter(has_text=text).first
    if not row.count():
        return False
    row.get_by_role("rowheader").get_by_role("link").click()
    page.wait_for_load_state()
    return True


def picture(page: Page, file: Path) -> Path:
    """The whole page, down to TALLEST."""
    width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    clip: FloatRect = {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST)}
    page.screenshot(path=str(file), full_page=True, clip=clip)
    return file


if __name__ == "__main__":
    raise SystemExit(main())
