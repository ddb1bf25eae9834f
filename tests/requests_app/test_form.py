"""The form: 新規 and 編集, 保存 once and only once, nothing typed ever lost."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from institutions.models import Institution, User
from requests_app.models import CampaignItem, Content, RequestEvent, SosRequest
from requests_app.rules.transitions import Status, Verb
from surveys.models import Figures, Item
from tests import factories
from tests.requests_app.pages import hidden, text, words

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # Tuesday 12:00 in Tokyo
# session, user, memberships, institution; items asked for, items; campaign, its items, its rules; suspension, answer,
# its figures, others under review, items; the frame's moved cut-offs
QUERIES_NEW = 15
# the request and its lines in place of the institution
QUERIES_EDIT = 16


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def place() -> Institution:
    return factories.institution(code="2210101230", name="架空中央病院")


@pytest.fixture
def person(place: Institution) -> User:
    return factories.member(place, name="見本 花子")


@pytest.fixture
def client(person: User, client: Client) -> Client:
    client.force_login(person)
    return client


@pytest.fixture
def gloves() -> Item:
    return factories.gloves()


@pytest.fixture
def campaign() -> Any:
    return factories.campaign(now=NOON)


NEW = "/requests/new/2210101230/"


def body(item: Item, quantity: str = "4,100", **changes: str | None) -> dict[str, str]:
    """A form as a browser sends it; a value of None leaves the key out."""
    sent: dict[str, str | None] = {
        "token": str(uuid.uuid4()),
        "seen_version": "0",
        "confirmed": "on",
        f"item_{item.pk}": "on",
        f"quantity_{item.pk}": quantity,
        "opinion": "",
    }
    return {name: value for name, value in (sent | changes).items() if value is not None}


def summary(answer: Any) -> str:
    """The error summary of a page, without its tags."""
    block = text(answer).split('class="error-summary"')[1].split("</ul>")[0]
    return words(block.split(">", 1)[1])


class TestNew:
    def test_to_the_only_institution(self, client: Client) -> None:
        answer = client.get("/requests/new/")
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(f"{NEW}?form=")

    def test_each_form_has_a_token_of_its_own_by_its_address(self, client: Client, campaign: Any) -> None:
        first, second = (client.get("/requests/new/").headers["Location"] for _ in range(2))
        assert first != second
        assert hidden(text(client.get(first)), "token") == first.partition("=")[2]
        assert hidden(text(client.get(f"{NEW}?form=x")), "token") not in {"", "x"}

    def test_who_comes_back_after_the_save_is_led_to_the_request(
        self, client: Client, gloves: Item, campaign: Any
    ) -> None:
        address = client.get("/requests/new/").headers["Location"]
        client.post(NEW, body(gloves, token=address.partition("=")[2]))
        saved = SosRequest.objects.get()
        back = client.get(address, follow=True)
        assert back.redirect_chain == [(f"/requests/{saved.number}/", 302)]
        assert "この要請は、すでに保存されています。" in text(back)
        colleague = Client()
        colleague.force_login(factories.member(saved.institution))
        assert colleague.get(address).status_code == 200

    def test_who_enters_for_several_chooses(self, client: Client, person: User) -> None:
        other = factories.institution(code="2210204562", name="架空みなと診療所")
        factories.join(person, other)
        page = text(client.get("/requests/new/"))
        assert f'href="{NEW}?form=' in page
        assert 'href="/requests/new/2210204562/?form=' in page
        found = text(client.get("/requests/new/", {"q": "みなと"}))
        assert NEW not in found
        assert "/requests/new/2210204562/" in found
        assert "に当てはまる医療機関はありません" in text(client.get("/requests/new/", {"q": "どこにもない"}))

    def test_who_enters_for_none_is_told_whom_to_call(self) -> None:
        client = Client()
        client.force_login(factories.member())
        assert "0120-000-000" in text(client.get("/requests/new/"))

    def test_more_than_can_be_shown_are_searched_for(self) -> None:
        places = [factories.institution() for _ in range(51)]
        client = Client()
        client.force_login(factories.member(*places))
        page = text(client.get("/requests/new/"))
        assert page.count('<li><a href="/requests/new/') == 50
        assert "ほかにもあります" in page

    @pytest.mark.parametrize(
        "code", ["1310000001", "0000000000", "221010123", "abc", "２２１０１０１２３０", "new"]
    )
    def test_foreign_absent_and_garbage_are_all_the_same(self, client: Client, code: str) -> None:
        factories.institution(code="1310000001")
        factories.campaign(now=NOON)
        for answer in (client.get(f"/requests/new/{code}/"), client.post(f"/requests/new/{code}/", {})):
            assert answer.status_code == 404

    def test_while_nothing_is_taken(self, client: Client) -> None:
        page = text(client.get(NEW))
        assert "いまは、緊急配布要請を受け付けていません" in page
        assert "<textarea" not in page


class TestWhatTheFormShows:
    def test_labels_to_the_letter(self, client: Client, campaign: Any) -> None:
        page = text(client.get(NEW))
        for part in (
            '新規緊急配布要請: <span>架空中央病院</span>',
            "<h2>緊急配布要請(SOS)の条件確認</h2>",
            "<h3>緊急配布条件(全体)</h3>",
            "上記の緊急配布条件を満たしていることを確認した",
            "<h2>緊急配布要請(SOS)</h2>",
            "①医療用(サージカル)マスクを要請する",
            "②N95マスク又はDS2マスクを要請する",
            "③フェイスシールド又は再利用可能なゴーグルを要請する",
            "④アイソレーションガウン又はプラスチックガウンを要請する",
            "⑤非滅菌手袋を要請する",
            "医療用物資の不足状況や、率直なご意見があれば記載願います(無回答可)",
            "都道府県入力欄",
            "「保存」だけでは、まだ要請したことになりません。",
            '<button class="button" type="submit">保存</button>',
            '<a class="button button--second" href="/requests/">キャンセル</a>',
        ):
            assert part in page
        assert "保存 &amp; 新規" not in page
        assert "保存 & 新規" not in page

    def test_conditions_and_terms_of_the_campaign(self, client: Client, campaign: Any) -> None:
        page = text(client.get(NEW))
        assert '<span class="numbered__no">①</span>欠品などのため、自院では調達できない' in page
        assert "<dt>② 公表</dt><dd>医療機関名などを公表することがあります。</dd>" in page

    def test_what_the_campaign_does_not_take_is_disabled_and_says_why(
        self, client: Client, campaign: Any, gloves: Item
    ) -> None:
        page = text(client.get(NEW))
        assert page.count("受付停止中") == page.count(" disabled ") == 4
        assert f'name="item_{gloves.pk}"' in page
        assert len(re.findall(r'name="item_\d+"', page)) == 1

    def test_the_suggestion_with_its_sum(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        factories.answer(person, place, now=NOON)
        page = text(client.get(NEW))
        assert 'めやす <strong class="num">4,100枚</strong>（41箱）' in page
        assert "2週分 8,000 − 在庫量 3,400 − 購入見込み量 500" in page

    def test_no_suggestion_without_an_answer_and_none_needed_with_plenty(
        self, client: Client, person: User, place: Institution, campaign: Any, gloves: Item
    ) -> None:
        assert "週次調査に回答すると、めやすを表示します" in text(client.get(NEW))
        factories.answer(person, place, {gloves.pk: Figures(9000, 4000, 0)}, now=NOON)
        page = text(client.get(NEW))
        assert '<strong class="num">0枚</strong>' in page
        assert "2週分の在庫があります" in page

    def test_申請できる状態か_names_what_is_missing_and_the_way(self, client: Client, campaign: Any) -> None:
        page = text(client.get(NEW)).split('id="check-title"')[1]
        assert "週次調査の回答が、7日以内にありません" in page
        assert 'href="/survey/2210101230/?next=%2Frequests%2Fnew%2F2210101230%2F"' in page
        assert "物資が選ばれていません" in page
        assert 'href="#items"' in page

    def test_what_has_no_page_names_whom_to_call(
        self, client: Client, place: Institution, campaign: Any
    ) -> None:
        Institution.objects.filter(pk=place.pk).update(email="", telephone="")
        page = text(client.get(NEW)).split('id="check-title"')[1].split("action-bar")[0]
        assert page.count("この画面からは直せません。") == 2
        assert page.count('href="tel:0120000000"') == 2
        assert 'href="#"' not in page

    def test_nothing_on_the_page_leads_nowhere(self, client: Client, campaign: Any) -> None:
        page = text(client.get(NEW))
        ids = set(re.findall(r'id="([^"]+)"', page))
        assert set(re.findall(r'href="#([^"]*)"', page)) <= ids
        described = {each for ids in re.findall(r'aria-describedby="([^"]+)"', page) for each in ids.split()}
        assert described <= ids

    def test_cost(
        self, client: Client, person: User, place: Institution, django_assert_num_queries: Any
    ) -> None:
        factories.campaign(*Item.objects.all(), now=NOON)
        factories.answer(person, place, now=NOON)
        with django_assert_num_queries(QUERIES_NEW):
            client.get(NEW)


class TestSave:
    def test_stores_a_draft_which_is_no_application(
        self, client: Client, campaign: Any, gloves: Item, person: User
    ) -> None:
        answer = client.post(NEW, body(gloves, opinion="Sサイズが\r\n足りません。"))
        made = SosRequest.objects.get()
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/requests/{made.number}/")
        assert made.state is Status.DRAFT
        assert made.submitted_at is None
        assert made.created_by == person
        assert made.content() == Content(True, {gloves.pk: 4100}, "Sサイズが\n足りません。")
        assert made.title == "2026/11/24_架空中央病院_緊急配布要請"
        page = text(client.get(answer.headers["Location"]))
        assert "下書きを保存しました。" in page
        assert "まだ申請していません。" in page

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("４１００", 4100),
            ("4 100 枚", 4100),
            ("4,100枚", 4100),
            ("", None),
            ("  ", None),
            ("9999999", 9_999_999),
        ],
    )
    def test_quantities_as_people_type_them(
        self, client: Client, campaign: Any, gloves: Item, typed: str, kept: int | None
    ) -> None:
        assert client.post(NEW, body(gloves, typed)).status_code == 302
        assert SosRequest.objects.get().content().lines == {gloves.pk: kept}

    @pytest.mark.parametrize(
        "typed",
        ["41箱", "-5", "1.5", "1e3", "NaN", "٣", "1_000", "0", "10000000", "9" * 5000, "<b>1</b>", "1,00"],
    )
    def test_what_is_no_quantity_is_asked_about_and_stays(
        self, client: Client, campaign: Any, gloves: Item, typed: str
    ) -> None:
        answer = client.post(NEW, body(gloves, typed, opinion="消えないで"))
        assert answer.status_code == 422
        page = text(answer)
        assert f'href="#id_quantity_{gloves.pk}"' in page
        assert "⑤非滅菌手袋の要請数量：" in page
        assert f'value="{typed}"'.replace("<b>1</b>", "&lt;b&gt;1&lt;/b&gt;") in page
        assert "消えないで" in page
        assert not SosRequest.objects.exists()

    def test_without_the_tick_nothing_is_saved_and_nothing_lost(
        self, client: Client, campaign: Any, gloves: Item
    ) -> None:
        answer = client.post(NEW, body(gloves, "4,100", confirmed=None, opinion="消えないで"))
        assert answer.status_code == 422
        page = text(answer)
        assert "<title>エラー：新規緊急配布要請" in page
        assert "保存できませんでした（1件）" in summary(answer)
        assert (
            "条件を満たしていることを確かめて、「上記の緊急配布条件を満たしていることを確認した」に"
            in summary(answer)
        )
        assert 'href="#id_confirmed"' in page
        assert re.search(r'<div class="error-summary" role="alert" tabindex="-1"[^>]* autofocus', page)
        assert page.index("error-summary") < page.index("<h1>")
        assert 'value="4,100"' in page
        assert "消えないで" in page
        assert re.search(rf'<input type="checkbox" name="item_{gloves.pk}"[^>]* checked', page)
        assert not SosRequest.objects.exists()
        # The same form, mended, with the token it gave back, is saved.
        mended = body(gloves, token=hidden(page, "token"), seen_version=hidden(page, "seen_version"))
        assert client.post(NEW, mended).status_code == 302

    def test_a_quantity_without_its_tick_is_asked_about(
        self, client: Client, campaign: Any, gloves: Item
    ) -> None:
        answer = client.post(NEW, body(gloves, "4,100", **{f"item_{gloves.pk}": None}))
        assert answer.status_code == 422
        assert "チェックを入れ" in summary(answer)
        assert f'href="#id_item_{gloves.pk}"' in text(answer)
        assert 'value="4,100"' in text(answer)
        assert not SosRequest.objects.exists()

    def test_nothing_ticked_is_a_draft_too(self, client: Client, campaign: Any, gloves: Item) -> None:
        empty = body(gloves, "", **{f"item_{gloves.pk}": None})
        assert client.post(NEW, empty).status_code == 302
        assert SosRequest.objects.get().content().lines == {}

    def test_an_opinion_has_its_limit(self, client: Client, campaign: Any, gloves: Item) -> None:
        answer = client.post(NEW, body(gloves, opinion="あ" * 2001))
        assert answer.status_code == 422
        assert "2000文字以内で入力してください（いまは2001文字です）" in summary(answer)
        assert "あ" * 2001 in text(answer)
        assert client.post(NEW, body(gloves, opinion="あ" * 2000)).status_code == 302

    def test_text_never_runs_and_invisible_signs_go(
        self, client: Client, campaign: Any, gloves: Item
    ) -> None:
        client.post(NEW, body(gloves, opinion="<script>alert(1)</script>\u202e\u200b髙"))
        made = SosRequest.objects.get()
        assert made.opinion == "<script>alert(1)</script>髙"
        for page in ("", "edit/", "submit/", "print/"):
            assert "<script" not in text(client.get(f"/requests/{made.number}/{page}"))

    @pytest.mark.parametrize("name", ["opinion", "token", "seen_version", "anything"])
    def test_what_nobody_can_have_typed_is_refused(
        self, client: Client, campaign: Any, gloves: Item, name: str
    ) -> None:
        assert client.post(NEW, body(gloves, **{name: "a\x00b"})).status_code == 400
        assert not SosRequest.objects.exists()

    def test_other_keys_change_nothing(
        self, client: Client, campaign: Any, gloves: Item, place: Institution, person: User
    ) -> None:
        masks = Item.objects.get(order=1)
        foreign = factories.institution()
        extra = {
            "status": "ACCEPTED",
            "version": "7",
            "revision": "7",
            "number": "9999-0001",
            "title": "よそ",
            "institution": str(foreign.pk),
            "institution_id": str(foreign.pk),
            "submitted_at": "2026-01-01",
            "accepted_at": "2026-01-01",
            "prefecture_note": "よし",
            "created_by": "1",
            "is_staff": "on",
            f"confirmed_quantity_{gloves.pk}": "1",
        }
        assert client.post(NEW, body(gloves, **extra)).status_code == 302
        made = SosRequest.objects.get()
        assert (made.state, made.version, made.revision, made.institution) == (Status.DRAFT, 1, 1, place)
        assert (made.prefecture_note, made.created_by, made.number) == ("", person, "2611-0001")
        assert [line.confirmed_quantity for line in made.lines.all()] == [None]
        # An item that is not taken is asked about, not slipped in.
        refused = client.post(NEW, body(gloves, **{f"item_{masks.pk}": "on", f"quantity_{masks.pk}": "5"}))
        assert refused.status_code == 422
        assert "①医療用(サージカル)マスクは、いま受け付けていません" in summary(refused)
        assert SosRequest.objects.count() == 1


class TestOnce:
    def test_a_double_click_saves_once(self, client: Client, campaign: Any, gloves: Item) -> None:
        sent = body(gloves)
        first, second = client.post(NEW, sent), client.post(NEW, sent)
        assert first.headers["Location"] == second.headers["Location"]
        assert (first.status_code, second.status_code) == (302, 302)
        assert SosRequest.objects.count() == RequestEvent.objects.count() == 1

    def test_the_same_token_with_other_words_is_refused_and_nothing_lost(
        self, client: Client, campaign: Any, gloves: Item
    ) -> None:
        sent = body(gloves)
        client.post(NEW, sent)
        answer = client.post(NEW, sent | {f"quantity_{gloves.pk}": "5,000", "opinion": "消えないで"})
        assert answer.status_code == 409
        assert "すでに保存されています" in summary(answer)
        page = text(answer)
        assert 'value="5,000"' in page
        assert "消えないで" in page
        assert hidden(page, "token") != sent["token"]
        assert SosRequest.objects.count() == 1

    def test_somebody_elses_token_is_refused(
        self, client: Client, campaign: Any, gloves: Item, place: Institution
    ) -> None:
        sent = body(gloves)
        client.post(NEW, sent)
        other = Client()
        other.force_login(factories.member(place))
        assert other.post(NEW, sent).status_code == 409
        assert SosRequest.objects.count() == 1

    @pytest.mark.parametrize("token", [None, "", "nonsense", "1" * 500])
    def test_without_a_token_it_is_asked_again(
        self, client: Client, campaign: Any, gloves: Item, token: str | None
    ) -> None:
        answer = client.post(NEW, body(gloves, token=token))
        assert answer.status_code == 422
        assert 'value="4,100"' in text(answer)
        assert not SosRequest.objects.exists()
        assert client.post(NEW, body(gloves, token=hidden(text(answer), "token"))).status_code == 302

    def test_cross_site_posts_are_refused(self, person: User, campaign: Any, gloves: Item) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(person)
        assert strict.post(NEW, body(gloves)).status_code == 403
        assert not SosRequest.objects.exists()


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
        with django_assert_num_queries(QUERIES_EDIT):
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
