"""A stand-in for the queue's processes: a parent with two children, all of which wait.

`python -m tests.support.fake_queue [stubborn]` prints the ids of all three to the file named by FAKE_QUEUE_LOG, one
line per start. A stubborn one ignores SIGTERM, as a stalled queue does.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path


def main() -> None:
    """Start the children, write down who lives, and wait for the end."""
    children: list[int] = []
    if "stubborn" in sys.argv:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *_: _end(children))
    for _ in range(2):
        child = os.fork()
        if child == 0:
            if "stubborn" not in sys.argv:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
            _wait()
        children.append(child)
    with Path(os.environ["FAKE_QUEUE_LOG"]).open("a", encoding="utf-8") as log:
        log.write(f"{os.getpid()} {children[0]} {children[1]}\n")
    _wait()


def _wait() -> None:
    while True:
        time.sleep(60)


def _end(children: list[int]) -> None:
    # Not SIGTERM: it is lost on a child that has not yet laid down its parent's handler.
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    sys.exit(0)


if __name__ == "__main__":
    main()
