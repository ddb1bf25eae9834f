"""緊急配布要請の一覧 of an institution's people as a file: the columns of the page (manual 3-1), a row per request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from requests_app.rules.transitions import Status
from sosportal.lib.tabular import CellRow

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from requests_app.models import SosRequest

CHUNK = 2_000  # rows fetched at once
MOST_WRITTEN = 50_000
HEADING = ("要請番号", "タイトル", "申請日時", "医療機関名", "医療機関コード", "対応ステータス", "取下げ")


def list_cells(rows: QuerySet[SosRequest, tuple[Any, ...]]) -> Iterator[CellRow]:
    """The rows of `rows_to_write`, at most MOST_WRITTEN, from a server-side cursor. One query; memory stays flat."""
    for *cells, status, withdrawn_at in rows[:MOST_WRITTEN].iterator(chunk_size=CHUNK):
        yield [*cells, Status(status).label, withdrawn_at]
