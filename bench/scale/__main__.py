"""`python -m bench.scale`: see the package."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path

import bench.scale
from bench.scale.country import ROOT, _started
from sosportal import embedded


def main() -> None:
    """Build, tell what was built, and hold it if asked."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.scale",
        description=bench.scale.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--directory", type=Path)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--institutions", type=int)
    parser.add_argument("--waiting", type=float, default=0.1)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--hold", action="store_true")
    options = parser.parse_args()
    directory = options.directory or ROOT / ".local" / "scale" / str(options.requests)
    if not (options.keep and (directory / "data" / "PG_VERSION").exists()):
        began = time.monotonic()
        institutions = options.institutions or max(100, options.requests // 5)
        bench.scale.build(directory, bench.scale.Size(options.requests, institutions, options.waiting))
        sys.stdout.write(f"Built in {time.monotonic() - began:.0f} s: {directory}\n")
    if options.hold:
        with _started(directory) as server, contextlib.suppress(KeyboardInterrupt):
            sys.stdout.write(
                f"DATABASE_URL={server.url(embedded.RUNTIME)}\nDATABASE_OWNER_URL={server.url(embedded.OWNER)}\n"
            )
            sys.stdout.flush()
            while True:
                time.sleep(3600)


if __name__ == "__main__":
    main()
