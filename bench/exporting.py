"""What the queue's files cost on a country of `bench.scale`: `python -m bench.exporting .local/scale/1000000`.

Each file is made in a process of its own, straight from the database, and thrown away: rows, megabytes, seconds to the
first bytes and to the last, and how far the process's memory rose above what it held before (the peak, in MB).
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

from bench.scale import country
from bench.scale.pages import MINISTRY, QUEUE

LISTS = {"under review": "", "all": "status=all"}


def memory(what: str) -> int:
    """Kilobytes of this process: VmRSS now, VmHWM at the most."""
    found = re.search(rf"{what}:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) if found else 0


def export(query: str, kind: str) -> str:
    """Make one file, and say what it cost."""
    from django.db import connection
    from django.test import Client

    from institutions.models import User
    from requests_app.models import ExportLog

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username=MINISTRY))
    client.get(f"{QUEUE}?{query}")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, began = memory("VmRSS"), time.monotonic()
    response: Any = client.post(f"{QUEUE}export/?{query}", {"kind": kind, "geta": "yes"})
    assert response.status_code == 200, response.status_code
    size, first = 0, 0.0
    for chunk in response.streaming_content:
        first = first or time.monotonic() - began
        size += len(chunk)
    took, rose = time.monotonic() - began, (memory("VmHWM") - before) / 1024
    response.close()
    rows = ExportLog.objects.latest("pk").row_count
    connection.close()
    return f"{rows:,} | {size / 1e6:.0f} | {first:.1f} | {took:.0f} | {rose:.0f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.exporting", description=__doc__)
    parser.add_argument("directory", type=Path, help="of a country that `bench.scale` built")
    parser.add_argument("--lists", nargs="+", choices=LISTS, default=list(LISTS))
    options = parser.parse_args()
    with country(options.directory):
        from django.db import connection

        from sosportal.lib.tabular import FileKind

        sys.stdout.write(
            "| list | file | rows | MB | s to the first byte | s | MB of memory |\n|---|---|---|---|---|---|---|\n"
        )
        for name in options.lists:
            for kind in FileKind:
                connection.close()
                sys.stdout.flush()
                child = os.fork()
                if child == 0:
                    sys.stdout.write(f"| {name} | {kind.value} | {export(LISTS[name], kind.value)} |\n")
                    sys.stdout.flush()
                    os._exit(0)
                os.waitpid(child, 0)


if __name__ == "__main__":
    main()
