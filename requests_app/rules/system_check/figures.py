"""Which figures of the survey the check may judge by."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from requests_app.rules.quantity import weeks_of_stock
from requests_app.rules.system_check.facts import CheckInput, LineFacts, Rules


@dataclass(frozen=True)
class UsableFigures:
    """Three figures of an answer that is recent enough to be judged by."""

    stock: int
    consumption: int
    purchase: int

    @property
    def weeks(self) -> Fraction | None:
        """How long the stock lasts; None if nothing is consumed."""
        return weeks_of_stock(self.stock, self.purchase, self.consumption)


def complete(line: LineFacts) -> UsableFigures | None:
    """The three figures of a line; None if any is missing."""
    figures = line.figures
    if figures is None:
        return None
    stock, consumption, purchase = figures.stock, figures.weekly_consumption, figures.weekly_purchase
    if stock is None or consumption is None or purchase is None:
        return None
    return UsableFigures(stock, consumption, purchase)


def least_weeks(facts: CheckInput) -> Decimal | None:
    """The weeks of stock of the line that has the least, cut off to hundredths; None where none can be said.

    Cut off, never rounded: what is below a whole number of weeks stays below it.
    """
    weeks = [
        figures.weeks for line in facts.lines if (figures := complete(line)) and figures.weeks is not None
    ]
    return Decimal(int(min(weeks) * 100)) / 100 if weeks else None


def usable(facts: CheckInput, settings: Rules, line: LineFacts) -> UsableFigures | None:
    """The figures R5, R7 and R8 may go by: stale or missing ones are R4's to report, and theirs only."""
    return complete(line) if is_recent(facts, settings) else None


def is_recent(facts: CheckInput, settings: Rules) -> bool:
    """Answered within `survey_valid_days` × 24 hours before now, both ends included: exactly 7 days ago counts."""
    if facts.last_answered_at is None:
        return False
    return facts.now - facts.last_answered_at <= timedelta(days=settings.survey_valid_days)
