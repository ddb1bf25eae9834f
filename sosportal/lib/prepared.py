"""Queries that are asked again and again: the ORM writes their SQL once per process, then only the values change.

To build a query and its SQL costs the ORM several times what the database needs to answer it (decision 0006). The
queryset stays the source: it is built with marks in the place of the values, the marks are found again among the
parameters of its SQL, and from then on the values are put there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, models
from psycopg.pq import Format

from sosportal.lib.business_calendar import JST

M = TypeVar("M", bound=models.Model)
Row = tuple[Any, ...]

# Marks: values that hardly any query holds by itself, and small enough for every column. Two sets of them are compared,
# so that a constant that looks like a mark is found out.
FIRST_NUMBERS = (30_011, 31_013)
FIRST_DAY = dt.date(1804, 3, 21)
FIRST_MOMENT = dt.datetime(1804, 3, 21, 11, 22, 33, tzinfo=JST)
SINGLE = -1  # where a value is no collection


class Unpreparable(TypeError):
    """The query can't be kept as SQL: a value is of a kind that changes the SQL, or does not reach it as it is."""


class Prepared(Generic[M]):
    """A query kept as SQL. `build` takes the values and returns a queryset, of objects or of rows (values_list).

    Values are passed by name: whole numbers, texts, days, aware moments, or collections of whole numbers. What changes
    the SQL itself (an order, a number of rows) is passed by position and makes a statement of its own, as does the
    length of a collection. Joined objects (select_related) and prefetches are not for this: ask for rows. Nor are rows
    to be locked: a lock is taken where it can be read.
    """

    def __init__(self, build: Callable[..., models.QuerySet[M, Any]]) -> None:
        self.build = build
        self.kept: dict[Hashable, _Statement | None] = {}

    def rows(self, *shape: Hashable, **values: Any) -> list[Row]:
        """The rows as tuples. One query, none where no row can match. Raises Unpreparable."""
        given = {name: _given(name, value) for name, value in values.items()}
        statement = self._statement(shape, given)
        return [] if statement is None else statement.run(given)

    def objects(self, *shape: Hashable, **values: Any) -> list[M]:
        """The objects. One query, none where no row can match. Raises Unpreparable."""
        given = {name: _given(name, value) for name, value in values.items()}
        statement = self._statement(shape, given)
        if statement is None:
            return []
        model: type[M] = statement.model
        return [model.from_db(DEFAULT_DB_ALIAS, statement.names, row) for row in statement.run(given)]

    def first(self, *shape: Hashable, **values: Any) -> M | None:
        """The first object, None if there is none. `build` sees to it that no more than one is fetched."""
        return next(iter(self.objects(*shape, **values)), None)

    def _statement(self, shape: tuple[Hashable, ...], given: Mapping[str, Any]) -> _Statement | None:
        """The statement for values like these; None for a query that no row can match."""
        lengths = (len(each) if isinstance(each, tuple) else SINGLE for each in given.values())
        key = (shape, *zip(given, map(type, given.values()), lengths, strict=True))
        if key not in self.kept:
            try:
                self.kept[key] = _Statement(self.build, shape, given)
            except EmptyResultSet:
                self.kept[key] = None
        return self.kept[key]


class _Statement:
    """SQL with its constant parameters, and which value goes where."""

    def __init__(
        self,
        build: Callable[..., models.QuerySet[Any, Any]],
        shape: Sequence[Hashable],
        given: Mapping[str, Any],
    ) -> None:
        """Raises Unpreparable, EmptyResultSet."""
        found = []
        for first in FIRST_NUMBERS:
            marks = _marks(given, first)
            queryset = build(*shape, **marks)
            compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
            sql, params = compiler.as_sql()
            found.append((sql, _slots(sql, params, marks)))
        if found[0] != found[1]:
            raise Unpreparable(f"The SQL depends on the values: {found}")
        self.sql, self.slots = found[0]
        self.params = list(params)
        self.compiler = compiler
        self.converters = compiler.get_converters([each[0] for each in compiler.select or ()])
        self.model: type[Any] = queryset.model
        self.names = [field.attname for field in queryset.model._meta.concrete_fields]

    def run(self, given: Mapping[str, Any]) -> list[Row]:
        params = self.params.copy()
        for place, name, n in self.slots:
            params[place] = given[name] if n == SINGLE else given[name][n]
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            if not self.converters:
                # Django's own loader of moments is Python, psycopg's of the binary format is C. JSON has a converter,
                # which expects text.
                cursor.cursor.format = Format.BINARY
            cursor.execute(self.sql, params)
            found: list[Row] = cursor.fetchall()
        if self.converters:
            found = [tuple(row) for row in self.compiler.apply_converters(found, self.converters)]
        return found


def _slots(sql: str, params: Sequence[Any], marks: Mapping[str, Any]) -> list[tuple[int, str, int]]:
    """Which parameter is which value: (number of the parameter, name of the value, which one of a collection).

    Raises Unpreparable when a value is nowhere.
    """
    places: dict[Any, tuple[str, int]] = {}
    for name, mark in marks.items():
        if isinstance(mark, list):
            places |= {each: (name, n) for n, each in enumerate(mark)}
        else:
            places[mark] = (name, SINGLE)
    slots = [
        (n, *places[param])
        for n, param in enumerate(params)
        if isinstance(param, int | str | dt.date) and param in places
    ]
    if missing := set(places.values()) - {(name, n) for _, name, n in slots}:
        raise Unpreparable(f"{sorted(missing)} don't reach the SQL as they are: {sql}")
    return slots


def _given(name: str, value: Any) -> Any:
    """A value as it is passed on; a collection as a tuple."""
    if value is None or isinstance(value, bool):
        raise Unpreparable(f"{name} is {value}, which changes the SQL: pass it by position.")
    return value if isinstance(value, int | str | dt.date) else tuple(value)


def _marks(given: Mapping[str, Any], first: int) -> dict[str, Any]:
    """Values of the same kinds, each different from the others, counted from `first`."""
    marks: dict[str, Any] = {}
    n = first
    for name, each in given.items():
        if isinstance(each, tuple):
            marks[name] = [n + place for place in range(len(each))]
        elif isinstance(each, dt.datetime):
            marks[name] = FIRST_MOMENT + dt.timedelta(seconds=n)
        elif isinstance(each, dt.date):
            marks[name] = FIRST_DAY + dt.timedelta(days=n)
        else:
            marks[name] = type(each)(n)
        n += len(each) if isinstance(each, tuple) else 1
    return marks
