"""A small list as hospitals send it, and short ways to read one."""

import io
from typing import Any

import pytest

from sosportal.lib.tabular import Row, TableProblem, read_table

CODE, NAME, POST = "医療機関コード", "医療機関名", "郵便番号"
LIST = f"{CODE},{NAME},{POST}\r\n0110112489,架空髙﨑①病院,0050813\r\n0110112745,見本医院,\r\n"
ROWS = [
    Row(2, {CODE: "0110112489", NAME: "架空髙﨑①病院", POST: "0050813"}),
    Row(3, {CODE: "0110112745", NAME: "見本医院", POST: ""}),
]


def rows_of(data: bytes, **options: Any) -> list[Row]:
    options = {"required": [CODE, NAME], "optional": [POST]} | options
    return list(read_table(io.BytesIO(data), **options))


def problem_of(data: bytes, **options: Any) -> TableProblem:
    with pytest.raises(TableProblem) as refused:
        rows_of(data, **options)
    return refused.value
