"""Figures brought up to date from surveys and requests: set-based, in one transaction, safe to run twice and at once.

Only reads what people write, without locking a row of it, so that nobody's filing or acceptance waits. Killed in the
middle, the figures before it stand.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from institutions.models import Prefecture
from requests_app.models import InstitutionStock, PrefectureRound, ProgressState, RequestFigure
from requests_app.progress import statements
from requests_app.progress.publishing import publish
from requests_app.progress.reading import KEPT
from sosportal.lib import clock
from surveys.models import SurveyRound

LISTED = 2
"""Of how many rounds the institutions can be listed by their stock."""
SETTLED = timedelta(minutes=10)
"""So long after its end a round is closed for good: an answer that was let in at the last moment has committed."""
LOCK = 7_240_060
"""Any number, the same in all processes: one refreshes at a time."""


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did: of which moment the figures are, how many rounds were counted, and in how many seconds.

    `done` is False when another one was at work: then nothing was done.
    """

    done: bool
    as_of: datetime
    rounds: int = 0
    seconds: float = 0.0


def refresh_progress(now: datetime | None = None) -> Refreshed:
    """Sum everything up as of `now` (aware). Queue entry point of a schedule, and what the command runs.

    Cost: a closed round's survey is counted once, in a transaction of its own, so that a first run that is cut short
    goes on where it was; the present round's answers are counted each time, of the requests what changed, in one
    transaction; in the same one, rounds whose time has come are published. Once a day the requests of the last `KEPT`
    rounds and what is under review are counted whole.
    """
    moment = clock.jst(now or clock.now())
    began = time.monotonic()
    rounds = list(SurveyRound.objects.filter(opens_at__lte=moment).order_by("-opens_at")[:KEPT])
    final = PrefectureRound.objects.filter(round__in=rounds, is_final=True)
    counted = set(final.values_list("round_id", flat=True))
    listed = [each.pk for each in rounds[:LISTED]]
    due = [each for each in rounds if each.pk not in counted]
    for each in [*(each for each in due if _is_settled(each, moment)), None]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                return Refreshed(False, moment)
            if each is not None:
                _count_survey(cursor, each, moment, listed)
                continue
            InstitutionStock.objects.exclude(round_id__in=listed).delete()
            for present in due:
                if not _is_settled(present, moment):
                    _count_survey(cursor, present, moment, listed)
            counted_to = _count_requests(cursor, rounds, moment)
            publish(rounds, moment)
            seconds = time.monotonic() - began
            ProgressState.objects.update_or_create(
                pk=1, defaults={"as_of": moment, "seconds": seconds, **counted_to}
            )
    return Refreshed(True, moment, len(due), seconds)


def _is_settled(survey_round: SurveyRound, moment: datetime) -> bool:
    return survey_round.closes_at + SETTLED <= moment


def _count_survey(cursor: Any, survey_round: SurveyRound, moment: datetime, listed: Sequence[int]) -> None:
    values = {
        "round": survey_round.pk,
        "closes_at": survey_round.closes_at,
        "final": _is_settled(survey_round, moment),
    }
    cursor.execute(statements.ANSWERED, values)
    cursor.execute(statements.STOCK, values)
    if survey_round.pk in listed:
        _list_by_stock(cursor, survey_round)


def _list_by_stock(cursor: Any, survey_round: SurveyRound) -> None:
    """Of each institution that answered since the last refresh; a transaction that was open then has ended by now."""
    last = ProgressState.objects.first()
    known = last is not None and InstitutionStock.objects.filter(round=survey_round).exists()
    since = last.as_of - SETTLED if last is not None and known else survey_round.opens_at
    values = {"round": survey_round.pk, "since": since}
    cursor.execute(statements.NOT_LISTED_ANY_MORE, values)
    cursor.execute(statements.LISTED, values)
    cursor.execute(statements.MOVED, values)


def _count_requests(cursor: Any, rounds: Sequence[SurveyRound], moment: datetime) -> dict[str, Any]:
    """Everything once a day and when a round begins; otherwise, whole, each cell in which something has changed.

    Returns how far was counted, for the next time. Nothing is added to what is kept: a cell is counted anew, so that a
    figure that drifted is right again at the latest on the next day.
    """
    last = ProgressState.objects.first() or ProgressState()
    keys = [each.pk for each in rounds]
    values: dict[str, Any] = {
        "rounds": keys,
        "today": moment.date(),
        "event": last.event,
        "change": last.change,
    }
    cursor.execute(statements.SETTLED_NUMBERS, values | {"settled": moment - SETTLED, "late": SETTLED})
    event, change = cursor.fetchone()
    known = set(RequestFigure.objects.filter(round__in=keys).values_list("round_id", flat=True).distinct())
    if last.counted_on == moment.date() and known == set(keys):
        cells = _rows(cursor, statements.CHANGED_CELLS, values)
        places = _rows(cursor, statements.CHANGED_INSTITUTIONS, values)
        values["institutions"] = [place for place, _ in places]
        values["prefectures"] = sorted({prefecture for _, prefecture in places})
    else:
        cells = _rows(cursor, statements.EVERY_CELL, values)
        values["institutions"] = None
        values["prefectures"] = list(Prefecture.objects.values_list("pk", flat=True))
    values |= {"cell_rounds": [each for each, _ in cells], "cell_prefectures": [each for _, each in cells]}
    for statement in (statements.REQUESTS, statements.QUANTITIES, statements.STANDING):
        cursor.execute(statement, values)
    for statement in (statements.NOT_OPEN_ANY_MORE, statements.OPEN):
        cursor.execute(statement, values)
    return {"event": event, "change": change, "counted_on": moment.date()}


def _rows(cursor: Any, statement: str, values: dict[str, Any]) -> list[tuple[Any, Any]]:
    cursor.execute(statement, values)
    rows: list[tuple[Any, Any]] = cursor.fetchall()
    return rows
