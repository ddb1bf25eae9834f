"""May this user do this with this object? `can_…` asks, `check_…` raises. Whether the status allows it is another
question: `requests_app.rules.transitions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from institutions.models import Institution, Role
from institutions.permissions import can_enter_for, lacks_reason
from requests_app.exceptions import NotPermitted, ProxyReasonMissing
from requests_app.rules.transitions import BY_PROXY, VERB_ROLES, Verb

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from institutions.models import User
    from requests_app.models import SosRequest


def can_file_for(user: User | AnonymousUser, institution: Institution) -> bool:
    """May the user write requests for the institution: an active member of it, or who has begun an entry by proxy for
    it. One query, once per user loaded."""
    return can_enter_for(user, institution)


def check_file_for(user: User, institution: Institution) -> None:
    """Raises NotPermitted unless `can_file_for`, ProxyReasonMissing for a proxy who gave no reason."""
    if lacks_reason(user, institution):
        raise ProxyReasonMissing
    if not can_file_for(user, institution):
        raise NotPermitted


def can(user: User | AnonymousUser, verb: Verb, request: SosRequest) -> bool:
    """May the user's role and scope use this verb on this request (domain, "People"). Loads the institution at most.

    Whose prefecture it is says the request's own row, which verbs hold: an institution read beside it may have moved.
    """
    if not user.is_authenticated or not user.is_active:
        return False
    if verb in BY_PROXY and user.is_staff:
        return can_enter_for(user, request.institution)
    return user.role in {role.value for role in VERB_ROLES[verb]} and _is_in_scope(user, request)


def _is_in_scope(user: User, request: SosRequest) -> bool:
    """Whether the request is one of those that the user may see. At most one query, once per user loaded."""
    if user.role == Role.INSTITUTION:
        return request.institution_id in user.institution_ids
    if user.role == Role.PREFECTURE:
        return bool(user.prefecture_id) and request.prefecture_id == user.prefecture_id
    return user.role == Role.MINISTRY


def check(user: User, verb: Verb, request: SosRequest) -> None:
    """Raises NotPermitted unless `can`, ProxyReasonMissing for a proxy who gave no reason."""
    if verb in BY_PROXY and lacks_reason(user, request.institution):
        raise ProxyReasonMissing
    if not can(user, verb, request):
        raise NotPermitted


def can_follow(user: User | AnonymousUser, request: SosRequest) -> bool:
    """Who may see a request may follow it: members of its institution, its prefecture's officers, the ministry's."""
    return user.is_authenticated and user.is_active and _is_in_scope(user, request)


def check_follow(user: User | AnonymousUser, request: SosRequest) -> None:
    """Raises NotPermitted unless `can_follow`."""
    if not can_follow(user, request):
        raise NotPermitted


def can_run_campaigns(user: User | AnonymousUser) -> bool:
    """Only the ministry opens and stops the intake."""
    return user.is_authenticated and user.is_active and user.role == Role.MINISTRY


def check_run_campaigns(user: User | AnonymousUser) -> None:
    """Raises NotPermitted unless `can_run_campaigns`."""
    if not can_run_campaigns(user):
        raise NotPermitted


def can_publish_progress(user: User | AnonymousUser) -> bool:
    """Only the ministry decides whether the progress page is public."""
    return user.is_authenticated and user.is_active and user.role == Role.MINISTRY


def check_publish_progress(user: User | AnonymousUser) -> None:
    """Raises NotPermitted unless `can_publish_progress`."""
    if not can_publish_progress(user):
        raise NotPermitted


def can_allocate(user: User | AnonymousUser) -> bool:
    """Only the ministry decides who gets what, whichever prefecture asked."""
    return (
        user.is_authenticated
        and user.is_active
        and user.role in {role.value for role in VERB_ROLES[Verb.ALLOCATE]}
    )


def check_allocate(user: User | AnonymousUser) -> None:
    """Raises NotPermitted unless `can_allocate`."""
    if not can_allocate(user):
        raise NotPermitted


def can_hand_off(user: User | AnonymousUser) -> bool:
    """Only the ministry hands off to the vendor, and takes in what the vendor sent."""
    return (
        user.is_authenticated
        and user.is_active
        and user.role in {role.value for role in VERB_ROLES[Verb.HAND_OFF]}
    )


def check_hand_off(user: User | AnonymousUser) -> None:
    """Raises NotPermitted unless `can_hand_off`."""
    if not can_hand_off(user):
        raise NotPermitted
