"""To whom something is addressed: all institutions, those of some prefectures, those of some kinds."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from institutions.models.institution import Institution, InstitutionKind, InstitutionQuerySet
from institutions.models.user import Membership, Role, User, UserQuerySet


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

    def people(self, *, after: int = 0) -> UserQuerySet:
        """The active members of those institutions, each once; of those with an id above `after`. No query."""
        members: UserQuerySet = User.objects.filter(role=Role.INSTITUTION, is_active=True)
        entered = Membership.objects.filter(user_id=OuterRef("pk"))
        if after:  # said of the memberships too: else each piece walks through all of those before it again
            members, entered = members.filter(pk__gt=after), entered.filter(user_id__gt=after)
        if self.prefectures:
            entered = entered.filter(institution__prefecture_id__in=self.prefectures)
        if self.kinds:
            entered = entered.filter(institution__kind__in=self.kinds)
        return members.filter(Exists(entered))
