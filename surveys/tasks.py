"""Queue entry points of the survey: without arguments, safe to run twice and at once."""

from __future__ import annotations

from datetime import timedelta

from django.apps import apps

from sosportal.lib import clock

AHEAD = timedelta(hours=2)
"""How long before it opens a round is written down, so that nobody waits for the queue at Wednesday 17:00:00."""


def open_survey_round() -> int:
    """See to it that the round of now is there, and the one of two hours from now; returns how many were new.

    Run by a schedule every 30 minutes: a round is written down when its Wednesday 17:00 is near, whichever run comes
    first, and nothing happens the other 330 times a week. It takes answers from its opening time, not before.
    """
    rounds = apps.get_model("surveys", "SurveyRound").objects
    now = clock.now()
    return sum(rounds.open_for(moment)[1] for moment in (now, now + AHEAD))
