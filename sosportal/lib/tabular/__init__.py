"""Lists of people: reading CSV, gzipped CSV and XLSX row by row, and writing cells that start no formula."""

from sosportal.lib.tabular.cells import safe_cell
from sosportal.lib.tabular.problem import TableProblem
from sosportal.lib.tabular.reading import MAX_BYTES, MAX_ROWS, Row, read_table

__all__ = ["MAX_BYTES", "MAX_ROWS", "Row", "TableProblem", "read_table", "safe_cell"]
