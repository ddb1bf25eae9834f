"""The form of a new request: whose it is, what it shows, where it leads."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from institutions.models import Institution, User
from requests_app.models import CampaignItem, SosRequest
from sosportal.lib import once
from surveys.models import Figures, Item
from tests import factories
from tests.requests_app.views.pages import NEW, NOON, body, hidden, text

pytestmark = pytest.mark.django_db
# session, user, memberships, institution; items asked for, items; campaign, its items, its rules; suspension, answer,
# its figures, others under review, items; what was typed and not saved, the last request; the frame's moved cut-offs
QUERIES = 20


def test_an_item_that_will_stop_says_so_where_it_is_ticked(
    client: Client, campaign: Any, gloves: Item
) -> None:
    assert "受付は11" not in text(client.get(NEW))
    CampaignItem.objects.filter(item=gloves).update(stopped_at=NOON + timedelta(hours=2))
    label = text(client.get(NEW)).split(f'for="id_item_{gloves.pk}"')[1].split("</label>")[0]
    assert "受付は11/24（火）14:00まで" in label
    assert "⑤非滅菌手袋の受付は11/24（火）14:00までです。" in text(client.get("/requests/"))
    CampaignItem.objects.filter(item=gloves).update(stopped_at=NOON)
    assert "受付は11" not in text(client.get(NEW))
    assert "受付は11" not in text(client.get("/requests/"))


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

    def test_a_token_of_another_form_leads_to_the_empty_form(
        self, client: Client, person: User, campaign: Any
    ) -> None:
        token = uuid.uuid4()
        once.run_once(token, actor_id=person.pk, body="", now=NOON, act=lambda: "/admin/somewhere/")
        assert client.get(f"{NEW}?form={token}").status_code == 200

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
            "新規緊急配布要請: <span>架空中央病院</span>",
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
            'type="submit" name="do" value="apply">確認して申請へ</button>',
            'type="submit" name="do" value="save">保存</button>',
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
        assert 'name="do" value="go:survey">調査に回答する</button>' in page
        assert 'href="#items"' in page

    def test_until_something_is_sent_the_choice_of_goods_is_a_step_and_no_error(
        self, client: Client, person: User, place: Institution, campaign: Any, gloves: Item
    ) -> None:
        page = text(client.get(NEW)).split('id="check-title"')[1]
        assert '足りないもの <span class="num">1件</span>' in page  # the survey
        factories.answer(person, place, now=NOON)
        page = text(client.get(NEW)).split('id="check-title"')[1].split("<h3>")[0]
        assert "これから物資を選びます。" in page
        assert "物資を選ぶ" in page
        assert "足りないもの" not in page
        assert "物資が選ばれていません" not in page
        page = (
            text(client.post(NEW, {"token": "", "seen_version": "0"}))
            .split('id="check-title"')[1]
            .split("<h3>")[0]
        )
        assert "物資が選ばれていません" in page
        assert '足りないもの <span class="num">1件</span>' in page

    def test_missing_particulars_lead_to_their_page_and_back(
        self, client: Client, place: Institution, campaign: Any
    ) -> None:
        Institution.objects.filter(pk=place.pk).update(email="", telephone="")
        page = text(client.get(NEW)).split('id="check-title"')[1].split("action-bar")[0]
        assert page.count('name="do" value="go:profile">') == 2
        away = client.post(NEW, {"do": "go:profile"}).headers["Location"]
        assert away == f"/institution/{place.code}/?next=%2Frequests%2Fnew%2F{place.code}%2F%3Fdraft%3Down"
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
        with django_assert_num_queries(QUERIES):
            client.get(NEW)
