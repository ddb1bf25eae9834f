"""May this user do this? `can_…` asks, `check_…` raises. What a user may see is `visible_to`'s affair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from institutions.models import User

# Of institutions.models.Role, which stands above this room.
MINISTRY = "ministry"
OPERATOR = "operator"


def can_administer_users(user: User | AnonymousUser) -> bool:
    """Operators create, change and disable people, say for which institutions they enter, and send password links."""
    return user.is_authenticated and user.is_active and user.role == OPERATOR


def check_administer_users(user: User | AnonymousUser) -> None:
    """Raises PermissionDenied unless `can_administer_users`."""
    if not can_administer_users(user):
        raise PermissionDenied


def can_suspend(user: User | AnonymousUser) -> bool:
    """The ministry suspends institutions from requesting, and lifts suspensions (manual 3-1, term ④)."""
    return user.is_authenticated and user.is_active and user.role == MINISTRY


def check_suspend(user: User | AnonymousUser) -> None:
    """Raises PermissionDenied unless `can_suspend`."""
    if not can_suspend(user):
        raise PermissionDenied
