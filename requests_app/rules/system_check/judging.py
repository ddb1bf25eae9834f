"""The rules R1 to R9, each a small function, and the table of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from requests_app.rules.quantity import packs
from requests_app.rules.system_check import wording
from requests_app.rules.system_check.facts import CheckInput, LineFacts, Rules, Severity
from requests_app.rules.system_check.figures import complete, is_recent, usable
from requests_app.rules.system_check.outcome import Finding
from sosportal.lib.numbers import format_count, with_packs


@dataclass
class Verdict:
    """What one rule says, gathered line by line."""

    findings: list[Finding] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)
    not_judged: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Rule:
    """A rule of the table: its number in the domain, its name on screen, its function."""

    code: str
    name: str
    judge: Callable[[CheckInput, Rules], Verdict]


def _campaign_is_open(facts: CheckInput, _settings: Rules) -> Verdict:
    name = facts.campaign_name or "緊急配布要請"
    if facts.campaign_open:
        return Verdict(looked_at=[f"{name}：受付中"])
    return Verdict(
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


def _items_are_ticked(facts: CheckInput, _settings: Rules) -> Verdict:
    if not facts.lines:
        advice = "必要な物資にチェックを入れて、枚数を入力してください。"
        return Verdict(
            [Finding("R2", Severity.ERROR, "物資が選ばれていません", advice, "選んだ物資：0件", "items")]
        )
    verdict = Verdict()
    for line in facts.lines:
        verdict.looked_at.append(_asked_of(line))
        verdict.findings += _quantity_findings(line)
        if facts.campaign_open and not line.accepted_by_campaign:
            verdict.findings.append(_not_accepted(line))
    if not facts.campaign_open:
        # Nothing is accepted then. R1 says so once, and unticking the items would not mend it.
        verdict.not_judged.append("受付中ではないため、受け付ける物資は確かめていません")
    return verdict


def _quantity_findings(line: LineFacts) -> Iterator[Finding]:
    if line.quantity is None or line.quantity < 1:
        message = f"{line.item_label}の要請数量がありません"
        advice = f"1{line.unit}以上の{line.unit}数を入力してください。"
        place = f"quantity:{line.item_id}"
        yield _of_line(line, "R2", Severity.ERROR, message, advice, _asked_of(line), place)


def _not_accepted(line: LineFacts) -> Finding:
    message = f"{line.item_label}は、いま受け付けていません"
    advice = "この物資のチェックを外してください。"
    return _of_line(line, "R2", Severity.ERROR, message, advice, _asked_of(line), "items")


def _asked_of(line: LineFacts) -> str:
    return f"{line.item_label}：{wording.asked(line)}"


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


def _particulars_are_present(facts: CheckInput, _settings: Rules) -> Verdict:
    verdict = Verdict(looked_at=[f"ユーザー基礎情報：{len(PARTICULARS)}項目すべて登録済み"])
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


def _survey_is_answered(facts: CheckInput, settings: Rules) -> Verdict:
    """Within `survey_valid_days` × 24 hours before now, the full span included: exactly 7 days ago still counts."""
    verdict = Verdict(looked_at=[f"最後の回答：{wording.answered(facts, settings)}"])
    if not is_recent(facts, settings):
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
        verdict.findings += [_missing_figures(line) for line in facts.lines if complete(line) is None]
    return verdict


def _missing_figures(line: LineFacts) -> Finding:
    return _of_line(
        line,
        "R4",
        Severity.ERROR,
        f"{line.item_label}の数が、調査の回答に足りません",
        f"{line.item_label}の3つの数を、調査で回答してください。",
        wording.figures_seen(line),
        "survey",
    )


def _consumption_is_positive(facts: CheckInput, settings: Rules) -> Verdict:
    verdict = Verdict()
    for line in facts.lines:
        figures = usable(facts, settings, line)
        if figures is None:
            verdict.not_judged.append(wording.no_figures(line))
            continue
        seen = f"{line.item_label}：1週間の想定消費量 {format_count(figures.consumption)}{line.unit}"
        verdict.looked_at.append(seen)
        if figures.consumption <= 0:
            message = f"{line.item_label}の想定消費量が0です"
            advice = "1週間の想定消費量を、調査で直してください。"
            verdict.findings.append(_of_line(line, "R5", Severity.ERROR, message, advice, seen, "survey"))
    return _or_no_lines(verdict)


def _is_not_suspended(facts: CheckInput, _settings: Rules) -> Verdict:
    if not facts.institution.suspended:
        return Verdict(looked_at=["要請の停止：なし"])
    return Verdict(
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


def _stock_is_short(facts: CheckInput, settings: Rules) -> Verdict:
    most = settings.max_weeks_of_stock
    if most is None:
        return Verdict(not_judged=["この受付では確かめません"])
    verdict = Verdict()
    for line in facts.lines:
        figures = usable(facts, settings, line)
        weeks = None if figures is None else figures.weeks
        if figures is None or weeks is None:
            verdict.not_judged.append(
                wording.no_figures(line) if figures is None else wording.no_consumption(line)
            )
            continue
        seen = wording.weeks_seen(line, figures, weeks, most)
        verdict.looked_at.append(seen)
        if weeks >= Fraction(most):
            severity = settings.weeks_of_stock_severity
            message = f"{line.item_label}の備蓄が、{wording.weeks_text(most)}週分以上あります"
            advice = wording.advice(
                severity,
                "足りなくなったら、調査に回答してから申請してください。",
                "数が合っているか確かめてください。",
            )
            verdict.findings.append(_of_line(line, "R7", severity, message, advice, seen, "survey"))
    return _or_no_lines(verdict)


def _quantity_is_reasonable(facts: CheckInput, settings: Rules) -> Verdict:
    verdict = Verdict()
    for line in facts.lines:
        if line.quantity is None or line.quantity < 1:
            verdict.not_judged.append(f"{line.item_label}の要請数量がないため、確かめていません")
            continue
        verdict.looked_at.append(_asked_of(line))
        _judge_weeks_requested(facts, settings, line, line.quantity, verdict)
        _judge_packs(settings, line, line.quantity, verdict)
    return _or_no_lines(verdict)


def _judge_weeks_requested(
    facts: CheckInput, settings: Rules, line: LineFacts, quantity: int, verdict: Verdict
) -> None:
    most = settings.max_weeks_requested
    if most is None:
        return
    figures = usable(facts, settings, line)
    if figures is None or figures.consumption <= 0:
        verdict.not_judged.append(
            wording.no_figures(line) if figures is None else wording.no_consumption(line)
        )
        return
    limit = Fraction(most) * figures.consumption
    if quantity <= limit:
        return
    severity = settings.weeks_requested_severity
    allowed = format_count(int(limit))
    seen = f"要請 {wording.asked(line)}、{wording.weeks_text(most)}週分は{allowed}{line.unit}まで"
    message = f"{line.item_label}の要請数量が、{wording.weeks_text(most)}週分を超えています"
    advice = wording.advice(
        severity, f"{allowed}{line.unit}までにしてください。", "数が合っているか確かめてください。"
    )
    place = f"quantity:{line.item_id}"
    verdict.findings.append(_of_line(line, "R8", severity, message, advice, seen, place))


def _judge_packs(settings: Rules, line: LineFacts, quantity: int, verdict: Verdict) -> None:
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
    advice = wording.advice(
        severity, f"{'か'.join(near)}にしてください。", f"{'か'.join(near)}にするとちょうどです。"
    )
    seen = f"要請 {wording.asked(line)}、1{line.pack_unit}は{format_count(line.pack_size)}{line.unit}"
    if not whole:  # less than one pack: most likely the packs were counted
        as_packs = wording.if_packs(line, quantity)
        advice, seen = f"{advice}{as_packs}です。", f"{seen}、{as_packs}"
    place = f"quantity:{line.item_id}"
    verdict.findings.append(_of_line(line, "R8", severity, message, advice, seen, place))


def _no_other_request(facts: CheckInput, _settings: Rules) -> Verdict:
    verdict = Verdict(looked_at=["同じ物資で確認中の要請：なし"] if facts.lines else [])
    for line in facts.lines:
        for other in line.others_under_review:
            verdict.findings.append(
                _of_line(
                    line,
                    "R9",
                    Severity.WARNING,
                    "同じ物資の要請が、ほかにも確認中です",
                    wording.advice(Severity.WARNING, "", "重なっていないか確かめてください。"),
                    f"{other.title}（要請番号 {other.number}） {line.item_label} "
                    f"{format_count(other.quantity)}{line.unit}",
                    f"request:{other.number}",
                )
            )
    return _or_no_lines(verdict)


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


def _or_no_lines(verdict: Verdict) -> Verdict:
    if not verdict.looked_at and not verdict.not_judged:
        verdict.not_judged.append("物資が選ばれていないため、確かめていません")
    return verdict


def _of_line(
    line: LineFacts, rule: str, severity: Severity, message: str, advice: str, looked_at: str, place: str
) -> Finding:
    return Finding(rule, severity, message, advice, looked_at, place, line.item_id)
