"""The pages of the decision about who gets what, as the ministry uses them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from institutions.models import Role
from requests_app.forms.allocation import cutoff_of, cutoff_text, seen_of, seen_text
from requests_app.models import AllocationDecision, LineOutcome, RequestEvent
from requests_app.rules.transitions import Status, Verb
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.requests_app.admin.deciding import DECIDE, LIST, PROPOSE, asked, form, reasons
from tests.requests_app.admin.officers import browser, ministry, page_of, prefecture, text
from tests.requests_app.allocation.rounds import CUTOFF, DECIDED, NOW, accepted, decide, outcome, waiting

pytestmark = pytest.mark.django_db

BAD = ["", "0", "x", "-1", "1_000", "٣", "9" * 30, "\x00", "\ud800", "1.5", "＝1"]


@pytest.fixture(autouse=True)
def frozen() -> Any:
    factories.campaign(now=NOW)
    with time_machine.travel(DECIDED, tick=False):
        yield


@pytest.fixture
def desk() -> Client:
    return browser(ministry())


# --- The list -----------------------------------------------------------------------------------------------------


def test_the_list_sums_up_what_waits_and_what_was_decided(desk: Client) -> None:
    accepted([400, 1000], now=NOW - timedelta(weeks=1))
    decide(1_000)
    accepted([300, 450])
    factories.request_in(Status.UNDER_REVIEW, now=NOW)
    shown = text(desk.get(LIST))
    assert "11/25（水）17:00 締切の" in shown
    assert "⑤非滅菌手袋 2件 750枚 750枚 1件" in shown
    assert "比例配分 1,000枚 1,000枚 0件 2件 0件" in shown
    decide(5_000)
    assert "すべて決定済みです。" in text(desk.get(LIST))


@pytest.mark.parametrize("rows", [1, 8])
def test_the_cost_of_the_list_does_not_depend_on_the_rows(
    rows: int, desk: Client, django_assert_num_queries: Any
) -> None:
    for n in range(rows):
        accepted([400], now=NOW - timedelta(weeks=rows - n))
        decide(400, cutoff=CUTOFF - timedelta(weeks=rows - n))
    accepted([300] * rows)
    desk.get(LIST)
    with django_assert_num_queries(10):
        assert desk.get(LIST).status_code == 200


# --- Two proposals ------------------------------------------------------------------------------------------------


def test_two_proposals_side_by_side_and_nothing_is_written(desk: Client) -> None:
    first, second = accepted([400, 1000], stocks=[900, 100])
    answer = desk.get(PROPOSE, asked(available="１，０５０枚", rule_a="PRO_RATA", rule_b="NEED_FIRST"))
    shown = text(answer)
    assert answer.status_code == 200
    assert "案A 比例配分" in shown
    assert "案B 備蓄の少ない順" in shown
    assert "50枚は、1箱に満たないため配れません。" in shown
    assert "東京都 2件 受付 1,400 案A 1,000 案B 1,000 差 0" in shown
    assert f"{first.institution.name} {first.number} 400 0.9週分 — 300 0 −300" in shown
    assert f"{second.institution.name} {second.number} 1,000 0.1週分 — 700 1,000 +300" in shown
    assert not AllocationDecision.objects.exists()


def test_a_rule_that_can_not_divide_says_why(desk: Client) -> None:
    accepted([400, 1000])
    shown = text(desk.get(PROPOSE, asked(available="500", rule_a="ALL_IN_FULL", rule_b="LOTTERY")))
    assert "案Aは使えません。" in shown
    assert "あと900足りません" in shown
    assert "案Bで進める" in shown
    assert "案Aで進める" not in shown


@pytest.mark.parametrize("available", BAD[2:])
def test_a_quantity_that_can_not_be_read_is_refused(desk: Client, available: str) -> None:
    accepted([400])
    if available == "\ud800":
        available = "%ED%A0%80"
    answer = desk.get(PROPOSE, asked(available=available, rule_a="PRO_RATA", rule_b="LOTTERY"))
    assert answer.status_code in {400, 422}
    assert not AllocationDecision.objects.exists()


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("name", ["item", "cutoff", "rule_a", "rule_b"])
def test_bad_addresses_lead_back_or_are_refused(desk: Client, name: str, value: str) -> None:
    accepted([400])
    sent = asked(available="500", rule_a="PRO_RATA", rule_b="LOTTERY") | {name: value.replace("\ud800", "?")}
    assert desk.get(PROPOSE, sent).status_code in {302, 400, 422}
    posted = form() | reasons() | {name: value.replace("\ud800", "?"), "ask": "1"}
    assert desk.post(DECIDE, posted).status_code in {200, 302, 400, 409, 422}
    assert not AllocationDecision.objects.exists()


def test_cutoffs_in_addresses() -> None:
    assert cutoff_of(cutoff_text(CUTOFF)) == CUTOFF
    for bad in (*BAD, "20261325170000", "00000000000000", "２０２６１１２５１７００００"):
        assert cutoff_of(bad) is None


def test_what_was_seen_comes_back_as_it_was_shown() -> None:
    accepted([400, 500])
    shown = waiting()
    back = seen_of(seen_text(shown))
    assert (back.digest, dict(back.marks)) == (shown.digest, shown.marks)
    for bad in (*BAD, "0" * 64, "0" * 64 + "|1:zz,", seen_text(shown)[:-1]):
        assert seen_of(bad).digest == ""


@pytest.mark.parametrize("rows", [3, 40])
def test_the_cost_of_the_proposals_does_not_depend_on_the_rows(
    rows: int, desk: Client, django_assert_num_queries: Any
) -> None:
    accepted([400] * rows)
    sent = asked(available="500", rule_a="PRO_RATA", rule_b="NEED_FIRST")
    desk.get(PROPOSE, sent)
    with django_assert_num_queries(11):
        answer = desk.get(PROPOSE, sent)
    assert ("<details" in answer.content.decode()) is True
    unfolded = re.findall(r"<details class=\"fold\" id=\"p13\" open>", answer.content.decode())
    assert bool(unfolded) is (rows == 3), "many lines stay folded"


# --- The decision -------------------------------------------------------------------------------------------------


def test_asked_first_then_decided_once_however_often_it_is_posted(desk: Client) -> None:
    (request,) = accepted([400])
    sent = form(available=300) | reasons()
    asks = desk.post(DECIDE, sent | {"ask": "1"})
    assert asks.status_code == 200
    assert "1件に、配布の決定をします" in text(asks)
    assert "1の医療機関のメールアドレスと、申請した人に" in text(asks)
    assert not AllocationDecision.objects.exists()
    first = desk.post(DECIDE, sent | {"agreed": "1"})
    again = desk.post(DECIDE, sent | {"agreed": "1"})
    made = AllocationDecision.objects.get()
    assert first.status_code == again.status_code == 302
    assert first.url == again.url == f"{LIST}{made.pk}/change/"  # type: ignore[attr-defined]
    assert RequestEvent.objects.filter(verb=Verb.ALLOCATE.value).count() == 1
    assert outcome(request).quantity == 300
    told = OutboxMessage.objects.filter(subject__contains="配布を決定しました")
    assert told.count() == 2
    other = desk.post(DECIDE, sent | {"agreed": "1", "available": "400"})
    assert other.status_code == 409
    assert AllocationDecision.objects.count() == 1


def test_edited_reasons_and_note_are_kept(desk: Client) -> None:
    (request,) = accepted([400])
    said = {"reason_REDUCED": "今週は入荷が\n遅れています。", "note": "会議で確認"}
    desk.post(DECIDE, form(available=300) | reasons() | said | {"agreed": "1"})
    assert outcome(request).reason == "今週は入荷が\n遅れています。"
    made = AllocationDecision.objects.get()
    assert made.note == "会議で確認"
    report = text(desk.get(f"{LIST}{made.pk}/change/"))
    assert "会議で確認" in report
    assert "1枚まで一致しています" in report


def test_a_reason_that_is_missing_is_asked_for_beside_its_field(desk: Client) -> None:
    accepted([400])
    answer = desk.post(DECIDE, form(available=300) | reasons() | {"reason_REDUCED": " ", "ask": "1"})
    assert answer.status_code == 422
    assert "の理由を入力してください。" in text(answer)
    assert 'href="#id_reason_REDUCED"' in answer.content.decode()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"number_0": "2611-9999", "quantity_0": "100", "reason_0": "x"}, "対象にありません"),
        ({"number_0": "{number}", "quantity_0": "100"}, "理由を入力してください"),
        ({"number_0": "{number}", "reason_0": "x"}, "配布の数量を入力してください"),
        ({"quantity_0": "100", "reason_0": "x"}, "要請番号を入力してください"),
        ({"number_0": "{number}", "quantity_0": "５０", "reason_0": "x"}, "箱の単位"),
        ({"number_0": "{number}", "quantity_0": "300", "reason_0": "x"}, "より少なくしてください"),
        ({"number_0": "{number}", "quantity_0": "1_00", "reason_0": "x"}, "数として読めません"),
    ],
)
def test_a_line_set_by_hand_that_can_not_be(desk: Client, row: dict[str, str], said: str) -> None:
    (request,) = accepted([400])
    sent = {name: value.format(number=request.number) for name, value in row.items()}
    for button in ("ask", "agreed", "again"):
        answer = desk.post(DECIDE, form(available=300) | reasons() | sent | {button: "1"})
        assert answer.status_code == 422, button
        assert said in text(answer)
        for value in sent.values():
            assert f'value="{value}"' in answer.content.decode(), "what was typed stays"
    assert not AllocationDecision.objects.exists()


def test_a_number_is_understood_as_people_type_it(desk: Client) -> None:
    first, second = accepted([400, 400])
    typed = first.number.replace("-", "").translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    row = {"number_0": typed, "quantity_0": "１００枚", "reason_0": "電話で確かめました。"}
    desk.post(DECIDE, form(available=600) | reasons() | row | {"agreed": "1"})
    assert (outcome(first).quantity, outcome(second).quantity) == (100, 400)


def test_what_changed_meanwhile_is_shown_and_nothing_typed_is_lost(desk: Client) -> None:
    (request,) = accepted([400])
    sent = form(available=300) | reasons() | {"note": "会議で確認"}
    (late,) = accepted([700])
    for button in ("start", "ask", "agreed"):
        answer = desk.post(DECIDE, sent | {button: "1"})
        assert answer.status_code == 409, button
        assert "まだ何も決めていません" in text(answer)
        assert late.number in text(answer)
    assert "会議で確認" in answer.content.decode()
    decide(500, actor=ministry())
    answer = desk.post(DECIDE, sent | {"agreed": "1"})
    assert answer.status_code == 409
    assert f"{request.number} 国 " in text(answer)
    assert "が配布を決定しました" in text(answer)
    assert AllocationDecision.objects.count() == 1


@pytest.mark.parametrize("role", [Role.INSTITUTION, Role.PREFECTURE, Role.OPERATOR])
def test_only_the_ministry_gets_in(role: Role) -> None:
    accepted([400])
    sent = form(available=300) | reasons() | {"agreed": "1"}
    made = decide(400) if role is Role.PREFECTURE else None
    client = browser(factories.user(role))
    paths = [LIST, PROPOSE, DECIDE, *([f"{LIST}{made.pk}/change/"] if made else [])]
    assert {client.get(path).status_code for path in paths} == {404}
    assert client.post(DECIDE, sent).status_code == 404
    assert AllocationDecision.objects.count() == (1 if made else 0)


def test_extra_keys_decide_nothing_else(desk: Client) -> None:
    (request,) = accepted([400])
    sent = (
        form(available=300) | reasons() | {"agreed": "1", "seed": "x", "decided_by": "1", "quantity": "400"}
    )
    desk.post(DECIDE, sent | {"digest": "0", "rule_version": "9", "outcome": "FULL"})
    made = AllocationDecision.objects.get()
    assert (made.seed, made.rule_version) == ("", 1)
    assert outcome(request).quantity == 300


# --- What was decided, on the pages of the request -----------------------------------------------------------------


def test_officers_see_it_on_the_request(desk: Client) -> None:
    (request,) = accepted([400])
    assert "まだ決まっていません" in text(desk.get(page_of(request)))
    decide(300)
    for client in (desk, browser(prefecture())):
        shown = text(client.get(page_of(request)))
        assert "減量 300枚（3箱）" in shown
        assert outcome(request).reason in shown
    assert browser(prefecture(factories.OSAKA)).get(page_of(request)).status_code == 404


def test_outcomes_follow_the_scope_of_the_request() -> None:
    (request,) = accepted([400])
    decide(300)
    person = request.submitted_by
    assert person is not None
    for user, seen in (
        (person, 1),
        (prefecture(), 1),
        (ministry(), 1),
        (prefecture(factories.OSAKA), 0),
        (factories.member(factories.institution()), 0),
        (factories.user(Role.OPERATOR), 0),
    ):
        assert LineOutcome.objects.visible_to(user).count() == seen
        assert AllocationDecision.objects.visible_to(user).count() == int(user.role == Role.MINISTRY)


def test_a_decision_that_was_tampered_with_is_said_on_its_page(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted([400])
    made = decide(300)
    monkeypatch.setattr("requests_app.presenters.allocation_report.differences", lambda decision: ["x"])
    assert "計算し直すと、記録と一致しません。" in text(desk.get(f"{LIST}{made.pk}/change/"))


@pytest.mark.parametrize(("available", "words"), [(300, "減量"), (400, "配布"), (0, "見送り")])
def test_institutions_read_it_on_their_request_and_on_paper(available: int, words: str) -> None:
    (request,) = accepted([400])
    person = request.submitted_by
    assert person is not None
    nurse = browser(person)
    address = f"/requests/{request.number}/"
    assert "まだ決まっていません。決まりしだい" in text(nurse.get(address))
    decide(available)
    amount = factories.gloves().amount(available)
    for page in (address, f"{address}print/"):
        shown = text(nurse.get(page))
        assert f"{words} {amount} {outcome(request).reason}" in shown
        assert "受付完了" in shown
        assert "まだ決まっていません" not in shown
    shown = text(nurse.get(address))
    assert f"配布の決定（{words}）" in shown, "the chain of the line"
    assert f"配布の決定 {words} {available}枚" in shown, "これまでの動き"
    assert "国が決定" in shown
    assert AllocationDecision.objects.get().decided_by.name not in shown, "officers appear as their office"
    assert "受付完了" in text(nurse.get("/requests/"))


def test_a_line_accepted_with_nothing_waits_for_nothing() -> None:
    request = factories.confirm(factories.request_in(Status.UNDER_REVIEW, now=NOW), now=NOW)
    request.accept(
        ministry(),
        seen_revision=request.revision,
        quantities={factories.gloves().pk: 0},
        reason="対象の外",
        now=NOW,
    )
    person = request.submitted_by
    assert person is not None
    assert "国の受付が0のため、配布はありません。" in text(
        browser(person).get(f"/requests/{request.number}/")
    )
    assert "国の受付が0のため、配布はありません。" in text(browser(ministry()).get(page_of(request)))
