"""`manage.py open_survey_round`: the weekly survey's round of now is opened, if it isn't yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser
from django.db import IntegrityError, OperationalError, transaction

from sosportal.lib import clock
from sosportal.lib.commands import BUSY, Exit, PortalCommand, Refused
from sosportal.lib.jinja import iso, jst_short
from surveys.models import SurveyRound

OVERLAP = "この週は、期間の異なるほかの回と重なっています。何も変えていません。"


class Command(PortalCommand):
    help = (
        "Opens the survey round of now, from one Wednesday 17:00 to the next (Asia/Tokyo). Running it twice, or in "
        "two places at once, changes nothing. A schedule of the queue does the same by itself."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """As above."""
        parser.add_argument("--dry-run", action="store_true", help="say what would be opened, change nothing")
        super().add_arguments(parser)

    def run(self, options: Mapping[str, Any]) -> None:
        """As above. Raises Refused when a round of another length is in the way."""
        dry_run = bool(options["dry_run"])
        now = clock.now()
        try:
            with transaction.atomic():
                survey_round, new = SurveyRound.objects.open_for(now)
                transaction.set_rollback(dry_run)
        except IntegrityError as error:
            raise Refused(Exit.REFUSED, OVERLAP) from error
        except OperationalError as error:
            raise Refused(Exit.BUSY, BUSY) from error
        period = f"{jst_short(survey_round.opens_at)}〜{jst_short(survey_round.closes_at)}"
        done = "確認だけを行いました。開くことができます。" if dry_run else "開きました。"
        self.report(
            {
                "dry_run": dry_run,
                "opened": new and not dry_run,
                "new": new,
                "opens_at": iso(survey_round.opens_at),
                "closes_at": iso(survey_round.closes_at),
            },
            [f"{survey_round.label}（{period}）: {done if new else 'すでに開いています。'}"],
        )
