"""`manage.py draw_state_machine`: the page on statuses and verbs, written from the tables that the code runs by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from institutions.models import Role as UserRole
from requests_app import notifications
from requests_app.models import RequestEvent
from requests_app.rules import transitions
from requests_app.rules.transitions import Role, Status, Verb
from sosportal.lib.commands import Exit, PortalCommand, Refused, shown

PAGE = "docs/state-machine.md"
STARTS: tuple[Status | None, ...] = (None, *Status)

INTRODUCTION = """\
# Statuses, verbs, who may, who is told

Written by `manage.py draw_state_machine` from `requests_app/rules/transitions.py` and `requests_app/notifications/`.
Don't edit: `make check` compares. How a move is made is told in
[decision 0003](decisions/0003-one-way-for-a-status-to-change.md).
"""


class Command(PortalCommand):
    """Writes the page; with `--check` only compares, and ends with exit code 1 if the page is stale."""

    help = f"Writes {PAGE} from the code's tables. Needs no database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="compare only; exit code 1 if the page is stale"
        )
        parser.add_argument(
            "--output", type=Path, default=Path(settings.BASE_DIR) / PAGE, help=f"default: {PAGE}"
        )
        super().add_arguments(parser)

    def run(self, options: Mapping[str, Any]) -> None:
        output: Path = options["output"]
        wanted = page()
        try:
            changed = not output.exists() or output.read_text(encoding="utf-8") != wanted
            if changed and options["check"]:
                raise CommandError(f"{output} is stale: run manage.py draw_state_machine.")
            if changed:
                output.write_text(wanted, encoding="utf-8")
        except (OSError, ValueError) as error:  # no such place, no name of a file, no text in it
            raise Refused(
                Exit.UNREADABLE, f"{shown(str(output))} can't be read or written ({error})."
            ) from error
        self.report(
            {"file": str(output), "changed": changed}, [f"{output}: {'written' if changed else 'up to date'}"]
        )


def page() -> str:
    """The page's text; the same on every call."""
    sections = [
        INTRODUCTION,
        f"```mermaid\n{transitions.diagram()}```\n",
        _section("The statuses", "Names and meanings of manual 4-1.", _statuses()),
        _section(
            "Where a verb can lead",
            "— means that the verb is impossible there, whoever asks.",
            _moves(),
        ),
        _section(
            "Whose verb it is",
            "And only within what they may see: their own institutions, their own prefecture, for the ministry all.",
            _roles(),
        ),
        _section(
            "What is recorded, who is told",
            "Every row below writes one event row, and the mails of its columns, in the transaction of the move.",
            _told(),
        ),
    ]
    return "\n".join(sections)


def _section(title: str, text: str, rows: Iterable[Iterable[str]]) -> str:
    first, *rest = [list(row) for row in rows]
    lines = [first, ["---"] * len(first), *rest]
    return "\n".join([f"## {title}", "", text, "", *(f"| {' | '.join(line)} |" for line in lines), ""])


def _statuses() -> Iterator[list[str]]:
    yield ["in code", "対応ステータス", "meaning"]
    for status in Status:
        yield [f"`{status.name}`", status.label, status.meaning]


def _moves() -> Iterator[list[str]]:
    yield ["verb", "in code", *(_name(status) for status in STARTS)]
    for verb in Verb:
        yield [verb.label, f"`{verb.value}`", *(_names(transitions.targets(start, verb)) for start in STARTS)]


def _names(statuses: Iterable[Status]) -> str:
    found = set(statuses)
    return " / ".join(_name(status) for status in Status if status in found) or "—"


def _name(status: Status | None) -> str:
    return status.label if status else "(no request yet)"


def _roles() -> Iterator[list[str]]:
    yield ["verb", *(UserRole(role.value).label for role in Role)]
    for verb in Verb:
        yield [verb.label, *("yes" if role in transitions.VERB_ROLES[verb] else "—" for role in Role)]


def _told() -> Iterator[list[str]]:
    yield ["verb", "from", "to", "mail to the institution", "mail to officers"]
    for verb in Verb:
        for start in STARTS:
            possible = transitions.targets(start, verb)
            for target in Status:
                if target in possible:
                    yield [verb.label, _name(start), target.label, *_mails(verb, start, target)]


def _mails(verb: Verb, start: Status | None, target: Status) -> tuple[str, str]:
    event = RequestEvent(verb=verb.value, from_status=start.value if start else "", to_status=target.value)
    kind = notifications.kind_of(event)
    if kind is None:
        return "—", "—"
    to_institution, to_officers = notifications.TEXTS[kind]
    officers = "国" if kind in notifications.TO_THE_MINISTRY else "都道府県"
    if kind in notifications.TO_WHO_ASKED:
        officers = "照会した都道府県または国"
    return to_institution[
        0
    ] if to_institution else "—", f"{officers}：{to_officers[0]}" if to_officers else "—"
