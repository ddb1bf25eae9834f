"""One way for a file to leave the house: logged before its first byte, and completed with its digest after the last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.http.response import HttpResponseBase

from requests_app.models import ExportLog, HandOff
from sosportal.lib import clock
from sosportal.lib.tabular import CellRow, FileKind, Unwritable, Written, download

if TYPE_CHECKING:
    from institutions.models import User


@dataclass(frozen=True)
class Export:
    """A file that is asked for: its rows come from a server-side cursor, its `filters` in words for the log."""

    what: ExportLog.What
    name: str
    kind: FileKind
    heading: Sequence[str]
    rows: Iterable[CellRow]
    filters: str = ""
    hand_off: HandOff | None = None
    geta: bool = False
    replaced: Sequence[Unwritable | str] = field(default_factory=list)


def send(export: Export, actor: User, now: datetime) -> HttpResponseBase:
    """The file as a download, and its row in the log. `now` is aware.

    Raises TableProblem for what the kind of file can't hold, before anything is sent; the log then has a row without an
    end. Memory stays flat.
    """
    log = ExportLog.objects.create(
        at=now,
        by=actor,
        what=export.what,
        hand_off=export.hand_off,
        filters=export.filters[:1_000],
        kind=export.kind.value,
        replaced=[str(each) for each in export.replaced],
    )

    def done(written: Written) -> None:
        log.finish(written, clock.now())

    return download(export.kind, export.name, export.heading, export.rows, geta=export.geta, done=done)
