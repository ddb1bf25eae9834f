"""The demonstration's data: made up, complete, and as the portal itself would have written them."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from django.db import transaction
from django_q.models import OrmQ

from institutions.models import (
    Announcement,
    AnnouncementVersion,
    Inquiry,
    InquiryMessage,
    Institution,
    InstitutionKind,
    Membership,
    NoticeChoice,
    Role,
    User,
    unread_count,
)
from institutions.rules.inquiry import Desk, State
from institutions.rules.notices import Notice
from requests_app.demo_data import names
from requests_app.demo_data.accounts import PASSWORD
from requests_app.demo_data.build import build
from requests_app.models import (
    AllocationDecision,
    Campaign,
    RequestEvent,
    RequestLine,
    SosRequest,
    TypedDraft,
)
from requests_app.models.allocation import differences
from requests_app.models.waiting import undecided
from requests_app.rules.allocation import Outcome
from requests_app.rules.transitions import Status, Verb
from sosportal.lib.clock import JST
from sosportal.lib.delivery import When
from sosportal.lib.models import OutboxMessage
from surveys.models import StockAnswer, SurveyEvent, SurveyResponse, SurveyRound
from tests import factories

NOW = datetime(2026, 11, 24, 10, 20, tzinfo=JST)
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The data, once for all the tests here: each runs in a savepoint above them."""
    with django_db_blocker.unblock(), transaction.atomic():
        build(NOW)
        yield
        transaction.set_rollback(True)


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


# --- Institutions and people --------------------------------------------------------------------------------------


def test_institutions_are_made_up_and_of_every_kind_in_many_prefectures() -> None:
    places = names.places()
    assert len(places) >= 150
    assert len({place.prefecture for place in places}) >= 12
    assert {place.kind for place in places} == set(InstitutionKind)
    assert all("架空" in place.name for place in places)
    assert len({place.name for place in places}) == len(places)
    assert all(place.email.endswith("@example.jp") or not place.email for place in places)
    assert 3 <= sum(not all((p.telephone, p.email, p.contact_person, p.address)) for p in places) <= 10


def test_codes_check_and_belong_to_nobody() -> None:
    places = names.places()
    assert len({place.code for place in places}) == len(places)
    for place in places:
        assert place.code.startswith(place.prefecture)
        assert _luhn(place.code[3:] if place.prefecture in {"11", "12", "13", "14"} else place.code), place
        assert place.code[3:5] == "01"
        assert place.code[5:9] > "9000"


def test_accounts_log_in_and_nobody_else_does(loaded: None) -> None:
    wanted = {
        "hospital-tokyo": (Role.INSTITUTION, None),
        "hospital-osaka": (Role.INSTITUTION, None),
        "association": (Role.INSTITUTION, None),
        "pref-tokyo": (Role.PREFECTURE, "13"),
        "pref-osaka": (Role.PREFECTURE, "27"),
        "ministry": (Role.MINISTRY, None),
        "operator": (Role.OPERATOR, None),
    }
    accounts = {user.username: user for user in User.objects.filter(username__in=wanted)}
    assert {name: (user.role, user.prefecture_id) for name, user in accounts.items()} == wanted
    assert all(user.check_password(PASSWORD) for user in accounts.values())
    others = User.objects.exclude(username__in=wanted)
    assert not any(user.has_usable_password() for user in others)
    assert not User.objects.exclude(email__endswith="@example.jp").exists()
    assert accounts["hospital-osaka"].institutions.count() == 2
    entered_for = Membership.objects.filter(user=accounts["association"])
    assert [membership.as_proxy for membership in entered_for] == [True, True]
    for membership in entered_for:
        assert membership.institution.memberships.filter(as_proxy=False).exists(), "its own staff, too"
    told = RequestEvent.objects.exclude(proxy_reason="")
    assert {event.actor_text for event in told} == {"代理：架空市医師会 見本 五子"}
    assert [place.prefecture_id for place in accounts["hospital-tokyo"].institutions.all()] == ["13"]


# --- Surveys ------------------------------------------------------------------------------------------------------


def test_eight_weeks_of_surveys_for_most_institutions(loaded: None) -> None:
    this_week = SurveyRound.objects.open_at(NOW)
    assert this_week is not None
    assert SurveyRound.objects.count() == 9
    answered = Counter(SurveyResponse.objects.exclude(round=this_week).values_list("institution", flat=True))
    assert sum(weeks >= 7 for weeks in answered.values()) > 100
    assert len(answered) < Institution.objects.count()
    some = SurveyResponse.objects.filter(round=this_week).count()
    assert 0 < some < Institution.objects.count()


def test_history_is_as_the_survey_would_have_written_it(loaded: None) -> None:
    for response in SurveyResponse.objects.select_related("round", "institution").prefetch_related("answers"):
        assert response.round.takes_answers_at(response.answered_at)
        assert response.answered_at <= NOW
        assert response.institution_id in response.answered_by.institution_ids
        events = list(SurveyEvent.objects.filter(response_id=response.pk).order_by("version"))
        assert [event.version for event in events] == list(range(1, response.version + 1))
        assert events[-1].figures == {
            str(answer.item_id): [answer.stock, answer.weekly_consumption, answer.weekly_purchase]
            for answer in sorted(response.answers.all(), key=lambda answer: answer.item_id)
        }
    assert not StockAnswer.objects.filter(stock=None).exists()


def test_somebody_wrote_boxes_for_pieces_and_mended_it(loaded: None) -> None:
    mended = SurveyResponse.objects.filter(version=2)
    assert mended.count() == 3
    gloves = str(factories.gloves().pk)
    for response in mended:
        first, second = SurveyEvent.objects.filter(response_id=response.pk).order_by("version")
        assert second.figures[gloves][1] > 10 * first.figures[gloves][1]


# --- Requests -----------------------------------------------------------------------------------------------------


def test_the_campaign_asks_for_gloves_under_the_first_settings(loaded: None) -> None:
    campaign = Campaign.objects.open_at(NOW).get()
    assert [item.label for item in campaign.items.all()] == ["⑤非滅菌手袋"]
    settings = campaign.current_settings()
    assert settings.version == 1
    assert settings.values() == {
        "survey_valid_days": 7,
        "max_weeks_of_stock": 2,
        "weeks_of_stock_severity": "ERROR",
        "max_weeks_requested": 4,
        "weeks_requested_severity": "WARNING",
        "pack_severity": "WARNING",
    }
    assert len(campaign.condition_lines) >= 2
    assert len(campaign.term_paragraphs) == 4
    assert all(heading and text for heading, text in campaign.term_paragraphs)


def test_every_story_is_there(loaded: None) -> None:
    events = RequestEvent.objects
    rules_broken = {
        finding["rule"]
        for record in events.filter(to_status=Status.ERROR).values_list("check_record", flat=True)
        for finding in (record or {"result": {"findings": []}})["result"]["findings"]
    }
    assert rules_broken >= {"R2", "R3", "R4", "R6", "R7"}
    assert events.filter(
        verb=Verb.REVISE, to_status=Status.UNDER_REVIEW, content__confirmation_withdrawn=True
    ).exists()
    assert events.filter(verb=Verb.REVISE, from_status=Status.UNDER_REVIEW, to_status=Status.ERROR).exists()
    assert events.filter(verb=Verb.TELEPHONE).count() == 2
    assert events.filter(verb=Verb.ACCEPT, content__without_confirmation=True).exclude(reason="").exists()
    assert any(line.accepted_quantity < line.quantity for line in _accepted_lines())
    withdrawn = events.filter(verb=Verb.WITHDRAW)
    assert set(withdrawn.values_list("from_status", flat=True)) == {Status.DRAFT, Status.UNDER_REVIEW}
    assert withdrawn.exclude(content__questions=[]).exists(), "one closes a question"
    same_day = Counter(
        SosRequest.objects.filter(status=Status.UNDER_REVIEW).values_list("institution", "title")
    )
    assert 2 in same_day.values()
    late = [facts for facts in _submissions() if facts[0].weekday() == 2 and facts[0].hour >= 17]
    assert late
    assert all(handled_from > submitted_at.date() for submitted_at, handled_from in late)


def _accepted_lines() -> list[Any]:
    return list(RequestLine.objects.filter(request__status=Status.ACCEPTED))


def _submissions() -> list[tuple[datetime, date]]:
    return [
        (request.submitted_at.astimezone(JST), request.handled_from)
        for request in SosRequest.objects.all()
        if request.submitted_at and request.handled_from
    ]


def test_numbers_follow_the_order_of_creation(loaded: None) -> None:
    in_order = SosRequest.objects.order_by("created_at").values_list("number", flat=True)
    assert list(in_order) == sorted(in_order)


def test_nobody_is_written_to_about_history(loaded: None) -> None:
    assert OutboxMessage.objects.count() > 50
    assert not OutboxMessage.objects.exclude(state=OutboxMessage.State.SENT).exists()
    assert not OrmQ.objects.exists()


def test_mail_of_afterwards_is_sent(loaded: None) -> None:
    tokyo = User.objects.get(username="hospital-tokyo")
    request = SosRequest.objects.visible_to(tokyo).get(status=Status.ERROR)
    factories.answer(tokyo, request.institution, now=NOW)
    request.submit(tokyo, seen_version=request.version, now=NOW)
    assert OutboxMessage.objects.filter(state=OutboxMessage.State.PENDING).count() >= 2
    assert OrmQ.objects.count() == 1


# --- What was announced and asked ---------------------------------------------------------------------------------


def test_announcements_stand_in_every_stage_and_some_are_not_read(loaded: None) -> None:
    assert {each.stage(NOW) for each in Announcement.objects.all()} == {"掲載予定", "掲載中", "取下げ"}
    assert Announcement.objects.filter(corrected_at__isnull=False).count() == 1
    assert AnnouncementVersion.objects.filter(at__gt=NOW).count() == 0
    nurse = User.objects.get(username="hospital-tokyo")
    assert unread_count(nurse, NOW) == 2


def test_inquiries_stand_in_every_state_and_at_both_desks(loaded: None) -> None:
    assert {each.state_at(NOW) for each in Inquiry.objects.all()} == set(State)
    assert {each.desk for each in Inquiry.objects.filter(waiting_since__isnull=False)} == set(Desk)
    assert not InquiryMessage.objects.filter(at__gt=NOW).exists()
    assert (
        Inquiry.objects.filter(answer_unread=True, institution__users__username="hospital-tokyo").count() == 1
    )


def test_one_decision_with_every_outcome_and_requests_that_wait_for_one(loaded: None) -> None:
    decision = AllocationDecision.objects.get()
    assert {each.result for each in decision.outcomes.all()} == set(Outcome)
    assert differences(decision) == []
    assert 0 < decision.recomputed().given <= decision.available
    assert undecided().count() >= 5
    assert Institution.objects.filter(has_agreement=True).exists()


def test_something_is_typed_and_not_saved_and_mails_come_once_a_day(loaded: None) -> None:
    draft = TypedDraft.objects.select_related("user").get()
    assert draft.user.username == "hospital-osaka"
    assert draft.on_phone
    assert "2,400" in draft.typed.values()
    assert NoticeChoice.of(draft.user)[Notice.REQUEST] == When.DIGEST
