"""What the dashboards cost on a country of `bench.scale`: `python -m bench.dashboards .local/scale/10000`.

Sums the figures up, then opens each page again and again and prints a row for it: queries, milliseconds of CPU in the
web process, in its database backend, and of both. The least of the rounds counts: a busy machine only adds.
Run it on a small and on a large country and compare the sums.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import psycopg

from bench.cpu import cpu_seconds
from bench.scale import country
from sosportal import embedded

RUNS, ROUNDS = 10, 3


def backend_seconds() -> float:
    """How long the connection's backend was on a CPU so far."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    return cpu_seconds([pid])


def visits(client: Any, path: str) -> tuple[float, float]:
    """(milliseconds of CPU here, in the database) of one visit, on the average of RUNS."""
    before, began = backend_seconds(), time.process_time()
    for _ in range(RUNS):
        client.get(path, HTTP_HOST="127.0.0.1:8000")
    here = time.process_time() - began
    return here * 1000 / RUNS, (backend_seconds() - before) * 1000 / RUNS


def queries_of(client: Any, path: str) -> int:
    """How many queries one visit makes. Raises AssertionError unless it answers 200."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as made:
        answer = client.get(path, HTTP_HOST="127.0.0.1:8000")
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return len(made)


def addresses() -> dict[str, dict[str, str]]:
    """Pages by user name and by what they are called."""
    from institutions.models import Institution
    from requests_app.models import InstitutionOpen

    asking = (
        InstitutionOpen.objects.filter(prefecture_id="13").order_by("oldest").values_list("pk", flat=True)[0]
    )
    code = Institution.objects.get(pk=asking).code
    tokyo, tottori = "/admin/progress/13/", "/admin/progress/31/"
    return {
        "ministry": {
            "first page, ministry": "/admin/",
            "country": "/admin/progress/",
            "country, sorted": "/admin/progress/?measure=review&sort=-oldest",
            "prefecture": tokyo,
            "institutions, least stock": f"{tokyo}institutions/",
            "institutions, page 20": f"{tokyo}institutions/?p=20",
            "institutions without an answer": f"{tokyo}institutions/?view=silent",
            "institutions with requests": f"{tokyo}institutions/?view=open",
            "institutions, searched": f"{tokyo}institutions/?view=all&q=病院",
            "institution": f"/admin/progress/institutions/{code}/",
            "preview of the public page": "/admin/progress/publication/preview/",
        },
        "officer-13": {"first page, Tokyo": "/admin/", "prefecture, Tokyo": tokyo},
        "officer-31": {"first page, Tottori": "/admin/", "prefecture, Tottori": tottori},
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.dashboards", description=__doc__)
    parser.add_argument("directory", type=Path, help="of a country that `bench.scale` built")
    options = parser.parse_args()
    with country(options.directory) as server:
        from django.test import Client

        from institutions.models import User
        from requests_app.progress.refreshing import refresh_progress

        for which in ("first", "again", "again"):
            done = refresh_progress()
            sys.stdout.write(f"refresh, {which}: {done.seconds:.1f} s, {done.rounds} rounds counted\n")
            with psycopg.connect(server.url(embedded.OWNER)) as owner:
                owner.execute("ANALYZE")  # what autovacuum does elsewhere; it is off in a country
        for name, pages in addresses().items():
            client = Client()
            client.force_login(User.objects.get(username=name))
            for title, path in pages.items():
                queries = queries_of(client, path)
                rounds = [visits(client, path) for _ in range(ROUNDS)]
                here, database = min(each[0] for each in rounds), min(each[1] for each in rounds)
                sys.stdout.write(
                    f"| {title} | {queries} | {here:.1f} | {database:.1f} | {here + database:.1f} |\n"
                )
                sys.stdout.flush()


if __name__ == "__main__":
    main()
