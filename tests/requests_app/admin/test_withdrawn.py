"""What officers see of a request that was withdrawn: out of the queue, in a filter of its own, nothing to be done."""

from __future__ import annotations

import pytest

from institutions.models import Role
from requests_app.exceptions import AlreadyWithdrawn
from requests_app.exports.queue import HEADING, rows_of
from requests_app.models import RequestEvent, SosRequest
from requests_app.models.request import NEWEST_FIRST
from requests_app.presenters.suspension_hits import under_review
from requests_app.rules.transitions import Status, Verb
from tests import factories
from tests.requests_app.admin.many import agree, results
from tests.requests_app.admin.officers import (
    QUEUE,
    action,
    again,
    browser,
    carried,
    ministry,
    page_of,
    prefecture,
    quantities,
    step,
    text,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _campaign() -> None:
    factories.campaign()


@pytest.fixture
def request_() -> SosRequest:
    return factories.request_in(Status.UNDER_REVIEW)


@pytest.mark.parametrize("role", [Role.PREFECTURE, Role.MINISTRY])
def test_it_leaves_the_queue_and_stands_in_a_filter_of_its_own(role: Role, request_: SosRequest) -> None:
    client, number = browser(factories.user(role)), request_.number
    shown = {"": True, "?status=withdrawn": False, "?status=all": True}
    assert {query: number in text(client.get(QUEUE + query)) for query in shown} == shown
    factories.withdraw(request_)
    shown = {"": False, "?status=withdrawn": True, "?status=all": True, "?status=DRAFT": False}
    shown |= {f"?q={number}": True, "?stage=unconfirmed": False, "?status=UNDER_REVIEW": False}
    assert {query: number in text(client.get(QUEUE + query)) for query in shown} == shown
    for query in ("?status=withdrawn", "?status=all"):
        assert '<span class="tag">取下げ</span>' in client.get(QUEUE + query).content.decode()
    counts = text(client.get(QUEUE))
    assert "取下げ 1" in counts
    assert "都道府県・国確認中 0" in counts


def test_another_prefectures_are_not_there(request_: SosRequest) -> None:
    factories.withdraw(request_)
    client = browser(prefecture(factories.OSAKA))
    assert request_.number not in text(client.get(f"{QUEUE}?status=withdrawn"))
    assert client.get(page_of(request_)).status_code == client.get(f"{QUEUE}999999/change/").status_code


def test_its_page_says_when_who_and_why_and_offers_nothing(request_: SosRequest) -> None:
    officer = prefecture()
    request_.ask(officer, "在庫は？")
    request_.claim(officer)
    factories.withdraw(factories.confirm(request_))
    for person in (officer, ministry()):
        page = browser(person).get(page_of(request_))
        body, said = page.content.decode(), text(page)
        for words in (
            "理由：納品があったため",
            request_.created_by.name,
            "要請の取下げのため（納品があったため）",
        ):
            assert words in said
        assert "医療機関が取り下げました。" in said
        assert "/do/" not in body, "no form is left"
        assert "担当しています" not in said


@pytest.mark.parametrize("verb", ["confirm", "note", "telephone", "ask", "memo", "claim", "accept"])
def test_a_form_that_was_open_is_refused_and_keeps_what_was_typed(verb: str, request_: SosRequest) -> None:
    person = ministry() if verb == "accept" else prefecture()
    forms = {
        "confirm": quantities(request_) | {"note": "書いたもの"},
        "note": {"note": "書いたもの"},
        "telephone": {"whom": "見本さん", "what": "書いたもの"},
        "ask": {"question_text": "書いたもの"},
        "memo": {"memo": "書いたもの"},
        "claim": {"holder": ""},
        "accept": quantities(request_) | {"reason": "書いたもの"},
    }
    sent = carried(request_) | forms[verb] | {"agreed": "1"}
    factories.withdraw(request_)
    answer = browser(person).post(step(request_, verb), sent)
    assert answer.status_code == 409
    assert AlreadyWithdrawn.message in text(answer)
    assert not RequestEvent.objects.filter(request_id=request_.pk, verb=verb).exists()


@pytest.mark.parametrize("verb", [Verb.CONFIRM, Verb.ACCEPT])
@pytest.mark.parametrize("when", ["before the question", "before the press"])
def test_bulk_work_reports_it_and_does_the_others(verb: Verb, when: str) -> None:
    rows = [factories.request_in(Status.UNDER_REVIEW) for _ in range(3)]
    if verb is Verb.ACCEPT:
        rows = [factories.confirm(each) for each in rows]
    client = browser(ministry() if verb is Verb.ACCEPT else prefecture())
    chosen = action(rows, f"{verb.value}_many")
    if when == "before the question":
        factories.withdraw(rows[1])
    asked = client.post(QUEUE, chosen)
    if when == "before the press":
        factories.withdraw(again(rows[1]))
    else:
        assert results(asked)[rows[1].number] == AlreadyWithdrawn.message
    done = agree(client, asked, verb.value)
    problems = {number: problem for number, problem in results(done).items() if problem}
    assert problems == ({rows[1].number: AlreadyWithdrawn.message} if when == "before the press" else {})
    done_to = RequestEvent.objects.filter(verb=verb, request_id__in=[each.pk for each in rows])
    assert {event.request_id for event in done_to} - {rows[1].pk} == {rows[0].pk, rows[2].pk}
    assert again(rows[1]).state is Status.UNDER_REVIEW


def test_files_say_when_and_why(request_: SosRequest) -> None:
    after = factories.withdraw(request_)
    (row,) = rows_of(SosRequest.objects.order_by(*NEWEST_FIRST))
    told = dict(zip(HEADING, row, strict=True))
    assert (told["取下げ日時"], told["取下げの理由"]) == (after.withdrawn_at, "納品があったため")
    assert told["対応ステータス"] == "都道府県・国確認中"


def test_questions_about_what_waits_leave_it_out(request_: SosRequest) -> None:
    assert under_review(request_.institution).in_all == 1
    factories.withdraw(request_)
    assert under_review(request_.institution).in_all == 0
