"""The verbs of a campaign: planned ahead, by the ministry alone, with every version of what was agreed to kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from institutions.models import Institution, Role, User
from requests_app.exceptions import NotPermitted, TermsChanged
from requests_app.models import Campaign, CampaignText, RuleSettings, Schedule, SosRequest
from requests_app.models.intake import ScheduleRefused
from requests_app.queries import intake as queries
from requests_app.queries.campaign import judged_differently
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from surveys.models import Item
from tests import factories

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
NEW = {"notice": "新しいお知らせ", "conditions": "新しい条件", "terms": "新しい同意\n事項"}


@pytest.fixture
def campaign() -> Campaign:
    return factories.campaign()


@pytest.fixture
def ministry() -> User:
    return factories.user(Role.MINISTRY)


@pytest.fixture
def place() -> Institution:
    return factories.institution()


@pytest.fixture
def nurse(place: Institution) -> User:
    return factories.member(place)


def hidden(page: Any) -> dict[str, str]:
    """The hidden fields of a page of the institution's."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


def stop(campaign: Campaign, who: User, at: datetime, now: datetime) -> None:
    """The intake stops at `at`; all else stays."""
    campaign.reschedule(who, name=campaign.name, schedule=Schedule(campaign.opens_at, at), now=now)


VERBS: dict[str, Callable[[Campaign, User], object]] = {
    "reschedule": lambda campaign, who: campaign.reschedule(
        who, name="x", schedule=Schedule(campaign.opens_at)
    ),
    "change_texts": lambda campaign, who: campaign.change_texts(who, NEW),
    "take_item": lambda campaign, who: campaign.take_item(who, Item.objects.get(order=1).pk),
    "open_intake": lambda campaign, who: Campaign.open_intake(
        who,
        name="x",
        schedule=Schedule(clock.now() + HOUR),
        texts=NEW,
        items={},
        rules=RuleSettings().values(),
    ),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("role", [Role.INSTITUTION, Role.PREFECTURE, Role.OPERATOR])
def test_the_ministry_alone(campaign: Campaign, verb: str, role: Role) -> None:
    before = Campaign.objects.values().get(), list(campaign.campaign_items.values())
    with pytest.raises(NotPermitted):
        VERBS[verb](campaign, factories.user(role))
    assert (Campaign.objects.values().get(), list(campaign.campaign_items.values())) == before


def test_stopped_and_opened_ahead(campaign: Campaign, ministry: User) -> None:
    now = clock.now()
    stop(campaign, ministry, now + HOUR, now)
    assert queries.intake(now) == (campaign.notice, now + HOUR, campaign.opens_at)
    assert queries.intake(now + HOUR) == queries.Intake()
    opens = now + 2 * HOUR
    Campaign.open_intake(
        ministry,
        name="次の受付",
        schedule=Schedule(opens),
        texts=NEW,
        items={factories.gloves().pk: None},
        rules=RuleSettings().values(),
        now=now,
    )
    assert queries.intake(now + HOUR) == queries.Intake(opens_at=opens)
    assert queries.intake(opens).notice == "新しいお知らせ"


def test_an_item_is_stopped_ahead_and_taken_again(campaign: Campaign, ministry: User) -> None:
    now, gloves = clock.now(), factories.gloves()
    campaign.take_item(ministry, gloves.pk, until=now + HOUR, now=now)
    assert campaign.accepted_items(now) == {gloves.pk}
    assert queries.stops_ahead(now) == [(gloves.pk, gloves.label, now + HOUR)]
    assert queries.stops_ahead(now + HOUR) == []
    assert campaign.accepted_items(now + HOUR) == frozenset()
    campaign.take_item(ministry, gloves.pk)
    assert campaign.accepted_items(now + HOUR) == {gloves.pk}
    masks = Item.objects.get(order=1)
    campaign.take_item(ministry, masks.pk)
    assert campaign.accepted_items(now) == {gloves.pk, masks.pk}


@pytest.mark.parametrize(
    ("opens", "closes", "field"),
    [
        (0, -1, "closes_at"),  # before the opening … and in the past
        (0, None, "opens_at"),  # the opening moved after it began
    ],
)
def test_nonsense_is_refused(
    campaign: Campaign, ministry: User, opens: int, closes: int | None, field: str
) -> None:
    now = clock.now()
    wanted = Schedule(now + opens * HOUR, None if closes is None else now + closes * HOUR)
    with pytest.raises(ScheduleRefused) as refused:
        campaign.reschedule(ministry, name="x", schedule=wanted, now=now)
    assert refused.value.field == field
    with pytest.raises(ScheduleRefused):
        campaign.take_item(ministry, factories.gloves().pk, until=now - HOUR, now=now)
    with pytest.raises(ScheduleRefused):
        stop(campaign, ministry, now - HOUR, now)
    assert fresh(campaign).closes_at is None


def test_every_version_of_the_texts_is_kept(campaign: Campaign, ministry: User) -> None:
    first = campaign.texts()
    made = campaign.change_texts(ministry, NEW)
    assert made is not None
    assert (made.version, made.created_by) == (2, ministry)
    assert campaign.change_texts(ministry, NEW) is None
    assert [text.texts() for text in campaign.text_versions.order_by("version")] == [first, NEW]
    assert (fresh(campaign).text_version, fresh(campaign).texts()) == (2, NEW)
    for write in (CampaignText.objects.all().delete, lambda: CampaignText.objects.update(terms="")):
        with pytest.raises(DatabaseError), transaction.atomic():
            write()


def test_what_was_agreed_to_stays_answerable(
    campaign: Campaign, ministry: User, nurse: User, place: Institution, client: Any
) -> None:
    agreed = campaign.term_paragraphs[0][0]
    request = factories.request_in(Status.UNDER_REVIEW, nurse, place)
    campaign.change_texts(ministry, NEW)
    event = request.events().get(verb="submit")
    assert event.content["agreed"] == {"campaign": campaign.pk, "text_version": 1}
    client.force_login(nurse)
    page = client.get(f"/requests/{request.number}/").content.decode()
    assert agreed in page
    assert "新しい同意" not in page


def test_terms_changed_under_the_question_are_shown_before_they_are_agreed_to(
    campaign: Campaign, ministry: User, nurse: User, place: Institution, client: Any
) -> None:
    request = factories.request_in(Status.DRAFT, nurse, place)
    factories.answer(nurse, place)
    client.force_login(nurse)
    address = f"/requests/{request.number}/submit/"
    sent = hidden(client.get(address))
    campaign.change_texts(ministry, NEW)
    with pytest.raises(TermsChanged):
        request.submit(nurse, seen_version=1, seen_text=f"{campaign.pk}:1")
    refused = client.post(address, sent)
    assert refused.status_code == 409
    page = refused.content.decode()
    assert "同意事項が変わりました" in page
    assert "新しい同意" in page
    assert client.post(address, hidden(refused)).status_code == 302
    event = request.events().get(verb="submit")
    assert event.content["agreed"]["text_version"] == 2


def another_opens(campaign: Campaign, ministry: User) -> None:
    """The campaign has closed, and the next one is open, with texts of its own in their first version."""
    now = clock.now()
    Campaign.objects.filter(pk=campaign.pk).update(closes_at=now - HOUR)
    Campaign.open_intake(
        ministry,
        name="次の受付",
        schedule=Schedule(now - HOUR),
        texts=NEW,
        items={factories.gloves().pk: None},
        rules=RuleSettings().values(),
        now=now,
    )


@pytest.mark.parametrize("shown", ["those of the campaign before", "none"])
def test_the_terms_of_another_campaign_are_shown_before_they_are_agreed_to(
    campaign: Campaign, ministry: User, nurse: User, place: Institution, client: Any, shown: str
) -> None:
    """Both begin with version 1; and while none was open, there was none to be shown."""
    request = factories.request_in(Status.DRAFT, nurse, place)
    factories.answer(nurse, place)
    client.force_login(nurse)
    if shown == "none":
        Campaign.objects.filter(pk=campaign.pk).update(closes_at=clock.now() - HOUR)
    address = f"/requests/{request.number}/submit/"
    sent = hidden(client.get(address))
    another_opens(campaign, ministry)
    refused = client.post(address, sent)
    assert refused.status_code == 409
    assert "新しい同意" in refused.content.decode()
    assert SosRequest.objects.get(pk=request.pk).state is Status.DRAFT
    assert client.post(address, hidden(refused)).status_code == 302
    opened = Campaign.objects.get(name="次の受付")
    agreed = request.events().get(verb="submit").content["agreed"]
    assert agreed == {"campaign": opened.pk, "text_version": 1}


# --- What new rules would mean ------------------------------------------------------------------------------------


def judged(campaign: Campaign, **changed: Any) -> Any:
    new = RuleSettings(version=2, **(campaign.current_settings().values() | changed))
    return judged_differently(campaign, new, clock.now())


def test_how_many_would_be_judged_differently(campaign: Campaign, django_assert_num_queries: Any) -> None:
    for quantity in (4100, 4150, 20_000):  # 3,400 + 500 of 4,000 a week: 0.975 weeks; packs of 100
        factories.request_in(Status.UNDER_REVIEW, quantity=quantity)
    factories.request_in(Status.DRAFT)
    assert judged(campaign) == (3, 3, 0, 0, 0)
    assert judged(campaign, max_weeks_of_stock=Decimal("0.97")).failing == 3
    assert judged(campaign, max_weeks_of_stock=Decimal("0.98")).differently == 0
    assert judged(campaign, max_weeks_requested=Decimal(4)) == (3, 3, 0, 0, 1)
    assert judged(campaign, max_weeks_requested=Decimal(4), weeks_requested_severity="ERROR").failing == 1
    assert judged(campaign, pack_severity="ERROR").failing == 1
    with django_assert_num_queries(11):
        judged(campaign, pack_severity="ERROR")
    factories.request_in(Status.UNDER_REVIEW)
    with django_assert_num_queries(11):
        judged(campaign, pack_severity="ERROR")
