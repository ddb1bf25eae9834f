"""照会: the question on the request's page and at home, its answer, and what institutions never see."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from institutions.models import Institution, Role, User
from requests_app.models import Question, RequestEvent, SosRequest
from requests_app.rules.transitions import INTERNAL, Status, Verb
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.requests_app.views.pages import NOON, summary, text, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("campaign")]

ASKED = "在庫は箱数ですか。\n枚数ですか。"


@pytest.fixture
def officer() -> User:
    return factories.user(Role.PREFECTURE, name="都庁 一郎")


@pytest.fixture
def request_(person: User, place: Institution) -> SosRequest:
    return factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON)


def ask(request: SosRequest, officer: User, words: str = ASKED) -> Question:
    request.ask(officer, words, now=NOON)
    return Question.objects.latest("pk")


def address(question: Question, step: str = "answer") -> str:
    return f"/requests/{question.request.number}/questions/{question.pk}/{step}/"


def form(question: Question, answer: str = "枚数です。", **changes: str) -> dict[str, str]:
    return {"token": str(uuid.uuid4()), f"question-{question.pk}-answer": answer} | changes


def page(client: Client, request: SosRequest, more: str = "") -> str:
    answer = client.get(f"/requests/{request.number}/{more}")
    assert answer.status_code == 200
    return text(answer)


class TestAsked:
    def test_stands_at_the_top_of_the_page_with_its_field(
        self, client: Client, request_: SosRequest, officer: User
    ) -> None:
        assert "担当者からの照会" not in page(client, request_)
        question = ask(request_, officer)
        body = page(client, request_)
        assert body.index("担当者からの照会に回答してください") < body.index("要請の内容は、確認中です。")
        assert ASKED in body
        assert "東京都から" in body
        assert "都庁" not in body
        assert f'name="question-{question.pk}-answer"' in body
        assert "いま、していただくことはありません" not in body

    def test_several_have_a_field_each_and_one_filled_button(
        self, client: Client, request_: SosRequest, officer: User
    ) -> None:
        first = ask(request_, officer, "一つ目")
        ask(request_, factories.user(Role.MINISTRY), "二つ目")
        body = page(client, request_)
        assert body.index("一つ目") < body.index("二つ目")
        assert "国から" in body
        assert body.count('class="button" type="submit"') == 1
        request_.answer(request_.created_by, first.pk, "はい", now=NOON)
        assert 'id="question-' in page(client, request_)

    def test_is_needed_now_at_home(self, client: Client, request_: SosRequest, officer: User) -> None:
        question = ask(request_, officer)
        body = text(client.get("/"))
        assert "いま必要なこと" in body
        assert "担当者からの照会に回答してください" in body
        assert f'href="/requests/{request_.number}/#question-{question.pk}"' in body
        assert "在庫は箱数ですか。 枚数ですか。" in body
        assert "お待ちいただいているもの" not in body  # told once, as what is needed now
        client.post(address(question), form(question))
        body = text(client.get("/"))
        assert "担当者からの照会に回答してください" not in body
        assert "お待ちいただいているもの" in body

    def test_after_a_failed_edit_and_after_the_acceptance_it_can_still_be_answered(
        self, client: Client, request_: SosRequest, officer: User
    ) -> None:
        from requests_app.models import Content

        question = ask(request_, officer)
        failed = request_.revise(request_.created_by, Content(True, {}), seen_version=1, now=NOON)
        assert failed.state is Status.ERROR
        assert ASKED in page(client, request_)
        assert client.post(address(question), form(question)).status_code == 302

    def test_of_others_is_not_there(self, client: Client, request_: SosRequest, officer: User) -> None:
        question = ask(request_, officer)
        stranger = Client()
        stranger.force_login(factories.member(factories.institution()))
        other = factories.request_in(Status.UNDER_REVIEW, now=NOON)
        assert stranger.post(address(question), form(question)).status_code == 404
        # A question of another request below one's own address.
        wrong = f"/requests/{other.number}/questions/{question.pk}/answer/"
        assert client.post(wrong, form(question)).status_code == 404
        foreign = ask(other, officer)
        mixed = f"/requests/{request_.number}/questions/{foreign.pk}/answer/"
        assert client.post(mixed, form(foreign)).status_code == 404
        assert not Question.objects.exclude(answer="").exists()


class TestAnswering:
    def test_is_kept_shown_and_mailed(self, client: Client, request_: SosRequest, officer: User) -> None:
        question = ask(request_, officer)
        sent = form(question, "枚数です。\r\n箱なら41箱です。")
        for _ in range(2):  # a second click
            answer = client.post(address(question), sent)
            assert (answer.status_code, answer["Location"]) == (302, f"/requests/{request_.number}/")
        question.refresh_from_db()
        assert question.answer == "枚数です。\n箱なら41箱です。"
        assert question.answered_by == request_.created_by
        assert RequestEvent.objects.filter(verb=Verb.ANSWER.value).count() == 1
        mail = OutboxMessage.objects.get(subject__startswith="照会に回答がありました")
        assert mail.to == officer.email
        body = words(page(client, request_))
        assert "照会に回答しました。担当者にお知らせしました。" in body
        assert "照会に回答見本花子さん枚数です。箱なら41箱です。" in body
        assert "照会東京都在庫は箱数ですか。枚数ですか。" in body

    @pytest.mark.parametrize(
        ("typed", "says"),
        [
            ("", "回答を入力してください。"),
            ("　\n", "回答を入力してください。"),
            ("あ" * 2001, "2000文字以内で入力してください"),
        ],
    )
    def test_what_can_not_be_taken_stays_as_typed(
        self, client: Client, request_: SosRequest, officer: User, typed: str, says: str
    ) -> None:
        question, other = ask(request_, officer), ask(request_, officer, "もう一つ")
        answer = client.post(address(question), form(question, typed))
        assert answer.status_code == 422
        assert says in summary(answer)
        assert f'href="#id_question-{question.pk}-answer"' in text(answer)
        assert f'id="id_question-{other.pk}-answer"' in text(answer)
        assert typed.strip("　\n") in text(answer)
        assert not Question.objects.exclude(answer="").exists()

    def test_a_second_tab_is_shown_the_answer_and_keeps_what_was_typed(
        self, client: Client, request_: SosRequest, officer: User
    ) -> None:
        question = ask(request_, officer)
        client.post(address(question), form(question, "枚数です。"))
        answer = client.post(address(question), form(question, "箱数です。"))
        assert answer.status_code == 409
        alert = text(answer).split('class="error-summary"')[1].split("<p>ほかに")[0]
        assert "すでに回答がありました" in alert
        assert "枚数です。" in alert
        assert "箱数です。" in alert
        assert Question.objects.get().answer == "枚数です。"

    def test_what_was_withdrawn_meanwhile(self, client: Client, request_: SosRequest, officer: User) -> None:
        question = ask(request_, officer)
        request_.unask(officer, question.pk, "電話で伺いました", now=NOON)
        answer = client.post(address(question), form(question, "箱数です。"))
        assert answer.status_code == 409
        assert "この照会は、取り消されました。" in text(answer)
        assert "電話で伺いました" in text(answer)
        assert "箱数です。" in text(answer)

    @pytest.mark.parametrize("token", ["", "x"])
    def test_without_a_token_nothing_is_sent(
        self, client: Client, request_: SosRequest, officer: User, token: str
    ) -> None:
        question = ask(request_, officer)
        answer = client.post(address(question), form(question, token=token))
        assert answer.status_code == 422
        assert "枚数です。" in text(answer)
        assert Question.objects.open().count() == 1

    def test_its_address_leads_to_the_question(
        self, client: Client, request_: SosRequest, officer: User
    ) -> None:
        question = ask(request_, officer)
        answer = client.get(address(question))
        assert answer["Location"] == f"/requests/{request_.number}/#question-{question.pk}"
        assert client.get(f"/requests/{request_.number}/questions/{'9' * 30}/answer/").status_code == 404


class TestBetweenOfficers:
    """What passes between officers is on no page and in no mail of an institution."""

    SECRET = "この病院は要注意と思う"
    HOLDER = "秘密 係長"

    @pytest.mark.parametrize("status", [Status.UNDER_REVIEW, Status.ACCEPTED])
    def test_is_never_shown_to_institutions(
        self, client: Client, person: User, place: Institution, status: Status
    ) -> None:
        request = factories.request_in(status, person, place, now=NOON - timedelta(hours=2))
        holder, other = (factories.user(Role.PREFECTURE, name=name) for name in (self.HOLDER, "見本 二郎"))
        request.memo(holder, self.SECRET, now=NOON)
        request.claim(holder, now=NOON)
        request.claim(other, seen_holder=holder.pk, now=NOON)
        request.release(other, now=NOON)
        question = ask(request, other)
        said = {event.verb for event in request.events()}
        assert {verb.value for verb in INTERNAL} <= said, "the control: they did happen"

        opened = [
            *(f"/requests/{request.number}/", f"/requests/{request.number}/print/"),
            *("/", "/requests/", f"/requests/{request.number}/edit/", f"/requests/{request.number}/submit/"),
        ]
        pages = [text(client.get(each, follow=True)) for each in opened]
        pages.append(text(client.post(address(question), form(question, ""))))
        pages.append(text(client.post(address(question), form(question), follow=True)))
        pages.append(text(client.post(address(question), form(question))))
        mails = [f"{mail.subject}\n{mail.body}" for mail in OutboxMessage.objects.all()]
        assert all(request.number in each for each in mails)
        for each in pages + mails:
            for secret in (self.SECRET, self.HOLDER, "申し送り", "担当の終了", "引き継"):
                assert secret not in each

    def test_control_the_officers_page_does_show_it(self, request_: SosRequest) -> None:
        officer = factories.user(Role.PREFECTURE)
        request_.memo(officer, self.SECRET, now=NOON)
        client: Any = Client()
        client.force_login(officer)
        shown = text(client.get(f"/admin/requests_app/sosrequest/{request_.pk}/change/"))
        assert re.search(self.SECRET, shown)
