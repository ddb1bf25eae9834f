"""`manage.py create_user USERNAME`: one person, who gets a link to set their password."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.management.base import CommandParser
from django.db import IntegrityError

from institutions.imports import create_user, is_known
from institutions.imports.user_rows import AS_PROXY, CODES, EMAIL, NAME, PREFECTURE, ROLE, USERNAME, YES
from institutions.models import Role
from sosportal.lib import clock
from sosportal.lib.commands import BUSY, Exit, PortalCommand, Refused
from sosportal.lib.tabular import TableProblem
from sosportal.lib.text import find_unreadable

ARGUMENTS = {
    USERNAME: "USERNAME",
    NAME: "--name",
    EMAIL: "--email",
    ROLE: "--role",
    PREFECTURE: "--prefecture",
    CODES: "--institution",
    AS_PROXY: "--as-proxy",
}


class Command(PortalCommand):
    help = (
        "Creates one person without a password and mails a link to set it. Somebody known is left as they are "
        "(exit code 7)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What a person is made of; no password among it."""
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument(
            "--role", required=True, help=f"{', '.join(Role.values)}, or {'、'.join(Role.labels)}"
        )
        parser.add_argument("--name", required=True, help="氏名")
        parser.add_argument("--email", required=True, help="where the link goes")
        parser.add_argument("--prefecture", default="", help="for prefecture officers: 13 or 東京都")
        parser.add_argument(
            "--institution",
            nargs="+",
            action="extend",
            default=[],
            metavar="CODE",
            help="for institution staff",
        )
        parser.add_argument(
            "--as-proxy",
            action="store_true",
            help="enters in place of these institutions, as an association does",
        )
        parser.add_argument("--no-mail", action="store_true", help="mail no link; the admin can do it later")
        parser.add_argument("--dry-run", action="store_true", help="check everything, change nothing")
        super().add_arguments(parser)

    def run(self, options: Mapping[str, Any]) -> None:
        """Create the person as a list of one row would."""
        cells = {
            USERNAME: options["username"],
            NAME: options["name"],
            EMAIL: options["email"],
            ROLE: options["role"],
            PREFECTURE: options["prefecture"],
            CODES: " ".join(options["institution"]),
            AS_PROXY: YES if options["as_proxy"] else "",
        }
        self._refuse(_unreadable(cells))
        mail, dry_run = not options["no_mail"], options["dry_run"]
        if is_known(cells[USERNAME]):
            raise Refused(Exit.EXISTS, "このユーザー名はすでに登録されています。何も変えていません。")
        try:
            outcome = create_user(cells, now=clock.now(), mail=mail, dry_run=dry_run)
        except IntegrityError as error:
            raise Refused(Exit.BUSY, BUSY) from error
        self._refuse(outcome.problems.kept)
        mailed = mail and outcome.written
        self.report(
            {"username": cells[USERNAME], "created": outcome.written, "mailed": mailed},
            [_said(created=outcome.written, mailed=mailed)],
        )

    def _refuse(self, problems: Iterable[TableProblem]) -> None:
        told = [f"{ARGUMENTS[str(problem.column)]}: {problem.message}" for problem in problems]
        for line in told:
            self.stderr.write(line)
        if told:
            raise Refused(Exit.REFUSED, "登録していません。")


def _unreadable(cells: Mapping[str, str]) -> Iterator[TableProblem]:
    for column, text in cells.items():
        if message := find_unreadable(text):
            yield TableProblem(1, column, message)


def _said(*, created: bool, mailed: bool) -> str:
    if not created:
        return "登録できます。何も変えていません。"
    return "登録しました。" + ("パスワードを設定するメールを送ります。" if mailed else "メールは送りません。")
