"""What people do in a storm, each by the real verb, with what they saw or something older, sensible or not."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied

from institutions import exceptions as others
from institutions.models import Institution, Membership, Suspension, User
from requests_app.exceptions import Refusal
from requests_app.imports import import_shipments
from requests_app.models import (
    AllocationDecision,
    CalendarException,
    Content,
    CutoffChange,
    Follow,
    HandOff,
    LineOutcome,
    Question,
    Shipment,
    SosRequest,
)
from requests_app.models.allocation import Method, SeenWaiting
from requests_app.models.handing_off import hand_off, plan_correction, plan_whole
from requests_app.models.waiting import waiting_for
from requests_app.rules.allocation import ByHand, Cause, Rule, default_reason
from requests_app.rules.transitions import Status
from sosportal.lib.tabular import FileKind
from surveys.exceptions import SurveyRefusal
from surveys.models import Figures, SurveyResponse, SurveyRound
from tests import factories
from tests.requests_app.deliveries.vendor import shipping_file
from tests.requests_app.storm.cast import Cast

REFUSALS = (
    Refusal,
    others.Refusal,
    SurveyRefusal,
    PermissionDenied,
    Question.DoesNotExist,
    Shipment.DoesNotExist,
)
"""What a verb may answer to nonsense; anything else is a fault."""

Deed = Callable[[Cast], object]


class Nothing(Exception):
    """There is nothing yet to do this deed to."""


def some_request(cast: Cast, *states: Status) -> SosRequest:
    """Mostly one in a state for which the deed is meant."""
    rows = SosRequest.objects.order_by("pk")
    meant = list(rows.filter(status__in=[state.value for state in states], withdrawn_at=None))
    found = meant if meant and cast.chance.random() < 0.85 else list(rows)
    if not found:
        raise Nothing
    return cast.chance.choice(found[-12:])


def one_of(cast: Cast, rows: Any) -> Any:
    """One of the rows, the same for the same seed; None where there are none."""
    found = list(rows.order_by("pk"))
    return cast.chance.choice(found) if found else None


def seen(cast: Cast, counter: int) -> int:
    """What a page shows: as it stands, now and then as it was."""
    return counter if cast.chance.random() < 0.85 else max(0, counter - 1)


def content(cast: Cast) -> Content:
    ticked = [item for item in cast.items if cast.chance.random() < 0.8]
    amounts = [100, 500, 1_200, 3_333, 9_999_999] if cast.chance.random() < 0.95 else [0, -5, None, 10**30]
    lines = {item.pk: cast.chance.choice(amounts) for item in ticked}
    return Content(cast.chance.random() < 0.95, lines, cast.chance.choice(["", "困っています", "髙﨑①𠮷"]))


def quantities(cast: Cast, request: SosRequest) -> dict[int, int]:
    """All that was asked for, less, or what can't be."""
    found = {}
    for line in request.lines.all():
        asked = line.quantity or 0
        found[line.item_id] = cast.chance.choice([asked, asked, asked, asked // 2, 0, asked + 1])
    if cast.chance.random() < 0.05:
        found[999] = 1
    return found


# --- The institution ----------------------------------------------------------------------------------------------


def answer(cast: Cast) -> object:
    place = cast.place()
    person, now = cast.staff_of(place), cast.now
    figures = {
        item.pk: Figures(cast.chance.randint(0, 2_000), cast.chance.choice([0, *[500] * 9]), 100)
        for item in cast.items
        if cast.chance.random() < 0.95
    }
    this_week, _ = SurveyRound.objects.open_for(now)
    standing = SurveyResponse.objects.filter(round=this_week, institution=place).first()
    version = seen(cast, standing.version if standing else 0)
    return SurveyResponse.answer(
        person, this_week, place, figures, required=frozenset(), seen_version=version, now=now
    )


def save(cast: Cast) -> object:
    place = cast.place()
    return SosRequest.create_draft(cast.staff_of(place), place, content(cast), now=cast.now)


def revise(cast: Cast) -> object:
    found = some_request(cast, Status.DRAFT, Status.ERROR, Status.UNDER_REVIEW)
    person, version = cast.staff_of(found.institution), seen(cast, found.version)
    return found.revise(person, content(cast), seen_version=version, now=cast.now)


def submit(cast: Cast) -> object:
    found = some_request(cast, Status.DRAFT, Status.ERROR)
    person, version = cast.staff_of(found.institution), seen(cast, found.version)
    return found.submit(person, seen_version=version, now=cast.now)


def withdraw(cast: Cast) -> object:
    found = some_request(cast, Status.DRAFT, Status.ERROR, Status.UNDER_REVIEW)
    person, version = cast.staff_of(found.institution), seen(cast, found.version)
    return found.withdraw(person, "納品があったため", seen_version=version, now=cast.now)


def reply(cast: Cast) -> object:
    found = some_request(cast, Status.UNDER_REVIEW, Status.ACCEPTED)
    asked = one_of(cast, found.questions.all())
    key = asked.pk if asked and cast.chance.random() < 0.9 else 1
    return found.answer(cast.staff_of(found.institution), key, "枚数です", now=cast.now)


def receive(cast: Cast) -> object:
    parcels = list(Shipment.objects.select_related("line__request__institution").order_by("pk"))
    if not parcels:
        raise Nothing
    parcel = cast.chance.choice(parcels)
    request = parcel.line.request
    arrived = cast.chance.choice([parcel.quantity, parcel.quantity, parcel.quantity - 1, 0, -1])
    person, now = cast.staff_of(request.institution), cast.now
    day = max(parcel.shipped_on, now.date())
    comment = cast.chance.choice(["", "箱が破れていました"])
    return request.receive(person, parcel.pk, arrived, received_on=day, comment=comment, now=now)


def follow(cast: Cast) -> object:
    found, person = some_request(cast), cast.person("staff", "tokyo", "osaka", "ministry")
    if cast.chance.random() < 0.3:
        return Follow.end(person, found)
    return Follow.begin(person, found, now=cast.now)


# --- The officers -------------------------------------------------------------------------------------------------


def confirm(cast: Cast) -> object:
    found = some_request(cast, Status.UNDER_REVIEW)
    officer, note = cast.person(cast.office_of(found)), cast.chance.choice(["", "半分にします"])
    revision = seen(cast, found.revision)
    return found.confirm(officer, quantities(cast, found), note, seen_revision=revision, now=cast.now)


def accept(cast: Cast) -> object:
    found = some_request(cast, Status.UNDER_REVIEW)
    given = quantities(cast, found) if cast.chance.random() < 0.4 else None
    return found.accept(
        cast.person("ministry"),
        seen_revision=seen(cast, found.revision),
        quantities=given,
        reason=cast.chance.choice(["", "急ぎのため"]),
        now=cast.now,
    )


def talk(cast: Cast) -> object:
    found, now = some_request(cast, Status.UNDER_REVIEW), cast.now
    officer = cast.person(cast.office_of(found), "ministry")
    asked = one_of(cast, found.questions.all())
    held = one_of(cast, User.objects.all())
    deeds: list[Callable[[], object]] = [
        lambda: found.note(officer, f"確認中 {now:%H%M}", seen_revision=seen(cast, found.revision), now=now),
        lambda: found.log_telephone(officer, whom="見本", what="在庫の確認", now=now),
        lambda: found.ask(officer, "箱の数ですか", now=now),
        lambda: found.ask(officer, "箱の数ですか", now=now),
        lambda: found.unask(officer, asked.pk if asked else 1, "電話で分かったため", now=now),
        lambda: found.memo(officer, "明日もう一度", now=now),
        lambda: found.claim(officer, seen_holder=held.pk if held else None, now=now),
        lambda: found.release(officer, now=now),
    ]
    return cast.chance.choice(deeds)()


def decide(cast: Cast) -> object:
    item, now = cast.chance.choice(cast.items), cast.now
    waiting = waiting_for(item, now + timedelta(days=cast.chance.choice([-7, 0, 7, 7])))
    if not waiting.lines:
        raise Nothing
    rule = cast.chance.choice(list(Rule))
    line = cast.chance.choice(waiting.lines)
    by_hand = (ByHand(line.line_id, 0, "在庫が多いため"),) if cast.chance.random() < 0.2 else ()
    available = cast.chance.choice([0, 99, 1_000, 5_050, 40_000_000])
    digest = waiting.digest if cast.chance.random() < 0.9 else "0"
    return AllocationDecision.decide(
        cast.person("ministry"),
        item,
        waiting.cutoff_at,
        Method(rule, available, loose=cast.chance.random() < 0.3, by_hand=by_hand),
        reasons={cause: default_reason(rule, cause) for cause in Cause},
        seen=SeenWaiting(digest, waiting.marks),
        now=now,
    )


def hand(cast: Cast) -> object:
    officer, now = cast.person("ministry"), cast.now
    earlier = one_of(cast, HandOff.objects.filter(corrects=None))
    corrects = earlier if cast.chance.random() < 0.3 else None
    plan = plan_correction(corrects) if corrects else plan_whole(now)
    if not plan.lines and not plan.held and cast.chance.random() < 0.9:
        raise Nothing
    held = [each.line.line_id for each in plan.held if cast.chance.random() < 0.5]
    return hand_off(
        officer,
        vendor="架空物産",
        kind=cast.chance.choice(list(FileKind)),
        seen_digest=plan.including(held).digest if cast.chance.random() < 0.9 else "0",
        corrects=corrects,
        geta=True,
        include=held,
        include_reason=cast.chance.choice(["", "先に決まっていたため"]),
        now=now,
    )


def ship(cast: Cast) -> object:
    outcomes = list(LineOutcome.objects.select_related("line__request", "line__item").order_by("pk"))
    if not outcomes:
        raise Nothing
    now = cast.now
    rows = []
    for each in cast.chance.sample(outcomes, min(3, len(outcomes))):
        quantity = cast.chance.choice([each.quantity, each.quantity // 2, each.quantity + 7, 100])
        slip = cast.chance.choice(["AAAA1", "AAAA2", f"B{each.pk:05d}"])
        day = cast.chance.choice([now.date(), now.date() - timedelta(days=1)])
        rows.append(
            [each.line.request.number, each.line.item.label, quantity, f"{day:%Y/%m/%d}", "架空運輸", slip]
        )
    found = import_shipments(
        io.BytesIO(shipping_file(rows)),
        cast.person("ministry"),
        now=now,
        skip_bad_rows=cast.chance.random() < 0.7,
    )
    return found.written


# --- The world around ---------------------------------------------------------------------------------------------


def suspend(cast: Cast) -> object:
    officer, now = cast.person("ministry"), cast.now
    standing = one_of(cast, Suspension.objects.filter(lifted_at=None))
    if standing is not None and cast.chance.random() < 0.7:
        return standing.lift(officer, "是正を確認", now=now)
    begins = now + timedelta(days=cast.chance.choice([0, 2, 9]))
    return Suspension.suspend(officer, cast.place(), "転売のため", starts_at=begins, now=now)


def move_away(cast: Cast) -> object:
    place = cast.place()
    there = factories.OSAKA if place.prefecture_id == factories.TOKYO else factories.TOKYO
    return Institution.objects.filter(pk=place.pk).update(prefecture_id=there, updated_at=cast.now)


def join_or_leave(cast: Cast) -> object:
    place, person = cast.place(), cast.person("staff")
    found = Membership.objects.filter(user=person, institution=place).first()
    if found is not None:
        return found.delete()
    return factories.join(person, place)


def run_intake(cast: Cast) -> object:
    officer, now = cast.person("ministry"), cast.now
    item = cast.chance.choice(cast.items)
    until = now + timedelta(hours=cast.chance.choice([1, 200]))
    wednesday = now.date() + timedelta(days=(2 - now.weekday()) % 7 + 7)
    deeds: list[Callable[[], object]] = [
        lambda: cast.campaign.take_item(officer, item.pk, until=until, now=now),
        lambda: cast.campaign.take_item(officer, item.pk, until=None, now=now),
        lambda: cast.campaign.take_item(officer, item.pk, until=None, now=now),
        lambda: cast.campaign.set_rules(officer, now=now, survey_valid_days=cast.chance.randint(5, 14)),
        lambda: CutoffChange.move(officer, wednesday, _at(wednesday, now), "年末のため", now=now),
        lambda: CalendarException.set_day(officer, wednesday, cast.chance.random() < 0.5, "臨時", now=now),
    ]
    return cast.chance.choice(deeds)()


def _at(wednesday: date, now: datetime) -> datetime:
    return now.replace(year=wednesday.year, month=wednesday.month, day=wednesday.day, hour=12, minute=0)


DEEDS: tuple[tuple[Deed, int], ...] = (
    *(
        (answer, 8),
        (save, 10),
        (revise, 6),
        (submit, 14),
        (withdraw, 2),
        (reply, 3),
        (receive, 6),
        (follow, 2),
    ),
    *((confirm, 10), (accept, 14), (talk, 8), (decide, 9), (hand, 9), (ship, 9)),
    *((suspend, 1), (move_away, 2), (join_or_leave, 1), (run_intake, 2)),
)
"""Each deed and how often it is done."""
