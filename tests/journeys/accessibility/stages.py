"""The states in which the portal is met: nothing yet, empty, one, many, wanting, stopped, closed, suspended.

Each is laid upon the one before, by the verbs.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta

from institutions.models import Announcement, AnnouncementContent, Inquiry, Institution, Suspension
from institutions.rules.inquiry import Desk, Subject
from requests_app.models import (
    CalendarException,
    Campaign,
    CampaignItem,
    Content,
    ExportLog,
    Question,
    ShipmentUpload,
    SosRequest,
)
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from sosportal.lib.business_calendar import is_business_day
from surveys.models import Figures, Item
from tests import factories
from tests.journeys.scene import LONG_NAME, Scene, begin_the_weeks
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries import vendor

MORE_THAN_A_PAGE = 41
LONG_TEXT = "Sサイズの納品が\n2週続けて遅れています。" + "病棟からの問い合わせが続いています。" * 12


def requests_of_every_kind(scene: Scene) -> dict[str, SosRequest]:
    """One in each status, one edited after its confirmation, one of an institution with a long name."""
    there = (scene.nurse, scene.hospital)
    found = {status.name: factories.request_in(status, *there) for status in Status}
    again = factories.confirm(factories.request_in(Status.UNDER_REVIEW, *there))
    content = factories.content(1500, "Sサイズの納品が\n2週続けて遅れています。")
    found["again"] = again.revise(scene.nurse, content, seen_version=again.version)
    long_name = factories.institution(name=LONG_NAME)
    found["long"] = factories.request_in(Status.UNDER_REVIEW, place=long_name, quantity=9_999_999)
    return found


def announced_and_asked(scene: Scene) -> tuple[Announcement, Inquiry]:
    """An announcement of the prefecture, and an inquiry that lies with it."""
    said = AnnouncementContent("お知らせの題名", "本文 https://example.jp/", important=True)
    return Announcement.publish(scene.officer, said), Inquiry.ask(
        scene.nurse,
        scene.hospital,
        subject=Subject.REQUEST,
        desk=Desk.PREFECTURE,
        text="いつ届きますか。",
    )


def a_business_day() -> date:
    """One far enough away that nothing else falls on it."""
    return next(day for n in range(40, 60) if is_business_day(day := clock.today() + timedelta(days=n)))


def nothing(scene: Scene) -> None:
    """No intake was ever opened, no week of the survey has begun."""


def empty(scene: Scene) -> None:
    """The intake is open, this week's survey unanswered, nothing was asked for."""
    begin_the_weeks(scene, clock.now())


def one(scene: Scene) -> None:
    """One of each: a draft, an announcement, an inquiry."""
    factories.draft(scene.nurse, scene.hospital)
    announced_and_asked(scene)


def many(scene: Scene) -> None:
    """More than a page of each, all items asked for, and what comes of a request from its question to its parcels."""
    now = clock.now()
    made_before = requests_of_every_kind(scene)
    first, second = rounds.accepted([4100, 900], places=[scene.hospital, scene.hospital], now=now)
    rounds.decide(3_000, cutoff=scene.cutoff, now=now)
    made = vendor.handed(by=scene.ministry, now=now)
    ExportLog.objects.create(at=now, by=scene.ministry, what="hand_off", hand_off=made, kind="utf8")
    sent_and_received(scene, first, second)
    talked_about(scene, made_before["UNDER_REVIEW"])
    factories.withdraw(factories.request_in(Status.UNDER_REVIEW, scene.nurse, scene.hospital))
    for _ in range(MORE_THAN_A_PAGE):
        factories.draft(scene.nurse, scene.hospital)
    said_and_asked_often(scene)
    CalendarException.set_day(scene.ministry, a_business_day(), False, "庁舎の点検")


def sent_and_received(scene: Scene, first: SosRequest, second: SosRequest) -> None:
    """Two parcels, of which one arrived with less in it; a file of the vendor's waits, another can't be taken."""
    day = f"{clock.today():%Y/%m/%d}"
    rows = [vendor.row_for(first, day=day), vendor.row_for(second, slip="8888", day=day)]
    vendor.taken_in(vendor.shipping_file(rows), by=scene.ministry, now=clock.now())
    parcel = first.lines.get().shipments.get()
    first.receive(
        scene.nurse, parcel.pk, 100, received_on=clock.today(), comment="1箱だけでした。", now=clock.now()
    )
    for slip, quantity in (("9999", "たくさん"), ("7777", "10")):
        ShipmentUpload.objects.create(
            token=uuid.uuid4(),
            name="発送.csv",
            content=vendor.shipping_file([vendor.row_for(second, quantity, slip, day=day)]),
            uploaded_at=clock.now(),
            uploaded_by=scene.ministry,
        )


def talked_about(scene: Scene, request: SosRequest) -> None:
    """Asked and answered, asked anew, telephoned, noted."""
    request.ask(scene.officer, "在庫は箱の数ですか。")
    request.answer(scene.nurse, Question.objects.latest("pk").pk, LONG_TEXT)
    request.ask(scene.officer, LONG_TEXT)
    request = SosRequest.objects.get(pk=request.pk)
    request.note(scene.officer, LONG_TEXT, seen_revision=request.revision)
    request.log_telephone(scene.officer, whom="用度係 見本さん", what=LONG_TEXT)
    request.memo(scene.officer, LONG_TEXT)
    factories.answer(
        scene.nurse, scene.hospital, {item.pk: Figures(3300, 4000, 0) for item in Item.objects.all()}
    )


def said_and_asked_often(scene: Scene) -> None:
    """Announcements of both desks, one withdrawn; inquiries, one answered; all items asked for."""
    for n in range(MORE_THAN_A_PAGE):
        said = AnnouncementContent(f"お知らせ{n}", LONG_TEXT)
        Announcement.publish(scene.ministry if n % 2 else scene.officer, said)
        announced_and_asked(scene)
    newest = Announcement.objects.order_by("-pk")[0]
    newest.withdraw(scene.officer, "書きまちがえたため", seen_version=newest.version)
    inquiry = Inquiry.objects.order_by("-pk")[0]
    inquiry.memo(scene.officer, LONG_TEXT)
    inquiry.answer(scene.officer, LONG_TEXT, seen_revision=Inquiry.objects.get(pk=inquiry.pk).revision)
    others = Item.objects.exclude(pk=factories.gloves().pk)
    CampaignItem.objects.bulk_create(
        CampaignItem(campaign=Campaign.objects.get(), item=item) for item in others
    )


def wanting(scene: Scene) -> None:
    """Nothing is right: particulars missing, figures that can't be, packs broken, another request under review."""
    Institution.objects.filter(pk=scene.hospital.pk).update(email="", telephone="", contact_person="")
    gloves = factories.gloves().pk
    factories.answer(scene.nurse, scene.hospital, {gloves: Figures(90_000, 0, 500)})
    masks = Item.objects.get(order=1).pk
    request = SosRequest.create_draft(
        scene.nurse, scene.hospital, Content(True, {gloves: 4150, masks: None}, LONG_TEXT)
    )
    request.submit(scene.nurse, seen_version=1)


def stopped(scene: Scene) -> None:
    """The intake of each item was stopped one by one."""
    CampaignItem.objects.update(stopped_at=clock.now())


def closed(scene: Scene) -> None:
    """The intake as a whole is closed."""
    Campaign.objects.update(closes_at=clock.now())


def suspended(scene: Scene) -> None:
    """The hospital may not ask, for the second time."""
    first = Suspension.suspend(scene.ministry, scene.hospital, LONG_TEXT)
    first.lift(scene.ministry, "是正されたため")
    Suspension.suspend(scene.ministry, scene.hospital, LONG_TEXT)


STAGES: tuple[Callable[[Scene], None], ...] = (
    nothing,
    empty,
    one,
    many,
    wanting,
    stopped,
    closed,
    suspended,
)
