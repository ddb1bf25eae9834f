"""May this user answer for this institution? `can_…` asks, `check_…` raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from institutions.models import Institution, Role
from surveys.exceptions import NotYourInstitution

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from institutions.models import User


def can_answer_for(user: User | AnonymousUser, institution: Institution) -> bool:
    """Active members of the institution answer for it, nobody else. One query, once per user loaded."""
    return (
        user.is_authenticated
        and user.is_active
        and user.role == Role.INSTITUTION
        and institution.pk in user.institution_ids
    )


def check_answer_for(user: User | AnonymousUser, institution: Institution) -> None:
    """Raises NotYourInstitution unless `can_answer_for`."""
    if not can_answer_for(user, institution):
        raise NotYourInstitution
