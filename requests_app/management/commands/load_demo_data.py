"""`manage.py load_demo_data`: fill an empty database with made-up institutions, surveys and requests."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from requests_app.demo_data.accounts import ACCOUNTS, PASSWORD
from requests_app.demo_data.build import Loaded, NotEmpty, build
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from sosportal.lib.commands import Exit, PortalCommand, Refused

EARLIEST, LATEST = 2020, 2100


class Command(PortalCommand):
    """Refuses in production (exit code 1) and on a database in use (7)."""

    help = "Fills an empty database with made-up data for trying the portal out. Refused in production."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--now", type=moment, help="as if it were this moment, e.g. 2026-11-24T10:20")
        parser.add_argument("--dry-run", action="store_true", help="load everything, say what, keep nothing")
        super().add_arguments(parser)

    def run(self, options: Mapping[str, Any]) -> None:
        if settings.PRODUCTION:
            raise CommandError("PORTAL_MODE is production: demo data belong into a demonstration alone.")
        try:
            with transaction.atomic():
                loaded = build(options["now"] or clock.now())
                transaction.set_rollback(options["dry_run"])
        except NotEmpty:
            raise Refused(
                Exit.EXISTS,
                "The database has institutions, campaigns or demo accounts already. Nothing was changed.",
            ) from None
        self.report({**asdict(loaded), "dry_run": options["dry_run"]}, _lines(loaded))


def moment(text: str) -> datetime:
    """A moment in Japan's time, from ISO 8601; without an offset it is read as Japan's."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no moment such as 2026-11-24T10:20") from error
    if not EARLIEST <= given.year <= LATEST:
        raise ArgumentTypeError(f"{text!r}: the year is not from {EARLIEST} to {LATEST}")
    return clock.jst(given if given.tzinfo else given.replace(tzinfo=clock.JST))


def _lines(loaded: Loaded) -> Iterator[str]:
    by_status = "、".join(f"{status.label} {loaded.requests.get(status.value, 0)}" for status in Status)
    yield f"{loaded.institutions} institutions, {loaded.users} users, {loaded.survey_responses} survey responses."
    yield f"{sum(loaded.requests.values())} requests: {by_status}."
    yield f"Accounts ({', '.join(account.username for account in ACCOUNTS)}) with the password {PASSWORD}."
