"""What is wrong with a list, in words for the person who made it."""


class TableProblem(Exception):
    """A file or a row that can't be taken.

    `line` counts from 1 in the file or sheet (None: the file as a whole), `column` is the heading (None:
    the whole line), `message` says in Japanese what is wrong and how to mend it. `str()` joins the three.
    """

    def __init__(self, line: int | None, column: str | None, message: str) -> None:
        super().__init__(line, column, message)
        self.line = line
        self.column = column
        self.message = message

    def __str__(self) -> str:
        place = f"{self.line}行目" if self.line else ""
        if self.column:
            place += f"「{self.column}」"
        return f"{place}：{self.message}" if place else self.message
