"""Send the mails that are due, without the queue: for a timer beside it, or by hand when the queue is down."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from sosportal.lib import clock, outbox
from sosportal.lib.commands import whole_number
from sosportal.lib.models import OutboxMessage

EXIT_LEFT_BEHIND = 3
MOST = 100_000


class Command(BaseCommand):
    help = "送信待ちのメールを送ります。送れなかったものが残ると、終了コードは3です。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="送らずに、件数だけを表示します。")
        parser.add_argument(
            "--retry-parked", action="store_true", help="要対応のメールも、もう一度はじめから送ります。"
        )
        parser.add_argument(
            "--limit",
            type=whole_number(1, MOST),
            default=500,
            help=f"一度に送る件数（既定 500、{MOST:,}まで）。",
        )
        parser.add_argument("--format", choices=["text", "json"], default="text", help="出力の形式。")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            due = OutboxMessage.objects.filter(state=OutboxMessage.State.PENDING, due_at__lte=clock.now())
            sent, left = 0, due.count()
        else:
            if options["retry_parked"]:
                outbox.retry_parked(clock.now())
            sent, left = outbox.send_due(options["limit"])
        parked = OutboxMessage.objects.filter(state=OutboxMessage.State.PARKED).count()
        if options["format"] == "json":
            self.stdout.write(json.dumps({"sent": sent, "left": left, "parked": parked}))
        else:
            self.stdout.write(f"送信 {sent}件、残り {left}件、要対応 {parked}件")
        if left and not options["dry_run"]:
            raise SystemExit(EXIT_LEFT_BEHIND)
