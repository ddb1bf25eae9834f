"""`manage.py verify_allocations`: every decision recomputed from its stored inputs, and compared to the piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.management.base import CommandParser

from requests_app.models import AllocationDecision
from requests_app.models.allocation import differences
from sosportal.lib.commands import Exit, PortalCommand, Refused, whole_number
from sosportal.lib.numbers import LARGEST_KEY

TOLD = 20  # differences of one decision


class Command(PortalCommand):
    """Reads only. Exit code 8 when a decision comes out otherwise than it is stored."""

    help = (
        "Recomputes every decision about allocation from its stored inputs, by the rule's version of that day, and "
        "compares quantities, outcomes and digest. Changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--decision", type=whole_number(1, LARGEST_KEY), metavar="ID", help="this one alone"
        )
        super().add_arguments(parser)

    def run(self, options: Mapping[str, Any]) -> None:
        decisions = AllocationDecision.objects.order_by("pk")
        if options["decision"] is not None:
            decisions = decisions.filter(pk=options["decision"])
        differing: dict[int, list[str]] = {}
        lines = 0
        total = decisions.count()
        if options["decision"] is not None and not total:
            raise Refused(Exit.REFUSED, f"決定 {options['decision']} はありません。")
        with self.progress("確かめています") as advance:
            for count, decision in enumerate(decisions.iterator(chunk_size=1), start=1):
                lines += decision.outcomes.count()
                if found := differences(decision):
                    differing[decision.pk] = found
                    self._tell(decision.pk, found)
                advance(count / total)
        self.report(
            {
                "decisions": total,
                "lines": lines,
                "differing": [
                    {"decision": pk, "differences": found[:TOLD], "left_out": max(0, len(found) - TOLD)}
                    for pk, found in differing.items()
                ],
            },
            self._lines(total, lines, len(differing)),
        )
        if differing:
            raise Refused(Exit.DIFFERS, f"{len(differing):,}件の決定が、計算し直した結果と一致しません。")

    def _tell(self, pk: int, found: list[str]) -> None:
        """A line each on stderr."""
        for said in found[:TOLD]:
            self.stderr.write(f"決定 {pk}: {said}")
        if len(found) > TOLD:
            self.stderr.write(f"決定 {pk}: ほか{len(found) - TOLD:,}件")

    def _lines(self, decisions: int, lines: int, differing: int) -> Iterator[str]:
        yield f"決定 {decisions:,} / 物資ごとの決定 {lines:,} / 一致しない決定 {differing:,}"
