"""`manage.py import_users FILE`: staff, officers and operators from a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from institutions.imports import import_users
from institutions.imports.user_rows import AS_PROXY, NO, OPTIONAL, REQUIRED, YES
from sosportal.lib import clock
from sosportal.lib.commands import ListCommand


class Command(ListCommand):
    help = (
        "Creates and changes people by a list, and mails the new ones a link to set their password. "
        f"Columns: {', '.join(REQUIRED)}; optional: {', '.join(OPTIONAL)} (several codes with spaces or 、 between; "
        f"{AS_PROXY}: {YES} for who enters in place of the institutions of the row, as a medical association does). "
        "A file holds no passwords. People are told apart by user name; running it twice changes nothing. "
        "Memberships are only added, roles never changed, nobody enabled, disabled or removed; "
        f"{AS_PROXY} is changed where the row says {YES} or {NO}, and left where it is blank."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Those of every list, and `--no-mail`."""
        super().add_arguments(parser)
        parser.add_argument("--no-mail", action="store_true", help="mail no links; the admin can do it later")

    def run(self, options: Mapping[str, Any]) -> None:
        """Import, then tell what came of it."""
        with self.opened(options["file"], "利用者の取り込み") as (binary, advance):
            outcome = import_users(
                binary,
                now=clock.now(),
                mail=not options["no_mail"],
                dry_run=options["dry_run"],
                skip_bad_rows=options["skip_bad_rows"],
                on_progress=advance,
            )
        self.finish(outcome, options)
