"""`python -m bench`, which is what `make bench` calls: two operations of the portal beside the least they could cost.

Floor and subject run by turns in one go, on one database, each in a process of its own; what counts is CPU time of that
process and of its PostgreSQL backend, so that a busy machine disturbs little.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import re
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version

import psycopg

from bench import ground, profiling
from bench.cpu import Cost, Meter, machine
from bench.statements import BEGIN, COMMIT, Statement, captured
from bench.visitor import LIST, BenchmarkError, HttpVisitor, filing

ROW_BEGINS = '<tr role="row"><th role="rowheader"'
SAME_SIZE = 0.02  # how far the floor's page may be from the portal's in bytes


@dataclass(frozen=True)
class Side:
    """Floor or subject: what runs an operation, and who is measured meanwhile."""

    run: Callable[[int], None]
    meter: Meter

    def measure(self, operations: int) -> Cost:
        """What one operation cost, on the average of so many."""
        before = self.meter.read()
        self.run(operations)
        return (self.meter.read() - before).per(operations)


@dataclass
class Row:
    """One line of the table."""

    name: str
    wanted: float
    operations: int
    floor: list[Cost] = field(default_factory=list)
    subject: list[Cost] = field(default_factory=list)

    def measure(
        self, floor: Side, subject: Side, rounds: int, between: Callable[[], None] | None = None
    ) -> None:
        """So many rounds, floor and subject by turns, each first in every other round; one round before to warm up."""
        for n in range(rounds + 1):
            order = [(floor, self.floor), (subject, self.subject)]
            for side, costs in order if n % 2 else reversed(order):
                cost = side.measure(self.operations)
                if n:
                    costs.append(cost)
            if between:
                between()

    def lines(self) -> Iterator[str]:
        """The row as text: medians, and the median of the rounds' ratios."""
        ratios = [s.total / f.total for f, s in zip(self.floor, self.subject, strict=True)]
        ratio = statistics.median(ratios)
        verdict = "reached" if ratio <= self.wanted else f"not reached, by {ratio - self.wanted:.2f}"
        yield f"{self.name}, n = {len(ratios)} × {self.operations}"
        yield f"  floor    {_told(self.floor)}"
        yield f"  subject  {_told(self.subject)}"
        yield f"  ratio    {ratio:.2f} ({min(ratios):.2f} to {max(ratios):.2f}), wanted ≤ {self.wanted}: {verdict}"


def _told(costs: list[Cost]) -> str:
    total, process, database = (
        statistics.median(getattr(cost, name) for cost in costs) * 1000
        for name in ("total", "process", "database")
    )
    return f"{total:7.3f} ms CPU  (process {process:.3f}, database {database:.3f})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="how often floor and subject take turns (15)")
    parser.add_argument("--profile", action="store_true", help="also say where the subject's time goes")
    parser.add_argument("--queries", action="store_true", help="also print the statements of each operation")
    options = parser.parse_args()
    with ground.database() as server:
        hospital = ground.hospital(server)
        print(_surroundings(), flush=True)
        with contextlib.ExitStack() as running:
            subject = running.enter_context(_subject(hospital))
            for operation in (_list_page, _filing):
                row, statements = operation(hospital, subject, options.rounds)
                print("\n" + "\n".join(row.lines()), flush=True)
                if options.queries:
                    print(
                        "\n".join(f"  {n:3} {each.text[:150]}" for n, each in enumerate(_sent(statements), 1))
                    )
        if options.profile:
            profiling.run(hospital)


def _surroundings() -> str:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        postgresql = connection.info.server_version // 10000
    packages = ", ".join(f"{name} {version(name)}" for name in ("Django", "Jinja2", "psycopg", "granian"))
    return f"{machine()}; Python {platform.python_version()}, PostgreSQL {postgresql}, {packages}"


@contextlib.contextmanager
def _subject(hospital: ground.Hospital) -> Iterator[tuple[HttpVisitor, Meter]]:
    with ground.served("sosportal.wsgi:application", ground.SUBJECT) as (port, meter):
        yield HttpVisitor(port, hospital.cookies), meter


# --- The operations -------------------------------------------------------------------------------------------------


def _list_page(
    hospital: ground.Hospital, subject: tuple[HttpVisitor, Meter], rounds: int
) -> tuple[Row, list[Statement]]:
    """A page of the list with 20 rows beside its SQL by psycopg, a bare template of the same size, a bare reply."""
    visitor, meter = subject
    page = visitor.get(LIST)
    if page.count(ROW_BEGINS) != 20:
        raise BenchmarkError(f"The list shows {page.count(ROW_BEGINS)} rows, not 20.")
    statements = _statements_of(lambda: profiling.InProcess(hospital).get(LIST))
    rows_of = next(n for n, each in enumerate(statements) if "requests_app_sosrequest" in each.text)
    task = ground.write_task(statements=statements, rows_of=rows_of, page=_divided(page))
    with ground.served("bench.floor:application", ground.FLOOR, BENCH_TASK=str(task)) as (port, floor_meter):
        floor = HttpVisitor(port, {})
        size, wanted = len(floor.get(LIST).encode()), len(page.encode())
        if abs(size - wanted) > SAME_SIZE * wanted:
            raise BenchmarkError(f"The floor's page has {size} bytes, the portal's {wanted}.")
        row = Row(f"list page of 20 rows ({wanted:,} bytes, {len(statements)} queries)", 2.5, operations=40)
        row.measure(
            Side(lambda n: _repeat(n, lambda: floor.get(LIST)), floor_meter),
            Side(lambda n: _repeat(n, lambda: visitor.get(LIST)), meter),
            rounds,
        )
    return row, statements


def _divided(page: str) -> tuple[str, str, str]:
    """What stands before the rows, a row as a template of its values, what stands after them."""
    begin, *_, end = [match.start() for match in re.finditer(re.escape(ROW_BEGINS), page)]
    row = page[begin : page.index(ROW_BEGINS, begin + 1)]
    values = {
        r'(?<=<span class="ref">要請番号 <span class="num">)[^<]+|(?<=href="/requests/)[0-9-]+': "{{ row[0] }}",
        r'(?<=data-label="申請日時"><span class="num">)[0-9/: ]+': "{{ row[2] }}",
        r'(?<=data-label="医療機関名">)[^<]+': "{{ row[3] }}",
        r'(?<=data-label="医療機関コード"><span class="num">)[^<]+': "{{ row[4] }}",
    }
    for value, name in values.items():
        row, found = re.subn(value, name, row)
        if not found:
            raise BenchmarkError(f"The list's rows have changed: {value} is not found.")
    return page[:begin], row, page[page.index("</tr>", end) + len("</tr>") :]


def _filing(
    hospital: ground.Hospital, subject: tuple[HttpVisitor, Meter], rounds: int
) -> tuple[Row, list[Statement]]:
    """List, form, save, submit, list beside the SQL of all that."""
    visitor, meter = subject

    def file(by: HttpVisitor | profiling.InProcess) -> None:
        filing(by, hospital.code, hospital.item_id, ground.QUANTITY)

    statements = _statements_of(lambda: file(profiling.InProcess(hospital)))
    ground.accept_all(hospital.person)
    replayer = ground.Replayer(statements)
    try:
        row = Row(
            f"filing: list, form, save, submit, list ({len(_sent(statements))} queries)", 3.0, operations=4
        )
        row.measure(
            Side(replayer.run, replayer.meter),
            Side(lambda n: _repeat(n, lambda: file(visitor)), meter),
            rounds,
            between=lambda: ground.accept_all(hospital.person),
        )
    finally:
        replayer.close()
    return row, statements


def _repeat(times: int, operation: Callable[[], object]) -> None:
    for _ in range(times):
        operation()


def _statements_of(operation: Callable[[], object]) -> list[Statement]:
    """The statements of an operation that was done before once, so that nothing is looked up for the first time."""
    operation()
    with captured() as statements:
        operation()
    return statements


def _sent(statements: list[Statement]) -> list[Statement]:
    return [each for each in statements if each.text not in {BEGIN, COMMIT}]


if __name__ == "__main__":
    main()
