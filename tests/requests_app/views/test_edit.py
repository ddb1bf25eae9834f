"""編集: what is saved, two tabs, too late; and what is not there for whoever asks."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from institutions.models import Institution, User
from requests_app.models import CampaignItem, RequestEvent, SosRequest
from requests_app.rules.transitions import Status, Verb
from surveys.models import Item
from tests import factories
from tests.requests_app.views.pages import NEW, NOON, body, hidden, summary, text

pytestmark = pytest.mark.django_db
# session, user, memberships; request, lines; items asked for, items; campaign, its items, its rules; suspension,
# answer, its figures, others under review, items; what was typed and not saved; the frame's moved cut-offs
QUERIES = 20


@pytest.fixture
def draft(person: User, place: Institution, campaign: Any) -> SosRequest:
    return factories.draft(person, place, now=NOON - timedelta(hours=1))


def address(request: SosRequest) -> str:
    return f"/requests/{request.number}/edit/"


class TestEdit:
    def test_shows_what_is_saved(self, client: Client, draft: SosRequest, gloves: Item) -> None:
        page = text(client.get(address(draft)))
        assert "緊急配布要請を編集" in page
        assert 'value="4,100"' in page
        assert "＝41箱" in page
        assert re.search(r'<input type="checkbox" name="confirmed"[^>]* checked', page)
        assert hidden(page, "seen_version") == "1"
        assert f'<a class="button button--second" href="/requests/{draft.number}/">キャンセル</a>' in page

    def test_saves_a_new_version(self, client: Client, draft: SosRequest, gloves: Item) -> None:
        answer = client.post(address(draft), body(gloves, "2,000", seen_version="1"))
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/requests/{draft.number}/")
        now = SosRequest.objects.get()
        assert (now.version, now.content().lines, now.state) == (2, {gloves.pk: 2000}, Status.DRAFT)

    def test_an_edit_that_changes_nothing_says_so(
        self, client: Client, draft: SosRequest, gloves: Item
    ) -> None:
        answer = client.post(address(draft), body(gloves, seen_version="1"), follow=True)
        assert "変わったところはありませんでした。" in text(answer)
        assert SosRequest.objects.get().version == 1

    def test_an_item_that_is_no_longer_taken_stays_until_it_is_unticked(
        self, client: Client, draft: SosRequest, gloves: Item
    ) -> None:
        CampaignItem.objects.update(stopped_at=NOON - timedelta(minutes=1))
        page = text(client.get(address(draft)))
        assert f'name="item_{gloves.pk}"' in page
        assert page.count("受付停止中") == 5
        assert client.post(address(draft), body(gloves, "3,000", seen_version="1")).status_code == 302
        assert SosRequest.objects.get().content().lines == {gloves.pk: 3000}
        gone = body(gloves, "", seen_version="2", **{f"item_{gloves.pk}": None})
        assert client.post(address(draft), gone).status_code == 302
        assert SosRequest.objects.get().content().lines == {}
        assert f'name="item_{gloves.pk}"' not in text(client.get(address(draft)))

    def test_what_was_typed_while_the_campaign_closed_is_not_swallowed(
        self, client: Client, campaign: Any, gloves: Item
    ) -> None:
        sent = body(gloves, "4,100", opinion="消えないで")
        campaign.closes_at = NOON
        campaign.save()
        answer = client.post(NEW, sent)
        assert answer.status_code == 422
        assert "⑤非滅菌手袋は、いま受け付けていません" in summary(answer)
        assert 'value="4,100"' in text(answer)
        assert "消えないで" in text(answer)

    def test_under_review_it_warns_and_checks_again(
        self, client: Client, person: User, place: Institution, campaign: Any, gloves: Item
    ) -> None:
        request = factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON - timedelta(hours=1))
        page = text(client.get(address(request)))
        assert "保存すると、もう一度システムチェックをします。" in page
        passed = client.post(address(request), body(gloves, "3,000", seen_version="1"), follow=True)
        assert "変更を保存しました。システムチェックは満たしています。" in text(passed)
        failed = client.post(address(request), body(gloves, "", seen_version="2"), follow=True)
        assert "「エラー有り」になりました" in text(failed)
        assert SosRequest.objects.get().state is Status.ERROR
        again = client.post(address(request), body(gloves, "3,000", seen_version="3"), follow=True)
        assert "まだ申請していません。" in text(again)
        assert SosRequest.objects.get().state is Status.ERROR

    def test_a_double_click_saves_once(self, client: Client, draft: SosRequest, gloves: Item) -> None:
        sent = body(gloves, "2,000", seen_version="1")
        answers = [client.post(address(draft), sent) for _ in range(3)]
        assert {(each.status_code, each.headers["Location"]) for each in answers} == {
            (302, f"/requests/{draft.number}/")
        }
        assert SosRequest.objects.get().version == 2
        assert RequestEvent.objects.filter(verb=Verb.REVISE.value).count() == 1

    def test_other_keys_change_nothing(self, client: Client, draft: SosRequest, gloves: Item) -> None:
        extra = {
            "status": "ACCEPTED",
            "version": "1",
            "revision": "9",
            "number": "9999-0001",
            "institution": "1",
        }
        client.post(address(draft), body(gloves, "2,000", seen_version="1", **extra))
        now = SosRequest.objects.get()
        assert (now.number, now.version, now.state, now.institution_id) == (
            draft.number,
            2,
            Status.DRAFT,
            draft.institution_id,
        )

    def test_cost(
        self,
        client: Client,
        draft: SosRequest,
        person: User,
        place: Institution,
        django_assert_num_queries: Any,
    ) -> None:
        factories.answer(person, place, now=NOON)
        with django_assert_num_queries(QUERIES):
            client.get(address(draft))


class TestTwoTabs:
    def test_the_second_is_shown_both_texts_and_loses_nothing(
        self, client: Client, draft: SosRequest, gloves: Item
    ) -> None:
        first = body(gloves, "2,000", seen_version="1", opinion="ひとつめの画面")
        second = body(gloves, "5,000", seen_version="1", opinion="ふたつめの画面")
        assert client.post(address(draft), first).status_code == 302
        answer = client.post(address(draft), second)
        assert answer.status_code == 409
        page = text(answer)
        table = page.split("違うところ</caption>")[1].split("</table>")[0]
        for part in ("2,000", "5,000", "ひとつめの画面", "ふたつめの画面"):
            assert part in table
        assert 'value="5,000"' in page
        assert "ふたつめの画面</textarea>" in page
        assert SosRequest.objects.get().opinion == "ひとつめの画面"
        # The next 保存 stands: the person has seen both.
        again = second | {"token": hidden(page, "token"), "seen_version": hidden(page, "seen_version")}
        assert client.post(address(draft), again).status_code == 302
        now = SosRequest.objects.get()
        assert (now.version, now.opinion) == (3, "ふたつめの画面")

    def test_only_what_differs_is_compared(self, client: Client, draft: SosRequest, gloves: Item) -> None:
        client.post(address(draft), body(gloves, "2,000", seen_version="1", opinion="同じ\r\n文"))
        answer = client.post(
            address(draft), body(gloves, "2000", seen_version="1", opinion="同じ\r\n文", confirmed="on")
        )
        assert answer.status_code == 409
        assert "違うところ</caption>" not in text(answer)

    def test_an_unticked_item_and_a_missing_tick_are_told(
        self, client: Client, draft: SosRequest, gloves: Item
    ) -> None:
        client.post(address(draft), body(gloves, "", seen_version="1"))
        answer = client.post(
            address(draft), body(gloves, "", seen_version="1", **{f"item_{gloves.pk}": None})
        )
        table = text(answer).split("違うところ</caption>")[1].split("</table>")[0]
        assert "（空欄）" in table
        assert "要請しない" in table

    @pytest.mark.parametrize("seen", ["0", "2", "-1", "", "x", "9" * 30, "１"])
    def test_a_version_that_nobody_saw_is_stale(
        self, client: Client, draft: SosRequest, gloves: Item, seen: str
    ) -> None:
        answer = client.post(address(draft), body(gloves, "2,000", seen_version=seen))
        assert answer.status_code == 409
        assert SosRequest.objects.get().version == 1

    def test_back_and_save_again_is_shown_both_texts(
        self, client: Client, draft: SosRequest, gloves: Item
    ) -> None:
        sent = body(gloves, "2,000", seen_version="1")
        client.post(address(draft), sent)
        answer = client.post(address(draft), sent | {f"quantity_{gloves.pk}": "5,000"})
        assert answer.status_code == 409
        assert "違うところ</caption>" in text(answer)
        assert hidden(text(answer), "seen_version") == "2"


class TestAccepted:
    @pytest.fixture
    def accepted(self, person: User, place: Institution, campaign: Any) -> SosRequest:
        return factories.request_in(Status.ACCEPTED, person, place, now=NOON - timedelta(hours=1))

    def test_opening_the_form_explains(self, client: Client, accepted: SosRequest) -> None:
        answer = client.get(address(accepted), follow=True)
        assert answer.redirect_chain == [(f"/requests/{accepted.number}/", 302)]
        assert "対応ステータスが「受付完了」のため、内容は変更できません。" in text(answer)

    def test_what_was_typed_meanwhile_is_shown_and_not_saved(
        self, client: Client, accepted: SosRequest, gloves: Item
    ) -> None:
        answer = client.post(address(accepted), body(gloves, "9,000", seen_version="1", opinion="消えないで"))
        assert answer.status_code == 409
        page = text(answer)
        assert "対応ステータスが「受付完了」のため、内容は変更できません。" in page
        assert "9,000" in page
        assert "消えないで" in page
        now = SosRequest.objects.get()
        assert (now.version, now.opinion) == (accepted.version, "")


@pytest.mark.parametrize("status", [Status.DRAFT, Status.ACCEPTED])
def test_a_refusal_does_not_say_that_something_was_saved(
    client: Client, person: User, place: Institution, campaign: Any, gloves: Item, status: Status
) -> None:
    client.post(NEW, body(gloves))  # its page, which would say so, is never opened
    request = factories.request_in(status, person, place, now=NOON)
    answer = client.post(address(request), body(gloves, "9,000", seen_version="0"))
    assert answer.status_code == 409
    assert "保存できませんでした" in text(answer)
    assert "下書きを保存しました。" not in text(answer)
    assert "下書きを保存しました。" not in text(client.get(address(request), follow=True))


@pytest.mark.parametrize("number", ["2611-9999", "x", "２６１１-０００１", "2611-0001 ", "'", "9" * 300])
@pytest.mark.parametrize("page", ["", "edit/", "submit/", "print/"])
def test_garbage_is_absent(client: Client, number: str, page: str) -> None:
    assert client.get(f"/requests/{number}/{page}").status_code == 404


@pytest.mark.parametrize("page", ["", "edit/", "submit/", "print/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_foreign_and_absent_can_not_be_told_apart(client: Client, page: str, method: str) -> None:
    elsewhere = factories.institution(prefecture="22")
    foreign = factories.draft(factories.member(elsewhere), elsewhere)
    answers = [
        getattr(client, method)(f"/requests/{number}/{page}", {"token": str(uuid.uuid4())})
        for number in (foreign.number, "2611-9999")
    ]
    bodies = {re.sub(r'csrfmiddlewaretoken" value="[^"]+"', "", text(answer)) for answer in answers}
    expected = 405 if method == "post" and page in {"", "print/"} else 404
    assert [answer.status_code for answer in answers] == [expected, expected]
    assert len(bodies) == 1
    assert foreign.number not in bodies.pop()


def test_nul_in_a_number_is_refused(client: Client) -> None:
    assert client.get("/requests/a%00b/").status_code == 400
