"""What a run over a list found wrong: counted without end, kept up to a limit, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sosportal.lib.tabular import TableProblem

KEEP = 1_000
KEEP_WARNINGS = 100


class Findings:
    """Problems of rows as they come up. `rows` counts lines, once each while their problems come in a row."""

    def __init__(self, keep: int = KEEP) -> None:
        self.rows = 0
        self.count = 0
        self._keep = keep
        self._kept: list[TableProblem] = []
        self._last_line: int | None = None

    def add(self, problem: TableProblem) -> None:
        """Count it, and keep it if there is room."""
        self.count += 1
        if self.rows == 0 or problem.line != self._last_line:
            self.rows += 1
            self._last_line = problem.line
        if len(self._kept) < self._keep:
            self._kept.append(problem)

    def extend(self, problems: Iterable[TableProblem]) -> None:
        """Add each."""
        for problem in problems:
            self.add(problem)

    @property
    def kept(self) -> list[TableProblem]:
        """Those that were kept, by line."""
        return sorted(self._kept, key=lambda problem: problem.line or 0)

    @property
    def left_out(self) -> int:
        """How many were counted but not kept."""
        return self.count - len(self._kept)

    def __bool__(self) -> bool:
        return self.count > 0


@dataclass
class ListOutcome:
    """What came of a list. Rows: `read` = `new` + `changed` + `unchanged` + `repeated` + `refused`.

    `repeated` counts rows that said the same as an earlier one; `changed_columns` the changed cells by heading;
    `written` tells whether the run stored what it could (false on a dry run and when rows were refused).
    """

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    written: bool = False
    changed_columns: dict[str, int] = field(default_factory=dict)
    problems: Findings = field(default_factory=Findings)
    warnings: Findings = field(default_factory=lambda: Findings(KEEP_WARNINGS))

    @property
    def refused(self) -> int:
        """How many rows were refused."""
        return self.problems.rows
