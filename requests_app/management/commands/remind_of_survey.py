"""`manage.py remind_of_survey`: those who have not answered this week's survey are reminded, if it is time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser
from django.db import OperationalError

from requests_app.models.reminding import SurveyReminding
from sosportal.lib import clock
from sosportal.lib.commands import BUSY, Exit, PortalCommand, Refused
from sosportal.lib.jinja import iso, jst_short

NOT_NOW = "いまはリマインドを送る時間ではないか、受け付けている物資がありません。何もしていません。"


class Command(PortalCommand):
    help = (
        "Posts the reminders of the weekly survey: the day before a cut-off from 10:00, and on its day from 9:00 "
        "(Asia/Tokyo), to those whose institutions have not answered. Running it twice, or in two places at once, "
        "reminds nobody twice. A schedule of the queue does the same by itself."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """As above."""
        parser.add_argument(
            "--dry-run", action="store_true", help="say how many would be reminded, change nothing"
        )
        super().add_arguments(parser)

    def run(self, options: Mapping[str, Any]) -> None:
        """As above. Raises Refused when the database is busy."""
        dry_run = bool(options["dry_run"])
        try:
            due = SurveyReminding.due(clock.now()) if dry_run else SurveyReminding.begin(clock.now())
            if due is None:
                self.report({"dry_run": dry_run, "due": False, "posted": 0, "left": 0}, [NOT_NOW])
                return
            left = 0 if due.finished_at else due.people().count()
            posted = 0 if dry_run else self._post(due, left)
        except OperationalError as error:
            raise Refused(Exit.BUSY, BUSY) from error
        left -= posted
        told = (
            f"{left:,}人に送ります。確認だけを行いました。"
            if dry_run
            else f"登録 {posted:,}人、残り {left:,}人"
        )
        self.report(
            {
                "dry_run": dry_run,
                "due": True,
                "posted": posted,
                "left": left,
                "begins_at": iso(due.begins_at),
                "cutoff_at": iso(due.cutoff_at),
            },
            [f"{due.round.label}（{jst_short(due.cutoff_at)}締切）: {told}"],
        )

    def _post(self, due: SurveyReminding, expected: int) -> int:
        """Piece by piece until nothing is left, or until enough mails wait to be sent; how many were posted."""
        posted = 0
        with self.progress("リマインド") as advance:
            while (piece := SurveyReminding.post_piece(due.pk)) is not None:
                posted += piece
                advance(min(1.0, posted / max(expected, 1)))
        return posted
