"""A sheet that was filled in: read row by row, judged against what stands, answered through the one verb."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, astuple, dataclass, field
from datetime import datetime
from typing import Any

from institutions.models import Institution, Proxy, User
from sosportal.lib.forms import MOST_MEGABYTES
from sosportal.lib.numbers import NumberProblem, parse_count
from sosportal.lib.once import digest
from sosportal.lib.tabular import Row, TableProblem, read_table
from sosportal.lib.tabular.cells import plain_cell
from sosportal.lib.tabular.reading import Readable
from sosportal.lib.text import find_unreadable, hankaku_code, search_key
from surveys.exports import CODE, ITEM, ROUND, round_name
from surveys.forms import LABELS, counted_otherwise
from surveys.models import Figures, Item, SurveyResponse, SurveyRound
from surveys.models.response import MAX_FIGURE
from surveys.queries import Sheet, sheets
from surveys.rules import jump
from surveys.rules.figures import FIGURES
from surveys.rules.jump import Question

MOST_ROWS = 10_000
CODE_DIGITS = 10

UNKNOWN_CODE = "担当する医療機関に、このコードはありません。コードを確かめてください。"
UNKNOWN_ITEM = "この物資は、調査にありません。様式の名前のまま入力してください。"
OTHER_ROUND = "別の回の様式です。いまの回の様式をダウンロードして、入力し直してください。"
TWICE = "同じ医療機関の同じ物資の行が、もう1つあります。1つにしてください。"
INCOMPLETE = (
    "3つの数をすべて入力してください（ないときは0）。この物資に答えないときは、3つとも空欄にしてください。"
)
NOTHING = "入力された数がありません。在庫量、1週間の想定消費量、1週間の購入見込み量を入力してください。"


@dataclass(frozen=True)
class Given:
    """A row with its three figures: its line in the file, the institution's code, the item's id."""

    line: int
    code: str
    item_id: int
    figures: Figures


@dataclass(frozen=True)
class Changed:
    """One item's figures that would become others. `question`: what to look at twice."""

    line: int
    item: Item
    before: Figures
    after: Figures
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True)
class Filled:
    """What the sheet says of one institution: its sheet as it stands, and all figures that would be answered."""

    institution: Institution
    sheet: Sheet
    figures: Mapping[int, Figures]
    changes: tuple[Changed, ...]


@dataclass
class Found:
    """What a sheet came to. `given` is what was read; where there are problems nothing is to be answered."""

    given: list[Given]
    problems: list[TableProblem]
    answers: list[Filled] = field(default_factory=list)
    unchanged: int = 0

    @property
    def digest(self) -> str:
        """Stands for what would be answered and what it was judged against."""
        said = [
            [
                each.institution.pk,
                each.sheet.version,
                [[n, *astuple(f)] for n, f in sorted(each.figures.items())],
            ]
            for each in self.answers
        ]
        return digest(said)

    @property
    def kept(self) -> str:
        """What was read, to be sent in again by the page that shows it."""
        return json.dumps([[row.line, row.code, row.item_id, *astuple(row.figures)] for row in self.given])


# --- From the file ------------------------------------------------------------------------------------------------


def read_filled(source: Readable, user: User, survey_round: SurveyRound, now: datetime) -> Found:
    """Read and judge a file. Raises TableProblem for one that can't be read as a whole. Queries as `judge`."""
    problems: list[TableProblem] = []
    items = {search_key(name): item for item in Item.in_order() for name in (item.label, item.name)}
    rows = read_table(
        source,
        required=(CODE, ITEM, *LABELS.values()),
        optional=(ROUND,),
        max_bytes=MOST_MEGABYTES * 1024 * 1024 * 10,
        max_rows=MOST_ROWS,
        on_problem=problems.append,
    )
    unread: set[tuple[str, int]] = set()
    name = round_name(survey_round)
    given = [found for row in rows if (found := _read_row(row, items, name, problems, unread))]
    if not given and not problems:
        problems.append(TableProblem(None, None, NOTHING))
    return judge(given, user, survey_round, now, problems, unread)


def _read_row(
    row: Row,
    items: Mapping[str, Item],
    this_round: str,
    problems: list[TableProblem],
    unread: set[tuple[str, int]],
) -> Given | None:
    """The row; None for one with a problem, noted in `unread` by code and item, and for one whose figures are all
    blank."""
    cells = {name: plain_cell(text) for name, text in row.cells.items()}
    if not any(cells[label] for label in LABELS.values()):
        return None
    before = len(problems)

    def wrong(column: str, message: str) -> None:
        problems.append(TableProblem(row.line, column, message))

    if ROUND in cells and search_key(cells[ROUND]) not in ("", search_key(this_round)):
        wrong(ROUND, OTHER_ROUND)
        return None
    item = items.get(search_key(cells[ITEM]))
    if item is None:
        wrong(ITEM, UNKNOWN_ITEM)
    figures: dict[str, int] = {}
    for name, label in LABELS.items():
        try:
            figures[name] = _figure(cells[label], item)
        except NumberProblem as problem:
            wrong(label, problem.message)
    # Excel drops the zero that a code begins with.
    code = hankaku_code(cells[CODE]).zfill(CODE_DIGITS)
    if item and len(problems) == before:
        return Given(row.line, code, item.pk, Figures(**figures))
    if item:
        unread.add((code, item.pk))
    return None


def _figure(text: str, item: Item | None) -> int:
    if not text:
        raise NumberProblem(INCOMPLETE)
    try:
        return parse_count(text, maximum=MAX_FIGURE, units=(item.unit,) if item else ())
    except NumberProblem as problem:
        otherwise = counted_otherwise(text, item) if item else None
        raise NumberProblem(f"{problem.message}{otherwise or ''}") from problem


def read_kept(text: str) -> list[Given] | None:
    """What `Found.kept` said; None for anything else."""
    try:
        return [_given(*row) for row in json.load(io.StringIO(text))]
    except (ValueError, TypeError, RecursionError):
        return None


def _given(line: object, code: object, item_id: object, *figures: object) -> Given:
    whole = [line, item_id, *figures]
    if not all(isinstance(each, int) and 0 <= each <= MAX_FIGURE for each in whole) or len(figures) != len(
        FIGURES
    ):
        raise ValueError
    # What JSON unfolds was behind an escape when the middleware looked at it.
    if not isinstance(code, str) or find_unreadable(code):
        raise ValueError
    values: Any = whole
    return Given(values[0], code, values[1], Figures(*values[2:]))


# --- Against what stands ------------------------------------------------------------------------------------------


def judge(
    given: list[Given],
    user: User,
    survey_round: SurveyRound,
    now: datetime,
    problems: Iterable[TableProblem] = (),
    unread: Collection[tuple[str, int]] = (),
) -> Found:
    """What these rows would change for the institutions the user is a member of. A code of others' is an unknown one.

    `unread`: rows that are among the problems already, by code and item; they aren't missing, too. Eight queries,
    however many rows.
    """
    found = Found(given, list(problems))
    codes = {row.code for row in given}
    own = Institution.objects.visible_to(user).filter(pk__in=user.institution_ids, code__in=codes)
    places = {place.code: place for place in own.select_related("prefecture").order_by("pk")}
    responses = SurveyResponse.objects.visible_to(user)
    standing = sheets(responses, [place.pk for place in places.values()], survey_round, now)
    rows: dict[str, list[Given]] = {}
    for row in given:
        if row.code not in places:
            found.problems.append(TableProblem(row.line, CODE, UNKNOWN_CODE))
        else:
            rows.setdefault(row.code, []).append(row)
    for code, place in places.items():
        refused = {item_id for each, item_id in unread if each == code}
        _judge_one(found, place, standing[place.pk], rows[code], refused)
    found.problems.sort(key=lambda problem: problem.line or 0)
    return found


def _judge_one(
    found: Found, place: Institution, sheet: Sheet, rows: list[Given], refused: Collection[int]
) -> None:
    items = {item.pk: item for item in sheet.items}
    taken: dict[int, Given] = {}
    for row in rows:
        if row.item_id not in items:
            found.problems.append(TableProblem(row.line, ITEM, UNKNOWN_ITEM))
        elif row.item_id in taken:
            found.problems.append(TableProblem(row.line, ITEM, TWICE))
        else:
            taken[row.item_id] = row
    figures = {**sheet.standing_figures, **{item_id: row.figures for item_id, row in taken.items()}}
    for item in sheet.items:
        missing = figures.get(item.pk, Figures()).missing
        if missing and item.pk in sheet.required and item.pk not in refused:
            message = f"{place.name}は、{item.label}の3つの数も必要です。"
            found.problems.append(TableProblem(rows[0].line, None, message))
    changes = tuple(
        Changed(
            row.line,
            items[item_id],
            sheet.standing_figures.get(item_id, Figures()),
            row.figures,
            tuple(_questions(sheet, items[item_id], row.figures)),
        )
        for item_id, row in taken.items()
        if sheet.standing_figures.get(item_id) != row.figures
    )
    if changes:
        found.answers.append(Filled(place, sheet, figures, changes))
    else:
        found.unchanged += 1


def _questions(sheet: Sheet, item: Item, figures: Figures) -> list[Question]:
    """What the form would ask back about: shown beside the row, confirmed by the one press for all."""
    last = asdict(sheet.earlier_figures.get(item.pk, Figures()))
    before = {(item.pk, name): value for name, value in last.items() if value is not None}
    typed = {(item.pk, name): value for name, value in asdict(figures).items() if value is not None}
    return jump.questions(before, typed, {item.pk: item.measure})


def answer_all(found: Found, user: User, survey_round: SurveyRound, reason: str) -> int:
    """Answer for each institution, in one order, and return for how many. Inside a transaction: all or none.

    `reason` is why a proxy enters, for the institutions where they have not said it yet. Raises what `answer` raises.
    """
    for each in found.answers:
        place = each.institution
        if reason and place.pk in user.proxy_ids and place.pk not in user.proxies:
            user.proxies = {**user.proxies, place.pk: Proxy(place.pk, place.code, place.name, reason)}
        user.turn_to(place)
        SurveyResponse.answer(
            user,
            survey_round,
            place,
            each.figures,
            required=each.sheet.required,
            seen_version=each.sheet.version,
        )
    return len(found.answers)
