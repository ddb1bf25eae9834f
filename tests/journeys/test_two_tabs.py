"""Two tabs, a second click, the back button, an officer who looked before the last edit: nothing lost or twice."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Error, Page, Route, expect

from requests_app.models import RequestEvent, SosRequest
from requests_app.rules.transitions import Status, Verb
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.journeys.at_hospital import GLOVES, TERMS, Nurse
from tests.journeys.at_office import CONFIRM, Officer
from tests.journeys.scene import EVERY_WAY, Scene, at_work, ready
from tests.support.browser import status_of
from tests.support.portal import Portal

pytestmark = pytest.mark.browser


@pytest.fixture
def scene(live_portal: Portal) -> Scene:
    return ready()


@pytest.fixture
def nurse(live_portal: Portal, scene: Scene, browser: Browser) -> Iterator[Nurse]:
    """The nurse, logged in."""
    with at_work(browser, live_portal, scene.nurse) as page:
        yield Nurse(page, live_portal, scene)


def opens(person: Nurse, path: str, page: Page | None = None) -> Nurse:
    """`path` in the person's tab, or in a new one of the same browser."""
    there = Nurse(page or person.page, person.portal, person.scene)
    there.page.goto(f"{person.portal.url}{path}")
    return there


def fill(person: Nurse, quantity: str = "4,100") -> None:
    """The least that a new request needs."""
    person.tick(TERMS).check()
    person.tick(f"{GLOVES}を要請する").check()
    person.quantity.fill(quantity)


def presses_twice(person: Nurse | Officer, name: str) -> None:
    """Press the button, and again before the answer is there: the portal has handled the first post by then."""
    first: list[Route] = []
    answers: list[int] = []

    def answer_late(route: Route) -> None:
        if route.request.method == "POST" and not first:
            first.append(route)
            answers.append(route.fetch(max_redirects=0).status)
        else:
            route.continue_()

    person.page.route("**/*", answer_late)
    button = person.main.get_by_role("button", name=name, exact=True)
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box

    def click() -> None:
        # By the mouse itself: a locator would wait for the answer.
        person.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    click()
    while not answers:
        person.page.wait_for_timeout(20)
    assert answers == [302]
    assert status_of(person.page, click) == 200
    with contextlib.suppress(Error):  # the browser has given it up by now
        first[0].abort()
    person.page.unroute_all(behavior="ignoreErrors")


def under_review(scene: Scene) -> SosRequest:
    return factories.request_in(Status.UNDER_REVIEW, scene.nurse, scene.hospital)


def verbs(request: SosRequest) -> list[str]:
    """What happened to it, the first first."""
    return list(RequestEvent.objects.of(request.pk).values_list("verb", flat=True))[::-1]


# --- Two tabs --------------------------------------------------------------------------------------------------------


@EVERY_WAY
def test_the_second_tab_is_shown_both_texts_and_loses_nothing(
    live_portal: Portal, scene: Scene, browser: Browser, width: int, scripts: bool
) -> None:
    with at_work(browser, live_portal, scene.nurse, width=width, scripts=scripts) as page:
        both_are_shown(Nurse(page, live_portal, scene))


def both_are_shown(nurse: Nurse) -> None:
    request = factories.draft(nurse.scene.nurse, nurse.scene.hospital)
    address = f"/requests/{request.number}/edit/"
    first = opens(nurse, address)
    second = opens(nurse, address, nurse.page.context.new_page())
    first.quantity.fill("2,000")
    first.opinion.fill("午前に書いた意見")
    first.press("保存")
    first.told("下書きを保存しました。")

    second.quantity.fill("５０００")
    second.opinion.fill("午後に書いた意見\n2行目")
    assert second.press("保存") == 409
    second.refused("保存できませんでした")
    for text in ("2,000", "５０００", "午前に書いた意見", "午後に書いた意見"):
        expect(second.page.get_by_role("table", name="違うところ")).to_contain_text(text)
    expect(second.quantity).to_have_value("５０００")
    expect(second.opinion).to_have_value("午後に書いた意見\n2行目")
    assert saved(request) == (2000, "午前に書いた意見")

    second.press("保存")
    second.told("下書きを保存しました。")
    assert saved(request) == (5000, "午後に書いた意見\n2行目")
    assert verbs(request) == [Verb.SAVE.value, Verb.REVISE.value, Verb.REVISE.value]


def saved(request: SosRequest) -> tuple[int | None, str]:
    """(quantity of gloves, opinion) as they are saved now."""
    content = SosRequest.objects.get(pk=request.pk).content()
    return content.lines[factories.gloves().pk], content.opinion


def test_applying_in_one_tab_is_told_in_the_other(nurse: Nurse) -> None:
    factories.answer(nurse.scene.nurse, nurse.scene.hospital)
    request = factories.draft(nurse.scene.nurse, nurse.scene.hospital)
    first = opens(nurse, f"/requests/{request.number}/submit/")
    second = opens(nurse, f"/requests/{request.number}/submit/", nurse.page.context.new_page())
    first.press("完了")
    second.press("完了")
    second.says("この要請は、すでに申請されています。")
    second.is_under_review()
    assert verbs(request) == [Verb.SAVE.value, Verb.SUBMIT.value]


def test_an_edit_between_opening_and_applying_is_shown_before_it_goes_out(nurse: Nurse) -> None:
    factories.answer(nurse.scene.nurse, nurse.scene.hospital)
    request = factories.draft(nurse.scene.nurse, nurse.scene.hospital)
    opens(nurse, f"/requests/{request.number}/submit/")
    request.revise(nurse.scene.nurse, factories.content(2000), seen_version=request.version)
    assert nurse.press("完了") == 409
    nurse.refused("まだ申請していません", "いまの内容を確かめて、もう一度「完了」を押してください。")
    nurse.says("2,000枚")
    nurse.press("完了")
    nurse.is_under_review()


# --- Once more -------------------------------------------------------------------------------------------------------


def test_save_pressed_twice_makes_one_request(nurse: Nurse) -> None:
    opens(nurse, f"/requests/new/{nurse.scene.hospital.code}/")
    fill(nurse)
    presses_twice(nurse, "保存")
    nurse.told("下書きを保存しました。")
    request = SosRequest.objects.get()
    assert verbs(request) == [Verb.SAVE.value]


def test_done_pressed_twice_applies_once(nurse: Nurse) -> None:
    factories.answer(nurse.scene.nurse, nurse.scene.hospital)
    request = factories.draft(nurse.scene.nurse, nurse.scene.hospital)
    opens(nurse, f"/requests/{request.number}/submit/")
    presses_twice(nurse, "完了")
    nurse.is_under_review()
    assert verbs(request) == [Verb.SAVE.value, Verb.SUBMIT.value]
    assert OutboxMessage.objects.filter(to=nurse.scene.nurse.email).count() == 1


def test_an_officer_pressing_twice_accepts_once(live_portal: Portal, scene: Scene, browser: Browser) -> None:
    request = factories.confirm(under_review(scene))
    with at_work(browser, live_portal, scene.ministry) as desk:
        officer = Officer(desk, live_portal, scene)
        officer.opens(request)
        officer.press("受付完了にする")
        presses_twice(officer, "受付完了にする")
        officer.told("受付完了にしました。")
        officer.mailed("緊急配布要請が受付完了になりました", scene.hospital.email, scene.nurse.email)
    assert verbs(request).count(Verb.ACCEPT.value) == 1


def test_back_after_saving_leads_to_the_saved_request(nurse: Nurse) -> None:
    """Pages are kept in no cache, so the form is fetched anew; by its address the portal knows that it was saved."""
    opens(nurse, "/requests/")
    nurse.follow("新規")
    fill(nurse)
    nurse.press("保存")
    nurse.told("下書きを保存しました。")
    nurse.page.go_back()
    nurse.says("この要請は、すでに保存されています。")
    nurse.status_is("未申請", "申請前の状態です。")
    opens(nurse, "/requests/")
    nurse.follow("新規")
    expect(nurse.quantity).to_have_value("")
    assert SosRequest.objects.count() == 1


def test_a_kept_form_sent_once_more_is_no_second_request(nurse: Nurse, browser: Browser) -> None:
    """As with a browser that keeps the page all the same: the same token with the same words, then with other words."""
    opens(nurse, f"/requests/new/{nurse.scene.hospital.code}/")
    kept = Nurse(nurse.page.context.new_page(), nurse.portal, nurse.scene)
    token = nurse.page.locator("input[name=token]").input_value()
    fill(nurse)
    nurse.press("保存")
    address = nurse.page.url
    opens(kept, f"/requests/new/{nurse.scene.hospital.code}/")
    kept.page.locator("input[name=token]").evaluate("(input, token) => input.value = token", token)
    fill(kept)
    kept.press("保存")
    assert kept.page.url == address

    opens(kept, f"/requests/new/{nurse.scene.hospital.code}/")
    kept.page.locator("input[name=token]").evaluate("(input, token) => input.value = token", token)
    fill(kept, "5,000")
    assert kept.press("保存") == 409
    kept.refused("保存できませんでした", "この画面の内容は、すでに保存されています。")
    expect(kept.quantity).to_have_value("5,000")
    assert SosRequest.objects.count() == 1


# --- The officer looked before the last edit -----------------------------------------------------------------------


def test_an_edit_is_shown_to_the_officer_instead_of_confirmed(
    live_portal: Portal, scene: Scene, nurse: Nurse, browser: Browser
) -> None:
    request = under_review(scene)
    with at_work(browser, live_portal, scene.officer) as desk:
        officer = Officer(desk, live_portal, scene)
        officer.opens(request)
        edits(nurse, request, "2,000")
        officer.field("都道府県入力欄").fill("電話で確かめました。")
        assert officer.press(CONFIRM) == 409
        officer.is_shown_the_change("4,100", "2,000")
        expect(officer.field("都道府県入力欄")).to_have_value("電話で確かめました。")
    assert verbs(request)[-1] == Verb.REVISE.value


def test_an_edit_is_shown_to_the_ministry_instead_of_accepted(
    live_portal: Portal, scene: Scene, nurse: Nurse, browser: Browser
) -> None:
    """Even where it comes in between the page that asks and its last button, and the prefecture confirms again."""
    request = factories.confirm(under_review(scene))
    with at_work(browser, live_portal, scene.ministry) as desk:
        officer = Officer(desk, live_portal, scene)
        officer.opens(request)
        officer.press("受付完了にする")
        officer.heading("受付完了にします")
        edits(nurse, request, "2,000")
        factories.confirm(SosRequest.objects.get(pk=request.pk))
        assert officer.press("受付完了にする") == 409
        officer.is_shown_the_change("4,100", "2,000")
    assert SosRequest.objects.get(pk=request.pk).state is Status.UNDER_REVIEW


def test_bulk_work_leaves_out_what_was_edited_in_between(
    live_portal: Portal, scene: Scene, nurse: Nurse, browser: Browser
) -> None:
    edited, other = (factories.confirm(under_review(scene)) for _ in range(2))
    with at_work(browser, live_portal, scene.ministry) as desk:
        officer = Officer(desk, live_portal, scene)
        officer.opens_the_queue()
        officer.ticks(edited, other)
        edits(nurse, edited, "2,000")
        officer.runs("受付完了にする")
        officer.heading("2件のうち1件を、受付完了にします")
        officer.says("いま第2版です")
        officer.press("1件を受付完了にする")
        officer.heading("1件を、受付完了にしました")
    states = [SosRequest.objects.get(pk=each.pk).state for each in (edited, other)]
    assert states == [Status.UNDER_REVIEW, Status.ACCEPTED]


def edits(person: Nurse, request: SosRequest, quantity: str) -> None:
    """The institution edits the quantity of a request under review."""
    opens(person, f"/requests/{request.number}/edit/")
    person.quantity.fill(quantity)
    person.press("保存")
    person.told("変更を保存しました。システムチェックは満たしています。")


def test_an_edit_comes_too_late_when_the_request_is_accepted(nurse: Nurse) -> None:
    request = under_review(nurse.scene)
    opens(nurse, f"/requests/{request.number}/edit/")
    factories.accept(request)
    nurse.quantity.fill("2,000")
    nurse.opinion.fill("書いているあいだに受付が完了しました。")
    assert nurse.press("保存") == 409
    nurse.refused("保存できませんでした", "受付完了")
    nurse.says("書いているあいだに受付が完了しました。")
    nurse.says("2,000")
    assert SosRequest.objects.get(pk=request.pk).version == request.version
