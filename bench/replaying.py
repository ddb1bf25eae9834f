"""A process that runs captured SQL and nothing else: `python -m bench.replaying`, told by lines on stdin how often."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

import psycopg

from bench.statements import Replay


def main() -> None:
    """Says the process id of its backend, then for each number on stdin runs so often and says `done`."""
    # Written by the benchmark itself, a moment ago.
    statements = pickle.loads(Path(os.environ["BENCH_TASK"]).read_bytes())["statements"]  # noqa: S301
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        replay = Replay(connection, statements)
        print(connection.info.backend_pid, flush=True)
        for line in sys.stdin:
            for _ in range(int(line)):
                replay.run()
            print("done", flush=True)


if __name__ == "__main__":
    main()
