"""Threads in each state, by the verbs of their desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from institutions.models import Inquiry, Institution, User
from institutions.rules.inquiry import Desk, State, Subject, Verb
from sosportal.lib.clock import JST

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=JST)
LATER = NOW + timedelta(hours=1)
ROLES = ("member", "colleague", "stranger", "tokyo", "osaka", "ministry", "operator")
SECRET = "内部の話"


def asked(
    people: dict[str, User],
    place: Institution,
    desk: Desk = Desk.PREFECTURE,
    subject: Subject = Subject.REQUEST,
) -> Inquiry:
    return Inquiry.ask(people["member"], place, subject=subject, desk=desk, text="いつ届きますか。")


def in_state(state: State, people: dict[str, User], place: Institution, **more: Any) -> Inquiry:
    """An inquiry in the state, by the verbs of its desk."""
    inquiry = asked(people, place, **more)
    officer = people["tokyo" if inquiry.desk == Desk.PREFECTURE else "ministry"]
    if state is State.IN_HAND:
        return inquiry.claim(officer, seen_revision=inquiry.revision)
    if state is State.ANSWERED:
        return inquiry.answer(officer, "来週です。", seen_revision=inquiry.revision)
    return inquiry


ACTS: dict[Verb, Callable[[Inquiry, User], Inquiry]] = {
    Verb.ADD: lambda inquiry, user: inquiry.add(user, "もうひとつ", seen_version=inquiry.version),
    Verb.ANSWER: lambda inquiry, user: inquiry.answer(user, "お答えします", seen_revision=inquiry.revision),
    Verb.FORWARD: lambda inquiry, user: inquiry.forward(user, SECRET, seen_revision=inquiry.revision),
    Verb.MEMO: lambda inquiry, user: inquiry.memo(user, SECRET),
    Verb.CLAIM: lambda inquiry, user: inquiry.claim(user, seen_revision=inquiry.revision),
    Verb.RELEASE: lambda inquiry, user: inquiry.release(user, seen_revision=inquiry.revision),
}
