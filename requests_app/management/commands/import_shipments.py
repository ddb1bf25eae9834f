"""`manage.py import_shipments FILE --by USERNAME`: what the vendor sent, from its own file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser

from institutions.models import User
from requests_app import permissions
from requests_app.imports import import_shipments
from requests_app.imports.shipment_rows import OPTIONAL, REQUIRED
from sosportal.lib import clock
from sosportal.lib.commands import ListCommand, readable_text


class Command(ListCommand):
    help = (
        "Records what the vendor sent, by its shipping file, and mails each institution. "
        f"Columns: {', '.join(REQUIRED)}; optional: {', '.join(OPTIONAL)}. "
        "A line and a slip number make a parcel; one that is known otherwise is corrected, the earlier version kept. "
        "Running it twice changes nothing. A single wrong row refuses the file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Those of every list, and `--by`."""
        super().add_arguments(parser)
        parser.add_argument(
            "--by",
            metavar="USERNAME",
            type=readable_text,
            required=True,
            help="the ministry's officer who takes it in",
        )

    def run(self, options: Mapping[str, Any]) -> None:
        """Import, then tell what came of it."""
        actor = User.objects.filter(username__iexact=options["by"]).first()
        if actor is None or not permissions.can_hand_off(actor):
            raise CommandError("--by must name an active officer of the ministry.", returncode=2)
        with self.opened(options["file"], "発送の取り込み") as (binary, advance):
            outcome = import_shipments(
                binary,
                actor,
                now=clock.now(),
                dry_run=options["dry_run"],
                skip_bad_rows=options["skip_bad_rows"],
                on_progress=advance,
            )
        self.finish(outcome, options)
