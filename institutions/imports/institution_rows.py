"""A row of the ministry's list of institutions, read and judged by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from institutions.imports import cells
from institutions.imports.cells import Wrong
from institutions.models import Institution, InstitutionKind
from institutions.rules.code import code_warning, kind_of
from sosportal.lib.tabular import Row, TableProblem
from sosportal.lib.text import search_key

CODE, NAME, POSTAL_CODE, ADDRESS = "医療機関コード", "医療機関名", "郵便番号", "住所"
KIND, TELEPHONE, CONTACT_PERSON, EMAIL = "種別", "電話番号", "担当者氏名", "メールアドレス"
AGREEMENT = "医療措置協定"
REQUIRED = (CODE, NAME, POSTAL_CODE, ADDRESS)
OPTIONAL = (KIND, TELEPHONE, CONTACT_PERSON, EMAIL, AGREEMENT)

OnProblem = Callable[[TableProblem], None]


def _longest(field: str) -> int:
    longest: int = Institution._meta.get_field(field).max_length  # type: ignore[union-attr, assignment]
    return longest


def _kinds() -> dict[str, str]:
    words = {kind.label: kind.value for kind in InstitutionKind} | {
        "クリニック": InstitutionKind.CLINIC.value,
        "歯科": InstitutionKind.DENTAL.value,
        "調剤薬局": InstitutionKind.PHARMACY.value,
        "保険薬局": InstitutionKind.PHARMACY.value,
        "訪問看護": InstitutionKind.HOME_NURSING.value,
    }
    return {search_key(word): value for word, value in words.items()}


KINDS = _kinds()
# Whether an agreement was concluded, as the staging table reads it.
AGREEMENTS = {
    search_key(word): value
    for value, words in {
        "true": ("締結", "締結済", "あり", "有", "はい", "○", "〇", "1"),
        "false": ("未締結", "なし", "無", "いいえ", "×", "0"),
    }.items()
    for word in words
}

# How each column is read. Cells come without spaces around them and without unreadable characters.
READERS: dict[str, Callable[[str], str]] = {
    CODE: cells.institution_code,
    NAME: partial(cells.required_line, longest=_longest("name")),
    POSTAL_CODE: cells.postal_code,
    ADDRESS: partial(cells.line_of_text, longest=_longest("address")),
    KIND: partial(
        cells.one_of, known=KINDS, hint=f"{'、'.join(kind.label for kind in InstitutionKind)}のどれか"
    ),
    TELEPHONE: cells.telephone,
    CONTACT_PERSON: partial(cells.line_of_text, longest=_longest("contact_person")),
    EMAIL: partial(cells.email, longest=_longest("email")),
    AGREEMENT: partial(cells.one_of, known=AGREEMENTS, hint="締結か未締結"),
}


@dataclass(frozen=True, slots=True)
class InstitutionRow:
    """What a row says. None: nothing, be the column absent or the cell blank; it overwrites nothing then.

    `kind` is what 種別 says, `guessed_kind` what code and name tell, for an institution that is new.
    """

    line: int
    code: str
    name: str
    postal_code: str | None
    address: str | None
    kind: str | None
    guessed_kind: str
    telephone: str | None
    contact_person: str | None
    email: str | None
    has_agreement: str | None

    @property
    def prefecture_id(self) -> str:
        """The prefecture's code."""
        return self.code[:2]

    def warnings(self) -> Iterator[TableProblem]:
        """What a person should look at, though the row is taken."""
        if warning := code_warning(self.code):
            yield TableProblem(self.line, CODE, warning)
        # R3 of the system check asks for these: without them the institution is taken, but can't apply yet.
        for column, value in ((POSTAL_CODE, self.postal_code), (ADDRESS, self.address)):
            if value is None:
                yield TableProblem(
                    self.line, column, "空欄です。登録がない医療機関は、登録されるまで要請できません。"
                )


def read_row(row: Row, on_problem: OnProblem) -> InstitutionRow | None:
    """The row as it is to be stored; None after every problem of it went to `on_problem`."""
    values: dict[str, str | None] = {}
    good = True
    for column, text in row.cells.items():
        try:
            values[column] = READERS[column](text) or None
        except Wrong as wrong:
            on_problem(TableProblem(row.line, column, wrong.message))
            good = False
    if not good:
        return None
    code, name, kind = str(values[CODE]), str(values[NAME]), values.get(KIND)
    guessed = kind or kind_of(code, name)
    if guessed is None:
        reason = f"3桁目（{code[2]}）から種別が決まりません。「{KIND}」の列に入れてください。"
        on_problem(TableProblem(row.line, CODE, reason))
        return None
    return InstitutionRow(
        line=row.line,
        code=code,
        name=name,
        postal_code=values[POSTAL_CODE],
        address=values[ADDRESS],
        kind=kind,
        guessed_kind=guessed,
        telephone=values.get(TELEPHONE),
        contact_person=values.get(CONTACT_PERSON),
        email=values.get(EMAIL),
        has_agreement=values.get(AGREEMENT),
    )


def copy_values(row: InstitutionRow) -> tuple[Any, ...]:
    """The row in the order of the staging table's columns."""
    return (
        row.line,
        row.code,
        row.name,
        row.postal_code,
        row.address,
        row.kind,
        row.guessed_kind,
        row.telephone,
        row.contact_person,
        row.email,
        row.has_agreement,
    )
