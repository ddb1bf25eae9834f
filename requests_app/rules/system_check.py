"""The system check (システムチェック): rules R1 to R9 of the domain, each a small function over plain data.

Every rule runs whatever the others find, so that people can mend everything at once. What the check looked
at, and by which settings, goes into the event beside its outcome (`input_to_json`, `CheckResult.to_json`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from requests_app.rules.quantity import packs, weeks_of_stock
from sosportal.lib.business_calendar import jst
from sosportal.lib.numbers import format_count, with_packs


class Severity(StrEnum):
    """ERROR stops the application (エラー有り), WARNING only tells (注意のみ)."""

    ERROR = "ERROR"
    WARNING = "WARNING"


@dataclass(frozen=True)
class Rules:
    """One version of a campaign's rule settings. An unset maximum is not tested."""

    version: int
    survey_valid_days: int = 7
    max_weeks_of_stock: Decimal | None = None
    weeks_of_stock_severity: Severity = Severity.ERROR
    max_weeks_requested: Decimal | None = None
    weeks_requested_severity: Severity = Severity.WARNING
    pack_severity: Severity = Severity.WARNING


NO_CAMPAIGN = Rules(version=0)
"""What the other rules go by while no campaign exists: its own absence is R1's to report."""


@dataclass(frozen=True)
class Figures:
    """The survey's three figures of one item, in its unit; None where the answer left a blank."""

    stock: int | None
    weekly_consumption: int | None
    weekly_purchase: int | None


@dataclass(frozen=True)
class OtherRequest:
    """Another request of the institution for the same item that is under review."""

    number: str
    title: str
    quantity: int


@dataclass(frozen=True)
class LineFacts:
    """One ticked item: what is asked for, and what the latest answer says of it (`figures` None: nothing)."""

    item_id: int
    item_label: str
    unit: str
    pack_unit: str
    pack_size: int
    quantity: int | None
    accepted_by_campaign: bool
    figures: Figures | None
    others_under_review: tuple[OtherRequest, ...] = ()


@dataclass(frozen=True)
class InstitutionFacts:
    """The particulars R3 asks for, as registered, and whether the institution is suspended (R6)."""

    name: str
    code: str
    postal_code: str
    address: str
    telephone: str
    contact_person: str
    email: str
    suspended: bool = False
    suspension_reason: str = ""


@dataclass(frozen=True)
class CheckInput:
    """Everything the check looks at. Moments are aware; `last_answered_at` and `answer_version` belong to the answer
    that the lines' figures were read from."""

    now: datetime
    campaign_open: bool
    campaign_name: str
    rules: Rules | None
    institution: InstitutionFacts
    last_answered_at: datetime | None
    answer_version: int | None
    lines: tuple[LineFacts, ...]


@dataclass(frozen=True)
class Finding:
    """One failure: what is wrong, how to mend it, the figures it looked at, and where to go.

    `place` is "campaign", "items", "profile", "survey", "suspension", "quantity:<item id>" or
    "request:<number>".
    """

    rule: str
    severity: Severity
    message: str
    advice: str
    looked_at: str
    place: str
    item_id: int | None = None


@dataclass(frozen=True)
class Passed:
    """A rule that was judged and found in order."""

    rule: str
    name: str
    looked_at: str


@dataclass(frozen=True)
class NotJudged:
    """A rule that found nothing wrong but could not be, or was not to be, judged in full; `reason` in Japanese."""

    rule: str
    name: str
    reason: str


@dataclass(frozen=True)
class CheckResult:
    """The outcome. Each of R1 to R9 stands in exactly one of the three, in their order."""

    findings: tuple[Finding, ...]
    passed: tuple[Passed, ...]
    not_judged: tuple[NotJudged, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the request may be applied for: nothing found but warnings."""
        return not self.errors

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop the application."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that only tell."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.WARNING)

    def to_json(self) -> dict[str, Any]:
        """The outcome as JSON-able data, to be stored with the event."""
        return {"ok": self.ok, **_plain(asdict(self))}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "CheckResult":
        """The outcome as it was stored. Raises KeyError, TypeError or ValueError for anything else."""
        return cls(
            findings=tuple(
                Finding(**{**finding, "severity": Severity(finding["severity"])})
                for finding in data["findings"]
            ),
            passed=tuple(Passed(**passed) for passed in data["passed"]),
            not_judged=tuple(NotJudged(**rest) for rest in data["not_judged"]),
        )


def input_to_json(facts: CheckInput) -> dict[str, Any]:
    """What the check looked at, with the rule settings, as JSON-able data: moments in ISO 8601, decimals as text."""
    plain: dict[str, Any] = _plain(asdict(facts))
    return plain


def run(facts: CheckInput) -> CheckResult:
    """Judge every rule and list every failure. Pure: `facts.now` is the only clock."""
    settings = facts.rules or NO_CAMPAIGN
    findings: list[Finding] = []
    passed: list[Passed] = []
    not_judged: list[NotJudged] = []
    for rule in RULES:
        verdict = rule.judge(facts, settings)
        if verdict.findings:
            findings += verdict.findings
        elif verdict.not_judged:
            not_judged.append(NotJudged(rule.code, rule.name, "、".join(verdict.not_judged)))
        else:
            passed.append(Passed(rule.code, rule.name, "、".join(verdict.looked_at)))
    return CheckResult(tuple(findings), tuple(passed), tuple(not_judged))


@dataclass
class _Verdict:
    """What one rule says, gathered line by line."""

    findings: list[Finding] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)
    not_judged: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Rule:
    """A rule of the table: its number in the domain, its name on screen, its function."""

    code: str
    name: str
    judge: Callable[[CheckInput, Rules], _Verdict]


def _campaign_is_open(facts: CheckInput, _settings: Rules) -> _Verdict:
    name = facts.campaign_name or "緊急配布要請"
    if facts.campaign_open:
        return _Verdict(looked_at=[f"{name}：受付中"])
    return _Verdict(
        [
            Finding(
                "R1",
                Severity.ERROR,
                "いまは要請を受け付けていません",
                "受付が始まったら、もう一度押してください。入力した内容は残ります。",
                f"{name}：受付停止中",
                "campaign",
            )
        ]
    )


def _items_are_ticked(facts: CheckInput, _settings: Rules) -> _Verdict:
    if not facts.lines:
        advice = "必要な物資にチェックを入れて、枚数を入力してください。"
        return _Verdict(
            [Finding("R2", Severity.ERROR, "物資が選ばれていません", advice, "選んだ物資：0件", "items")]
        )
    verdict = _Verdict()
    for line in facts.lines:
        verdict.looked_at.append(f"{line.item_label} {_quantity(line)}")
        verdict.findings += _quantity_findings(line)
    return verdict


def _quantity_findings(line: LineFacts) -> Iterator[Finding]:
    seen = f"{line.item_label}：{_quantity(line)}"
    if line.quantity is None or line.quantity < 1:
        message = f"{line.item_label}の要請数量がありません"
        advice = f"1{line.unit}以上の{line.unit}数を入力してください。"
        yield _of_line(line, "R2", Severity.ERROR, message, advice, seen, f"quantity:{line.item_id}")
    if not line.accepted_by_campaign:
        message = f"{line.item_label}は、いま受け付けていません"
        yield _of_line(
            line, "R2", Severity.ERROR, message, "この物資のチェックを外してください。", seen, "items"
        )


PARTICULARS: Mapping[str, str] = {
    "name": "医療機関名",
    "code": "医療機関コード",
    "postal_code": "郵便番号",
    "address": "住所",
    "telephone": "電話番号",
    "contact_person": "担当者氏名",
    "email": "メールアドレス",
}
"""The particulars R3 asks for, field by field, in the order and the words of the consent terms."""


def _particulars_are_present(facts: CheckInput, _settings: Rules) -> _Verdict:
    verdict = _Verdict(looked_at=[f"ユーザー基礎情報：{len(PARTICULARS)}項目すべて登録済み"])
    for name, label in PARTICULARS.items():
        if not str(getattr(facts.institution, name)).strip():
            whose = "担当者のメールアドレス" if name == "email" else label
            why = "届けの連絡に使います。" if name in ("telephone", "email") else ""
            verdict.findings.append(
                Finding(
                    "R3",
                    Severity.ERROR,
                    f"{whose}がありません",
                    f"ユーザー基礎情報に登録してください。{why}",
                    f"ユーザー基礎情報：{label}（空欄）",
                    "profile",
                )
            )
    return verdict


def _survey_is_answered(facts: CheckInput, settings: Rules) -> _Verdict:
    """Within `survey_valid_days` × 24 hours before now, the full span included: exactly 7 days ago still counts."""
    verdict = _Verdict(looked_at=[f"最後の回答：{_answered(facts)}"])
    if not _is_recent(facts, settings):
        items = "と".join(line.item_label for line in facts.lines)
        what = f"{items}の3つの数を、" if items else ""
        verdict.findings.append(
            Finding(
                "R4",
                Severity.ERROR,
                f"週次調査の回答が、{settings.survey_valid_days}日以内にありません",
                f"{what}調査で回答してください。",
                verdict.looked_at[0],
                "survey",
            )
        )
    if facts.last_answered_at is not None:
        verdict.findings += [_missing_figures(line) for line in facts.lines if _complete(line) is None]
    return verdict


def _missing_figures(line: LineFacts) -> Finding:
    return _of_line(
        line,
        "R4",
        Severity.ERROR,
        f"{line.item_label}の数が、調査の回答に足りません",
        f"{line.item_label}の3つの数を、調査で回答してください。",
        _figures_seen(line),
        "survey",
    )


def _consumption_is_positive(facts: CheckInput, settings: Rules) -> _Verdict:
    verdict = _Verdict()
    for line in facts.lines:
        figures = _usable(facts, settings, line)
        if figures is None:
            verdict.not_judged.append(_no_figures(line))
            continue
        seen = f"{line.item_label}：1週間の想定消費量 {format_count(figures.consumption)}{line.unit}"
        verdict.looked_at.append(seen)
        if figures.consumption <= 0:
            message = f"{line.item_label}の想定消費量が0です"
            advice = "1週間の想定消費量を、調査で直してください。"
            verdict.findings.append(_of_line(line, "R5", Severity.ERROR, message, advice, seen, "survey"))
    return _or_no_lines(verdict)


def _is_not_suspended(facts: CheckInput, _settings: Rules) -> _Verdict:
    if not facts.institution.suspended:
        return _Verdict(looked_at=["要請の停止：なし"])
    return _Verdict(
        [
            Finding(
                "R6",
                Severity.ERROR,
                "この医療機関からの緊急配布要請は、停止されています",
                "くわしいことは、都道府県の担当者に聞いてください。",
                f"停止の理由：{facts.institution.suspension_reason or '（記入なし）'}",
                "suspension",
            )
        ]
    )


def _stock_is_short(facts: CheckInput, settings: Rules) -> _Verdict:
    most = settings.max_weeks_of_stock
    if most is None:
        return _Verdict(not_judged=["この受付では確かめません"])
    verdict = _Verdict()
    for line in facts.lines:
        figures = _usable(facts, settings, line)
        weeks = None if figures is None else figures.weeks
        if figures is None or weeks is None:
            verdict.not_judged.append(_no_figures(line) if figures is None else _no_consumption(line))
            continue
        seen = _weeks_seen(line, figures, weeks, most)
        verdict.looked_at.append(seen)
        if weeks >= Fraction(most):
            severity = settings.weeks_of_stock_severity
            message = f"{line.item_label}の備蓄が、{_decimal(most)}週分以上あります"
            advice = _advice(
                severity,
                "足りなくなったら、調査に回答してから申請してください。",
                "数が合っているか確かめてください。",
            )
            verdict.findings.append(_of_line(line, "R7", severity, message, advice, seen, "survey"))
    return _or_no_lines(verdict)


def _quantity_is_reasonable(facts: CheckInput, settings: Rules) -> _Verdict:
    verdict = _Verdict()
    for line in facts.lines:
        if line.quantity is None or line.quantity < 1:
            verdict.not_judged.append(f"{line.item_label}の要請数量がないため、確かめていません")
            continue
        verdict.looked_at.append(f"{line.item_label}：{_quantity(line)}")
        _judge_weeks_requested(facts, settings, line, line.quantity, verdict)
        _judge_packs(settings, line, line.quantity, verdict)
    return _or_no_lines(verdict)


def _judge_weeks_requested(
    facts: CheckInput, settings: Rules, line: LineFacts, quantity: int, verdict: _Verdict
) -> None:
    most = settings.max_weeks_requested
    if most is None:
        return
    figures = _usable(facts, settings, line)
    if figures is None or figures.consumption <= 0:
        verdict.not_judged.append(_no_figures(line) if figures is None else _no_consumption(line))
        return
    limit = Fraction(most) * figures.consumption
    if quantity <= limit:
        return
    severity = settings.weeks_requested_severity
    allowed = format_count(int(limit))
    seen = f"要請 {_quantity(line)}、{_decimal(most)}週分は{allowed}{line.unit}まで"
    message = f"{line.item_label}の要請数量が、{_decimal(most)}週分を超えています"
    advice = _advice(
        severity, f"{allowed}{line.unit}までにしてください。", "数が合っているか確かめてください。"
    )
    place = f"quantity:{line.item_id}"
    verdict.findings.append(_of_line(line, "R8", severity, message, advice, seen, place))


def _judge_packs(settings: Rules, line: LineFacts, quantity: int, verdict: _Verdict) -> None:
    whole, rest = packs(quantity, line.pack_size)
    if not rest:
        return
    severity = settings.pack_severity
    near = [
        with_packs(n * line.pack_size, line.unit, line.pack_size, line.pack_unit)
        for n in (whole, whole + 1)
        if n
    ]
    message = f"{line.item_label}の要請数量が、{format_count(line.pack_size)}{line.unit}きざみではありません"
    advice = _advice(
        severity, f"{'か'.join(near)}にしてください。", f"{'か'.join(near)}にするとちょうどです。"
    )
    seen = f"要請 {_quantity(line)}、1{line.pack_unit}は{format_count(line.pack_size)}{line.unit}"
    place = f"quantity:{line.item_id}"
    verdict.findings.append(_of_line(line, "R8", severity, message, advice, seen, place))


def _no_other_request(facts: CheckInput, _settings: Rules) -> _Verdict:
    verdict = _Verdict(looked_at=["同じ物資で確認中の要請：なし"])
    for line in facts.lines:
        for other in line.others_under_review:
            verdict.findings.append(
                _of_line(
                    line,
                    "R9",
                    Severity.WARNING,
                    "同じ物資の要請が、ほかにも確認中です",
                    _advice(Severity.WARNING, "", "重なっていないか確かめてください。"),
                    f"{other.title}（要請番号 {other.number}） {line.item_label} "
                    f"{format_count(other.quantity)}{line.unit}",
                    f"request:{other.number}",
                )
            )
    return verdict


RULES: tuple[Rule, ...] = (
    Rule("R1", "受付中であること", _campaign_is_open),
    Rule("R2", "物資と要請数量があること", _items_are_ticked),
    Rule("R3", "ユーザー基礎情報がそろっていること", _particulars_are_present),
    Rule("R4", "週次調査に回答していること", _survey_is_answered),
    Rule("R5", "想定消費量があること", _consumption_is_positive),
    Rule("R6", "要請が停止されていないこと", _is_not_suspended),
    Rule("R7", "備蓄が基準より少ないこと", _stock_is_short),
    Rule("R8", "要請数量が基準に合うこと", _quantity_is_reasonable),
    Rule("R9", "同じ物資の要請がほかに確認中でないこと", _no_other_request),
)
"""Every rule of the check. A new rule is a function and a row here."""


@dataclass(frozen=True)
class _Usable:
    """Three figures of an answer that is recent enough to be judged by."""

    stock: int
    consumption: int
    purchase: int

    @property
    def weeks(self) -> Fraction | None:
        return weeks_of_stock(self.stock, self.purchase, self.consumption)


def _complete(line: LineFacts) -> _Usable | None:
    figures = line.figures
    if figures is None:
        return None
    stock, consumption, purchase = figures.stock, figures.weekly_consumption, figures.weekly_purchase
    if stock is None or consumption is None or purchase is None:
        return None
    return _Usable(stock, consumption, purchase)


def _usable(facts: CheckInput, settings: Rules, line: LineFacts) -> _Usable | None:
    """The figures R5, R7 and R8 may go by: stale or missing ones are R4's to report, and theirs only."""
    return _complete(line) if _is_recent(facts, settings) else None


def _is_recent(facts: CheckInput, settings: Rules) -> bool:
    if facts.last_answered_at is None:
        return False
    return facts.now - facts.last_answered_at <= timedelta(days=settings.survey_valid_days)


def _or_no_lines(verdict: _Verdict) -> _Verdict:
    if not verdict.looked_at and not verdict.not_judged:
        verdict.not_judged.append("物資が選ばれていないため、確かめていません")
    return verdict


def _of_line(
    line: LineFacts, rule: str, severity: Severity, message: str, advice: str, looked_at: str, place: str
) -> Finding:
    return Finding(rule, severity, message, advice, looked_at, place, line.item_id)


def _advice(severity: Severity, mend: str, consider: str) -> str:
    return mend if severity is Severity.ERROR else f"このままでも申請できます。{consider}"


def _no_figures(line: LineFacts) -> str:
    return f"{line.item_label}の調査の回答がないため、確かめていません"


def _no_consumption(line: LineFacts) -> str:
    return f"{line.item_label}の想定消費量が0のため、確かめていません"


def _quantity(line: LineFacts) -> str:
    if line.quantity is None:
        return "（空欄）"
    return with_packs(line.quantity, line.unit, line.pack_size, line.pack_unit)


def _figures_seen(line: LineFacts) -> str:
    figures = line.figures or Figures(None, None, None)
    named = (
        ("在庫量", figures.stock),
        ("1週間の想定消費量", figures.weekly_consumption),
        ("1週間の購入見込み量", figures.weekly_purchase),
    )
    return "、".join(
        f"{name}（空欄）" if figure is None else f"{name} {format_count(figure)}{line.unit}"
        for name, figure in named
    )


def _weeks_seen(line: LineFacts, figures: _Usable, weeks: Fraction, most: Decimal) -> str:
    # Cut off, never rounded up: 1.96 weeks are below 2 and must not read as 2.0.
    shown = Decimal(int(weeks * 10)) / 10
    return (
        f"{line.item_label}：（在庫量 {format_count(figures.stock)}＋購入見込み量 {format_count(figures.purchase)}）"
        f"÷想定消費量 {format_count(figures.consumption)}＝{shown:.1f}週分（基準 {_decimal(most)}週分未満）"
    )


def _decimal(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _answered(facts: CheckInput) -> str:
    if facts.last_answered_at is None:
        return "ありません"
    days = max(0, (jst(facts.now).date() - jst(facts.last_answered_at).date()).days)
    return f"{_moment(facts.last_answered_at)}（{f'{days}日前' if days else '今日'}）"


def _moment(moment: datetime) -> str:
    here = jst(moment)
    return f"{here.month}/{here.day}（{'月火水木金土日'[here.weekday()]}）{here:%H:%M}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    return str(value) if isinstance(value, Decimal) else value
