"""`python -m bench.slow URL`: pages of a running demonstration on a slow line and an old PC, in Chromium.

The line: 400 kbit/s with 400 ms from question to answer; the PC: six times slower than this machine. Each page is
opened by a browser that was never here, then once more. Printed are milliseconds until the first text stands there
(first contentful paint) and until everything is loaded, and what went over the line.
"""

from __future__ import annotations

import argparse
from typing import Any

from playwright.sync_api import Page

from requests_app.demo_data.accounts import PASSWORD
from tests.support.browser import PHONE, chromium, visitor

LINE = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
TIMES_SLOWER = 6
ACCOUNT = "hospital-tokyo"
PAGES = {
    "log-in": "/accounts/login/",
    "home": "/",
    "survey": "/survey/",
    "list": "/requests/?view=all",
    "new request": "/requests/new/",
}
_TOLD = """
() => {
  const page = performance.getEntriesByType("navigation")[0], all = [page, ...performance.getEntriesByType("resource")];
  return [performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0, page.loadEventEnd,
          all.reduce((sum, each) => sum + each.transferSize, 0) / 1000];
}
"""


def opened(page: Page, url: str) -> list[float]:
    """(first text, all loaded, kB) of a visit."""
    page.goto(url, wait_until="load")
    page.wait_for_timeout(500)  # the paint is noted a little later
    told: list[float] = page.evaluate(_TOLD)
    return told


def slowed(page: Page, *, caches: bool) -> Any:
    """The page's browser on the slow line, on the old PC."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": not caches})
    session.send("Network.emulateNetworkConditions", LINE)
    session.send("Emulation.setCPUThrottlingRate", {"rate": TIMES_SLOWER})
    return session


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.slow", description=__doc__)
    parser.add_argument("url", help="address of a running demonstration")
    url = parser.parse_args().url.rstrip("/")
    print("| page | first visit: text ms | loaded ms | kB | again: text ms | loaded ms | kB |")
    print("|---|---|---|---|---|---|---|")
    with chromium() as browser:
        for name, path in PAGES.items():
            with visitor(browser, width=PHONE) as page:
                if name != "log-in":
                    page.goto(f"{url}/accounts/login/")
                    page.get_by_label("ユーザー名").fill(ACCOUNT)
                    page.get_by_label("パスワード").fill(PASSWORD)
                    page.get_by_role("button", name="ログイン").click()
                    page.wait_for_load_state()
                cells = []
                for caches in (False, True):
                    session = slowed(page, caches=caches)
                    cells += [f"{each:,.0f}" for each in opened(page, url + path)]
                    session.detach()
                print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
