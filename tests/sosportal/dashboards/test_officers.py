"""The officers' dashboards: the figures they show, whose they are, what they cost, and what a typed address does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from institutions.models import Inquiry, Institution, Role, User
from institutions.rules.inquiry import Desk as InquiryDesk
from institutions.rules.inquiry import Subject
from requests_app.progress.refreshing import refresh_progress
from requests_app.rules.allocation import Rule
from requests_app.rules.transitions import Status
from tests import factories
from tests.requests_app.allocation import rounds
from tests.sosportal.dashboards import country
from tests.sosportal.dashboards.country import NOW

pytestmark = pytest.mark.django_db
COUNTRY = "/admin/progress/"
TOKYO = f"{COUNTRY}13/"
OSAKA = f"{COUNTRY}27/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def ministry() -> Client:
    return browser(factories.user(Role.MINISTRY))


@pytest.fixture
def tokyo() -> Client:
    return browser(factories.user(Role.PREFECTURE))


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def plain(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup))


def label_of(page: str, name: str) -> str:
    found = re.search(rf'aria-label="({name}[^"]*)"', page)
    assert found
    return found[1]


# --- The country ----------------------------------------------------------------------------------------------------


def test_the_map_says_each_prefecture_in_words(ministry: Client) -> None:
    country.laid()
    page = text(ministry, COUNTRY)
    assert label_of(page, "東京都") == "東京都 1.5週分 回答率 80%"
    assert label_of(page, "大阪府") == "大阪府 0.5週分 回答率 25% （参考の値）"
    assert label_of(page, "静岡県") == "静岡県 備蓄の回答なし 回答率 0% （参考の値）"
    assert page.count('class="tile-link"') == 2 * 47
    assert page.count('<svg class="tile-map__') == 2


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        ("rate", "東京都 回答率 80% 1.5週分"),
        ("review", "東京都 確認中 2件 回答率 80%"),
        ("oldest", "東京都 最も古い申請から0日 回答率 80%"),
        ("accepted", "東京都 要請数量の0%を受付 回答率 80%"),
        ("allocated", "東京都 要請数量の0%を配布 回答率 80%"),
    ],
)
def test_the_map_by_other_measures(ministry: Client, measure: str, said: str) -> None:
    country.laid()
    assert label_of(text(ministry, f"{COUNTRY}?measure={measure}"), "東京都") == said


def test_the_country_as_a_whole(ministry: Client) -> None:
    country.laid()
    page = plain(text(ministry, COUNTRY))
    assert "5 / 10機関" in page
    assert "3 件 都道府県の確認待ち 2件、国の受付待ち 1件" in page
    assert "3,500 枚 要請 2件、うち受付 0枚" in page


def test_the_table_is_sorted_by_link(ministry: Client) -> None:
    country.laid()

    def first(sort: str) -> str:
        page = text(ministry, f"{COUNTRY}?sort={sort}")
        found = re.search(r'<th role="rowheader" scope="row"><a[^>]*>([^<]+)</a>', page)
        assert found
        return found[1]

    assert first("code") == "北海道"
    assert first("-code") == "沖縄県"
    assert first("weeks") == "大阪府"
    assert first("-weeks") == "東京都"
    assert first("-asked") == "東京都"
    assert first("nonsense") == "北海道"


def test_trend_over_the_rounds(ministry: Client) -> None:
    country.laid()
    page = text(ministry, COUNTRY)
    assert "11/18の回が0.5週分、11/25の回が1.3週分です。" in page
    rows = re.findall(r'<tr><th scope="row"[^>]*>([^<]+)</th><td class="r">([^<]+)</td>', page)
    assert rows == [("11/25", "1.3"), ("11/18", "0.5"), ("11/11", "—")]


def test_an_earlier_round_is_shown_by_its_address(ministry: Client) -> None:
    country.laid()
    page = text(ministry, COUNTRY)
    before = re.search(r'<a href="(\?[^"]+)" rel="prev">', page)
    assert before
    earlier = text(ministry, COUNTRY + before[1].replace("&amp;", "&"))
    assert label_of(earlier, "大阪府") == "大阪府 0.5週分 回答率 75%"


def test_the_file_holds_the_same_figures(ministry: Client) -> None:
    country.laid()
    answer = ministry.get(f"{COUNTRY}export/")
    lines = b"".join(answer).decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 47 + 1
    heading = lines[0].split(",")
    tokyo = dict(zip(heading, next(line for line in lines if "東京都" in line).split(","), strict=True))
    assert (tokyo["医療機関"], tokyo["回答した医療機関"], tokyo["備蓄（週分）"]) == ("5", "4", "1.5")
    assert (tokyo["要請数量"], tokyo["都道府県の確認"]) == ("3500", "2300")
    for kind in ("cp932", "xlsx", "nonsense"):
        answer = ministry.get(f"{COUNTRY}export/?kind={kind}")
        assert answer.status_code == 200
        assert b"".join(answer)
        held: Any = answer
        for close in held._resource_closers:  # close() would end the test's own connection
            close()


# --- As of when -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/admin/", COUNTRY, TOKYO, f"{TOKYO}institutions/"])
def test_each_page_says_of_which_moment_it_is(ministry: Client, path: str) -> None:
    country.laid()
    assert "11/24（火）10:22</time>時点" in text(ministry, path)
    assert "数字が古くなっています" not in text(ministry, path)
    country.summed_up_at(NOW - timedelta(minutes=16))
    assert "数字が古くなっています" in text(ministry, path)


def test_before_anything_was_summed_up(ministry: Client, tokyo: Client) -> None:
    country.lay()
    for client in (ministry, tokyo):
        for path in ("/admin/", TOKYO, f"{TOKYO}institutions/"):
            assert "まだ集計していません" in text(client, path)
    assert "まだ集計していません" in text(ministry, COUNTRY)


def test_before_the_first_round(ministry: Client, tokyo: Client) -> None:
    assert "調査の回がまだありません" in text(ministry, COUNTRY)
    assert "調査の回がまだありません" in text(tokyo, TOKYO)
    assert "いま待っているもの" in text(ministry, "/admin/")
    assert text(ministry, "/admin/progress/export/", 404)


# --- The first page -------------------------------------------------------------------------------------------------


def test_the_first_page_begins_with_what_waits(ministry: Client, tokyo: Client) -> None:
    country.laid()
    page = plain(text(ministry, "/admin/"))
    assert page.index("受付を待つ要請（確認済み） 1件") < page.index("都道府県の確認を待つ要請 2件")
    assert "うち対応の遅れ 1件" in page
    mine = plain(text(tokyo, "/admin/"))
    assert mine.index("確認を待つ要請 1件") < mine.index("国の受付を待つ要請（確認済み） 1件")
    assert "うち対応の遅れ" not in mine
    assert "東京都の状況" in mine


def test_the_first_page_leads_on_after_the_acceptance(ministry: Client, tokyo: Client) -> None:
    country.laid()
    assert "配布の決定を待つ" not in plain(text(ministry, "/admin/"))
    cutoff = factories.request_in(Status.ACCEPTED, now=NOW).cutoff_at
    assert cutoff
    page = text(ministry, "/admin/")
    assert "配布の決定を待つ物資（受付完了） 1件" in plain(page)
    assert 'href="/admin/requests_app/allocationdecision/"' in page
    assert "引渡しを待つ" not in plain(page)

    rounds.decide(4100, Rule.ALL_IN_FULL, cutoff=cutoff, now=NOW)
    page = text(ministry, "/admin/")
    assert "引渡しを待つ物資（配布の決定済み） 1件" in plain(page)
    assert 'href="/admin/requests_app/handoff/new/"' in page
    assert "配布の決定を待つ" not in plain(page)
    assert "引渡しを待つ" not in plain(text(tokyo, "/admin/"))


def test_the_first_page_says_who_answered_and_who_asks(ministry: Client, tokyo: Client) -> None:
    country.laid()
    request = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    request.ask(factories.user(Role.PREFECTURE), "いつ届きますか。", now=NOW)
    assert "照会に回答があった要請" not in plain(text(tokyo, "/admin/"))
    request.answer(request.created_by, request.questions.get().pk, "金曜です。", now=NOW)
    assert "照会に回答があった要請 1件" in plain(text(tokyo, "/admin/"))

    person = request.created_by
    Inquiry.ask(
        person,
        request.institution,
        subject=Subject.REQUEST,
        desk=InquiryDesk.PREFECTURE,
        text="質問です。",
        now=NOW,
    )
    page = text(tokyo, "/admin/")
    assert "回答を待つお問い合わせ 1件" in plain(page)
    assert 'href="/admin/institutions/inquiry/?state=waiting&amp;desk=prefecture"' in page
    assert "回答を待つお問い合わせ" not in plain(text(ministry, "/admin/")), "asked of the prefecture"


def test_what_waits_is_live(tokyo: Client) -> None:
    country.laid()
    factories.request_in(Status.UNDER_REVIEW, now=NOW)
    assert "確認を待つ要請 2件" in plain(text(tokyo, "/admin/"))


def test_an_operator_sees_the_list_of_pages_alone() -> None:
    country.laid()
    page = text(browser(factories.user(Role.OPERATOR)), "/admin/")
    assert "いま待っているもの" not in page
    assert "医療機関と利用者" in page


# --- Scope ----------------------------------------------------------------------------------------------------------


def test_an_officer_sees_their_prefecture_beside_the_country_and_no_other(tokyo: Client) -> None:
    country.laid()
    assert tokyo.get(COUNTRY).headers["Location"] == TOKYO
    page = text(tokyo, TOKYO)
    assert "全国 1.3週分" in page
    assert "大阪" not in page
    assert tokyo.get(OSAKA).status_code == tokyo.get(f"{COUNTRY}99/").status_code == 404
    for path in (f"{OSAKA}institutions/", f"{COUNTRY}export/", f"{COUNTRY}publication/"):
        assert tokyo.get(path).status_code == 404


def test_an_institution_of_another_prefecture_is_as_absent(tokyo: Client) -> None:
    country.laid()
    foreign = Institution.objects.filter(prefecture_id=factories.OSAKA)[0]
    mine = Institution.objects.filter(prefecture_id=factories.TOKYO)[0]
    assert mine.name in text(tokyo, f"{COUNTRY}institutions/{mine.code}/")
    for code in (foreign.code, "1319999999"):
        assert foreign.name not in text(tokyo, f"{COUNTRY}institutions/{code}/", 404)


def test_an_institution_that_moved_away_is_gone_at_once(tokyo: Client) -> None:
    country.laid()
    moved = Institution.objects.filter(prefecture_id=factories.TOKYO)[0]
    assert moved.name in text(tokyo, f"{TOKYO}institutions/")
    Institution.objects.filter(pk=moved.pk).update(prefecture_id=factories.OSAKA)
    for view in ("stock", "silent", "open", "all"):
        assert moved.name not in text(tokyo, f"{TOKYO}institutions/?view={view}")


# --- Institutions ---------------------------------------------------------------------------------------------------


def names(page: str) -> list[str]:
    return re.findall(r'<th role="rowheader" scope="row"><a[^>]*>([^<]+)</a>', page)


def test_institutions_by_stock_by_silence_by_requests(ministry: Client) -> None:
    country.laid()
    own = Institution.objects.filter(prefecture_id=factories.TOKYO).order_by("pk")
    one, two, three, silent, asking = (place.name for place in own)
    address = f"{TOKYO}institutions/"
    found = names(text(ministry, address))
    assert found[0] == one
    assert found[-1] == three
    assert set(found[1:3]) == {two, asking}
    assert names(text(ministry, f"{address}?view=silent")) == [silent]
    assert names(text(ministry, f"{address}?view=open")) == [asking]
    assert set(names(text(ministry, f"{address}?view=all"))) == {one, two, three, silent, asking}
    assert names(text(ministry, f"{address}?view=all&q={silent}")) == [silent]
    assert names(text(ministry, f"{address}?q={two}")) == [two]
    assert "見つかりませんでした" in text(ministry, f"{address}?q=だれもしらない")


def test_fifty_at_a_time(ministry: Client) -> None:
    country.lay()
    for _ in range(50):
        factories.institution()
    refresh_progress(NOW)
    first = text(ministry, f"{TOKYO}institutions/?view=all")
    assert len(names(first)) == 50
    assert 'rel="next"' in first
    second = text(ministry, f"{TOKYO}institutions/?view=all&p=2")
    assert len(names(second)) == 5
    assert not set(names(first)) & set(names(second))
    assert 'rel="prev"' in second


def test_down_to_the_request(ministry: Client) -> None:
    country.laid()
    asking = Institution.objects.filter(prefecture_id=factories.TOKYO).order_by("-pk")[0]
    page = text(ministry, f"{COUNTRY}institutions/{asking.code}/")
    newest = asking.requests.order_by("-pk")[0]
    assert f'href="/admin/requests_app/sosrequest/{newest.pk}/change/"' in page
    assert "⑤非滅菌手袋 2,300枚" in plain(page)
    assert "1.5" in page


# --- Cost, bad input ------------------------------------------------------------------------------------------------

PATHS = ["/admin/", COUNTRY, TOKYO, f"{TOKYO}institutions/", f"{TOKYO}institutions/?view=silent"]


@pytest.mark.parametrize("path", [*PATHS, f"{TOKYO}institutions/?view=open&q=病院"])
def test_cost_does_not_depend_on_the_number_of_rows(
    ministry: Client, path: str, django_assert_num_queries: Any
) -> None:
    country.laid()
    ministry.get(path)
    with CaptureQueriesContext(connection) as before:
        ministry.get(path)
    for _ in range(6):
        person, place = country.answering(factories.TOKYO, 900)
        factories.request_in(Status.UNDER_REVIEW, person, place, now=NOW)
    refresh_progress(NOW)
    with django_assert_num_queries(len(before)):
        ministry.get(path)
    assert len(before) <= 26


@pytest.mark.parametrize("name", ["round", "item", "measure", "sort", "view", "q", "p"])
@pytest.mark.parametrize(
    "value", ["１２３", "-1", "1_000", "9" * 30, "'; DROP", "%E2%80%AE", "%EF%BC%9D1", "a" * 5000]
)
def test_whatever_stands_in_the_address_shows_the_page(ministry: Client, name: str, value: str) -> None:
    country.laid()
    for path in (COUNTRY, TOKYO, f"{TOKYO}institutions/"):
        assert ministry.get(f"{path}?{name}={value}").status_code == 200


@pytest.mark.parametrize("value", ["%00", "%ED%A0%80"])
def test_what_nobody_can_type_is_refused(ministry: Client, value: str) -> None:
    assert ministry.get(f"{COUNTRY}?q={value}").status_code == 400
    assert ministry.get(f"{COUNTRY}{value}/").status_code in {400, 404}


def test_markup_in_a_name_stays_text(ministry: Client) -> None:
    country.laid()
    Institution.objects.filter(prefecture_id=factories.TOKYO).update(name='<b>"&病院')
    page = text(ministry, f"{TOKYO}institutions/?view=all&q=%3Cb%3E")
    assert "<b>" not in page
    code = Institution.objects.filter(prefecture_id=factories.TOKYO)[0].code
    assert "<b>" not in text(ministry, f"{COUNTRY}institutions/{code}/")


def test_nothing_of_it_is_kept_by_a_cache(ministry: Client) -> None:
    country.laid()
    for path in (*PATHS, f"{COUNTRY}publication/preview/"):
        assert "no-store" in ministry.get(path).headers["Cache-Control"]


@pytest.mark.parametrize(
    ("query", "brief"),
    [
        ("", ["都道府県", "回答率", "確認中"]),
        ("measure=rate", ["都道府県", "備蓄（週分）", "確認中"]),
        ("measure=accepted&sort=-received", ["都道府県", "備蓄（週分）", "回答率", "確認中", "受領"]),
        ("sort=weeks", ["都道府県", "備蓄（週分）", "回答率", "確認中"]),
    ],
)
def test_on_a_phone_the_table_has_the_columns_that_fit_and_the_one_it_is_sorted_by(
    query: str, brief: list[str]
) -> None:
    """The measure's own figure stands beside its sign."""
    country.laid()
    client = Client()
    client.force_login(factories.user(Role.MINISTRY))
    page = client.get(f"/admin/progress/?{query}").content.decode()
    head = page.split("<thead")[-1].split("</thead>")[0]
    cells = re.findall(r'<th[^>]*?(wide-only)?"?>\s*<a [^>]*>([^<]*)', head)
    assert [label for hidden, label in cells if not hidden] == brief
    row = next(part for part in page.split('<tr role="row">') if ">大阪府</a></th>" in part)
    assert len(re.findall(r"<td", row)) == 15
    assert len(re.findall(r"<td[^>]*wide-only", row)) == 15 - len(brief)
    tile = re.search(r'aria-label="大阪府.*?class="tile-figure[^>]*>([^<]*)<', page, re.S)
    assert tile
    assert f'</svg><span class="num">{tile[1]}</span> <span class="band-words">' in row
