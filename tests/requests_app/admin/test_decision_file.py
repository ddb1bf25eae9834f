"""Every line of a decision as one file: what was looked at, what was given and why; logged, the ministry's alone."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
import time_machine
from django.test import Client

from institutions.models import Institution
from requests_app.models import AllocationDecision, ExportLog
from requests_app.rules.allocation import ByHand, Rule
from sosportal.lib.tabular import FileKind
from tests import factories
from tests.requests_app.admin.officers import browser, ministry, prefecture, text
from tests.requests_app.allocation.rounds import DECIDED, NOW, accepted, decide

pytestmark = pytest.mark.django_db

LIST = "/admin/requests_app/allocationdecision/"


@pytest.fixture(autouse=True)
def frozen() -> Any:
    factories.campaign(now=NOW)
    with time_machine.travel(DECIDED, tick=False):
        yield


@pytest.fixture
def desk() -> Client:
    return browser(ministry())


def file_of(desk: Client, decision: AllocationDecision, kind: str = "utf8", **more: str) -> Any:
    return desk.post(f"{LIST}{decision.pk}/file/", {"kind": kind} | more)


def table(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200, response.status_code
    assert "attachment" in response["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def test_every_line_says_what_was_looked_at_what_was_given_and_why(desk: Client) -> None:
    osaka = factories.institution(factories.OSAKA, name="架空大阪病院", has_agreement=True)
    requests = accepted([1000, 500, 400], stocks=[200, 1500], places=[osaka])
    line = requests[2].lines.get()
    by_hand = (ByHand(line.pk, 100, "在庫が見つかったとの連絡のため"),)
    decision = decide(1_200, Rule.NEED_FIRST, by_hand=by_hand)

    rows = {row["要請番号"]: row for row in table(file_of(desk, decision))}

    assert [rows[each.number]["配布の数量"] for each in requests] == ["1000", "100", "100"]
    assert [rows[each.number]["結果"] for each in requests] == ["配布", "減量", "減量"]
    assert rows[requests[2].number]["理由"] == "在庫が見つかったとの連絡のため"
    assert [rows[each.number]["手入力"] for each in requests] == ["", "", "手入力"]
    first = rows[requests[0].number]
    assert (first["医療機関名"], first["都道府県"], first["医療機関コード"]) == (
        "架空大阪病院",
        "大阪府",
        osaka.code,
    )
    assert (first["備蓄（週分）"], first["1週間の想定消費量"], first["医療措置協定"]) == (
        "0.2",
        "1000",
        "締結",
    )
    assert (first["要請数量"], first["都道府県の確認"], first["国の受付"]) == ("1000", "1000", "1000")
    assert (first["物資"], first["単位"], first["申請日時"]) == ("⑤非滅菌手袋", "枚", "2026/11/24 10:22")
    assert all(row["理由"] for row in rows.values())


def test_what_was_looked_at_stays_though_the_institution_answers_again(desk: Client) -> None:
    (request,) = accepted([400], stocks=[500])
    decision = decide(400)
    Institution.objects.update(has_agreement=True)
    factories.answer(request.created_by, request.institution, now=DECIDED)
    (row,) = table(file_of(desk, decision))
    assert (row["備蓄（週分）"], row["1週間の想定消費量"], row["医療措置協定"]) == ("0.5", "1000", "")


def test_the_page_offers_it_and_the_log_names_it(desk: Client) -> None:
    accepted([400, 200])
    decision = decide(500)
    page = desk.get(f"{LIST}{decision.pk}/change/").content.decode()
    assert f'action="{LIST}{decision.pk}/file/"' in page
    assert all(f'value="{kind.value}"' in page for kind in FileKind)
    assert not ExportLog.objects.exists(), "looking takes no file"

    assert len(table(file_of(desk, decision))) == 2
    log = ExportLog.objects.get()
    assert (log.what, log.row_count, str(decision.item) in log.filters) == ("decision", 2, True)
    assert log.finished_at
    assert "配布の決定" in text(desk.get("/admin/requests_app/exportlog/"))


def test_only_a_post_of_the_ministry_sends_it(desk: Client) -> None:
    accepted([400])
    decision = decide(400)
    address = f"{LIST}{decision.pk}/file/"
    assert desk.get(address)["Location"] == f"{LIST}{decision.pk}/change/"
    assert file_of(desk, decision, "pdf")["Location"] == f"{LIST}{decision.pk}/change/"
    assert browser(prefecture()).post(address, {"kind": "utf8"}).status_code == 404
    assert desk.post(f"{LIST}999999/file/", {"kind": "utf8"}).status_code == 404
    assert not ExportLog.objects.exists()


def test_what_shift_jis_can_not_hold_is_asked_about(desk: Client) -> None:
    accepted([400], places=[factories.institution(name="𠮷野病院")])
    decision = decide(400)
    asked = file_of(desk, decision, "cp932")
    assert asked.status_code == 422
    assert "U+20BB7" in text(asked)
    assert f'action="{LIST}{decision.pk}/file/"' in asked.content.decode()
    assert not ExportLog.objects.exists()
    sent = b"".join(file_of(desk, decision, "cp932", geta="1").streaming_content).decode("cp932")
    assert "〓野病院" in sent
    assert len(ExportLog.objects.get().replaced) == 1


def test_inputs_that_can_not_be_read_are_said_and_nothing_is_sent(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted([400])
    decision = decide(400)

    def unreadable(self: AllocationDecision) -> None:
        raise KeyError("claimants")

    monkeypatch.setattr(AllocationDecision, "given_inputs", unreadable)
    assert file_of(desk, decision).status_code == 302
    assert not ExportLog.objects.exists()


@pytest.mark.parametrize("rows", [3, 12])
def test_the_cost_does_not_depend_on_the_rows(
    rows: int, desk: Client, django_assert_num_queries: Any
) -> None:
    accepted([400] * rows)
    decision = decide(400 * rows)
    table(file_of(desk, decision))
    with django_assert_num_queries(7):
        assert len(table(file_of(desk, decision))) == rows
