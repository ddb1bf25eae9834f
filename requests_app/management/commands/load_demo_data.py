"""`manage.py load_demo_data`: fill an empty database with made-up institutions, surveys and requests."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from requests_app.demo_data.accounts import ACCOUNTS, PASSWORD
from requests_app.demo_data.build import Loaded, NotEmpty, build
from requests_app.rules.transitions import Status
from sosportal.lib import clock

IN_PRODUCTION = 3
NOT_EMPTY = 4


class Command(BaseCommand):
    """Exit codes: 0 loaded, 3 refused in production, 4 refused because the database is not empty."""

    help = "Fills an empty database with made-up data for trying out. Refused in production."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--now", type=moment, help="as if it were this moment, e.g. 2026-11-24T10:20")
        parser.add_argument("--dry-run", action="store_true", help="load everything, say what, keep nothing")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError(
                "PORTAL_MODE is production: demo data belong into a demonstration only.",
                returncode=IN_PRODUCTION,
            )
        try:
            with transaction.atomic():
                loaded = build(options["now"] or clock.now())
                transaction.set_rollback(options["dry_run"])
        except NotEmpty:
            raise CommandError(
                "The database has institutions, campaigns or demo accounts already; nothing was changed.",
                returncode=NOT_EMPTY,
            ) from None
        self.stdout.write(_as_json(loaded) if options["format"] == "json" else _as_text(loaded))


def moment(text: str) -> datetime:
    """A moment in Japan's time, from ISO 8601; without an offset it is read as Japan's."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no moment such as 2026-11-24T10:20") from error
    return clock.jst(given if given.tzinfo else given.replace(tzinfo=clock.JST))


def _as_json(loaded: Loaded) -> str:
    return json.dumps(asdict(loaded), ensure_ascii=False)


def _as_text(loaded: Loaded) -> str:
    by_status = "、".join(f"{status.label} {loaded.requests.get(status.value, 0)}" for status in Status)
    return "\n".join(
        [
            f"{loaded.institutions} institutions, {loaded.users} users, {loaded.survey_responses} survey responses.",
            f"{sum(loaded.requests.values())} requests: {by_status}.",
            f"Accounts ({', '.join(account.username for account in ACCOUNTS)}) with the password {PASSWORD}.",
        ]
    )
