"""A list of people into the database: creates them without a password and posts each a link to set one.

Decided: people are told apart by their user name, whatever its case. Name, mail address and prefecture of somebody
known are changed, their role never: another role for a known name is more likely a slip, and the admin can do it.
Memberships are added, never taken away, and nobody is enabled or disabled. Whether somebody enters as a proxy (a clerk
of an association) is changed for the institutions of their row where the row says so, else left as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import IO

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models.functions import Lower

from institutions.accounts import post_password_link
from institutions.imports.cells import Wrong
from institutions.imports.user_rows import (
    AS_PROXY,
    CODES,
    EMAIL,
    NAME,
    OPTIONAL,
    PREFECTURE,
    REQUIRED,
    ROLE,
    USERNAME,
    UserRow,
    prefectures,
    read_row,
    username,
)
from institutions.models import Institution, Membership, Role, User
from sosportal.lib.findings import ListOutcome
from sosportal.lib.tabular import Row, TableProblem, read_table

MAX_USERS = 20_000
_BATCH = 500
_COLUMNS = {NAME: "name", EMAIL: "email", PREFECTURE: "prefecture_id"}

OnProgress = Callable[[float], None]


@dataclass
class _Plan:
    """What is to be done for one row. `institution_ids`: the memberships to be added; `turned_ids`: those that stand
    and change between one's own and a proxy's."""

    row: UserRow
    user: User
    is_new: bool
    institution_ids: list[int]
    turned_ids: list[int] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)


def import_users(
    binary: IO[bytes],
    *,
    now: datetime,
    mail: bool = True,
    dry_run: bool = False,
    skip_bad_rows: bool = False,
    on_progress: OnProgress = lambda share: None,
) -> ListOutcome:
    """Create and change people as the list in `binary` says (see above), in one transaction or not at all.

    Nothing is written on a dry run, nor when a row is refused unless `skip_bad_rows`. `now` (aware) becomes the time
    of creation; `mail`: post the links. `on_progress` takes the share that is done, 0 to 1. Raises TableProblem for a
    file that can't be read as a whole, django.db.IntegrityError when somebody else just took one of the names.
    """
    outcome = ListOutcome()
    table = read_table(
        binary,
        required=REQUIRED,
        optional=OPTIONAL,
        max_rows=MAX_USERS,
        on_problem=outcome.problems.add,
    )
    plans = _judge(table, outcome)
    outcome.written = not dry_run and (skip_bad_rows or not outcome.problems)
    if outcome.written:
        _write(plans, now, on_progress, mail=mail)
    return outcome


def is_known(text: str) -> bool:
    """Whether somebody bears this user name, whatever its width and case. One query."""
    try:
        return bool(User.objects.filter(username__iexact=username(text)).exists())
    except Wrong:
        return False


def create_user(cells: Mapping[str, str], *, now: datetime, mail: bool, dry_run: bool) -> ListOutcome:
    """Create one person, given as a row's cells by heading, or change nothing. `new` tells whether one is wanted.

    Somebody known is left as they are: `new` is 0 then. As `import_users` otherwise.
    """
    outcome = ListOutcome()
    plans = _judge([Row(1, dict(cells))], outcome)
    outcome.written = bool(outcome.new) and not dry_run
    if outcome.written:
        _write(plans, now, lambda share: None, mail=mail)
    return outcome


def _judge(table: Iterable[Row], outcome: ListOutcome) -> list[_Plan]:
    known_prefectures = prefectures()
    read = [read_row(row, known_prefectures, outcome.problems.add) for row in table]
    rows = [row for row in read if row is not None]
    outcome.read = len(rows) + outcome.refused
    return _plans(_settle_repeated(rows, outcome), outcome)


def _settle_repeated(rows: Sequence[UserRow], outcome: ListOutcome) -> list[UserRow]:
    """One row for each user name: the same ones merged, those that contradict each other refused."""
    settled = []
    for _, group in groupby(sorted(rows, key=lambda row: (row.key, row.line)), key=lambda row: row.key):
        first, *others = group
        if any(other.says != first.says for other in others):
            for row in (first, *others):
                reason = "同じユーザー名の行がほかにあり、内容が違います。正しい1行だけにしてください。"
                outcome.problems.add(TableProblem(row.line, USERNAME, reason))
            continue
        outcome.repeated += len(others)
        settled.append(first)
    return sorted(settled, key=lambda row: row.line)


def _plans(rows: Sequence[UserRow], outcome: ListOutcome) -> list[_Plan]:
    """What is to be done, counted; the rows that can't be carried out go to the problems."""
    people = _known_people(rows)
    institutions = _known_institutions(rows)
    standing = Membership.objects.filter(user__in=people.values())
    memberships = {(each.user_id, each.institution_id): each.as_proxy for each in standing}
    plans = []
    for row in rows:
        user = people.get(row.key)
        problems = list(_problems(row, user, institutions))
        outcome.problems.extend(problems)
        if problems:
            continue
        ids = [institutions[code] for code in row.codes]
        if user is None:
            outcome.new += 1
            plans.append(_Plan(row, User(), True, ids))
            continue
        plan = _Plan(row, user, False, [id_ for id_ in ids if (user.pk, id_) not in memberships])
        plan.columns = [
            heading for heading, name in _COLUMNS.items() if getattr(user, name) != getattr(row, name)
        ]
        if row.as_proxy is not None:
            plan.turned_ids = [id_ for id_ in ids if memberships.get((user.pk, id_)) is (not row.as_proxy)]
        _count_known(plan, outcome)
        plans.append(plan)
    return plans


def _count_known(plan: _Plan, outcome: ListOutcome) -> None:
    told = plan.columns + ([CODES] if plan.institution_ids else [])
    told += [AS_PROXY] if plan.turned_ids else []
    for heading in told:
        outcome.changed_columns[heading] = outcome.changed_columns.get(heading, 0) + 1
    if told:
        outcome.changed += 1
        reason = f"登録済みの{plan.user.username}の{'、'.join(told)}が変わります。"
        outcome.warnings.add(TableProblem(plan.row.line, USERNAME, reason))
    else:
        outcome.unchanged += 1
    if not plan.user.is_active:
        reason = f"{plan.user.username}は無効にされています。有効にはなりません。"
        outcome.warnings.add(TableProblem(plan.row.line, USERNAME, reason))


def _known_people(rows: Sequence[UserRow]) -> dict[str, User]:
    """Users by lower-case name. One query per 500 rows."""
    people: dict[str, User] = {}
    for start in range(0, len(rows), _BATCH):
        keys = [row.key for row in rows[start : start + _BATCH]]
        found = User.objects.annotate(key=Lower("username")).filter(key__in=keys).order_by("pk")
        people |= {user.username.lower(): user for user in found}
    return people


def _known_institutions(rows: Sequence[UserRow]) -> dict[str, int]:
    """Ids by code. One query per 500 codes."""
    codes = sorted({code for row in rows for code in row.codes})
    known: dict[str, int] = {}
    for start in range(0, len(codes), _BATCH):
        found = Institution.objects.filter(code__in=codes[start : start + _BATCH])
        known |= dict(found.values_list("code", "id"))
    return known


def _problems(row: UserRow, user: User | None, institutions: dict[str, int]) -> Iterable[TableProblem]:
    for code in row.codes:
        if code not in institutions:
            yield TableProblem(row.line, CODES, f"医療機関コード{code}の医療機関は登録されていません。")
    if user is None and row.role == Role.INSTITUTION and not row.codes:
        reason = f"{Role.INSTITUTION.label}を新しく登録するには、医療機関コードが要ります。"
        yield TableProblem(row.line, CODES, reason)
    if user is not None and user.role != row.role:
        reason = f"{user.username}はすでに{Role(user.role).label}です。役割は管理サイトで変えてください。"
        yield TableProblem(row.line, ROLE, reason)


@transaction.atomic
def _write(plans: Sequence[_Plan], now: datetime, on_progress: OnProgress, *, mail: bool) -> None:
    new = [plan for plan in plans if plan.is_new]
    for plan in plans:
        for name in _COLUMNS.values():
            setattr(plan.user, name, getattr(plan.row, name))
    for plan in new:
        plan.user.username, plan.user.role = plan.row.username, plan.row.role
        plan.user.created_at = now
        plan.user.password = make_password(None)
    User.objects.bulk_create([plan.user for plan in new], batch_size=_BATCH)
    changed = [plan.user for plan in plans if plan.columns]
    User.objects.bulk_update(changed, list(_COLUMNS.values()), batch_size=_BATCH)
    Membership.objects.bulk_create(
        (
            Membership(user=plan.user, institution_id=id_, as_proxy=bool(plan.row.as_proxy), created_at=now)
            for plan in plans
            for id_ in plan.institution_ids
        ),
        batch_size=_BATCH,
        ignore_conflicts=True,
    )
    for plan in plans:
        if plan.turned_ids:
            turned = Membership.objects.filter(user=plan.user, institution_id__in=plan.turned_ids)
            turned.update(as_proxy=bool(plan.row.as_proxy))
    for done, plan in enumerate(new, start=1):
        if mail:
            post_password_link(plan.user, first=True)
        on_progress(done / len(new))
