"""The system check rule by rule, at its boundaries, in its words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from requests_app.rules.system_check import (
    PARTICULARS,
    RULES,
    Figures,
    OtherRequest,
    Severity,
    run,
)
from tests.requests_app.rules.check_facts import (
    CODES,
    GLOVES,
    GOOD,
    MASKS,
    NOW,
    not_judged,
    only,
    places,
    with_figures,
    with_institution,
    with_line,
    with_rules,
)


def test_everything_in_order_passes_every_rule() -> None:
    result = run(GOOD)

    assert result.ok
    assert result.findings == ()
    assert result.not_judged == ()
    assert [passed.rule for passed in result.passed] == CODES
    assert all(passed.looked_at and passed.name for passed in result.passed)


def test_the_table_holds_every_rule_of_the_domain_in_order() -> None:
    assert [rule.code for rule in RULES] == CODES


# --- R1 to R3, R6: campaign, items, particulars, suspension ---------------------------------------------------


def test_r1_without_an_open_campaign() -> None:
    result = run(replace(GOOD, campaign_open=False))

    assert places(result) == [("R1", "campaign")]
    assert not result.ok
    assert only(result).message == "いまは要請を受け付けていません"
    assert not_judged(result) == ["R2"]


def test_r1_alone_reports_that_nothing_is_accepted_while_no_campaign_is_open() -> None:
    result = run(replace(with_line(accepted_by_campaign=False), campaign_open=False))

    assert places(result) == [("R1", "campaign")]


def test_r1_without_any_campaign_the_other_rules_are_judged_all_the_same() -> None:
    facts = replace(GOOD, campaign_open=False, campaign_name="", rules=None, last_answered_at=None)

    result = run(facts)

    assert places(result) == [("R1", "campaign"), ("R4", "survey")]
    assert "R7" in not_judged(result)


def test_r2_without_items() -> None:
    result = run(replace(GOOD, lines=()))

    assert places(result) == [("R2", "items")]
    assert not_judged(result) == ["R5", "R7", "R8", "R9"]
    assert only(result).message == "物資が選ばれていません"


@pytest.mark.parametrize("quantity", [None, 0, -1])
def test_r2_without_a_quantity(quantity: int | None) -> None:
    result = run(with_line(quantity=quantity))

    assert places(result) == [("R2", "quantity:5")]
    assert only(result).item_id == 5
    assert only(result).message == "⑤非滅菌手袋の要請数量がありません"
    assert not_judged(result) == ["R8"]


def test_r2_one_is_a_quantity() -> None:
    assert run(with_line(quantity=1, pack_size=1)).ok


def test_r2_an_item_the_campaign_does_not_accept() -> None:
    result = run(replace(GOOD, lines=(GLOVES, replace(MASKS, accepted_by_campaign=False))))

    assert places(result) == [("R2", "items")]
    assert only(result).item_id == 1
    assert only(result).message == "①医療用(サージカル)マスクは、いま受け付けていません"


@pytest.mark.parametrize("blank", ["", " ", "\u3000"])
@pytest.mark.parametrize("field", PARTICULARS)
def test_r3_every_particular_is_asked_for(field: str, blank: str) -> None:
    result = run(with_institution(**{field: blank}))

    assert places(result) == [("R3", "profile")]
    assert only(result).severity is Severity.ERROR
    assert only(result).looked_at == f"ユーザー基礎情報：{PARTICULARS[field]}（空欄）"


def test_r3_each_missing_particular_is_named() -> None:
    result = run(with_institution(email="", telephone=""))

    assert [finding.message for finding in result.findings] == [
        "電話番号がありません",
        "担当者のメールアドレスがありません",
    ]


def test_r6_suspended() -> None:
    result = run(with_institution(suspended=True, suspension_reason="転売のため"))

    assert places(result) == [("R6", "suspension")]
    assert only(result).looked_at == "停止の理由：転売のため"
    assert not result.ok


# --- R4 and R5: the survey ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ago", "ok"),
    [
        (timedelta(0), True),
        (timedelta(days=7), True),
        (timedelta(days=7, microseconds=1), False),
        (timedelta(days=8), False),
        (timedelta(microseconds=-1), True),
    ],
)
def test_r4_exactly_seven_days_ago_still_counts(ago: timedelta, ok: bool) -> None:
    result = run(replace(GOOD, last_answered_at=NOW - ago))

    assert result.ok is ok
    assert ("R4" in [passed.rule for passed in result.passed]) is ok


@pytest.mark.parametrize("days", [1, 14])
def test_r4_the_campaign_says_how_many_days(days: int) -> None:
    facts = with_rules(GOOD, survey_valid_days=days)

    assert run(replace(facts, last_answered_at=NOW - timedelta(days=days))).ok
    stale = run(replace(facts, last_answered_at=NOW - timedelta(days=days, seconds=1)))
    assert only(stale).message == f"週次調査の回答が、{days}日以内にありません"


def test_r4_speaks_as_the_page_does() -> None:
    answered = datetime(2026, 11, 13, 7, 20, tzinfo=UTC)

    finding = only(run(replace(GOOD, last_answered_at=answered)))

    assert finding.message == "週次調査の回答が、7日以内にありません"
    assert finding.advice == "⑤非滅菌手袋の3つの数を、調査で回答してください。"
    assert finding.looked_at == "最後の回答：11/13（金）16:20（11日前）"
    assert finding.place == "survey"


def test_r4_an_answer_stale_by_hours_does_not_read_as_if_it_counted() -> None:
    finding = only(run(replace(GOOD, last_answered_at=NOW - timedelta(days=7, hours=1))))

    assert finding.looked_at == "最後の回答：11/17（火）09:12（7日を過ぎています）"


def test_r4_never_answered() -> None:
    result = run(replace(with_line(figures=None), last_answered_at=None, answer_id=None, answer_version=None))

    assert places(result) == [("R4", "survey")]
    assert only(result).looked_at == "最後の回答：ありません"
    assert not_judged(result) == ["R5", "R7", "R8"]


@pytest.mark.parametrize(
    "figures", [None, Figures(None, 4000, 500), Figures(3400, None, 500), Figures(3400, 4000, None)]
)
def test_r4_all_three_figures_of_every_item(figures: Figures | None) -> None:
    result = run(replace(GOOD, lines=(MASKS, replace(GLOVES, figures=figures))))

    assert places(result) == [("R4", "survey")]
    assert only(result).item_id == 5
    assert not_judged(result) == ["R5", "R7", "R8"]


def test_r4_shows_which_figure_is_missing() -> None:
    finding = only(run(with_figures(3400, None, 0)))

    assert finding.message == "⑤非滅菌手袋の数が、調査の回答に足りません"
    assert finding.looked_at == "在庫量 3,400枚、1週間の想定消費量（空欄）、1週間の購入見込み量 0枚"


def test_stale_figures_are_not_judged_by() -> None:
    stale = replace(with_figures(99999, 0, 0), last_answered_at=NOW - timedelta(days=30))

    result = run(stale)

    assert places(result) == [("R4", "survey")]
    assert not_judged(result) == ["R5", "R7", "R8"]


def test_r5_nothing_consumed_is_reported_once() -> None:
    result = run(with_figures(0, 0, 0))

    assert places(result) == [("R5", "survey")]
    assert only(result).message == "⑤非滅菌手袋の想定消費量が0です"
    assert not_judged(result) == ["R7", "R8"]


def test_r5_one_item_without_figures_does_not_hide_another_without_consumption() -> None:
    nothing_used = replace(GLOVES, figures=Figures(0, 0, 0))

    result = run(replace(GOOD, lines=(replace(MASKS, figures=None), nothing_used)))

    assert places(result) == [("R4", "survey"), ("R5", "survey")]


# --- R7 and R8: as the campaign says --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stock", "purchase", "ok"), [(7999, 0, True), (8000, 0, False), (7500, 500, False), (7500, 499, True)]
)
def test_r7_weeks_of_stock_must_be_below_the_maximum(stock: int, purchase: int, ok: bool) -> None:
    assert run(with_figures(stock, 4000, purchase)).ok is ok


def test_r7_shows_how_it_reckoned_and_never_rounds_up() -> None:
    passed = run(with_figures(7999, 4000, 0)).passed[CODES.index("R7")]
    finding = only(run(with_figures(8100, 4000, 0)))

    assert "＝1.9週分" in passed.looked_at
    assert finding.message == "⑤非滅菌手袋の備蓄が、2週分以上あります"
    assert finding.looked_at == (
        "⑤非滅菌手袋：（在庫量 8,100＋購入見込み量 0）÷想定消費量 4,000＝2.0週分（基準 2週分未満）"
    )


def test_r7_can_be_a_warning() -> None:
    result = run(with_rules(with_figures(8000, 4000, 0), weeks_of_stock_severity=Severity.WARNING))

    assert result.ok
    assert only(result).rule == "R7"
    assert only(result).advice.startswith("このままでも申請できます。")


def test_r7_and_r8_unset_are_not_tested() -> None:
    facts = with_rules(replace(with_figures(10**6, 1, 0)), max_weeks_of_stock=None, max_weeks_requested=None)

    result = run(facts)

    assert result.findings == ()
    assert not_judged(result) == ["R7"]


@pytest.mark.parametrize(("quantity", "fine"), [(8000, True), (8100, False)])
def test_r8_up_to_the_maximum(quantity: int, fine: bool) -> None:
    result = run(with_line(quantity=quantity))

    assert (result.findings == ()) is fine
    assert result.ok  # a warning unless the campaign says otherwise
    if not fine:
        assert only(result).place == "quantity:5"
        assert only(result).looked_at == "要請 8,100枚（81箱）、2週分は8,000枚まで"


def test_r8_a_fraction_of_a_week_is_reckoned_exactly() -> None:
    facts = with_rules(
        with_line(quantity=3, pack_size=1, figures=Figures(0, 3, 0)), max_weeks_requested=Decimal("1.1")
    )

    assert run(facts).findings == ()
    assert run(replace(facts, lines=(replace(facts.lines[0], quantity=4),))).findings != ()


def test_r8_can_be_an_error() -> None:
    facts = with_rules(with_line(quantity=8100), weeks_requested_severity=Severity.ERROR)

    result = run(facts)

    assert not result.ok
    assert only(result).advice == "8,000枚までにしてください。"


def test_r8_packs() -> None:
    warned = run(with_line(quantity=4150))
    refused = run(with_rules(with_line(quantity=4150), pack_severity=Severity.ERROR))

    assert warned.ok
    assert not refused.ok
    assert only(warned).message == "⑤非滅菌手袋の要請数量が、100枚きざみではありません"
    assert only(warned).looked_at == "要請 4,150枚（41箱と50枚）、1箱は100枚"
    assert only(refused).advice == "4,100枚（41箱）か4,200枚（42箱）にしてください。"


def test_r8_below_one_pack_asks_whether_packs_were_counted() -> None:
    finding = only(run(with_line(quantity=16)))

    assert finding.advice.endswith("100枚（1箱）にするとちょうどです。16箱なら1,600枚です。")
    assert finding.looked_at == "要請 16枚、1箱は100枚、16箱なら1,600枚"


def test_r8_too_many_and_broken_packs_are_two_findings() -> None:
    assert places(run(with_line(quantity=8150))) == [("R8", "quantity:5")] * 2


def test_r8_packs_are_judged_without_figures() -> None:
    result = run(with_line(quantity=4150, figures=None))

    assert [finding.rule for finding in result.findings] == ["R4", "R8"]


# --- R9: other requests ---------------------------------------------------------------------------------------


def test_r9_another_request_under_review_is_a_warning_with_a_link() -> None:
    other = OtherRequest("2611-0391", "2026/11/17_架空中央病院_緊急配布要請", 2000)

    result = run(with_line(others_under_review=(other, replace(other, number="2611-0392"))))

    assert result.ok
    assert places(result) == [("R9", "request:2611-0391"), ("R9", "request:2611-0392")]
    assert {finding.severity for finding in result.findings} == {Severity.WARNING}
    assert "2,000枚" in result.findings[0].looked_at
    assert other.title in result.findings[0].looked_at
