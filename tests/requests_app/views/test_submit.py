"""システムチェック&申請: the question, 完了 once, what is said afterwards."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from institutions.models import Institution, User
from requests_app.models import RequestEvent, SosRequest
from requests_app.rules.transitions import Status, Verb
from sosportal.lib.models import OutboxMessage
from sosportal.lib.once import LOST_TOKEN
from tests import factories
from tests.requests_app.views.pages import NOON, hidden, text

pytestmark = pytest.mark.django_db
# session, user, memberships; request, lines, items, events; suspension, answer … the check for show (8); calendar (2);
# the frame's moved cut-offs
QUERIES = 19
RECEIVED = "緊急配布要請を受け付けました。都道府県にて内容を確認し追って連絡をいたします。"


@pytest.fixture
def draft(person: User, place: Institution) -> SosRequest:
    factories.campaign(now=NOON)
    return factories.draft(person, place, now=NOON - timedelta(hours=1))


@pytest.fixture
def ready(draft: SosRequest, person: User, place: Institution) -> SosRequest:
    factories.answer(person, place, now=NOON - timedelta(hours=1))
    return draft


def address(request: SosRequest) -> str:
    return f"/requests/{request.number}/submit/"


def body(**changes: str | None) -> dict[str, str]:
    sent: dict[str, str | None] = {"token": str(uuid.uuid4()), "seen_version": "1"}
    return {name: value for name, value in (sent | changes).items() if value is not None}


class TestQuestion:
    def test_names_what_is_applied_for_and_when_it_is_handled(
        self, client: Client, ready: SosRequest
    ) -> None:
        answer = client.get(address(ready))
        assert answer.status_code == 200
        page = text(answer)
        assert "<h1>システムチェック&amp;申請</h1>" in page
        assert "この内容で申請します。よろしければ「完了」を押してください。" in page
        assert '<button class="button" type="submit">完了</button>' in page
        assert f'<a class="button button--second" href="/requests/{ready.number}/">キャンセル</a>' in page
        for words in (
            "⑤非滅菌手袋",
            "4,100枚",
            "11/25（水）17:00の締切",
            "対応開始日 11/24（火）",
            "見本 花子",
        ):
            assert words in page

    def test_with_nothing_to_say_it_only_tells_that_it_is_not_yet_applied_for(
        self, client: Client, ready: SosRequest
    ) -> None:
        page = text(client.get(address(ready)))
        assert "いま調べた結果" not in page
        assert page.index("まだ申請していません。") < page.index(">完了</button>")

    def test_errors_and_warnings_stand_above_the_button(
        self, client: Client, person: User, place: Institution, ready: SosRequest
    ) -> None:
        factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON)
        Institution.objects.filter(pk=place.pk).update(email="")
        ready.lines.update(quantity=4150)
        before = text(client.get(address(ready))).split(">完了</button>")[0]
        for message in (
            "担当者のメールアドレスがありません",
            "⑤非滅菌手袋の要請数量が、100枚きざみではありません",
            "同じ物資の要請が、ほかにも確認中です",
        ):
            assert message in before
        assert f'href="/requests/{ready.number}/edit/#id_quantity_' in before

    def test_what_stops_the_application_stands_first_and_its_button_steps_back(
        self, client: Client, place: Institution, ready: SosRequest
    ) -> None:
        able = text(client.get(address(ready)))
        assert '<button class="button" type="submit">完了</button>' in able
        assert "いまのままでは、申請できません。" not in able
        Institution.objects.filter(pk=place.pk).update(email="")
        page = text(client.get(address(ready)))
        assert "よろしければ「完了」を押してください。" not in page
        assert page.index("いまのままでは、申請できません。") < page.index(
            "担当者のメールアドレスがありません"
        )
        assert page.index("担当者のメールアドレスがありません") < page.index("4,100枚")
        assert '<button class="button button--second" type="submit">完了</button>' in page

    def test_late_on_wednesday_it_says_the_next_day(
        self, client: Client, person: User, ready: SosRequest
    ) -> None:
        with time_machine.travel(datetime(2026, 11, 25, 8, 0, tzinfo=UTC), tick=False):
            client.force_login(person)
            page = text(client.get(address(ready)))
        assert "12/2（水）17:00の締切" in page
        assert "対応開始日 11/26（木）" in page

    def test_asking_changes_nothing(self, client: Client, ready: SosRequest) -> None:
        client.get(address(ready))
        assert SosRequest.objects.get().state is Status.DRAFT
        assert RequestEvent.objects.count() == 1

    @pytest.mark.parametrize("status", [Status.UNDER_REVIEW, Status.ACCEPTED])
    def test_what_is_applied_for_is_not_asked_again(
        self, client: Client, person: User, place: Institution, status: Status
    ) -> None:
        factories.campaign(now=NOON)
        request = factories.request_in(status, person, place, now=NOON)
        for answer in (
            client.get(address(request), follow=True),
            client.post(address(request), body(), follow=True),
        ):
            assert answer.redirect_chain == [(f"/requests/{request.number}/", 302)]
            assert "この要請は、すでに申請されています。" in text(answer)
        assert SosRequest.objects.get().state is status

    def test_cost(self, client: Client, ready: SosRequest, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(QUERIES):
            client.get(address(ready))


class TestDone:
    def test_passed(self, client: Client, ready: SosRequest) -> None:
        answer = client.post(address(ready), body(), follow=True)
        assert answer.redirect_chain == [(f"/requests/{ready.number}/", 302)]
        assert RECEIVED in text(answer)
        now = SosRequest.objects.get()
        assert (now.state, now.submitted_at) == (Status.UNDER_REVIEW, NOON)
        assert RECEIVED not in text(client.get(f"/requests/{ready.number}/"))

    def test_failed(self, client: Client, draft: SosRequest) -> None:
        answer = client.post(address(draft), body(), follow=True)
        page = text(answer)
        assert "申請できませんでした。" in page
        assert RECEIVED not in page
        assert "週次調査の回答が、7日以内にありません" in page
        assert SosRequest.objects.get().state is Status.ERROR

    def test_a_double_click_applies_once(self, client: Client, ready: SosRequest) -> None:
        sent = body()
        answers = [client.post(address(ready), sent) for _ in range(3)]
        assert {(each.status_code, each.headers["Location"]) for each in answers} == {
            (302, f"/requests/{ready.number}/")
        }
        assert RequestEvent.objects.filter(verb=Verb.SUBMIT.value).count() == 1
        assert OutboxMessage.objects.count() == len(set(OutboxMessage.objects.values_list("to", flat=True)))

    def test_two_tabs_apply_once(self, client: Client, ready: SosRequest) -> None:
        first, second = client.post(address(ready), body()), client.post(address(ready), body())
        assert (first.status_code, second.status_code) == (302, 302)
        assert RequestEvent.objects.filter(verb=Verb.SUBMIT.value).count() == 1

    def test_a_failed_one_can_be_tried_again(
        self, client: Client, draft: SosRequest, person: User, place: Institution
    ) -> None:
        client.post(address(draft), body())
        factories.answer(person, place, now=NOON)
        page = text(client.get(address(draft)))
        sent = {"token": hidden(page, "token"), "seen_version": hidden(page, "seen_version")}
        client.post(address(draft), sent)
        assert SosRequest.objects.get().state is Status.UNDER_REVIEW

    @pytest.mark.parametrize("seen", ["0", "2", "", "x", "9" * 40])
    def test_another_version_than_the_one_seen_is_shown_first(
        self, client: Client, ready: SosRequest, person: User, seen: str
    ) -> None:
        answer = client.post(address(ready), body(seen_version=seen))
        assert answer.status_code == 409
        page = text(answer)
        assert "この要請の内容が変わりました" in page
        assert hidden(page, "seen_version") == "1"
        assert SosRequest.objects.get().state is Status.DRAFT
        again = {"token": hidden(page, "token"), "seen_version": "1"}
        assert client.post(address(ready), again).status_code == 302
        assert SosRequest.objects.get().state is Status.UNDER_REVIEW

    def test_saved_in_between_the_new_words_are_shown(
        self, client: Client, ready: SosRequest, person: User
    ) -> None:
        page = text(client.get(address(ready)))
        ready.revise(person, factories.content(2000), seen_version=1)
        sent = {"token": hidden(page, "token"), "seen_version": hidden(page, "seen_version")}
        answer = client.post(address(ready), sent)
        assert answer.status_code == 409
        assert "2,000枚" in text(answer)

    @pytest.mark.parametrize("token", [None, "", "nonsense"])
    def test_without_a_token_it_is_asked_again(
        self, client: Client, ready: SosRequest, token: str | None
    ) -> None:
        answer = client.post(address(ready), body(token=token))
        assert answer.status_code == 422
        assert LOST_TOKEN in text(answer)
        assert SosRequest.objects.get().state is Status.DRAFT

    def test_a_token_of_another_request_is_refused(
        self, client: Client, ready: SosRequest, person: User, place: Institution
    ) -> None:
        other = factories.draft(person, place, now=NOON)
        sent = body()
        client.post(address(ready), sent)
        assert client.post(address(other), sent).status_code == 409
        assert SosRequest.objects.get(pk=other.pk).state is Status.DRAFT

    def test_other_keys_change_nothing(self, client: Client, ready: SosRequest) -> None:
        extra = {
            "status": "ACCEPTED",
            "submitted_at": "2020-01-01",
            "handled_from": "2020-01-01",
            "version": "9",
        }
        client.post(address(ready), body(**extra))
        now = SosRequest.objects.get()
        assert (now.state, now.submitted_at, now.version) == (Status.UNDER_REVIEW, NOON, 1)

    def test_cross_site_posts_are_refused(self, person: User, ready: SosRequest) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(person)
        assert strict.post(address(ready), body()).status_code == 403
        assert SosRequest.objects.get().state is Status.DRAFT

    def test_a_member_no_more_is_refused_at_the_next_request(
        self, client: Client, ready: SosRequest, person: User
    ) -> None:
        person.memberships.all().delete()
        assert client.post(address(ready), body()).status_code == 404
        assert SosRequest.objects.get().state is Status.DRAFT
