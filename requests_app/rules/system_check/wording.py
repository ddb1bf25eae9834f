"""How the system check speaks: figures, moments and reasons in short Japanese."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from requests_app.rules.system_check.facts import CheckInput, Figures, LineFacts, Rules, Severity
from requests_app.rules.system_check.figures import UsableFigures, is_recent
from sosportal.lib.business_calendar import jst
from sosportal.lib.numbers import format_count, with_packs


def advice(severity: Severity, mend: str, consider: str) -> str:
    """What to do: mend it, or only consider it when the finding does not stop the application."""
    return mend if severity is Severity.ERROR else f"このままでも申請できます。{consider}"


def no_figures(line: LineFacts) -> str:
    """Why a line was not judged: its answer is missing, stale or incomplete."""
    return f"{line.item_label}の調査の回答がないため、確かめていません"


def no_consumption(line: LineFacts) -> str:
    """Why a line was not judged: nothing is consumed."""
    return f"{line.item_label}の想定消費量が0のため、確かめていません"


def asked(line: LineFacts) -> str:
    """The quantity asked for, with packs: `4,100枚（41箱）`."""
    if line.quantity is None:
        return "（空欄）"
    return with_packs(line.quantity, line.unit, line.pack_size, line.pack_unit)


def if_packs(line: LineFacts, quantity: int) -> str:
    """What a number would be that was counted in packs: `16箱なら1,600枚`."""
    return f"{format_count(quantity)}{line.pack_unit}なら{format_count(quantity * line.pack_size)}{line.unit}"


def figures_seen(line: LineFacts) -> str:
    """The three figures of a line as answered, blanks included."""
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


def weeks_seen(line: LineFacts, figures: UsableFigures, weeks: Fraction, most: Decimal) -> str:
    """How the weeks of stock were reckoned."""
    # Cut off, never rounded up: 1.96 weeks are below 2 and must not read as 2.0.
    shown = Decimal(int(weeks * 10)) / 10
    return (
        f"{line.item_label}：（在庫量 {format_count(figures.stock)}＋購入見込み量 {format_count(figures.purchase)}）"
        f"÷想定消費量 {format_count(figures.consumption)}＝{shown:.1f}週分（基準 {weeks_text(most)}週分未満）"
    )


def weeks_text(number: Decimal) -> str:
    """A number of weeks without idle zeros: 2.0 as `2`."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def answered(facts: CheckInput, settings: Rules) -> str:
    """When the survey was last answered: `11/13（金）16:20（11日前）`."""
    if facts.last_answered_at is None:
        return "ありません"
    # By the calendar, as people count. The survey that is stale by some hours must not read as if it were
    # not.
    days = max(0, (jst(facts.now).date() - jst(facts.last_answered_at).date()).days)
    if days == settings.survey_valid_days and not is_recent(facts, settings):
        ago = f"{days}日を過ぎています"
    else:
        ago = f"{days}日前" if days else "当日"
    return f"{moment_text(facts.last_answered_at)}（{ago}）"


def moment_text(moment: datetime) -> str:
    """A moment (aware) in Japan's time: `11/25（水）17:00`."""
    here = jst(moment)
    return f"{here.month}/{here.day}（{'月火水木金土日'[here.weekday()]}）{here:%H:%M}"
