"""The controls: a planted fault is found."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.support.browser import PC, PHONE, Looker, visitor
from tests.support.portal import Portal

pytestmark = pytest.mark.browser


TINY = '<a href="/"><svg width="8" height="8" role="img" aria-label="x"></svg></a>'
PLANTED = {
    "label": "<input>",
    "color-contrast": '<font color="#dddddd">薄い文字</font>',
    "target-size": TINY + TINY,
    "too small to press": "<button>x</button>",
    "scrolls sideways": '<canvas width="330" height="1"></canvas>',
    "Content Security Policy": '<p style="color: red">x</p>',
    "not one h1": "<h1>もうひとつ</h1>",
    "table without a name": "<table><tr><td>1</td></tr></table>",
    "two links of one name": '<p>次は<a href="/guide/">こちら</a>、<a href="/environment/">こちら</a>です。</p>',
    "part without a name": '<div role="group"></div>',
    "refusal not told by the title": '<div class="error-summary">直してください。</div>',
    "refusal answered as a success": '<div class="error-summary">直してください。</div>',
}
UNSEEN = {
    "color-contrast": "main h1 { color: #333333; }",
    "vanishes in forced colours": "@media (forced-colors: active) { main h1 { color: Canvas; } }",
}
ADD = "html => document.querySelector('main').insertAdjacentHTML('beforeend', html)"


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(live_portal: Portal, browser: Browser, fault: str) -> None:
    with visitor(browser, width=PHONE) as page:
        looker = Looker(page)
        page.goto(f"{live_portal.url}/accounts/login/")
        assert looker.faults() == []
        page.evaluate(ADD, PLANTED[fault])
        found = looker.faults()
        assert any(fault in str(each[1]) for each in found), found


@pytest.mark.parametrize("fault", UNSEEN)
def test_what_shows_in_light_alone_is_found(live_portal: Portal, browser: Browser, fault: str) -> None:
    """Colours that are right on white: dark ones on dark, and those that the reader's own would swallow."""
    with visitor(browser, width=PHONE) as page:
        looker = Looker(page)
        page.goto(f"{live_portal.url}/accounts/login/")
        page.evaluate(
            "rule => { const s = new CSSStyleSheet(); s.replaceSync(rule); document.adoptedStyleSheets = [s]; }",
            UNSEEN[fault],
        )
        found = looker.faults()
        assert {each[1] for each in found} == {fault}, found
        assert not {f"{PHONE} px", f"{PC} px"} & {each[0] for each in found}


def test_a_page_that_breaks_is_found(live_portal: Portal, browser: Browser) -> None:
    with visitor(browser) as page:
        looker = Looker(page)
        page.goto(f"{live_portal.url}/guide/")
        page.evaluate("() => fetch('/nowhere.css')")
        page.evaluate("() => { setTimeout(() => { throw new Error('planted'); }); }")
        page.wait_for_timeout(100)
        found = str(looker.faults())
        assert "404" in found
        assert "planted" in found
