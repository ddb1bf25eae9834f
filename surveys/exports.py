"""The survey as a workbook to be filled in: a row per institution and item, only the three figures open."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from django.http import HttpResponse

from institutions.models import User
from institutions.models.institution import InstitutionQuerySet
from sosportal.lib.clock import jst
from sosportal.lib.tabular import CellRow, FileKind, FillIn, write
from sosportal.lib.tabular.writing import disposition
from surveys.forms import LABELS
from surveys.models import Figures, SurveyResponse, SurveyRound
from surveys.models.response import MAX_FIGURE
from surveys.queries import Sheet, sheets
from surveys.rules.figures import FIGURES

CODE, NAME, ROUND, ITEM = "医療機関コード", "医療機関名", "調査の回", "物資"
HEADING = (
    *(CODE, NAME, ROUND, ITEM, "回答", "単位", "1箱の数"),
    *(f"前回の{LABELS[name]}" for name in FIGURES),
    *(LABELS[name] for name in FIGURES),
)
TO_FILL = frozenset(range(len(HEADING) - len(FIGURES), len(HEADING)))
ASK = "0から9,999,999までの数を、数字だけで入力してください。ないときは0です。"
AT_ONCE = 500  # institutions


def round_name(survey_round: SurveyRound) -> str:
    """The round as a sheet names it, by the moment it closes in Tokyo: `2026/11/25 17:00まで`."""
    return f"{jst(survey_round.closes_at):%Y/%m/%d %H:%M}まで"


def to_fill_in(
    user: User, institutions: InstitutionQuerySet, survey_round: SurveyRound, now: datetime
) -> HttpResponse:
    """The workbook of the round for these institutions, with the last figures beside, and what was answered so far."""
    rows = _rows(user, institutions, survey_round, now)
    fill_in = FillIn(TO_FILL, MAX_FIGURE, ASK)
    day = jst(survey_round.closes_at)
    binary = io.BytesIO()
    write(binary, FileKind.XLSX, HEADING, rows, fill_in=fill_in)
    response = HttpResponse(binary.getvalue(), content_type=FileKind.XLSX.content_type)
    response.headers["Content-Disposition"] = disposition(f"週次調査_{day:%Y%m%d}", FileKind.XLSX)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _rows(
    user: User, institutions: InstitutionQuerySet, survey_round: SurveyRound, now: datetime
) -> Iterator[CellRow]:
    responses = SurveyResponse.objects.visible_to(user)
    named = institutions.order_by("code").values_list("pk", "code", "name")
    rest = named.iterator(chunk_size=AT_ONCE)
    while some := list(islice(rest, AT_ONCE)):
        found = sheets(responses, [pk for pk, _, _ in some], survey_round, now)
        for pk, code, name in some:
            yield from _of_one(code, name, found[pk])


def _of_one(code: str, name: str, sheet: Sheet) -> Iterator[CellRow]:
    for item in sheet.items:
        last = sheet.earlier_figures.get(item.pk, Figures())
        standing = sheet.standing_figures.get(item.pk, Figures())
        yield (
            *(code, name, round_name(sheet.survey_round), item.label),
            *("必須" if item.pk in sheet.required else "任意", item.unit, item.pack_size),
            *(getattr(last, each) for each in FIGURES),
            *(getattr(standing, each) for each in FIGURES),
        )
