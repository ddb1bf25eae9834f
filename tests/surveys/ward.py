"""What most tests of the survey stand on: a Tuesday in an open round, a hospital, gloves asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from institutions.models import Institution, User
from sosportal.lib.clock import JST
from surveys.models import Figures, SurveyResponse, SurveyRound
from tests import factories

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)
WEEK = timedelta(days=7)
LAST_WEEK = Figures(6200, 4000, 1200)


@dataclass(frozen=True)
class Ward:
    """Where the survey is answered, by whom, in which round; `gloves` is the id of the required item."""

    place: Institution
    person: User
    survey_round: SurveyRound
    gloves: int

    def standing(self) -> dict[int, Figures] | None:
        """What is saved in this round, by item id; None when nothing is."""
        found = SurveyResponse.objects.filter(round=self.survey_round, institution=self.place).first()
        return found.figures() if found else None


def ready() -> Ward:
    """Gloves are asked for, and were answered last week: 6,200 / 4,000 / 1,200."""
    place = factories.institution()
    person = factories.member(place)
    factories.campaign(now=NOW)
    gloves = factories.gloves().pk
    factories.answer(person, place, {gloves: LAST_WEEK}, now=NOW - WEEK)
    return Ward(place, person, SurveyRound.objects.open_for(NOW)[0], gloves)
