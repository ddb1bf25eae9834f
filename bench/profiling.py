"""Where the subject's time goes: the same operations in one process, under Python's profiler."""

from __future__ import annotations

import cProfile
import io
import pstats
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from bench.visitor import LIST, BenchmarkError, filing

if TYPE_CHECKING:
    from bench.ground import Hospital

TIMES = 200
FILINGS = 25
SHOWN = 45


class InProcess:
    """A visitor without HTTP: the portal answers in this process."""

    def __init__(self, hospital: Hospital) -> None:
        from django.test import Client

        self.client = Client(headers={"Host": "127.0.0.1"})
        for name, value in hospital.cookies.items():
            self.client.cookies[name] = value

    def get(self, path: str) -> str:
        """As `bench.visitor.Visitor`."""
        answer = self.client.get(path)
        if answer.status_code != 200:
            raise BenchmarkError(f"GET {path} answers {answer.status_code}.")
        return answer.content.decode()

    def post(self, path: str, fields: Mapping[str, str]) -> str:
        """As `bench.visitor.Visitor`."""
        answer = self.client.post(path, dict(fields))
        if answer.status_code != 302:
            raise BenchmarkError(f"POST {path} answers {answer.status_code}.")
        return str(answer.headers["Location"])


def run(hospital: Hospital) -> None:
    """Print the profile of both operations."""
    from bench import ground

    visitor = InProcess(hospital)
    _profile(f"{TIMES} list pages", TIMES, lambda: visitor.get(LIST))
    ground.accept_all(hospital.person)
    _profile(
        f"{FILINGS} filings",
        FILINGS,
        lambda: filing(visitor, hospital.code, hospital.item_id, ground.QUANTITY),
    )


def _profile(title: str, times: int, operation: Callable[[], object]) -> None:
    begun = time.process_time()
    for _ in range(times):
        operation()
    spent = time.process_time() - begun
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(times):
        operation()
    profile.disable()
    text = io.StringIO()
    statistics = pstats.Stats(profile, stream=text)
    statistics.sort_stats("tottime").print_stats(SHOWN)
    statistics.sort_stats("cumulative").print_stats(SHOWN)
    print(
        f"\n{title}: {spent / times * 1000:.3f} ms CPU each, in one process, without HTTP\n{text.getvalue()}"
    )
