"""The right to do any other thing is taken away while somebody does it: who takes it away finds what was done before,
or it is refused. Each race has its negative control. Answering, filing and applying: `test_rights_taken_away`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

import institutions.exceptions
from institutions.models import (
    Announcement,
    AnnouncementContent,
    AnnouncementVersion,
    Inquiry,
    InquiryMessage,
    Role,
    Suspension,
    User,
)
from institutions.rules.inquiry import Desk, Subject
from requests_app.exceptions import NotPermitted
from requests_app.models import (
    CalendarException,
    Campaign,
    CutoffChange,
    PublicSwitch,
    Question,
    RequestEvent,
    RuleSettings,
)
from requests_app.models.intake import TEXTS, CampaignText, Schedule
from requests_app.models.shipping import Parcel, ship
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from tests import factories
from tests.races.crowd import Meeting, at_once
from tests.races.test_rights_taken_away import both_ways, disabled, taken_away
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries.vendor import ARRIVED, SHIPPED, allocated, handed, shipped

pytestmark = pytest.mark.race

Act = Callable[[], Any]

TRACES = (
    RequestEvent,
    InquiryMessage,
    AnnouncementVersion,
    Suspension,
    CampaignText,
    RuleSettings,
    CalendarException,
    CutoffChange,
    PublicSwitch,
)


def traces() -> int:
    """How many rows these verbs have left behind."""
    return sum(model._default_manager.count() for model in TRACES)


def of_another_prefecture(person: User) -> None:
    User.objects.filter(pk=person.pk).update(prefecture_id=factories.OSAKA)


def answering_a_question() -> tuple[User, Act]:
    factories.campaign()
    request = factories.request_in(Status.UNDER_REVIEW)
    request.ask(factories.user(Role.MINISTRY), "在庫は？")
    nurse, question = factories.member(request.institution), Question.objects.get()
    return nurse, lambda: request.answer(nurse, question.pk, "9箱です")


def receiving() -> tuple[User, Act]:
    (request,) = allocated(100)
    handed()
    parcel, nurse = shipped(request), factories.member(request.institution)
    return nurse, lambda: request.receive(
        nurse, parcel.pk, parcel.quantity, received_on=parcel.shipped_on, now=ARRIVED
    )


def inquiring() -> tuple[User, Act]:
    place = factories.institution()
    nurse = factories.member(place)
    return nurse, lambda: Inquiry.ask(
        nurse, place, subject=Subject.REQUEST, desk=Desk.MINISTRY, text="いつ届きますか。"
    )


def adding() -> tuple[User, Act]:
    nurse, ask = inquiring()
    inquiry = ask()
    return nurse, lambda: inquiry.add(nurse, "急ぎです。", seen_version=inquiry.version)


def confirming() -> tuple[User, Act]:
    factories.campaign()
    request, officer = factories.request_in(Status.UNDER_REVIEW), factories.user(Role.PREFECTURE)
    return officer, lambda: request.confirm(
        officer, {factories.gloves().pk: 4100}, "", seen_revision=request.revision
    )


def leaving_a_note() -> tuple[User, Act]:
    factories.campaign()
    request, officer = factories.request_in(Status.UNDER_REVIEW), factories.user(Role.PREFECTURE)
    return officer, lambda: request.memo(officer, "月曜に電話")


def announcing_to_the_prefecture() -> tuple[User, Act]:
    officer = factories.user(Role.PREFECTURE)
    return officer, lambda: Announcement.publish(officer, AnnouncementContent("休館", "月曜は休みます。"))


def replying() -> tuple[User, Act]:
    inquiry, officer = inquiring()[1](), factories.user(Role.MINISTRY)
    return officer, lambda: inquiry.answer(officer, "明日です。", seen_revision=inquiry.revision)


def accepting() -> tuple[User, Act]:
    factories.campaign()
    request, officer = factories.request_in(Status.UNDER_REVIEW), factories.user(Role.MINISTRY)
    return officer, lambda: request.accept(officer, seen_revision=request.revision, reason="急ぎのため")


def deciding() -> tuple[User, Act]:
    factories.campaign(now=rounds.NOW)
    rounds.accepted([100])
    officer = factories.user(Role.MINISTRY)
    return officer, lambda: rounds.decide(100, actor=officer)


def handing_off() -> tuple[User, Act]:
    allocated(100)
    officer = factories.user(Role.MINISTRY)
    return officer, lambda: handed(by=officer)


def shipping() -> tuple[User, Act]:
    (request,) = allocated(100)
    handed()
    officer = factories.user(Role.MINISTRY)
    parcel = Parcel(request.lines.get().pk, "1234-5678-9012", 100, SHIPPED.date(), "架空運輸")
    return officer, lambda: ship(officer, {request.pk: [parcel]}, file_sha256="", now=SHIPPED)


def suspending() -> tuple[User, Act]:
    place, officer = factories.institution(), factories.user(Role.MINISTRY)
    return officer, lambda: Suspension.suspend(officer, place, "転売が確認されたため")


def setting_rules() -> tuple[User, Act]:
    campaign, officer = factories.campaign(), factories.user(Role.MINISTRY)
    return officer, lambda: campaign.set_rules(officer, **RuleSettings().values() | {"survey_valid_days": 9})


def changing_texts() -> tuple[User, Act]:
    campaign, officer = factories.campaign(), factories.user(Role.MINISTRY)
    texts = campaign.texts() | {"notice": "手袋だけを受け付けています。"}
    return officer, lambda: campaign.change_texts(officer, texts)


def opening_the_intake() -> tuple[User, Act]:
    officer, texts = factories.user(Role.MINISTRY), dict.fromkeys(TEXTS, "文")
    schedule, rules = Schedule(clock.now()), RuleSettings().values()
    return officer, lambda: Campaign.open_intake(
        officer, name="手袋", schedule=schedule, texts=texts, items={factories.gloves().pk: None}, rules=rules
    )


def opening_a_day() -> tuple[User, Act]:
    officer, today = factories.user(Role.MINISTRY), clock.today()
    saturday = today + timedelta(days=(5 - today.weekday()) % 7)
    return officer, lambda: CalendarException.set_day(officer, saturday, True, "臨時の開庁")


def publishing_the_figures() -> tuple[User, Act]:
    officer = factories.user(Role.MINISTRY)
    return officer, lambda: PublicSwitch.turn(officer, on=True, reason="公表を始めるため", seen=0)


OF_INSTITUTIONS = (answering_a_question, receiving, inquiring, adding)
OF_PREFECTURES = (confirming, leaving_a_note, announcing_to_the_prefecture)
OF_THE_MINISTRY = (
    *(replying, accepting, deciding, handing_off, shipping, suspending, setting_rules, changing_texts),
    *(opening_the_intake, opening_a_day, publishing_the_figures),
)
TAKEN = [
    *((verb, taken_away) for verb in OF_INSTITUTIONS),
    *((verb, of_another_prefecture) for verb in OF_PREFECTURES),
    *((verb, disabled) for verb in OF_THE_MINISTRY),
]
every_verb = pytest.mark.parametrize(("verb", "take"), TAKEN, ids=[verb.__name__ for verb, _ in TAKEN])


@both_ways
@every_verb
def test_whatever_is_done_is_done_before_the_right_is_gone(
    verb: Callable[[], tuple[User, Act]],
    take: Callable[[User], None],
    locks: bool,
    committed_db: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who acts waits once their row is held; without the lock they stand as they were read."""
    person, act = verb()
    assert person.is_staff or person.institution_ids
    held, written, before = Meeting(patience=2), Meeting(patience=1), traces()
    real = User.held_for

    def held_for(self: User, institution_id: int | None, **more: Any) -> User:
        found = real(self, institution_id, **more) if locks else self
        held.wait()
        written.wait()
        return found

    def taking() -> int:
        held.wait()
        take(person)
        seen = traces()
        written.wait()
        return seen

    monkeypatch.setattr(User, "held_for", held_for)
    acted, seen = at_once(act, taking)
    assert not isinstance(acted, Exception), acted
    assert traces() > before
    assert (seen > before) == locks, "with the lock, who takes the right away finds what was done"


@every_verb
def test_whose_right_was_taken_away_first_does_nothing_more(
    verb: Callable[[], tuple[User, Act]], take: Callable[[User], None], committed_db: None
) -> None:
    person, act = verb()
    assert person.is_staff or person.institution_ids
    take(person)
    before = traces()
    if verb is announcing_to_the_prefecture:
        assert act().prefectures == [factories.OSAKA], "what they announce, their new prefecture reads"
        return
    with pytest.raises((NotPermitted, institutions.exceptions.NotPermitted, PermissionDenied)):
        act()
    assert traces() == before
