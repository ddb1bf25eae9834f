"""Changes in words: the fields by their Japanese names, values as pages show them, who and in which way."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db import models
from django.utils.dateparse import parse_date, parse_datetime

from institutions.models import Institution, Role, User
from institutions.permissions import WHOLE_COUNTRY
from requests_app.models import SosRequest
from sosportal.changes.reading import Found
from sosportal.lib import clock
from sosportal.lib.audit.tracking import DELETE, INSERT, UPDATE, fields_of, tracked

# What names a row that has no name of its own.
POINTS_TO = {"request", "institution", "user", "response", "item", "campaign"}
LABELS = {INSERT: "登録", UPDATE: "変更", DELETE: "削除"}
BLANK = "（空欄）"
UNKNOWN = "記録なし"

Names = dict[tuple[type[models.Model], Any], str]


@dataclass(frozen=True)
class FieldChange:
    """One field: its name, what it held and what it holds. "" stands for "there was no row"."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """One change in words."""

    at: datetime
    actor: str
    way: str
    kind: str
    target: str
    label: str
    institution: str
    code: str
    fields: Sequence[FieldChange]


@dataclass(frozen=True)
class Deed:
    """What one person did at one moment: the changes of one transaction, one at least."""

    changes: Sequence[Change]

    @property
    def first(self) -> Change:
        """The newest of them, which says when, by whom and in which way."""
        return self.changes[0]

    @property
    def single(self) -> Change | None:
        """The only one, None where there are several."""
        return self.changes[0] if len(self.changes) == 1 else None

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """What was done to what, and how often: `("物資ごとの回答の登録", 5)`, the most telling as they come."""
        return list(Counter(f"{each.kind}の{each.label}" for each in reversed(self.changes)).items())

    @property
    def institution(self) -> str:
        """Whose they are, "" unless all are the same institution's."""
        found = {each.institution for each in self.changes}
        return found.pop() if len(found) == 1 else ""


def deeds(changes: Iterable[Change]) -> list[Deed]:
    """The changes in their order, those of one moment, person and way together."""
    return [
        Deed(list(group)) for _, group in groupby(changes, key=lambda each: (each.at, each.actor, each.way))
    ]


def tell(found: Iterable[Found], user: User) -> list[Change]:
    """The changes as this person may read them. One query per kind of object that is named in them."""
    changes = list(found)
    names = _names(changes)
    codes = {
        place.pk: place
        for place in Institution.objects.filter(
            pk__in={each.institution_id for each in changes if each.institution_id}
        )
    }
    return [_told(each, names, codes, user) for each in changes]


def _told(change: Found, names: Names, places: dict[int, Institution], user: User) -> Change:
    place = places.get(change.institution_id or 0)
    return Change(
        at=change.key.at,
        actor=actor_of(change.context, with_username=user.role in WHOLE_COUNTRY),
        way=way_of(change.context),
        kind=str(change.model._meta.verbose_name),
        target=_target(change, names),
        label=LABELS[change.label],
        institution=place.name if place else "",
        code=place.code if place else "",
        fields=list(_fields(change, names)),
    )


def actor_of(context: dict[str, Any], *, with_username: bool) -> str:
    """Who did it."""
    match context.get("way"):
        case "web" if name := context.get("name"):
            return f"{name}（{context['username']}）" if with_username else str(name)
        case "web":
            return "ログインしていない人"
        case "command":
            return f"運用担当者（{context.get('operator', UNKNOWN)}）" if with_username else "運用担当者"
        case "task":
            return "システム（自動処理）"
        case _:
            return "データベースの直接操作"


def way_of(context: dict[str, Any]) -> str:
    """In which way: a person's role, or the command, the task, the database's own role."""
    match context.get("way"):
        case "web":
            role = str(context.get("role", ""))
            label = str(Role(role).label) if role in Role.values else "画面"
            return f"{label}（代理入力）" if context.get("proxy") else label
        case "command":
            return f"コマンド {context.get('command', '')}"
        case "task":
            return f"自動処理 {str(context.get('task', '')).rpartition('.')[2]}"
        case _:
            return f"接続 {context.get('database_role', UNKNOWN)}"


def _fields(change: Found, names: Names) -> Iterable[FieldChange]:
    for field in fields_of(tracked[change.model]):
        column = str(field.column)
        after = _value(field, change.after.get(column), names)
        name = str(field.verbose_name)
        if change.label == UPDATE:
            if column in (change.before or {}):
                yield FieldChange(name, _value(field, (change.before or {})[column], names), after)
        elif change.after.get(column) not in (None, ""):
            yield FieldChange(name, *((after, "") if change.label == DELETE else ("", after)))


def _value(field: models.Field[Any, Any], value: Any, names: Names) -> str:
    if value is None or value == "":
        return BLANK
    if isinstance(field, models.ForeignKey):
        return names.get((field.related_model, value), f"番号 {value}")
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateTimeField):
        at = parse_datetime(str(value))
        return f"{clock.jst(at):%Y/%m/%d %H:%M}" if at else str(value)
    if isinstance(field, models.DateField):
        day: date | None = parse_date(str(value))
        return f"{day:%Y/%m/%d}" if day else str(value)
    if isinstance(value, int) and isinstance(field, models.IntegerField):
        return f"{value:,}"
    return str(value)


def _names(changes: Iterable[Found]) -> Names:
    """The names of everything that the changes point to, one query per table."""
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    for change in changes:
        for field in fields_of(tracked[change.model]):
            if isinstance(field, models.ForeignKey):
                held = (change.after.get(str(field.column)), (change.before or {}).get(str(field.column)))
                wanted[field.related_model] |= {each for each in held if each is not None}
    return {(model, row.pk): _name(row) for model, keys in wanted.items() for row in _rows(model, keys)}


def _rows(model: type[models.Model], keys: set[Any]) -> Iterable[models.Model]:
    rows = model._base_manager.filter(pk__in=keys)
    related = [field.name for field in model._meta.fields if field.name in {"institution", "round"}]
    return rows.select_related(*related) if related else rows


def _name(row: models.Model) -> str:
    if isinstance(row, User):
        return row.name
    return row.number if isinstance(row, SosRequest) else str(row)


def _target(change: Found, names: Names) -> str:
    """Which row it is, by what people know it by."""
    row = change.after
    own = [str(row[name]) for name in ("number", "name", "day", "regular_day") if row.get(name)]
    if not own:
        pointed = (
            names.get((field.related_model, row.get(str(field.column))))
            for field in fields_of(tracked[change.model])
            if isinstance(field, models.ForeignKey) and field.name in POINTS_TO
        )
        own = [name for name in pointed if name]
    return "　".join(own) or f"番号 {change.obj_id}"
