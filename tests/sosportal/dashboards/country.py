"""A small country whose figures are known: what the tests of the dashboards look at."""

from __future__ import annotations

from datetime import datetime, timedelta

from institutions.models import Institution, User
from requests_app.models import ProgressState
from requests_app.progress.refreshing import refresh_progress
from requests_app.rules.transitions import Status
from sosportal.lib.clock import JST
from surveys.models import Figures, SurveyRound
from tests import factories

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)
WEEK = timedelta(weeks=1)
SHIZUOKA = "22"


def gloves(stock: int, consumption: int = 1000, purchase: int = 0) -> dict[int, Figures]:
    return {factories.gloves().pk: Figures(stock, consumption, purchase)}


def answering(prefecture: str, stock: int, *, now: datetime = NOW) -> tuple[User, Institution]:
    """An institution that uses 1,000 gloves a week and has `stock` of them."""
    place = factories.institution(prefecture)
    person = factories.member(place)
    SurveyRound.objects.open_for(now)
    factories.answer(person, place, gloves(stock), now=now)
    return person, place


def lay() -> None:
    """Tokyo: 1.5 weeks in three of four institutions; Osaka: 0.5 weeks; Shizuoka: nobody answers. Two requests in
    Tokyo, one of them confirmed, one in Osaka of last week."""
    factories.campaign(now=NOW - 3 * WEEK)
    for weeks in (2, 1, 0):
        SurveyRound.objects.open_for(NOW - weeks * WEEK)
    for stock in (1000, 1500, 2000):
        answering(factories.TOKYO, stock)
    factories.institution()
    for _ in range(3):
        answering(factories.OSAKA, 500, now=NOW - WEEK)
    answering(factories.OSAKA, 500)
    factories.institution(SHIZUOKA)
    Institution.objects.update(created_at=NOW - 4 * WEEK)
    person, place = answering(factories.TOKYO, 1500)
    Institution.objects.filter(pk=place.pk).update(created_at=NOW - 4 * WEEK)
    factories.request_in(Status.UNDER_REVIEW, person, place, now=NOW, quantity=1200)
    factories.answer(person, place, gloves(1500), now=NOW)
    confirmed = factories.request_in(Status.UNDER_REVIEW, person, place, now=NOW, quantity=2300)
    factories.answer(person, place, gloves(1500), now=NOW)
    factories.confirm(confirmed, now=NOW)
    last_week = NOW - WEEK + timedelta(hours=1)
    osaka = Institution.objects.filter(prefecture_id=factories.OSAKA).order_by("pk")[0]
    member = osaka.users.get()
    factories.request_in(Status.UNDER_REVIEW, member, osaka, now=last_week, quantity=700)
    factories.answer(member, osaka, gloves(500), now=last_week)


def laid() -> None:
    """As above, and summed up."""
    lay()
    refresh_progress(NOW)


def summed_up_at(moment: datetime) -> None:
    ProgressState.objects.update(as_of=moment)
