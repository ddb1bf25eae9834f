"""What the reminders of the survey cost on a country of `bench.scale`: `python -m bench.reminding .local/scale/1000`.

Those who have not answered this week are posted a mail each, piece by piece as the queue does it: some pieces from the
first person on, from the middle, and from where few are left. Printed are the queries of a piece, its seconds, and how
far the memory of the process rose. The mails are removed again.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path

from bench.cpu import machine
from bench.exporting import memory
from bench.scale import country

PIECES = 30
FROM = (0.0, 0.5, 0.9)  # of the people


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.reminding", description=__doc__)
    parser.add_argument("directory", type=Path, help="of a country that `bench.scale` built")
    with country(parser.parse_args().directory):
        from institutions.models import Institution

        sys.stdout.write(
            f"{machine()}; {Institution.objects.count():,} institutions\n"
            "| from | mails | queries of a piece | median | at the most | memory |\n|---|---|---|---|---|---|\n"
        )
        for share in FROM:
            sys.stdout.write(f"| {share:.0%} | {reminded(share)} |\n")
            sys.stdout.flush()


def reminded(share: float) -> str:
    """PIECES pieces from that share of the people on: a row of the table."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django_q.models import OrmQ

    from institutions.models import User
    from requests_app.models import SurveyReminding
    from sosportal.lib import clock
    from sosportal.lib.models import OutboxMessage
    from surveys.models import SurveyRound

    now = clock.now()
    survey_round = SurveyRound.objects.open_at(now)
    assert survey_round is not None
    ends = now + timedelta(days=1)
    people = User.objects.order_by("pk")
    after = people[int(people.count() * share)].pk
    row = SurveyReminding.objects.create(
        round=survey_round, begins_at=now, ends_at=ends, cutoff_at=ends, after=after
    )
    posted = OutboxMessage.objects.filter(key__startswith=f"{row.cause}:")
    took, mails, asked, before = [], 0, 0, memory("VmRSS")
    for _ in range(PIECES):
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as captured:
            mails += SurveyReminding.post_piece(row.pk) or 0
        took.append(time.perf_counter() - began)
        asked = max(asked, len(captured))
        posted.delete()
        OrmQ.objects.all().delete()
    rose = max(0, memory("VmHWM") - before) / 1024
    row.delete()
    median, most = statistics.median(took) * 1000, max(took) * 1000
    return f"{mails:,} | {asked} | {median:.0f} ms | {most:.0f} ms | +{rose:.0f} MB"


if __name__ == "__main__":
    main()
