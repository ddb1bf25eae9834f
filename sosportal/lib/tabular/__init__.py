"""Lists of people: reading CSV, gzipped CSV and XLSX row by row, and writing them so that no cell starts a formula."""

from sosportal.lib.tabular.cells import safe_cell
from sosportal.lib.tabular.problem import TableProblem
from sosportal.lib.tabular.reading import MAX_BYTES, MAX_ROWS, Row, read_table
from sosportal.lib.tabular.writing import (
    KIND_CHOICES,
    CellRow,
    FileKind,
    FillIn,
    Unwritable,
    Written,
    download,
    unwritable,
    write,
)

__all__ = [
    "KIND_CHOICES",
    "MAX_BYTES",
    "MAX_ROWS",
    "CellRow",
    "FileKind",
    "FillIn",
    "Row",
    "TableProblem",
    "Unwritable",
    "Written",
    "download",
    "read_table",
    "safe_cell",
    "unwritable",
    "write",
]
