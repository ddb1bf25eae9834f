"""お問い合わせ: who is told of what by mail."""

from __future__ import annotations

import pytest

from institutions.models import InquiryMessage, Institution, User
from institutions.rules.inquiry import Subject, Verb
from sosportal.lib.models import OutboxMessage
from tests.institutions.inquiries.threads import SECRET, asked

pytestmark = pytest.mark.django_db


def to(*causes: Verb) -> dict[str, str]:
    """Address to body of the mails about the last message of each verb."""
    found: dict[str, str] = {}
    for cause in causes:
        message = InquiryMessage.objects.filter(verb=cause).last()
        assert message is not None
        rows = OutboxMessage.objects.filter(key__startswith=f"inquiry-message:{message.pk}:")
        found |= dict(rows.values_list("to", "body"))
    return found


def test_the_desk_is_told_of_questions_and_the_institution_of_answers(
    people: dict[str, User], place: Institution
) -> None:
    inquiry = asked(people, place)
    assert set(to(Verb.ASK)) == {"tokyo@example.jp"}
    inquiry = inquiry.add(people["colleague"], "もうひとつ", seen_version=1)
    inquiry = inquiry.forward(people["tokyo"], SECRET, seen_revision=inquiry.revision)
    assert set(to(Verb.FORWARD)) == {"ministry@example.jp"}
    inquiry = inquiry.answer(people["ministry"], "来週です。", seen_revision=inquiry.revision)
    told = to(Verb.ANSWER)
    assert set(told) == {"nurse@example.jp", people["colleague"].email, "hospital@example.jp"}
    for body in told.values():
        assert "来週です。" in body
        assert f"/inquiries/{inquiry.pk}/" in body
        assert SECRET not in body


def test_operators_are_told_of_log_in_questions(people: dict[str, User], place: Institution) -> None:
    asked(people, place, subject=Subject.LOGIN)
    assert set(to(Verb.ASK)) == {"ministry@example.jp", "operator@example.jp"}


def test_who_left_the_institution_is_told_nothing(people: dict[str, User], place: Institution) -> None:
    inquiry = asked(people, place)
    people["member"].memberships.all().delete()
    inquiry.answer(people["tokyo"], "来週です。", seen_revision=1)
    assert set(to(Verb.ANSWER)) == {"hospital@example.jp"}
