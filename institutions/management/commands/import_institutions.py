"""`manage.py import_institutions FILE`: the ministry's list of institutions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from institutions.imports import import_institutions
from institutions.imports.institution_rows import OPTIONAL, REQUIRED
from sosportal.lib import clock
from sosportal.lib.commands import ListCommand


class Command(ListCommand):
    help = (
        "Creates and changes institutions by the ministry's list. "
        f"Columns: {', '.join(REQUIRED)}; optional: {', '.join(OPTIONAL)}. "
        "Institutions are told apart by their code; running it twice changes nothing. Blank cells overwrite nothing, "
        "institutions missing from the list stay. A code that stands twice with different particulars is refused."
    )

    def run(self, options: Mapping[str, Any]) -> None:
        """Import, then tell what came of it."""
        with self.opened(options["file"], "医療機関の取り込み") as (binary, advance):
            outcome = import_institutions(
                binary,
                now=clock.now(),
                dry_run=options["dry_run"],
                skip_bad_rows=options["skip_bad_rows"],
                on_progress=advance,
            )
        self.finish(outcome, options)
