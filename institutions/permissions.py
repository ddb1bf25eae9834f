"""May this user do this? `can_…` asks, `check_…` raises. What a user may see is `visible_to`'s affair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from institutions.exceptions import NotPermitted, ProxyReasonMissing
from institutions.rules.inquiry import INSTITUTION_VERBS, Desk, Subject, Verb

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from institutions.models import Announcement, Inquiry, Institution, User

# Of institutions.models.Role, which stands above this room.
INSTITUTION = "institution"
PREFECTURE = "prefecture"
MINISTRY = "ministry"
OPERATOR = "operator"

THE_MINISTRY = frozenset({MINISTRY})
OPERATORS = frozenset({OPERATOR})
OFFICERS = frozenset({PREFECTURE, MINISTRY})
WHOLE_COUNTRY = THE_MINISTRY | OPERATORS
EVERY_DESK = OFFICERS | OPERATORS
"""Whom a page of the admin serves."""


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


def can_publish(user: User | AnonymousUser) -> bool:
    """The ministry announces to all, a prefecture's officers to their own prefecture."""
    return user.is_authenticated and user.is_active and user.role in {MINISTRY, PREFECTURE}


def check_publish(user: User | AnonymousUser) -> None:
    """Raises NotPermitted unless `can_publish`."""
    if not can_publish(user):
        raise NotPermitted


def can_correct(user: User | AnonymousUser, announcement: Announcement) -> bool:
    """Who publishes corrects and withdraws: the ministry its own, a prefecture its own."""
    if not can_publish(user) or not user.is_authenticated:
        return False
    own = user.prefecture_id if user.role == PREFECTURE else None
    return announcement.prefecture_id == own


def check_correct(user: User | AnonymousUser, announcement: Announcement) -> None:
    """Raises NotPermitted unless `can_correct`."""
    if not can_correct(user, announcement):
        raise NotPermitted


def can_begin_proxy(user: User | AnonymousUser, institution: Institution) -> bool:
    """Who may enter for an institution without being of it: its prefecture's officers, the ministry's, and the clerks
    whose membership says so. One query for clerks, once per user loaded."""
    if not user.is_authenticated or not user.is_active:
        return False
    if user.role == INSTITUTION:
        return institution.pk in user.proxy_ids
    if user.role == PREFECTURE:
        lies_in = user.held_in.get(institution.pk, institution.prefecture_id)
        return bool(user.prefecture_id) and user.prefecture_id == lies_in
    return user.role == MINISTRY


def can_enter_for(user: User | AnonymousUser, institution: Institution) -> bool:
    """Who answers the survey and writes requests for an institution: its active members, and who has begun an entry by
    proxy for it. One query, once per user loaded."""
    if not user.is_authenticated or not user.is_active:
        return False
    if user.role == INSTITUTION:
        return institution.pk in user.institution_ids
    return bool(user.proxy_reason(institution.pk)) and can_begin_proxy(user, institution)


def lacks_reason(user: User, institution: Institution) -> bool:
    """Whether the user may enter for the institution as a proxy, and has not yet said why. As `can_begin_proxy`."""
    return can_begin_proxy(user, institution) and not user.proxy_reason(institution.pk)


def check_enter_for(user: User, institution: Institution) -> None:
    """Raises NotPermitted unless `can_enter_for`, ProxyReasonMissing for a proxy who gave no reason."""
    if lacks_reason(user, institution):
        raise ProxyReasonMissing
    if not can_enter_for(user, institution):
        raise NotPermitted


def can_ask_for(user: User | AnonymousUser, institution: Institution) -> bool:
    """Active members ask for their institution. One query, once per user loaded."""
    return (
        user.is_authenticated
        and user.is_active
        and user.role == INSTITUTION
        and institution.pk in user.institution_ids
    )


def can(user: User | AnonymousUser, verb: Verb, inquiry: Inquiry) -> bool:
    """May the user use this verb on this inquiry: the institution's members their own, else the desk that has it now.

    Operators stand at the ministry's desk for ログイン・利用者: they keep the accounts. Loads the institution at most.
    """
    if not user.is_authenticated or not user.is_active:
        return False
    if verb in INSTITUTION_VERBS:
        return user.role == INSTITUTION and inquiry.institution_id in user.institution_ids
    if inquiry.desk == Desk.PREFECTURE:
        return user.role == PREFECTURE and inquiry.institution.prefecture_id == user.prefecture_id
    return user.role == MINISTRY or (user.role == OPERATOR and inquiry.subject == Subject.LOGIN)


def check(user: User | AnonymousUser, verb: Verb, inquiry: Inquiry) -> None:
    """Raises NotPermitted unless `can`."""
    if not can(user, verb, inquiry):
        raise NotPermitted


def can_choose_notices(user: User | AnonymousUser) -> bool:
    """Institution staff say how soon they want their mails; officers are told at once, as their desk needs it."""
    return user.is_authenticated and user.is_active and user.role == INSTITUTION


def check_choose_notices(user: User | AnonymousUser) -> None:
    """Raises NotPermitted unless `can_choose_notices`."""
    if not can_choose_notices(user):
        raise NotPermitted
