"""What a check in good order looks at, and short ways to spoil it."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from requests_app.rules.system_check import (
    CheckInput,
    CheckResult,
    Figures,
    Finding,
    InstitutionFacts,
    LineFacts,
    Rules,
)
from sosportal.lib.business_calendar import JST

NOW = datetime(2026, 11, 24, 10, 12, tzinfo=JST)
INSTITUTION = InstitutionFacts(
    name="架空中央病院",
    code="2210101230",
    postal_code="000-0000",
    address="静岡県架空市中央1-2-3",
    telephone="054-000-0000",
    contact_person="見本 花子",
    email="hanako@example.jp",
)
GLOVES = LineFacts(
    item_id=5,
    item_label="⑤非滅菌手袋",
    unit="枚",
    pack_unit="箱",
    pack_size=100,
    quantity=4100,
    accepted_by_campaign=True,
    figures=Figures(stock=3400, weekly_consumption=4000, weekly_purchase=500),
)
MASKS = replace(GLOVES, item_id=1, item_label="①医療用(サージカル)マスク", pack_size=50)
RULE_SETTINGS = Rules(version=3, max_weeks_of_stock=Decimal("2.0"), max_weeks_requested=Decimal(2))
GOOD = CheckInput(
    now=NOW,
    campaign_open=True,
    campaign_name="非滅菌手袋の緊急配布",
    rules=RULE_SETTINGS,
    institution=INSTITUTION,
    last_answered_at=NOW - timedelta(days=1),
    answer_id=7,
    answer_version=2,
    lines=(GLOVES,),
)
CODES = [f"R{n}" for n in range(1, 10)]


def with_line(**changes: object) -> CheckInput:
    return replace(GOOD, lines=(replace(GLOVES, **changes),))  # type: ignore[arg-type]


def with_figures(stock: int | None, consumption: int | None, purchase: int | None) -> CheckInput:
    return with_line(figures=Figures(stock, consumption, purchase))


def with_rules(facts: CheckInput, **changes: object) -> CheckInput:
    return replace(facts, rules=replace(RULE_SETTINGS, **changes))  # type: ignore[arg-type]


def with_institution(**changes: object) -> CheckInput:
    return replace(GOOD, institution=replace(INSTITUTION, **changes))  # type: ignore[arg-type]


def only(result: CheckResult) -> Finding:
    (finding,) = result.findings
    return finding


def places(result: CheckResult) -> list[tuple[str, str]]:
    return [(finding.rule, finding.place) for finding in result.findings]


def not_judged(result: CheckResult) -> list[str]:
    return [rest.rule for rest in result.not_judged]
