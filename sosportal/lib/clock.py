"""The portal's clock: the only place that reads the time.

Everything else is given `now` as an argument, so that a moment can be frozen, replayed and stored.
"""

from datetime import date, datetime

from sosportal.lib.business_calendar import JST, jst

__all__ = ["JST", "jst", "now", "today"]


def now() -> datetime:
    """This moment, aware, in Asia/Tokyo."""
    return datetime.now(JST)


def today() -> date:
    """The date in Japan at this moment (not the server's and not UTC's)."""
    return now().date()
