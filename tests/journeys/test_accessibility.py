"""WCAG 2.2 AA in the browser (axe-core, target sizes, no sideways scrolling, no breach of the content security policy).

Here: the officers' pages in every state, and that no page is forgotten. The institution's pages stand in
test_account_pages, test_request_pages and test_survey_pages, the operators' in test_people_and_institutions_admin.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

import pytest
from django.contrib import admin
from django.db import OperationalError
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse
from playwright.sync_api import Browser, Page

from institutions.models import Announcement, AnnouncementContent, Inquiry, Role, Suspension, User
from institutions.rules.inquiry import Desk, Subject
from requests_app.models import CalendarException, Campaign, Delivery, ExportLog, SosRequest
from requests_app.rules.transitions import Status
from sosportal.guide.hospital import HOSPITAL
from sosportal.guide.parts import Guide
from sosportal.guide.shelf import GUIDES
from sosportal.lib import clock
from sosportal.lib.asking import AskFirst
from sosportal.pages import handler500
from sosportal.urls import CLOSED_PAGES
from tests import factories
from tests.journeys.at_office import CONFIRM, Officer
from tests.journeys.scene import LONG_NAME, Scene, log_in_unseen, ready
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries import vendor
from tests.support.browser import FINGER, PC, PHONE, POINTER, Looker, visitor
from tests.support.portal import Portal

pytestmark = pytest.mark.browser


@dataclass
class Round:
    """A way through pages of which each is looked at; what is wrong is gathered by the name of the state."""

    officer: Officer
    looker: Looker
    faults: dict[str, Any] = field(default_factory=dict)

    @property
    def page(self) -> Page:
        return self.officer.page

    def look(self, state: str) -> None:
        if found := self.looker.faults():
            self.faults[state] = found

    def visit(self, path: str, state: str = "") -> None:
        self.page.goto(f"{self.officer.portal.url}{path}")
        self.look(state or path)

    def press(self, button: str, state: str) -> None:
        self.officer.press(button)
        self.look(state)


class Begin(Protocol):
    """Begin a round as this person, or as somebody who isn't logged in; `targets` as Looker takes them."""

    def __call__(self, person: User | None, targets: int = FINGER) -> Round: ...


@pytest.fixture
def scene(live_portal: Portal) -> Scene:
    return ready()


@pytest.fixture
def begin(live_portal: Portal, scene: Scene, browser: Browser) -> Iterator[Begin]:
    """A round by a person in a browser of their own; in the end nothing may be wrong anywhere."""
    begun: list[Round] = []
    with contextlib.ExitStack() as stack:

        def start(person: User | None, targets: int = FINGER) -> Round:
            page = stack.enter_context(visitor(browser))
            if person:
                log_in_unseen(page, live_portal, person)
            begun.append(Round(Officer(page, live_portal, scene), Looker(page, targets=targets)))
            return begun[-1]

        yield start
    found = [
        f"{state}: {fault}" for each in begun for state, faults in each.faults.items() for fault in faults
    ]
    assert not found, "\n".join(found)


# --- The queue and the review ---------------------------------------------------------------------------------------


def requests_of_every_kind(scene: Scene) -> dict[str, SosRequest]:
    """One in each status, one edited after its confirmation, one of an institution with a long name."""
    there = (scene.nurse, scene.hospital)
    found = {status.name: factories.request_in(status, *there) for status in Status}
    again = factories.confirm(factories.request_in(Status.UNDER_REVIEW, *there))
    content = factories.content(1500, "Sサイズの納品が\n2週続けて遅れています。")
    found["again"] = again.revise(scene.nurse, content, seen_version=again.version)
    long_name = factories.institution(name=LONG_NAME)
    found["long"] = factories.request_in(Status.UNDER_REVIEW, place=long_name, quantity=9_999_999)
    return found


def review_of(request: SosRequest) -> str:
    return reverse("admin:requests_app_sosrequest_change", args=[request.pk])


def test_the_queue_in_every_state(scene: Scene, begin: Begin) -> None:
    queue = reverse("admin:requests_app_sosrequest_changelist")
    walk = begin(scene.officer)
    walk.visit(queue, "empty")
    made = requests_of_every_kind(scene)
    walk.visit("/admin/", "start")
    walk.visit(queue, "queue")
    walk.visit(f"{queue}?status=all&stage=again", "filtered")
    walk.visit(f"{queue}?q=みつからない", "nothing found")
    walk.page.goto(f"{walk.officer.portal.url}{queue}")
    walk.press("実行", "nothing ticked")
    walk.officer.ticks(made["UNDER_REVIEW"], made["again"])
    walk.look("ticked")
    walk.officer.runs("都道府県の確認をまとめて記録する")
    walk.look("bulk asks")
    walk.press("2件に確認を記録する", "bulk done")


def test_the_review_by_the_prefecture_in_every_state(scene: Scene, begin: Begin) -> None:
    made = requests_of_every_kind(scene)
    walk = begin(scene.officer)
    for name, request in made.items():
        walk.visit(review_of(request), name)
    officer = walk.officer
    walk.page.goto(f"{officer.portal.url}{review_of(made['UNDER_REVIEW'])}")
    walk.page.locator("summary").filter(has_text="電話の記録を足す").click()
    walk.look("telephone open")
    walk.press("電話の記録を足す", "telephone refused")
    officer.field("相手").fill("用度係 見本さん")
    officer.field("内容").fill("在庫は9箱とのこと。\n納品は未定。")
    walk.press("電話の記録を足す", "telephone logged")
    officer.field("確認した数量　⑤非滅菌手袋").fill("たくさん")
    walk.press(CONFIRM, "quantity refused")
    officer.field("確認した数量　⑤非滅菌手袋").fill("3000")
    officer.field("都道府県入力欄").fill("3,000枚とします。")
    walk.press(CONFIRM, "confirmation asks")
    made["UNDER_REVIEW"].revise(scene.nurse, factories.content(2000, "減らします"), seen_version=1)
    walk.press(CONFIRM, "confirmation shows the change instead")
    walk.press(CONFIRM, "confirmation asks anew")
    walk.visit(f"{review_of(made['long'])[:-7]}history/", "history")


def test_the_review_by_the_ministry_in_every_state(scene: Scene, begin: Begin) -> None:
    made = requests_of_every_kind(scene)
    walk = begin(scene.ministry)
    walk.visit("/admin/", "start")
    walk.visit(reverse("admin:requests_app_sosrequest_changelist"), "queue")
    walk.officer.ticks(made["UNDER_REVIEW"], made["long"])
    made["long"] = factories.confirm(made["long"])
    walk.officer.runs("受付完了にする")
    walk.look("bulk: none can be done")
    walk.visit(review_of(made["again"]), "edited after the confirmation")
    walk.press("受付完了にする", "reason missing")
    walk.officer.field("理由").fill("期日が迫っているため、国で確認しました。")
    walk.press("受付完了にする", "acceptance asks")
    walk.press("受付完了にする", "accepted")


# --- Every other page of the admin ----------------------------------------------------------------------------------


def test_forms_that_refuse(scene: Scene, begin: Begin) -> None:
    """保存 with nothing filled in, on every page where something can be added; and what follows a good entry."""
    walk = begin(scene.ministry, POINTER)
    refuse_an_empty_form(walk, Campaign)
    refuse_an_empty_form(walk, CalendarException)
    refuse_an_empty_form(walk, Suspension)
    campaign = Campaign.objects.get()
    walk.visit(reverse("admin:requests_app_campaign_change", args=[campaign.pk]), "campaign")
    walk.page.get_by_role("textbox", name=re.compile("^名称")).fill("")
    walk.press("内容を確かめる", "campaign refused")
    walk.visit(reverse("admin:surveys_item_change", args=[factories.gloves().pk]), "item")
    walk.press("保存", "item saved")
    operator = begin(factories.user(Role.OPERATOR), POINTER)
    operator.visit(reverse("admin:institutions_user_changelist"), "people")
    operator.page.get_by_role("checkbox", name=re.compile("nurse")).check()
    operator.officer.runs("パスワードを設定するメールを送る")
    operator.look("password links ask")


def refuse_an_empty_form(walk: Round, model: type[Model]) -> None:
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    walk.visit(reverse(f"admin:{name}_add"), f"{name}: new")
    asks = issubclass(type(admin.site.get_model_admin(model)), AskFirst)
    walk.press("内容を確かめる" if asks else "保存", f"{name}: refused")


def test_no_page_of_the_admin_is_forgotten(scene: Scene, begin: Begin) -> None:
    """List, new, object and history of every model, each by the first role that has the page.

    A model that is added later is looked at without more, and fails here if nobody may see it.
    """
    requests_of_every_kind(scene)
    factories.answer(scene.nurse, scene.hospital)
    CalendarException.objects.create(day=clock.today(), note="臨時の閉庁")
    announced_and_asked(scene)
    rounds.decide(1_000, cutoff=scene.cutoff, now=clock.now())
    made = vendor.handed(by=scene.ministry, now=clock.now())
    Suspension.objects.create(
        institution=scene.hospital, reason="転売の疑いがあるため", suspended_from=clock.now()
    )
    ExportLog.objects.create(at=clock.now(), by=scene.ministry, what="hand_off", hand_off=made, kind="utf8")
    waiting = [path for model in admin.site._registry for path in pages_of(model)]
    waiting += ["/admin/requests_app/", "/admin/surveys/", "/admin/institutions/"]
    for role in (Role.OPERATOR, Role.MINISTRY, Role.PREFECTURE):
        person = factories.user(role)
        client = Client()
        client.force_login(person)
        walk = begin(person, POINTER)
        mine = [path for path in waiting if client.get(path).status_code == 200]
        for path in mine:
            walk.visit(path)
            title = walk.page.get_by_role("heading", level=1).inner_text()
            assert not title.replace(" ", "").isdigit(), f"{path} is called {title}"
        waiting = [path for path in waiting if path not in mine]
    left = [path for path in waiting if not path.endswith("/add/")]
    assert left == [], "pages that nobody has"


def announced_and_asked(scene: Scene) -> tuple[Announcement, Inquiry]:
    """An announcement of the prefecture, and an inquiry that lies with it."""
    said = AnnouncementContent("お知らせの題名", "本文 https://example.jp/", important=True)
    return Announcement.publish(scene.officer, said), Inquiry.ask(
        scene.nurse,
        scene.hospital,
        subject=Subject.REQUEST,
        desk=Desk.PREFECTURE,
        text="いつ届きますか。",
    )


def pages_of(model: type[Any]) -> Iterator[str]:
    """The addresses of the admin's pages of a model; the object is the newest one."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    yield reverse(f"{name}_changelist")
    yield reverse(f"{name}_add")
    if model in {Delivery, ExportLog}:  # a row of theirs leads elsewhere
        return
    newest = model.objects.order_by("-pk").first()
    assert newest is not None, f"the scene has no {name}"
    yield reverse(f"{name}_change", args=[newest.pk])
    if model not in {SosRequest, Announcement, Inquiry}:  # their history stands on their page
        yield reverse(f"{name}_history", args=[newest.pk])


# --- The portal's own pages -------------------------------------------------------------------------------------------

# Each by its name in the URL conf. What only answers posts or monitors, or is closed, is named with no page.
# The public page is looked at where it is switched on, in test_dashboards.
NO_PAGE = frozenset(
    {
        "health",
        "proxy_end",
        "proxy_end_all",
        "public_progress",
        "public_progress_file",
        "request_answer",
        "request_file",
        "request_follow",
        "request_pdf",
        "request_receive",
        "survey_sheet_template",
    }
)
FOR_OFFICERS = frozenset({"proxy_begin"})
WITH_CODE = ("institution_profile", "proxy_begin", "request_create", "survey_answer", "survey_history")
WITH_NUMBER = ("request_detail", "request_edit", "request_submit", "request_withdraw", "request_print")
FOR_VISITORS = frozenset(
    {
        "account_login",
        "account_inactive",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
    }
)


def test_no_page_of_the_portal_is_forgotten(scene: Scene, begin: Begin) -> None:
    """Every URL that has a name, in its plain state. A new one is looked at, or fails for want of its arguments."""
    request = factories.draft(scene.nurse, scene.hospital)
    announcement, inquiry = announced_and_asked(scene)
    given = {
        "announcement_detail": (announcement.pk,),
        "inquiry_detail": (inquiry.pk,),
        **dict.fromkeys(WITH_CODE, (scene.hospital.code,)),
        **dict.fromkeys(WITH_NUMBER, (request.number,)),
        "account_reset_password_from_key": ("1", "set-password"),
        "guide_sheet": (HOSPITAL.slug,),
        "guide_chapter": (HOSPITAL.slug, HOSPITAL.chapters[0].slug),
        "account_own_email_confirm": (
            scene.nurse.address_link("new@example.jp", clock.now() + timedelta(hours=1)),
        ),
    }
    nurse = begin(scene.nurse)
    officer, visitor_there = begin(scene.officer, POINTER), begin(None)
    for name in names_of_pages():
        walk = visitor_there if name in FOR_VISITORS else officer if name in FOR_OFFICERS else nurse
        walk.visit(reverse(name, args=given.get(name, ())), name)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.slug)
def test_every_chapter_of_the_guides(begin: Begin, guide: Guide) -> None:
    reader = next(role for role in Role if guide.is_for(role))
    walk = begin(factories.user(reader), POINTER)
    for chapter in guide.chapters:
        walk.visit(guide.address(chapter))


def names_of_pages() -> list[str]:
    """The names of the URLs outside the admin that may be pages."""
    closed = {pattern.name for pattern in CLOSED_PAGES}
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    return sorted(names - closed - NO_PAGE)


def test_who_enters_for_none_or_for_many(scene: Scene, begin: Begin) -> None:
    """Home and the choices: nothing to choose from, and more than a page shows."""
    many = [factories.institution(name=f"{LONG_NAME}{n}") for n in range(51)]
    for person, whose in ((factories.member(), "none"), (factories.member(*many), "many")):
        walk = begin(person)
        for path in (
            "/",
            "/survey/",
            "/requests/",
            "/requests/new/",
            "/institution/",
            "/institution/switch/",
        ):
            walk.visit(path, f"{path} for {whose}")


# --- What went wrong ------------------------------------------------------------------------------------------------


def test_pages_that_say_what_went_wrong(scene: Scene, begin: Begin) -> None:
    walk = begin(scene.nurse)
    walk.visit("/nowhere/", "404")
    walk.visit("/requests/?q=%00", "400")
    walk.visit("/admin/", "404 for who is no officer")
    walk.visit(f"/requests/new/{scene.hospital.code}/", "form")
    walk.page.context.clear_cookies(name="csrf")
    walk.press("保存", "403: page too old")
    walk.visit(f"/requests/new/{scene.hospital.code}/", "form again")
    too_long = "input => { input.value = 'x'.repeat(3_000_000); }"
    walk.page.locator("input[name=seen_version]").evaluate(too_long)
    walk.press("保存", "413")
    walk.visit("/accounts/login/", "log-in of who is logged in")
    officer = begin(scene.officer)
    officer.visit("/survey/", "403: not for officers")


def test_pages_of_a_portal_that_is_broken_or_asked_too_often(live_portal: Portal, begin: Begin) -> None:
    walk = begin(None)
    for error, title in (
        (ValueError(), "画面を表示できませんでした"),
        (OperationalError(), "ただいま混み合っています"),
    ):
        put_in_the_place_of(walk.page, f"{live_portal.url}/broken/", error)
        walk.visit("/broken/", title)
        walk.officer.heading(title)
    walk.page.goto(f"{live_portal.url}/accounts/password/reset/")
    for _ in range(100):
        walk.page.get_by_label("ユーザー名").fill("nobody")
        if walk.officer.press("パスワードリセット") == 429:
            break
        walk.page.go_back()
    else:
        raise AssertionError("nobody is ever asked too often")
    walk.look("429")


def put_in_the_place_of(page: Page, address: str, error: Exception) -> None:
    """Answer the address with the page that people get when a view raises `error`."""
    try:
        raise error
    except (ValueError, OperationalError):
        body = handler500(RequestFactory().get("/")).content.decode()
    page.unroute_all()
    page.route(address, lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8"))


# --- The controls ---------------------------------------------------------------------------------------------------

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
