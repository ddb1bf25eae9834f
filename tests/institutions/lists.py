"""Lists as files, and running a command on them in this process."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from django.db import connection

SAMPLE = Path(__file__).parent.parent / "data" / "institutions_sample.csv"
HEADING = ("医療機関コード", "医療機関名", "郵便番号", "住所")


@dataclass
class Ran:
    """What a command said and the code it would have ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """stdout as JSON."""
        values: dict[str, Any] = json.loads(self.out)
        return values


def run(command: str, *arguments: object) -> Ran:
    """Run a command; a CommandError becomes its exit code and its sentence on stderr, as Django does it."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command(command, *map(str, arguments), stdout=out, stderr=err)
    except CommandError as error:
        code = error.returncode
        err.write(f"{error}\n")
    return Ran(code, out.getvalue(), err.getvalue())


def text(rows: Iterable[Sequence[str]], heading: Sequence[str] = HEADING, end: str = "\r\n") -> str:
    """The rows as CSV."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator=end)
    writer.writerow(heading)
    writer.writerows(rows)
    return buffer.getvalue()


def write(path: Path, rows: Iterable[Sequence[str]], heading: Sequence[str] = HEADING) -> Path:
    """A CSV file in UTF-8 with BOM, as Excel writes it."""
    path.write_bytes(text(rows, heading).encode("utf-8-sig"))
    return path


def code(number: int, prefecture: str = "13", fee_table: str = "1") -> str:
    """A code whose check digit fits over all ten digits."""
    nine = f"{prefecture}{fee_table}{number:06d}"
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(nine))]
    return f"{nine}{-sum(value - 9 if value > 9 else value for value in doubled) % 10}"


def hospitals(count: int) -> list[tuple[str, str, str, str]]:
    """Rows of institutions that don't exist."""
    return [
        (code(number), f"架空第{number}病院", "1000001", f"架空市中央{number}")
        for number in range(1, count + 1)
    ]


def versions() -> dict[str, tuple[Any, ...]]:
    """Of every institution the physical place, the transactions that wrote or locked it, and its time of change."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code, ctid::text, xmin::text, xmax::text, updated_at FROM institutions_institution"
        )
        return {row[0]: row[1:] for row in cursor.fetchall()}
