"""`python -m bench.tabular [ROWS]`: what a file of so many rows (a million) costs in memory and time, kind by kind.

Each kind is written in a process of its own. The figure is how much the process's largest resident size grew while it
wrote, read from the kernel, so that C libraries count too.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from tempfile import TemporaryFile

from sosportal.lib.tabular import CellRow, FileKind, write

HEADING = ["要請番号", "医療機関名", "医療機関コード", "住所", "電話番号", "物資", "数量"]
MOST_MEGABYTES = 100
LARGEST_SHEET = 1_048_575


def rows(count: int) -> Iterator[CellRow]:
    """Made-up rows, all different, as wide as those of the vendor's file."""
    for n in range(count):
        yield [
            f"{2611 + n // 10_000}-{n % 10_000:04d}",
            f"架空第{n}病院",
            f"{n:010d}",
            f"東京都架空区見本{n % 30}丁目{n % 17}番{n % 23}号 見本医療センター",
            f"03-0000-{n % 10_000:04d}",
            "①医療用（サージカル）マスク",
            n * 50,
        ]


def measure(kind: FileKind, count: int) -> str:
    """Write the file; a line of the table."""
    with TemporaryFile() as binary:
        write(binary, kind, HEADING, rows(10))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.monotonic()
    with TemporaryFile() as binary:
        written = write(binary, kind, HEADING, rows(count))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    seconds = time.monotonic() - begun
    verdict = "ok" if grown <= MOST_MEGABYTES else f"more than {MOST_MEGABYTES} MB"
    return (
        f"{kind.value:6} {written.rows:>9,} rows {written.size / 2**20:7.1f} MB file"
        f" {grown:6.1f} MB more memory {seconds:6.1f} s  {verdict}"
    )


def main() -> int:
    """Measure every kind; 1 if one needed more memory than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--kind", choices=[kind.value for kind in FileKind])
    options = parser.parse_args()
    if options.kind:
        line = measure(FileKind(options.kind), min(options.rows, LARGEST_SHEET))
        sys.stdout.write(f"{line}\n")
        return 0 if line.endswith("ok") else 1
    command = [sys.executable, "-m", "bench.tabular", str(options.rows), "--kind"]
    return max(subprocess.run([*command, kind.value], check=False).returncode for kind in FileKind)


if __name__ == "__main__":
    sys.exit(main())
