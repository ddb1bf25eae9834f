"""`python -m bench.scale.measure`: what the queue's pages cost in a small country and in a big one.

Both are built when they are missing (see `bench.scale`). Each is asked by a process of its own, by turns: the page is
answered inside the process, so that what counts is its CPU time, that of its PostgreSQL backend, and the blocks the
backend touched. Printed are the least of the rounds and the ratio of the two CPU times; `rows` are those of the
tables that the pages show, lists of 50, or of as many as the small country has to show.

    --small N, --large N    requests in the two countries (10,000 and 1,000,000)
    --directory DIR         where they stand: DIR/<requests> (.local/scale)
    --rounds N              how often the two take turns (7)
    --only TEXT             only the pages whose name contains TEXT
    --groups NAME …         queue, afterwards (配布の決定, 引渡し, 発送と受領), desk (the other lists), dashboards
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.cpu import machine
from bench.scale.country import ROOT, build
from bench.scale.filling import Size
from bench.scale.pages import GROUPS

WANTED = 1.5
ROWS = 50  # of a list


class Asked:
    """The process that answers the pages of one country."""

    def __init__(self, directory: Path) -> None:
        command = [sys.executable, "-m", "bench.scale.answering", str(directory)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._line()

    def page(self, name: str, most: int = ROWS) -> dict[str, Any]:
        """One answer, with lists of `most` rows: see `bench.scale.answering`."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{name}\t{most}\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self._line())
        return found

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("The answering process ended.")
        return line

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)


@dataclass(frozen=True)
class Cost:
    """The least of the rounds of one page in one country, as a busy machine only adds; CPU in milliseconds."""

    queries: int
    rows: int
    process: float
    database: float
    blocks: float

    @classmethod
    def of(cls, answers: list[dict[str, Any]]) -> Cost:
        queries = {answer["queries"] for answer in answers}
        if len(queries) != 1:
            raise RuntimeError(f"The number of queries varies from call to call: {queries}")
        least = (min(each[name] for each in answers) for name in ("process", "database", "blocks"))
        return cls(answers[0]["queries"], answers[0]["rows"], *least)

    @property
    def total(self) -> float:
        return self.process + self.database


def main() -> None:
    """Measure and print, one line per page."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.scale.measure",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--directory", type=Path, default=ROOT / ".local" / "scale")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="")
    parser.add_argument("--groups", nargs="+", choices=GROUPS, default=list(GROUPS))
    options = parser.parse_args()
    directories = [options.directory / str(size) for size in (options.small, options.large)]
    for directory, size in zip(directories, (options.small, options.large), strict=True):
        if not (directory / "data" / "PG_VERSION").exists():
            build(directory, Size(size, max(100, size // 5)))
    command = [sys.executable, str(ROOT / "manage.py"), "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(command, env={**os.environ, "PORTAL_MODE": "demo"}, cwd=ROOT, check=True)
    small, large = map(Asked, directories)
    try:
        sys.stdout.write(f"{machine()}; {options.small:,} and {options.large:,} requests\n{HEAD}\n")
        for name in (each for group in options.groups for each in GROUPS[group]):
            if options.only in name:
                sys.stdout.write("".join(_lines(name, small, large, options.rounds)))
                sys.stdout.flush()
    finally:
        small.close()
        large.close()


HEAD = "| page | queries | rows | process ms | database ms | blocks | ratio |\n|---|---|---|---|---|---|---|"


def _lines(name: str, small: Asked, large: Asked, rounds: int) -> Iterator[str]:
    answers: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
    shown = [asked.page(name)["rows"] for asked in (small, large)]
    # Like with like: where the small country has less to show, the big one shows no more than that.
    most = ROWS if shown[0] >= shown[1] else max(1, ROWS - (shown[1] - shown[0]))
    for n in range(rounds + 1):
        for asked, found in ((small, answers[0]), (large, answers[1])):
            answer = asked.page(name, most)
            if n:  # twice to warm up
                found.append(answer)
    one, other = map(Cost.of, answers)
    ratio = other.total / one.total
    verdict = "" if ratio <= WANTED else " **missed**"
    yield (
        f"| {name} | {_two(one.queries, other.queries)} | {_two(one.rows, other.rows)}"
        f" | {one.process:.1f} → {other.process:.1f} | {one.database:.1f} → {other.database:.1f}"
        f" | {one.blocks:,.0f} → {other.blocks:,.0f} | {ratio:.2f}{verdict} |\n"
    )


def _two(one: int, other: int) -> str:
    return str(one) if one == other else f"{one} → {other}"


if __name__ == "__main__":
    main()
