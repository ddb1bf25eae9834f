"""One request's page and sheet: head, next step, failures with the way to mend them, figures, what happened."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from institutions.models import Institution, Role, Suspension, User
from requests_app.models import Content, RecentView, RequestEvent, SosRequest
from requests_app.presenters.figures import SurveyFigures
from requests_app.rules.transitions import Status
from surveys.models import Figures, Item
from tests import factories
from tests.requests_app.views.pages import NOON, words

pytestmark = pytest.mark.django_db
# session, user, memberships; request, lines, items, events, questions; remembering it; suspension, notice; the
# frame's moved cut-offs; whether it is followed
QUERIES = 14
# … and the check for show: campaign, its items, its rules; suspension, answer, its figures, others under review, items
QUERIES_WITH_CHECK = QUERIES + 8


def shown(client: Client, request: SosRequest, page: str = "") -> str:
    answer = client.get(f"/requests/{request.number}/{page}")
    assert answer.status_code == 200
    return str(answer.content.decode())


class TestHead:
    def test_names_to_the_letter(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        request = factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON)
        head = shown(client, request).split('class="record-head"')[1]
        for name in ("申請日時", "医療機関名", "医療機関コード", "対応ステータス"):
            assert f"<dt>{name}</dt>" in head
        assert "2026/11/24 12:00" in head
        assert "1310101230" in head
        assert "※「受付完了」の場合は要請内容を変更できません。" in head

    @pytest.mark.parametrize(
        ("status", "sentence"),
        [
            (Status.DRAFT, "申請前の状態です。「システムチェック&amp;申請」ボタンを押してください。"),
            (Status.ERROR, "申請の条件を満たしていません。1件を直すと申請できます。"),
            (Status.UNDER_REVIEW, "要請内容を確認しています。"),
            (Status.ACCEPTED, "都道府県、国による受付が完了しました。"),
        ],
    )
    def test_each_status_with_its_meaning(
        self, client: Client, person: User, place: Institution, campaign: Any, status: Status, sentence: str
    ) -> None:
        page = shown(client, factories.request_in(status, person, place, now=NOON))
        assert sentence in page
        assert f"{status.label}</span>" in page
        assert page.count('aria-current="step"') == 1

    @pytest.mark.parametrize(
        ("status", "buttons"),
        [
            *(
                (
                    status,
                    {"システムチェック&amp;申請", "編集", "印刷用に表示", "調査に回答する", "取り下げる"},
                )
                for status in (Status.DRAFT, Status.ERROR)
            ),
            (Status.UNDER_REVIEW, {"編集", "印刷用に表示", "この要請をもとに新規", "取り下げる"}),
            (Status.ACCEPTED, {"印刷用に表示", "この要請をもとに新規"}),
        ],
    )
    def test_only_what_is_possible_is_offered(
        self,
        client: Client,
        person: User,
        place: Institution,
        campaign: Any,
        status: Status,
        buttons: set[str],
    ) -> None:
        page = shown(client, factories.request_in(status, person, place, now=NOON))
        head = page.split('class="record-head"')[1].split('class="columns')[0]
        offered = set(re.findall(r'<a class="button[^>]*>([^<]+)</a>', head))
        assert offered - {"PDF"} == buttons  # the PDF, where pango is installed


class TestCutOff:
    def test_before(self, client: Client, person: User, place: Institution, campaign: Any) -> None:
        page = words(shown(client, factories.draft(person, place)))
        assert (
            "保存した内容は、まだ都道府県に届いていません。11/25（水）17:00までに申請すると、次の締切に間に合います。"
            in page
        )

    def test_after(self, client: Client, person: User, place: Institution, campaign: Any) -> None:
        request = factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON)
        page = words(shown(client, request))
        assert "11/25（水）17:00の締切に間に合っています。11/24（火）から対応します。" in page
        with time_machine.travel(NOON + timedelta(days=3), tick=False):
            client.force_login(person)
            assert "11/25（水）17:00の締切の要請です。" in words(shown(client, request))

    def test_what_was_stored_is_shown_not_what_would_be_reckoned(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        from requests_app.models import CutoffChange

        request = factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON)
        moved = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
        CutoffChange.objects.create(regular_day=NOON.date() + timedelta(days=1), cutoff_at=moved)
        page = words(shown(client, request))
        assert "11/25（水）17:00の締切に間に合っています。" in page


class TestFailures:
    @pytest.fixture
    def failed(self, person: User, place: Institution, campaign: Any) -> SosRequest:
        """Everything wrong at once: particulars, suspension, no item, and an answer that is too old."""
        Institution.objects.filter(pk=place.pk).update(email="", telephone="")
        Suspension.objects.create(
            institution=place, reason="転売の疑い", suspended_from=NOON - timedelta(days=2)
        )
        factories.answer(person, place, now=NOON - timedelta(days=8))
        request = SosRequest.create_draft(
            person, place, Content(confirmed_terms=True, lines={factories.gloves().pk: None}), now=NOON
        )
        return request.submit(person, seen_version=1, now=NOON)

    def test_every_one_is_named_with_figures_and_a_way(
        self, client: Client, failed: SosRequest, place: Institution
    ) -> None:
        page = shown(client, failed)
        block = page.split("failures-block")[1].split("</section>")[0]
        found = re.findall(r"<h3>([^<]+?)\s*</h3>", block)
        assert found == [
            "⑤非滅菌手袋の要請数量がありません",
            "電話番号がありません",
            "担当者のメールアドレスがありません",
            "週次調査の回答が、7日以内にありません",
            "この医療機関からの緊急配布要請は、停止されています",
        ]
        assert '足りないもの<span class="num">5件' in block.replace(" ", "").replace(
            "spanclass", "span class"
        )
        assert "最後の回答：11/16（月）12:00（8日前）" in block
        assert "停止の理由：転売の疑い" in block
        edit = f"/requests/{failed.number}/edit/#id_quantity_{factories.gloves().pk}"
        assert f'href="{edit}"' in block
        assert f'href="/survey/1310101230/?next=%2Frequests%2F{failed.number}%2F"' in block
        assert block.count(f'href="/institution/1310101230/?next=%2Frequests%2F{failed.number}%2F"') == 2
        assert 'href="#suspension"' in block

    def test_the_ways_lead_somewhere(self, client: Client, failed: SosRequest) -> None:
        page = shown(client, failed)
        for href in set(re.findall(r'href="(/[^"#]*)', page)) - {""}:
            if not href.startswith("/static/"):
                assert client.get(href.replace("&amp;", "&")).status_code == 200, href
        form = shown(client, failed, "edit/")
        assert f'id="id_quantity_{factories.gloves().pk}"' in form

    def test_one_filled_button_at_most(self, client: Client, failed: SosRequest) -> None:
        assert shown(client, failed).count('class="button"') == 1

    def test_what_is_mended_since_is_marked(self, client: Client, failed: SosRequest, person: User) -> None:
        factories.answer(person, failed.institution, now=NOON)
        block = shown(client, failed).split("failures-block")[1].split("</section>")[0]
        assert '週次調査の回答が、7日以内にありません <span class="tag">直っています</span>' in block
        assert '足りないもの <span class="num">4件' in block
        assert block.index("直っています") > block.index("停止されています")

    def test_when_all_is_mended_the_button_is_the_next_step(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        request = factories.request_in(Status.ERROR, person, place, now=NOON)
        factories.answer(person, place, now=NOON)
        page = shown(client, request)
        assert "足りないものは、いまはありません" in page
        assert (
            f'<a class="button" href="/requests/{request.number}/submit/">システムチェック&amp;申請</a>'
            in page
        )

    def test_what_came_up_since_is_there_too(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        request = factories.request_in(Status.ERROR, person, place, now=NOON)
        Institution.objects.filter(pk=place.pk).update(email="")
        assert "担当者のメールアドレスがありません" in shown(client, request)

    def test_a_warning_says_注意のみ_and_leads_to_the_other_request(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        first = factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON)
        second = factories.draft(person, place, quantity=4150)
        second = second.submit(person, seen_version=1)
        assert second.state is Status.UNDER_REVIEW
        block = shown(client, second).split("システムチェックの注意")[1].split("</section>")[0]
        assert block.count("注意のみ") == 2
        assert f'href="/requests/{first.number}/"' in block
        assert f'href="/requests/{second.number}/edit/#id_quantity_' in block


class TestFigures:
    def test_the_chain(self, client: Client, person: User, place: Institution, campaign: Any) -> None:
        request = factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON)
        chain = words(shown(client, request).split('<ol class="quantity-chain">')[1].split("</ol>")[0])
        assert chain == (
            "めやす4,100枚11/24（火）12:0041箱調査の回答から"
            "要請4,100枚11/24（火）12:0041箱都道府県の確認確認中国の受付都道府県の確認のあと"
        )
        officer = factories.user(Role.PREFECTURE)
        request = request.confirm(
            officer, {factories.gloves().pk: 3500}, "減らしました", seen_revision=request.revision
        )
        request.accept(factories.user(Role.MINISTRY), seen_revision=request.revision)
        long = '<ol class="quantity-chain quantity-chain--long">'
        chain = words(shown(client, request).split(long)[1].split("</ol>")[0])
        assert "都道府県の確認3,500枚11/24（火）12:0035箱東京都国の受付3,500枚" in chain

    def test_the_stock_behind_it_as_it_was_judged(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        request = factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON)
        factories.answer(person, place, {factories.gloves().pk: Figures(9, 9, 9)}, now=NOON)
        page = words(shown(client, request))
        assert "備蓄0.9週分（在庫量3,400＋購入見込み量500）÷想定消費量4,000" in page

    def test_before_the_application_it_follows_the_survey(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        request = factories.draft(person, place)
        assert "調査の回答がないため計算できません" in shown(client, request)
        factories.answer(person, place, {factories.gloves().pk: Figures(8000, 4000, 0)}, now=NOON)
        assert "備蓄2.0週分" in words(shown(client, request))

    def test_weeks_are_cut_off_never_rounded_up(self) -> None:
        assert SurveyFigures(1999, 1000, 0).weeks == "1.9"
        assert SurveyFigures(0, 0, 0).weeks == SurveyFigures(None, 1, 1).weeks == ""

    def test_opinion_and_the_prefectures_words(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        request = factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON)
        officer = factories.user(Role.PREFECTURE)
        request.note(
            officer, "電話で確認しました。\n<b>3,500枚</b>で送ります。", seen_revision=request.revision
        )
        page = shown(client, request)
        assert "電話で確認しました。\n&lt;b&gt;3,500枚&lt;/b&gt;で送ります。" in page

    def test_the_terms_that_were_confirmed_are_folded(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        page = shown(client, factories.draft(person, place))
        fold = page.split("<summary>確認した緊急配布条件と同意の内容を見る</summary>")[1].split("</details>")[
            0
        ]
        assert "<dt>② 公表</dt>" in fold

    def test_who_agreed_to_which_version_and_when(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        said = "申請のときに、条件と同意の内容（第"
        assert said not in shown(client, factories.draft(person, place))
        page = words(shown(client, factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON)))
        told = page.split(said)[1]
        assert told.startswith(f"1版）を確認しました：2026/11/2412:00{person.name.replace(' ', '')}")

    def test_without_items(self, client: Client, person: User, place: Institution, campaign: Any) -> None:
        request = SosRequest.create_draft(person, place, Content(confirmed_terms=True), now=NOON)
        assert "まだ選ばれていません。" in shown(client, request)
        assert "（選ばれていません）" in shown(client, request, "print/")

    def test_基本情報(self, client: Client, person: User, place: Institution, campaign: Any) -> None:
        page = words(shown(client, factories.draft(person, place)).split("<h2>基本情報</h2>")[1])
        assert "住所〒100-0001東京都架空市中央1-2-3電話番号03-0000-0000担当者氏名見本花子" in page


class TestOpening:
    def test_is_remembered_for_最近参照したデータ(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        request = factories.draft(person, place)
        shown(client, request, "print/")
        client.head(f"/requests/{request.number}/")
        assert not RecentView.objects.exists()
        shown(client, request)
        with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
            shown(client, request)
        view = RecentView.objects.get()
        assert (view.user, view.request_id, view.viewed_at) == (
            person,
            request.pk,
            NOON + timedelta(minutes=5),
        )

    @pytest.mark.parametrize("status", Status)
    def test_changes_nothing_of_the_request(
        self, client: Client, person: User, place: Institution, campaign: Any, status: Status
    ) -> None:
        request = factories.request_in(status, person, place, now=NOON)
        events = RequestEvent.objects.count()
        for page in ("", "print/"):
            shown(client, request, page)
        assert RequestEvent.objects.count() == events
        assert SosRequest.objects.values().get() == SosRequest.objects.filter(pk=request.pk).values().get()

    @pytest.mark.parametrize("status", Status)
    def test_cost(
        self,
        client: Client,
        person: User,
        place: Institution,
        status: Status,
        django_assert_num_queries: Any,
    ) -> None:
        factories.campaign(*Item.objects.all(), now=NOON)
        request = factories.request_in(status, person, place, now=NOON)
        if status is Status.ERROR:
            # An answer without figures for gloves: the figures are asked for as well.
            factories.answer(person, place, {1: Figures(1, 1, 1)}, now=NOON)
        if status is Status.DRAFT:
            factories.answer(person, place, now=NOON)
        expected = QUERIES_WITH_CHECK if status in {Status.DRAFT, Status.ERROR} else QUERIES
        expected += status in {Status.DRAFT, Status.ERROR}  # the cut-off ahead
        expected -= status is Status.DRAFT  # nobody asks about a draft
        expected += 3 * (status is Status.ACCEPTED)  # what was decided, sent and received
        with django_assert_num_queries(expected):
            shown(client, request)

    def test_the_cost_does_not_grow_with_what_happened(
        self, client: Client, person: User, place: Institution, django_assert_num_queries: Any
    ) -> None:
        items = list(Item.objects.all())
        factories.campaign(*items, now=NOON)
        everything = {item.pk: Figures(1, 100, 1) for item in items}
        factories.answer(person, place, everything, now=NOON)
        lines = {item.pk: 100 for item in items}
        request = SosRequest.create_draft(person, place, Content(True, lines), now=NOON)
        request = request.submit(person, seen_version=1, now=NOON)
        for turn in range(5):
            request = request.revise(
                person, Content(True, lines, f"{turn}"), seen_version=request.version, now=NOON
            )
        assert request.state is Status.UNDER_REVIEW
        with django_assert_num_queries(QUERIES):
            shown(client, request)


class TestPrint:
    @pytest.mark.parametrize("status", Status)
    def test_the_sheet(
        self, client: Client, person: User, place: Institution, campaign: Any, status: Status
    ) -> None:
        request = factories.request_in(status, person, place, now=NOON)
        page = shown(client, request, "print/")
        assert f'<strong class="num">{request.number}</strong>' in page
        assert "4,100枚" in page
        assert status.label in page
        assert "印刷 2026/11/24 12:00　見本 花子　架空中央病院。要請は配布の決定ではありません。" in page
        assert f'href="/requests/{request.number}/">要請に戻る</a>' in page
        if request.submitted_at:
            assert "週次調査の数（11/24（火）12:00 回答）" in page
            assert "対応開始日" in page
