"""What mails to many cost on a country of `bench.scale`: `python -m bench.mailing .local/scale/1000`.

The reminders of the survey to all who have not answered this week, and an announcement to everybody, to the largest
and the smallest prefecture and to the rarest kind of institution: pieces as the queue posts them, from the first
person on, from further on, and from where few are left. Printed are the mails, the queries of a piece, its seconds, and
how far the memory of the process rose. All of it is rolled back.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cpu import machine
from bench.exporting import memory
from bench.scale import country

if TYPE_CHECKING:
    from institutions.models import Audience

PIECES = 30
FROM = (0.0, 0.1, 0.5, 0.9)  # of the people
HEAD = "| mails | from | mails | queries of a piece | median | at the most | memory |\n|---|---|---|---|---|---|---|\n"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.mailing", description=__doc__)
    parser.add_argument("directory", type=Path, help="of a country that `bench.scale` built")
    with country(parser.parse_args().directory):
        from django.db import transaction

        from institutions.models import Audience, Institution, User

        sys.stdout.write(f"{machine()}; {Institution.objects.count():,} institutions\n{HEAD}")
        people = User.objects.order_by("pk")
        last = people.count() - 1
        orders: dict[str, Callable[[int], Callable[[], int | None]]] = {
            "reminders": reminders,
            "to everybody": announcement(Audience()),
            "to the largest prefecture": announcement(Audience(("13",))),
            "to the smallest prefecture": announcement(Audience(("31",))),
            "to the rarest kind": announcement(Audience((), ("hospital",))),
        }
        for name, order in orders.items():
            for share in FROM:
                with transaction.atomic():
                    row = posted(order(people[int(last * share)].pk))
                    transaction.set_rollback(True)
                sys.stdout.write(f"| {name} | {share:.0%} | {row} |\n")
                sys.stdout.flush()


def reminders(after: int) -> Callable[[], int | None]:
    """What posts a piece of the reminders to the people with ids above `after`."""
    from requests_app.models import SurveyReminding
    from sosportal.lib import clock
    from surveys.models import SurveyRound

    now = clock.now()
    survey_round = SurveyRound.objects.open_at(now)
    assert survey_round is not None
    ends = now + timedelta(days=1)
    row = SurveyReminding.objects.create(
        round=survey_round, begins_at=now, ends_at=ends, cutoff_at=ends, after=after
    )
    return lambda: SurveyReminding.post_piece(row.pk)


def announcement(audience: Audience) -> Callable[[int], Callable[[], int | None]]:
    """What posts a piece of an announcement to that audience."""

    def order(after: int) -> Callable[[], int | None]:
        from institutions.models import Announcement, AnnouncementContent, AnnouncementMailing, User

        ministry = User.objects.get(username="ministry")
        content = AnnouncementContent("架空のお知らせ", "本文", audience)
        row = Announcement.publish(ministry, content, by_mail=True).mailings.get()
        AnnouncementMailing.objects.filter(pk=row.pk).update(after=after)
        return lambda: AnnouncementMailing.post_piece(row.pk)

    return order


def posted(post: Callable[[], int | None]) -> str:
    """PIECES pieces, or as many as there are: a row of the table. What was posted counts as sent before the next."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from sosportal.lib.models import OutboxMessage

    took, mails, asked, before = [], 0, 0, memory("VmRSS")
    for _ in range(PIECES):
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as captured:
            piece = post()
        took.append(time.perf_counter() - began)
        asked = max(asked, len(captured))
        OutboxMessage.objects.all().delete()
        if piece is None:
            break
        mails += piece
    rose = max(0, memory("VmHWM") - before) / 1024
    median, most = statistics.median(took) * 1000, max(took) * 1000
    return f"{mails:,} | {asked} | {median:.0f} ms | {most:.0f} ms | +{rose:.0f} MB"


if __name__ == "__main__":
    main()
