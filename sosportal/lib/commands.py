"""What the portal's commands have in common.

Results go to stdout, as text or with `--format json` as one JSON object; what is wrong goes to stderr as
`file:line: column: reason`; a progress bar shows on a terminal and nowhere else. Exit codes: 0 done, 1 and 2 as
everywhere in Django (an error, a wrong call), from 3 up see `Exit`.
"""

from __future__ import annotations

import json
import logging
import os
from abc import abstractmethod
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from typing import IO, Any

import rich.progress
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, OperationalError
from rich.console import Console

from sosportal.lib.audit import who
from sosportal.lib.findings import Findings, ListOutcome
from sosportal.lib.tabular import TableProblem
from sosportal.lib.text import clean_line

logger = logging.getLogger(__name__)

Advance = Callable[[float], None]


class Exit(IntEnum):
    """Exit codes of a command that met data it can't take."""

    UNREADABLE = 3
    """The file can't be read as a whole. Nothing was changed."""
    REFUSED = 4
    """Rows or values were refused. Nothing was changed."""
    LEFT_OUT = 5
    """Done, but for the rows that were refused (`--skip-bad-rows`)."""
    BUSY = 6
    """Somebody else was changing the same data. Nothing was changed; try again."""
    EXISTS = 7
    """What was to be created is there already. Nothing was changed."""
    DIFFERS = 8
    """What was recomputed is not what is stored. Nothing was changed."""


EXIT_CODES = (
    "Exit codes: 0 done; 1 error; 2 wrong arguments; 3 the file can't be read; 4 rows or values refused, nothing "
    "changed; 5 done but for refused rows; 6 busy, nothing changed, try again; 7 exists already; "
    "8 what was recomputed is not what is stored."
)


# The counts of ListOutcome, by the words they are told in.
COUNTS = {
    "read": "読み込み",
    "new": "新規",
    "changed": "変更",
    "unchanged": "変更なし",
    "repeated": "重複",
    "refused": "取り込めない行",
}
BUSY = "ほかの処理と重なったため、何も変えていません。しばらく待って、もう一度実行してください。"


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """For `type=` of an argument: a whole number in half-width digits within the two bounds, both included; argparse
    says otherwise which they are, and ends with 2."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 20 and lowest <= int(text) <= highest):
            raise ArgumentTypeError(
                f"{clean_line(text)[:40]!r} is no whole number from {lowest} to {highest}"
            )
        return int(text)

    return read


def readable_text(text: str) -> str:
    """For `type=` of an argument that is looked up: what no database could hold is refused with 2."""
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ArgumentTypeError(f"{clean_line(text)[:40]!r} has characters that can't be read")
    return text


class Refused(CommandError):
    """Ends a command with one of the exit codes above and a sentence for people on stderr."""

    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(message, returncode=int(code))


class PortalCommand(BaseCommand):
    """Base of a command: `run` does the work with the parsed options."""

    as_json = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Django's parser, with the exit codes at the end of `--help`."""
        return super().create_parser(prog_name, subcommand, epilog=EXIT_CODES, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """`--format`; extend it."""
        parser.add_argument(
            "--format", choices=("text", "json"), default="text", help="what stdout gets (default: text)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Called by Django."""
        self.as_json = options["format"] == "json"
        with who.working(
            way="command", command=type(self).__module__.rpartition(".")[2], operator=who.operator()
        ):
            self.run(options)

    @abstractmethod
    def run(self, options: Mapping[str, Any]) -> None:
        """The work. Raises Refused for data that can't be taken."""

    def report(self, values: Mapping[str, Any], lines: Iterable[str]) -> None:
        """Say what came of it on stdout: `values` as one JSON object, or else the lines."""
        if self.as_json:
            self.stdout.write(json.dumps(values, ensure_ascii=False))
            return
        for line in lines:
            self.stdout.write(line)

    @contextmanager
    def progress(self, label: str) -> Iterator[Advance]:
        """A bar on stderr if that is a terminal. Yields a function that takes the share that is done, 0 to 1."""
        if not self.stderr.isatty():
            yield _nowhere
            return
        columns = (
            rich.progress.TextColumn("{task.description}"),
            rich.progress.BarColumn(),
            rich.progress.TaskProgressColumn(),
            rich.progress.TimeElapsedColumn(),
        )
        with rich.progress.Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task(label, total=1)
            yield lambda share: bar.update(task, completed=share)


class ListCommand(PortalCommand):
    """Base of a command that takes a list from a file: `FILE`, `--dry-run`, `--skip-bad-rows`."""

    def add_arguments(self, parser: CommandParser) -> None:
        """As above."""
        parser.add_argument("file", metavar="FILE", help="CSV (UTF-8 or CP932), gzipped CSV or XLSX")
        parser.add_argument(
            "--dry-run", action="store_true", help="check and count everything, change nothing"
        )
        parser.add_argument(
            "--skip-bad-rows",
            action="store_true",
            help="take the good rows though some are refused; without it a single bad row refuses the file",
        )
        super().add_arguments(parser)

    @contextmanager
    def opened(self, path: str, label: str) -> Iterator[tuple[IO[bytes], Advance]]:
        """The file for reading and the bar to move.

        Raises Refused for a file that can't be opened or, from inside the block, be read as a table.
        """
        if "\0" in path:
            raise Refused(Exit.UNREADABLE, f"{shown(path)}: ファイルを開けません。")
        try:
            with open(path, "rb") as binary, self.progress(label) as advance:
                yield binary, advance
        except OSError as error:
            raise Refused(
                Exit.UNREADABLE, f"{shown(path)}: ファイルを開けません（{error.strerror}）。"
            ) from error
        except TableProblem as problem:
            raise Refused(Exit.UNREADABLE, place(path, problem)) from problem
        except (IntegrityError, OperationalError) as error:
            logger.warning("a list could not be written", exc_info=error)
            raise Refused(Exit.BUSY, BUSY) from error

    def finish(self, outcome: ListOutcome, options: Mapping[str, Any], **more: Any) -> None:
        """Tell everything of `outcome`, `more` of it in JSON. Raises Refused when rows were refused."""
        path, dry_run = str(options["file"]), bool(options["dry_run"])
        self._tell(path, outcome.warnings, "注意: ")
        self._tell(path, outcome.problems)
        values = {name: getattr(outcome, name) for name in COUNTS}
        self.report(
            {
                "file": shown(path),
                "dry_run": dry_run,
                "written": outcome.written,
                **values,
                "changed_columns": outcome.changed_columns,
                **more,
                **_as_values(outcome.problems, "problems"),
                **_as_values(outcome.warnings, "warnings"),
            },
            _lines(outcome, values, dry_run=dry_run),
        )
        if outcome.refused and outcome.written:
            raise Refused(Exit.LEFT_OUT, f"{outcome.refused:,}行を除いて取り込みました。")
        if outcome.refused and options["skip_bad_rows"]:
            raise Refused(Exit.LEFT_OUT, f"{outcome.refused:,}行は取り込めません。")
        if outcome.refused:
            raise Refused(Exit.REFUSED, f"{outcome.refused:,}行を直してください。何も取り込んでいません。")

    def _tell(self, path: str, findings: Findings, prefix: str = "") -> None:
        """Write what was found to stderr, a line each, as `file:line: column: reason`."""
        for problem in findings.kept:
            self.stderr.write(place(path, problem, prefix))
        if findings.left_out:
            self.stderr.write(f"{shown(path)}: {prefix}ほか{findings.left_out:,}件")


def _lines(outcome: ListOutcome, values: Mapping[str, int], *, dry_run: bool) -> Iterator[str]:
    yield " / ".join(f"{COUNTS[name]} {count:,}" for name, count in values.items())
    if outcome.changed_columns:
        columns = "、".join(f"{heading} {count:,}" for heading, count in outcome.changed_columns.items())
        yield f"変更の内訳: {columns}"
    if dry_run:
        yield "確認だけを行いました。何も変えていません。"


def shown(path: str) -> str:
    """A path in one line, whatever bytes it is made of."""
    return clean_line(os.fsencode(path).decode("utf-8", "replace"))


def place(path: str, problem: TableProblem, prefix: str = "") -> str:
    """`file:line: column: reason`, as far as there is a line and a column."""
    where = f"{shown(path)}:{problem.line}" if problem.line else shown(path)
    column = f"{problem.column}: " if problem.column else ""
    return f"{where}: {prefix}{column}{problem.message}"


def _as_values(findings: Findings, name: str) -> dict[str, Any]:
    """Findings for JSON: the kept ones under `name`, and how many were left out."""
    return {
        name: [
            {"line": problem.line, "column": problem.column, "message": problem.message}
            for problem in findings.kept
        ],
        f"{name}_left_out": findings.left_out,
    }


def _nowhere(_share: float) -> None:
    """The bar of a pipe."""
