"""`manage.py ensure_schedules`: what the queue is to do again and again is written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sosportal.lib.commands import PortalCommand
from sosportal.lib.schedules import declared, ensure_schedules


class Command(PortalCommand):
    help = "Writes down what the queue does again and again. Running it twice changes nothing."

    def run(self, options: Mapping[str, Any]) -> None:
        """As above."""
        written = ensure_schedules()
        schedules = [
            {"name": each.name, "minutes": each.minutes, "written": each.name in written}
            for each in declared()
        ]
        lines = (
            f"{each['name']}: {each['minutes']}分ごと（{'登録しました' if each['written'] else '登録済み'}）"
            for each in schedules
        )
        self.report({"schedules": schedules}, lines)
