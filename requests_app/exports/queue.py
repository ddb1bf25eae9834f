"""要請の一覧 as a file: what the officer's filters leave, a row per item, from a server-side cursor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from requests_app.rules.transitions import Status
from sosportal.lib.tabular import CellRow
from surveys.models import Item

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from requests_app.models import SosRequest

CHUNK = 2_000  # rows fetched at once
COLUMNS = {
    "要請番号": "number",
    "医療機関名": "institution__name",
    "医療機関コード": "institution__code",
    "都道府県": "institution__prefecture__name",
    "申請日時": "submitted_at",
    "対応開始日": "handled_from",
    "対応ステータス": "status",
    "都道府県の確認": "confirmed_at",
    "受付日時": "accepted_at",
    "取下げ日時": "withdrawn_at",
    "取下げの理由": "withdrawn_reason",
    "物資": "lines__item_id",
    "単位": "lines__item__unit",
    "要請数量": "lines__quantity",
    "確認した数量": "lines__confirmed_quantity",
    "国の受付": "lines__accepted_quantity",
    "配布の決定": "lines__outcome__quantity",
}
HEADING = tuple(COLUMNS)
STATUS, ITEM = HEADING.index("対応ステータス"), HEADING.index("物資")


def rows_of(requests: QuerySet[SosRequest]) -> Iterator[CellRow]:
    """A row per item of each request, in the order of `requests` (begin with `visible_to`); a request without items has
    one. Two queries; memory doesn't grow with the rows."""
    labels = {item.pk: item.label for item in Item.in_order()}
    ordered = requests.order_by(*requests.query.order_by, "lines__item__order")
    for values in ordered.values_list(*COLUMNS.values()).iterator(chunk_size=CHUNK):
        row = list(values)
        row[STATUS] = Status(row[STATUS]).label
        row[ITEM] = labels.get(row[ITEM], "")
        yield row
