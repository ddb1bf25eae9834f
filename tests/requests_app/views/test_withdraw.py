"""取下げ: the question with its reason, 取り下げる once, and how the request is shown afterwards."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from institutions.models import Institution, Role, User
from requests_app.exceptions import AlreadyWithdrawn
from requests_app.models import Question, RequestEvent, SosRequest
from requests_app.rules.transitions import Status, Verb
from requests_app.views.withdrawing import TOO_LATE
from sosportal.lib.models import OutboxMessage
from sosportal.lib.once import LOST_TOKEN
from tests import factories
from tests.requests_app.views.pages import NOON, hidden, summary, text, words

pytestmark = pytest.mark.django_db
BEFORE = NOON - timedelta(hours=1)
WHY = "業者から納品があったため"


@pytest.fixture
def request_(person: User, place: Institution) -> SosRequest:
    factories.campaign(now=NOON)
    return factories.request_in(Status.UNDER_REVIEW, person, place, now=BEFORE)


def address(request: SosRequest) -> str:
    return f"/requests/{request.number}/withdraw/"


def body(**changes: str | None) -> dict[str, str]:
    sent: dict[str, str | None] = {"token": str(uuid.uuid4()), "seen_version": "1", "reason": WHY}
    return {name: value for name, value in (sent | changes).items() if value is not None}


def stands(request: SosRequest) -> SosRequest:
    return SosRequest.objects.get(pk=request.pk)


def test_the_question_says_what_happens_and_asks_why(client: Client, request_: SosRequest) -> None:
    page = text(client.get(address(request_)))
    assert "<h1>要請の取下げ</h1>" in page
    for said in ("4,100枚", "担当者にメールで知らせます", "元に戻すことはできません", "取り下げる理由"):
        assert said in page
    assert hidden(page, "seen_version") == "1"
    assert f'href="/requests/{request_.number}/">キャンセル</a>' in page
    assert not stands(request_).is_withdrawn, "looking withdraws nothing"


def test_a_draft_was_seen_by_nobody(client: Client, person: User, place: Institution) -> None:
    factories.campaign(now=NOON)
    draft = factories.draft(person, place, now=BEFORE)
    page = text(client.get(address(draft)))
    assert "都道府県の確認を受けていません" in page
    assert "メールで知らせます" not in page
    answer = client.post(address(draft), body(), follow=True)
    assert "要請を取り下げました。" in text(answer)
    assert "お知らせしました" not in text(answer)
    assert not OutboxMessage.objects.exists()


def test_it_is_withdrawn_once_however_often_the_form_comes(client: Client, request_: SosRequest) -> None:
    sent = body()
    for _ in range(3):
        answer = client.post(address(request_), sent)
        assert (answer.status_code, answer["Location"]) == (302, f"/requests/{request_.number}/")
    assert "都道府県の担当者にお知らせしました。" in text(client.get(f"/requests/{request_.number}/"))
    after = stands(request_)
    assert (after.withdrawn_reason, after.state) == (WHY, Status.UNDER_REVIEW)
    assert RequestEvent.objects.filter(verb=Verb.WITHDRAW).count() == 1


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "取り下げる理由を入力してください。"),
        (" \u200b\n　", "取り下げる理由を入力してください。"),
        ("あ" * 501, "500文字以内で入力してください（いまは501文字です）。"),
        (None, "取り下げる理由を入力してください。"),
    ],
)
def test_what_can_not_be_taken_is_told_and_stays(
    reason: str | None, said: str, client: Client, request_: SosRequest
) -> None:
    answer = client.post(address(request_), body(reason=reason))
    assert answer.status_code == 422
    assert said in summary(answer)
    assert "まだ取り下げていません" in text(answer)
    if reason and reason.startswith("あ"):
        assert reason in text(answer)
    assert not stands(request_).is_withdrawn


def test_a_lost_token_is_asked_again_and_nothing_typed_is_lost(client: Client, request_: SosRequest) -> None:
    for token in (None, "", "x"):
        answer = client.post(address(request_), body(token=token))
        assert answer.status_code == 422
        assert words(LOST_TOKEN) in summary(answer)
        assert WHY in text(answer)
    assert client.post(address(request_), body(token=hidden(text(answer), "token"))).status_code == 302


@pytest.mark.parametrize("version", [None, "", "0", "１", "9" * 30, "1_0", "-1"])
def test_whoever_saw_no_version_is_shown_what_stands(
    version: str | None, client: Client, request_: SosRequest
) -> None:
    answer = client.post(address(request_), body(seen_version=version))
    assert answer.status_code == 409
    assert "画面を開いたあとに、この要請の内容が変わりました。" in summary(answer)
    assert WHY in text(answer)
    assert hidden(text(answer), "seen_version") == "1"
    assert not stands(request_).is_withdrawn


def test_a_colleague_saved_in_between(client: Client, person: User, request_: SosRequest) -> None:
    request_.revise(person, factories.content(3000), seen_version=1, now=NOON)
    answer = client.post(address(request_), body())
    assert answer.status_code == 409
    assert "3,000枚" in text(answer)
    assert WHY in text(answer)
    again = body(token=hidden(text(answer), "token"), seen_version=hidden(text(answer), "seen_version"))
    assert client.post(address(request_), again).status_code == 302
    assert stands(request_).is_withdrawn


def test_it_was_accepted_in_between(client: Client, request_: SosRequest) -> None:
    factories.accept(request_, now=NOON)
    answer = client.post(address(request_), body())
    assert answer.status_code == 409
    assert words(TOO_LATE) in summary(answer)
    assert WHY in text(answer), "what was typed can be copied"
    assert 'name="reason"' not in text(answer)
    asked = client.get(address(request_), follow=True)
    assert TOO_LATE in text(asked)


def test_a_colleague_withdrew_in_between(client: Client, request_: SosRequest) -> None:
    factories.withdraw(request_, now=NOON)
    answer = client.post(address(request_), body())
    assert answer.status_code == 409
    assert words(AlreadyWithdrawn.message) in summary(answer)
    for path in ("edit", "submit", "withdraw"):
        found = client.get(f"/requests/{request_.number}/{path}/", follow=True)
        assert AlreadyWithdrawn.message in text(found), path
    assert RequestEvent.objects.filter(verb=Verb.WITHDRAW).count() == 1


def test_other_posts_are_refused_and_nothing_typed_is_lost(
    client: Client, person: User, request_: SosRequest
) -> None:
    officer = factories.user(Role.PREFECTURE)
    request_.ask(officer, "在庫は？", now=NOON)
    factories.withdraw(request_, now=NOON)
    item = factories.gloves()
    sent = {
        "token": str(uuid.uuid4()),
        "seen_version": "1",
        "confirmed": "on",
        f"item_{item.pk}": "on",
        f"quantity_{item.pk}": "3,210",
    }
    edit = client.post(f"/requests/{request_.number}/edit/", sent)
    assert edit.status_code == 409
    assert AlreadyWithdrawn.message in text(edit)
    assert "3,210" in text(edit)
    answer = f"/requests/{request_.number}/questions/{Question.objects.get().pk}/answer/"
    key = f"question-{Question.objects.get().pk}-answer"
    told = client.post(answer, {"token": str(uuid.uuid4()), key: "9箱です"})
    assert told.status_code in {409, 422}
    assert AlreadyWithdrawn.message in text(told)
    submit = client.post(
        f"/requests/{request_.number}/submit/", {"token": str(uuid.uuid4()), "seen_version": "1"}, follow=True
    )
    assert AlreadyWithdrawn.message in text(submit)


def test_foreign_and_absent_are_the_same(client: Client, request_: SosRequest) -> None:
    elsewhere = factories.request_in(Status.UNDER_REVIEW, now=BEFORE)
    for path in (address(elsewhere), "/requests/2611-9999/withdraw/"):
        assert client.get(path).status_code == 404
        assert client.post(path, body()).status_code == 404
    assert not stands(elsewhere).is_withdrawn


@pytest.mark.parametrize("status", [Status.DRAFT, Status.ERROR, Status.UNDER_REVIEW])
def test_its_page_says_when_who_and_why_and_offers_nothing_but_a_new_one(
    status: Status, client: Client, person: User, place: Institution
) -> None:
    factories.campaign(now=NOON)
    request = factories.request_in(status, person, place, now=BEFORE)
    before = text(client.get(f"/requests/{request.number}/"))
    assert f'href="/requests/{request.number}/withdraw/"' in before
    request.withdraw(person, WHY, seen_version=1, now=NOON)
    page = text(client.get(f"/requests/{request.number}/"))
    assert '<span class="tag">取下げ</span>' in page
    assert status.label in page
    for said in ("この要請は、取り下げられています。", WHY, f"{person.name}さん", "11/24（火）12:00"):
        assert said in page
    for path in ("edit", "submit", "withdraw"):
        assert f"/requests/{request.number}/{path}/" not in page
    assert f"/requests/new/{place.code}/" in page
    assert "足りないもの" not in words(page).split("これまでの動き")[0]
    printed = text(client.get(f"/requests/{request.number}/print/"))
    assert "取下げ" in printed
    assert WHY in printed
    assert "確認中</td>" not in printed


def test_the_list_bears_the_tag_and_finds_it(client: Client, person: User, place: Institution) -> None:
    factories.campaign(now=NOON)
    gone = factories.withdraw(factories.draft(person, place, now=BEFORE), now=NOON)
    kept = factories.draft(person, place, now=BEFORE)
    page = text(client.get("/requests/?view=all"))
    rows = {
        number: page.split(f'<span class="num">{number}</span>')[1].split("</tr>")[0]
        for number in (gone.number, kept.number)
    }
    assert '<span class="tag">取下げ</span>' in rows[gone.number]
    assert "取下げ" not in rows[kept.number]
    for word in ("取下げ", "取り下げ"):
        found = text(client.get("/requests/", {"view": "all", "q": word}))
        assert gone.number in found
        assert kept.number not in found


def test_home_no_longer_waits_for_it(client: Client, request_: SosRequest) -> None:
    assert request_.number in text(client.get("/"))
    factories.withdraw(request_, now=NOON)
    assert request_.number not in text(client.get("/"))


def test_the_page_asks_for_no_more_than_the_other_question(
    client: Client, request_: SosRequest, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(10):
        assert client.get(address(request_)).status_code == 200
