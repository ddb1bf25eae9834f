"""`manage.py refresh_progress`: the figures of the dashboards are summed up now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from requests_app.progress.refreshing import refresh_progress
from sosportal.lib.commands import BUSY, Exit, PortalCommand, Refused
from sosportal.lib.jinja import iso, jst_short


class Command(PortalCommand):
    help = (
        "Sums up the figures of the dashboards and the public progress page as of now. A schedule of the queue does "
        "the same every few minutes. Running it twice changes nothing; killed in the middle, the figures before stand."
    )

    def run(self, options: Mapping[str, Any]) -> None:
        """As above. Raises Refused when another refresh is at work."""
        done = refresh_progress()
        if not done.done:
            raise Refused(Exit.BUSY, BUSY)
        self.report(
            {"as_of": iso(done.as_of), "rounds": done.rounds, "seconds": round(done.seconds, 3)},
            [f"{jst_short(done.as_of)}時点で集計しました（調査の回 {done.rounds}、{done.seconds:.1f}秒）。"],
        )
