"""To whom something is addressed: all institutions, those of some prefectures, those of some kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models

from institutions.models.institution import Institution, InstitutionKind, InstitutionQuerySet
from institutions.models.user import Role, User, UserQuerySet

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler


class Among(models.Func):
    """SQL: the value is in the array, or the array is empty (which stands for all)."""

    arity = 2
    output_field = models.BooleanField()

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra_context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        value, array = self.get_source_expressions()
        value_sql, value_params = compiler.compile(value)
        array_sql, array_params = compiler.compile(array)
        sql = f"({value_sql} = ANY({array_sql}) OR cardinality({array_sql}) = 0)"
        return sql, (*value_params, *array_params, *array_params)


@dataclass(frozen=True)
class Audience:
    """Prefectures by code and kinds of institution by value; empty stands for all of them."""

    prefectures: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    def in_order(self) -> Audience:
        """The same, sorted and each once, so that equal audiences are equal."""
        order = {kind: n for n, kind in enumerate(InstitutionKind.values)}
        kinds = sorted(set(self.kinds), key=lambda kind: order.get(kind, len(order)))
        return Audience(tuple(sorted(set(self.prefectures))), tuple(kinds))

    def institutions(self) -> InstitutionQuerySet:
        """The institutions it is addressed to. No query of its own."""
        rows = Institution.objects.all()
        if self.prefectures:
            rows = rows.filter(prefecture_id__in=self.prefectures)
        return rows.filter(kind__in=self.kinds) if self.kinds else rows

    def people(self) -> UserQuerySet:
        """The active members of those institutions, each once."""
        members: UserQuerySet = User.objects.filter(role=Role.INSTITUTION, is_active=True)
        return members.filter(
            pk__in=User.institutions.through.objects.filter(institution__in=self.institutions()).values(
                "user_id"
            )
        )
