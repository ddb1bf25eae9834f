"""What the reminders of the survey cost on a country of `bench.scale`: `python -m bench.reminding .local/scale/1000`.

All who have not answered this week are posted a mail each, piece by piece as the queue does it; the mails of a piece
count as sent before the next one, since a run waits for them. Printed are mails and pieces, queries and seconds of a
piece (in the first, the middle and the last tenth), and how far the memory rose. The mails are removed again.
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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.reminding", description=__doc__)
    parser.add_argument("directory", type=Path, help="of a country that `bench.scale` built")
    with country(parser.parse_args().directory):
        from institutions.models import Institution

        places = Institution.objects.count()
        took, queries, mails, rose = reminded()
        tenth = max(1, len(took) // 10)
        middle = len(took) // 2
        sys.stdout.write(
            f"{machine()}; {places:,} institutions, {mails:,} mails in {len(took):,} pieces\n"
            f"queries of a piece  {queries}\n"
            f"first tenth         {_milliseconds(took[:tenth])}\n"
            f"middle              {_milliseconds(took[middle : middle + tenth])}\n"
            f"last tenth          {_milliseconds(took[-tenth:])}\n"
            f"all pieces          {sum(took):.0f} s\n"
            f"memory              +{rose:.0f} MB\n"
        )


def reminded() -> tuple[list[float], int, int, float]:
    """Seconds of each piece, queries of one, mails, and megabytes by which the process grew."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django_q.models import OrmQ

    from requests_app.models import SurveyReminding
    from sosportal.lib import clock
    from sosportal.lib.models import OutboxMessage
    from surveys.models import SurveyRound

    now = clock.now()
    survey_round = SurveyRound.objects.open_at(now)
    assert survey_round is not None
    ends = now + timedelta(days=1)
    row = SurveyReminding.objects.create(round=survey_round, begins_at=now, ends_at=ends, cutoff_at=ends)
    posted = OutboxMessage.objects.filter(key__startswith=f"{row.cause}:")
    took, mails = [], 0
    with CaptureQueriesContext(connection) as captured:
        mails += SurveyReminding.post_piece(row.pk) or 0
    before = memory("VmRSS")
    while True:
        began = time.perf_counter()
        piece = SurveyReminding.post_piece(row.pk)
        if piece is None:
            break
        took.append(time.perf_counter() - began)
        mails += piece
        posted.update(state=OutboxMessage.State.SENT, sent_at=now)
        posted.delete()
        OrmQ.objects.all().delete()
    rose = (memory("VmHWM") - before) / 1024
    row.delete()
    return took, len(captured), mails, rose


def _milliseconds(took: list[float]) -> str:
    return f"{statistics.median(took) * 1000:.0f} ms a piece, median; {max(took) * 1000:.0f} ms at the most"


if __name__ == "__main__":
    main()
