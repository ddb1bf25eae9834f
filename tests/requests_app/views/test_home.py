"""ホーム: what is needed now, what is being waited for, and only ways that lead somewhere."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from institutions.models import Institution, Membership, Role, User
from requests_app.models import CampaignItem
from requests_app.queries.home import MOST_OPEN
from requests_app.rules.transitions import Status
from surveys.models import SurveyResponse, SurveyRound
from tests import factories
from tests.requests_app.views.pages import NOON

pytestmark = pytest.mark.django_db
# session, user, memberships; institutions, round, answers, last answers; campaign, its rules, its items; requests,
# their lines; what the check of those that failed looks at (6); open questions; suspensions, items to
# be stopped; parcels to confirm; announcements; the frame's moved cut-offs
QUERIES = 27
# What 先週と変わりなし would send, where one institution's answer is missing.
REPEAT = 4


@pytest.fixture
def this_week() -> SurveyRound:
    return SurveyRound.objects.open_for(NOON)[0]


def shown(client: Client) -> str:
    answer = client.get("/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def matters(page: str) -> list[str]:
    """The headings of いま必要なこと."""
    return re.findall(r"<h2>([^<]+)</h2>", page.split('<ol class="due">')[1].split("</ol>")[0])


class TestSurvey:
    def test_not_answered_this_week(self, client: Client, campaign: Any, this_week: SurveyRound) -> None:
        page = shown(client)
        assert matters(page) == ["週次調査に回答してください"]
        assert 'href="/survey/1310101230/?next=%2F">調査に回答する</a>' in page
        assert '<b><span class="nb">11/25（水）</span></b><span class="nb">17:00まで</span>' in page

    def test_answered(self, client: Client, person: User, place: Institution, campaign: Any) -> None:
        assert "在庫と消費の見込みを、毎週答える" in shown(client)
        factories.answer(person, place, now=NOON)
        page = shown(client)
        assert "いま必要なことはありません" in page
        assert "今週は回答済みです（11/25（水）17:00まで直せます）" in page

    def test_unchanged_since_last_week_is_one_press(
        self, client: Client, person: User, place: Institution, campaign: Any, this_week: SurveyRound
    ) -> None:
        assert "変わりなし" not in shown(client)
        factories.answer(person, place, now=NOON - timedelta(days=7))
        page = shown(client)
        form = page.split('action="/survey/1310101230/?next=%2F"')[1].split("</form>")[0]
        assert "⑤非滅菌手袋：" in form
        assert re.search(r"<span class=\"num\">[0-9,]+枚", form)
        sent = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
        assert set(sent) == {"csrfmiddlewaretoken", "token", "round", "version", "repeat"}
        answers = [client.post("/survey/1310101230/?next=%2F", sent)["Location"] for _ in range(2)]
        assert answers == ["/survey/1310101230/?done=1&next=%2F"] * 2
        assert SurveyResponse.objects.get(round=this_week).version == 1
        page = shown(client)
        assert "変わりなし" not in page
        assert "今週は回答済みです" in page

    def test_unchanged_is_not_offered_to_a_proxy_nor_for_several(
        self, client: Client, person: User, place: Institution, campaign: Any, this_week: SurveyRound
    ) -> None:
        factories.answer(person, place, now=NOON - timedelta(days=7))
        Membership.objects.update(as_proxy=True)
        assert "変わりなし" not in shown(client)
        Membership.objects.update(as_proxy=False)
        assert "変わりなし" in shown(client)
        factories.join(person, factories.institution())
        assert "変わりなし" not in shown(client)

    def test_how_it_stands_for_several(
        self, client: Client, person: User, place: Institution, this_week: SurveyRound
    ) -> None:
        assert "今週はまだ回答がありません</span>" in shown(client)
        other = factories.institution()
        factories.join(person, other)
        assert "今週は2件のうち2件で、まだ回答がありません" in shown(client)
        person = User.objects.get(pk=person.pk)
        factories.answer(person, place, now=NOON)
        assert "今週は2件のうち1件で、まだ回答がありません" in shown(client)
        factories.answer(person, other, now=NOON)
        assert "今週は2件とも回答済みです（11/25（水）17:00まで直せます）" in shown(client)

    def test_without_an_institution_it_says_nothing_of_a_survey(
        self, client: Client, this_week: SurveyRound
    ) -> None:
        client.force_login(factories.user(Role.INSTITUTION))
        page = shown(client)
        assert "今週は" not in page
        assert "担当する医療機関が、まだ登録されていません。" in page

    def test_answered_last_week_only(
        self, client: Client, person: User, place: Institution, campaign: Any, this_week: SurveyRound
    ) -> None:
        factories.answer(person, place, now=NOON - timedelta(days=7))
        assert matters(shown(client)) == ["週次調査に回答してください"]

    @pytest.mark.parametrize(
        ("ago", "days", "says"),
        [
            (timedelta(days=6, hours=2), 7, "前回の回答で申請できるのは11/25（水）10:00までです。"),
            (timedelta(days=7), 7, "前回の回答で申請できるのは11/24（火）12:00までです。"),
            (timedelta(days=7, seconds=1), 7, "申請には、新しい回答が必要です。"),
            (timedelta(days=10), 14, "前回の回答で申請できるのは11/28（土）12:00までです。"),
            (None, 7, "申請には、新しい回答が必要です。"),
        ],
    )
    def test_how_long_the_answer_before_does(
        self,
        client: Client,
        person: User,
        place: Institution,
        this_week: SurveyRound,
        ago: timedelta | None,
        days: int,
        says: str,
    ) -> None:
        factories.campaign(now=NOON, survey_valid_days=days)
        if ago:
            factories.answer(person, place, now=NOON - ago)
        page = shown(client)
        assert says in page
        assert ("前回の回答で" in page) != ("新しい回答が必要" in page)

    def test_of_several_the_oldest_answer_counts(self, this_week: SurveyRound, campaign: Any) -> None:
        places = [factories.institution() for _ in range(3)]
        person = factories.member(*places)
        client = Client()
        client.force_login(person)
        factories.answer(person, places[0], now=NOON - timedelta(days=7))
        factories.answer(person, places[1], now=NOON - timedelta(days=6, hours=20))
        assert "新しい回答が必要です。" in shown(client)
        factories.answer(person, places[2], now=NOON - timedelta(days=6, hours=20))
        assert "前回の回答で申請できるのは11/24（火）12:00までです。" in shown(client)

    def test_no_round_is_open(self, client: Client, campaign: Any) -> None:
        assert "いま必要なことはありません" in shown(client)

    def test_several_institutions(self, campaign: Any, this_week: SurveyRound) -> None:
        places = [factories.institution(name=f"架空{name}医院") for name in "甲乙丙丁戊"]
        person = factories.member(*places)
        factories.answer(person, places[0], now=NOON)
        client = Client()
        client.force_login(person)
        page = shown(client)
        assert "架空乙医院、架空丙医院、架空丁医院 ほか1件の個人防護具備蓄状況調査は" in page
        assert 'href="/survey/">調査に回答する</a>' in page
        for each in places[1:4]:
            factories.answer(person, each, now=NOON)
        page = shown(client)
        assert "架空戊医院の個人防護具備蓄状況調査は" in page
        assert f'href="/survey/{places[4].code}/?next=%2F"' in page


class TestRequests:
    def test_a_draft_that_is_not_applied_for(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        request = factories.draft(person, place)
        page = shown(client)
        assert matters(page) == ["要請がまだ申請されていません"]
        assert "（⑤非滅菌手袋 4,100枚）" in page
        assert f'href="/requests/{request.number}/">要請を開く</a>' in page
        assert "11/25（水）" in page

    def test_a_draft_of_a_suspended_institution_is_not_asked_for(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        factories.draft(person, place)
        row = place.suspensions.create(suspended_from=NOON, reason="転売が確認されたため")
        page = shown(client)
        assert matters(page) == ["要請が停止されているため、いまは申請できません"]
        assert '<b>期限なし</b><span class="nb">お待ちください</span>' in page
        assert "理由は上の通知をご覧ください" in page
        assert '理由：<span class="typed">転売が確認されたため</span>' in page
        row.lifted_at, row.lifted_reason = NOON + timedelta(days=3), "是正"
        row.lifted_by = factories.user(Role.MINISTRY)
        row.save()
        assert "停止は11/27（金）12:00まで" in shown(client)

    def test_a_draft_is_asked_for_until_the_suspension_begins(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        factories.draft(person, place)
        place.suspensions.create(suspended_from=NOON + timedelta(hours=5), reason="転売")
        factories.institution().suspensions.create(suspended_from=NOON, reason="よその停止")
        page = shown(client)
        assert matters(page) == ["要請がまだ申請されていません"]
        assert '<b><span class="nb">11/24（火）</span></b><span class="nb">17:00まで</span>' in page
        assert "11/24（火）17:00から要請が停止されます" in page

    @pytest.mark.parametrize(("days", "by"), [(1, "12:00"), (9, "17:00")])
    def test_a_draft_whose_item_stops_is_asked_for_until_what_comes_first(
        self, client: Client, person: User, place: Institution, campaign: Any, days: int, by: str
    ) -> None:
        factories.draft(person, place)
        CampaignItem.objects.update(stopped_at=NOON + timedelta(days=days))
        page = shown(client)
        assert f'<b><span class="nb">11/25（水）</span></b><span class="nb">{by}まで</span>' in page
        assert "⑤非滅菌手袋の受付は1" in page
        assert matters(page) == ["要請がまだ申請されていません"]

    def test_a_draft_whose_item_is_stopped_can_not_be_applied_for(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        factories.draft(person, place)
        CampaignItem.objects.update(stopped_at=NOON)
        page = shown(client)
        assert matters(page) == ["受付停止中の物資があるため、いまは申請できません"]
        assert "受付停止中：⑤非滅菌手袋。入力した内容は残ります" in page
        assert "までです" not in page

    def test_an_error_with_how_much_is_missing(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        Institution.objects.filter(pk=place.pk).update(email="")
        request = factories.request_in(Status.ERROR, person, place, now=NOON)
        page = shown(client)
        assert matters(page) == ["エラーを直してください"]
        assert "（足りないもの 2件）" in page
        assert "<b>期限なし</b>" in page
        assert f'href="/requests/{request.number}/">エラーを見る</a>' in page

    def test_an_error_counts_what_stands_now_and_says_when_all_is_mended(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        Institution.objects.filter(pk=place.pk).update(email="")
        request = factories.request_in(Status.ERROR, person, place, now=NOON)
        factories.answer(person, place, now=NOON)
        assert "（足りないもの 1件）" in shown(client)
        Institution.objects.filter(pk=place.pk).update(email="a@example.jp")
        page = shown(client)
        assert matters(page) == ["直りました。もう一度、申請してください"]
        assert "足りないもの" not in page
        assert '<b><span class="nb">11/25（水）</span></b><span class="nb">17:00まで</span>' in page
        assert f'href="/requests/{request.number}/">要請を開く</a>' in page
        place.suspensions.create(suspended_from=NOON, reason="転売")
        assert "（足りないもの 1件）" in shown(client)

    def test_what_the_officers_have_in_hand(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        request = factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON)
        page = shown(client)
        assert "お待ちいただいているもの" in page
        assert "都道府県が確認しています。いま、していただくことはありません。" in page
        factories.confirm(request)
        factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON)
        page = shown(client)
        assert "国が確認しています。" in page
        assert page.split('<ul class="waiting">')[1].split("</ul>")[0].count("<li>") == 2

    def test_what_officers_ask_is_told_once(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        request = factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON)
        officer = factories.user(Role.PREFECTURE)
        request.ask(officer, "次の納品はいつですか。", now=NOON)
        page = shown(client)
        assert matters(page) == ["担当者からの照会に回答してください"]
        assert "お待ちいただいているもの" not in page
        assert page.count(request.title) == 1
        request.answer(person, request.questions.get().pk, "金曜です。", now=NOON)
        page = shown(client)
        assert "いま必要なことはありません" in page
        assert "都道府県が確認しています。いま、していただくことはありません。" in page

    def test_what_is_accepted_needs_nothing(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        factories.request_in(Status.ACCEPTED, person, place, now=NOON)
        page = shown(client)
        assert "いま必要なことはありません" in page
        assert "お待ちいただいているもの" not in page

    def test_old_drafts_are_let_be_and_old_applications_are_not(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        old = NOON - timedelta(days=31)
        factories.draft(person, place, now=old)
        factories.request_in(Status.UNDER_REVIEW, person, place, now=old)
        page = shown(client)
        assert "要請がまだ申請されていません" not in page
        assert "お待ちいただいているもの" in page

    def test_the_survey_comes_first_and_has_the_filled_button(
        self, client: Client, person: User, place: Institution, campaign: Any, this_week: SurveyRound
    ) -> None:
        factories.request_in(Status.ERROR, person, place, now=NOON)
        factories.draft(person, place)
        page = shown(client)
        assert matters(page) == [
            "週次調査に回答してください",
            "要請がまだ申請されていません",
            "エラーを直してください",
        ]
        assert '<span class="count">3件</span>' in page
        assert page.count('class="button"') == 1

    def test_more_than_fit_are_counted(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        for _ in range(MOST_OPEN + 2):
            factories.draft(person, place)
        page = shown(client)
        assert len(matters(page)) == MOST_OPEN
        assert 'href="/requests/?view=all">ほかに2件の要請があります</a>' in page


class TestFrame:
    def test_every_way_leads_somewhere(
        self, client: Client, person: User, place: Institution, campaign: Any, this_week: SurveyRound
    ) -> None:
        factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON)
        page = shown(client)
        for href in set(re.findall(r'(?:href|action)="(/[^"#]*)"', page)):
            if not href.startswith("/static/"):
                assert client.get(href.replace("&amp;", "&")).status_code in {200, 302, 405}, href
        assert 'href="#"' not in page

    def test_the_notice_of_the_campaign(self, client: Client, campaign: Any) -> None:
        page = shown(client)
        assert "いま要請を受け付けているのは、⑤非滅菌手袋だけです。" in page
        campaign.closes_at = NOON
        campaign.save()
        assert "いまは、緊急配布要請を受け付けていません。" in shown(client)

    def test_nothing_of_other_institutions(self, client: Client, campaign: Any) -> None:
        elsewhere = factories.institution(name="よその病院")
        factories.draft(factories.member(elsewhere), elsewhere)
        page = shown(client)
        assert "よその病院" not in page
        assert "いま必要なことはありません" in page

    def test_who_enters_for_none_is_told_whom_to_call(self) -> None:
        client = Client()
        client.force_login(factories.member())
        assert "担当する医療機関が、まだ登録されていません。" in shown(client)

    @pytest.mark.parametrize("role", [Role.PREFECTURE, Role.MINISTRY, Role.OPERATOR])
    def test_officers_go_to_the_admin(self, role: Role) -> None:
        client = Client()
        client.force_login(factories.user(role))
        answer = client.get("/")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")

    def test_nobody_is_asked_to_log_in(self) -> None:
        assert Client().get("/").headers["Location"] == "/accounts/login/?next=/"


@pytest.mark.parametrize("many", [1, 10])
def test_the_cost_does_not_grow(
    campaign: Any, this_week: SurveyRound, many: int, django_assert_num_queries: Any
) -> None:
    places = [factories.institution() for _ in range(many)]
    person = factories.member(*places)
    for each in places:
        factories.answer(person, each, now=NOON - timedelta(days=8))
        factories.request_in(Status.ERROR, person, each, now=NOON)
        factories.draft(person, each)
    client = Client()
    client.force_login(person)
    with django_assert_num_queries(QUERIES + (REPEAT if many == 1 else 0)):
        client.get("/")
