"""May this user answer for this institution? `can_…` asks, `check_…` raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from institutions.models import Institution
from institutions.permissions import can_enter_for, lacks_reason
from surveys.exceptions import NotYourInstitution, ProxyReasonMissing

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from institutions.models import User


def can_answer_for(user: User | AnonymousUser, institution: Institution) -> bool:
    """Active members of the institution, and who has begun an entry by proxy for it. One query, once per user."""
    return can_enter_for(user, institution)


def check_answer_for(user: User, institution: Institution) -> None:
    """Raises NotYourInstitution unless `can_answer_for`, ProxyReasonMissing for a proxy who gave no reason."""
    if lacks_reason(user, institution):
        raise ProxyReasonMissing
    if not can_answer_for(user, institution):
        raise NotYourInstitution
