"""The verbs, one by one and in order."""

from datetime import datetime, timedelta

import pytest

from institutions.models import Role
from requests_app.exceptions import (
    AlreadyAccepted,
    NotPermitted,
    NotPossible,
    QuantityRefused,
    ReasonRequired,
    StaleVersion,
    StatusWriteRefused,
    TermsNotConfirmed,
)
from requests_app.models import Campaign, Content, RequestEvent, RequestLine, SosRequest
from requests_app.rules.system_check import CheckResult
from requests_app.rules.transitions import Status, Verb
from sosportal.lib.clock import JST
from sosportal.lib.models import OutboxMessage
from tests import factories

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)
LATER = datetime(2026, 11, 24, 11, 20, tzinfo=JST)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def campaign() -> None:
    factories.campaign(now=NOW)


def test_from_draft_to_acceptance() -> None:
    place = factories.institution()
    person = factories.member(place)
    request = factories.draft(person, place, now=NOW)
    assert request.state is Status.DRAFT
    assert request.title == f"2026/11/24_{place.name}_緊急配布要請"
    assert request.number == "2611-0001"
    assert request.submitted_at is None

    factories.answer(person, place, now=NOW)
    request = request.submit(person, seen_version=1, now=NOW)
    assert request.state is Status.UNDER_REVIEW
    assert request.submitted_at == NOW
    assert request.cutoff_at == datetime(2026, 11, 25, 17, 0, tzinfo=JST)
    assert str(request.handled_from) == "2026-11-24"

    request = factories.confirm(request, now=LATER)
    assert request.confirmed_at == LATER
    request = request.accept(factories.user(Role.MINISTRY), seen_revision=request.revision, now=LATER)
    assert request.state is Status.ACCEPTED
    fresh = SosRequest.objects.get(pk=request.pk)
    assert fresh.accepted_at == LATER
    assert [line.accepted_quantity for line in fresh.lines.all()] == [4100]
    verbs = list(RequestEvent.objects.of(request.pk).values_list("verb", "from_status", "to_status"))
    assert verbs == [
        (Verb.ACCEPT, Status.UNDER_REVIEW, Status.ACCEPTED),
        (Verb.CONFIRM, Status.UNDER_REVIEW, Status.UNDER_REVIEW),
        (Verb.SUBMIT, Status.DRAFT, Status.UNDER_REVIEW),
        (Verb.SAVE, "", Status.DRAFT),
    ]


def test_numbers_count_up_within_the_month_and_begin_anew() -> None:
    place = factories.institution()
    person = factories.member(place)
    numbers = [factories.draft(person, place, now=NOW).number for _ in range(2)]
    december = datetime(2026, 12, 1, 0, 0, 0, tzinfo=JST)
    numbers.append(factories.draft(person, place, now=december).number)
    assert numbers == ["2611-0001", "2611-0002", "2612-0001"]


def test_a_failed_check_leads_to_error_and_keeps_what_it_looked_at() -> None:
    place = factories.institution(email="")
    person = factories.member(place)
    request = factories.draft(person, place, now=NOW)
    request = request.submit(person, seen_version=1, now=NOW)
    assert request.state is Status.ERROR
    assert request.submitted_at is None
    record = request.events()[0].check_record
    assert record is not None
    result = CheckResult.from_json(record["result"])
    assert [finding.rule for finding in result.errors] == ["R3", "R4"]
    assert record["input"]["rules"]["version"] == 1
    assert record["input"]["lines"][0]["quantity"] == 4100


def test_edit_under_review_keeps_its_submission_and_withdraws_the_confirmation() -> None:
    request = factories.confirm(factories.request_in(Status.UNDER_REVIEW, now=NOW), now=NOW)
    person = request.created_by
    request = request.revise(person, factories.content(3000), seen_version=1, now=LATER)
    assert request.state is Status.UNDER_REVIEW
    assert request.submitted_at == NOW
    assert request.version == 2
    assert request.confirmed_at is None
    line = request.lines.get()
    assert (line.quantity, line.confirmed_quantity) == (3000, None)
    event = request.events()[0]
    assert event.changes[0]["before"] == 4100
    assert event.changes[0]["after"] == 3000
    assert event.content["confirmation_withdrawn"] is True


def test_edit_under_review_that_fails_the_check_goes_to_error() -> None:
    request = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    empty = Content(confirmed_terms=True, lines={}, opinion="")
    request = request.revise(request.created_by, empty, seen_version=1, now=LATER)
    assert request.state is Status.ERROR
    assert request.submitted_at is None
    assert request.cutoff_at is None
    assert request.handled_from is None
    assert OutboxMessage.objects.filter(subject__startswith="緊急配布要請がエラー有り").exists()


def test_an_edit_that_changes_nothing_writes_nothing() -> None:
    request = factories.confirm(factories.request_in(Status.UNDER_REVIEW, now=NOW), now=NOW)
    before = RequestEvent.objects.count()
    request = request.revise(request.created_by, factories.content(4100), seen_version=1, now=LATER)
    assert RequestEvent.objects.count() == before
    assert request.confirmed_at == NOW
    assert request.version == 1


def test_saving_without_the_tick_is_refused() -> None:
    place = factories.institution()
    person = factories.member(place)
    with pytest.raises(TermsNotConfirmed):
        SosRequest.create_draft(person, place, Content(False, {}, ""), now=NOW)
    assert not SosRequest.objects.exists()
    request = factories.draft(person, place, now=NOW)
    with pytest.raises(TermsNotConfirmed):
        request.revise(person, Content(False, {}, ""), seen_version=1, now=NOW)
    assert SosRequest.objects.get().version == 1


@pytest.mark.parametrize("quantity", [0, -1, 10_000_000])
def test_quantities_outside_the_range_are_refused(quantity: int) -> None:
    place = factories.institution()
    with pytest.raises(QuantityRefused):
        SosRequest.create_draft(factories.member(place), place, factories.content(quantity), now=NOW)


def test_an_old_version_is_refused_and_shown_what_stands() -> None:
    request = factories.request_in(Status.DRAFT, now=NOW)
    request.revise(request.created_by, factories.content(3000), seen_version=1, now=NOW)
    with pytest.raises(StaleVersion) as caught:
        request.revise(request.created_by, factories.content(2000), seen_version=1, now=NOW)
    assert caught.value.current.lines.get().quantity == 3000
    with pytest.raises(StaleVersion):
        request.submit(request.created_by, seen_version=1, now=NOW)


def test_an_officer_accepts_the_revision_they_saw() -> None:
    request = factories.confirm(factories.request_in(Status.UNDER_REVIEW, now=NOW), now=NOW)
    seen = request.revision
    request.revise(request.created_by, factories.content(9900), seen_version=1, now=NOW)
    with pytest.raises(StaleVersion):
        request.accept(factories.user(Role.MINISTRY), seen_revision=seen, now=LATER)
    assert SosRequest.objects.get().state is Status.UNDER_REVIEW


def test_accepting_without_confirmation_needs_a_reason() -> None:
    request = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    ministry = factories.user(Role.MINISTRY)
    with pytest.raises(ReasonRequired):
        request.accept(ministry, seen_revision=request.revision, now=LATER)
    request = request.accept(ministry, seen_revision=request.revision, reason="県庁が停電のため", now=LATER)
    assert request.lines.get().accepted_quantity == 4100
    assert request.events()[0].reason == "県庁が停電のため"


def test_accepting_another_quantity_than_was_confirmed_needs_a_reason() -> None:
    request = factories.confirm(factories.request_in(Status.UNDER_REVIEW, now=NOW), now=NOW)
    ministry, other = factories.user(Role.MINISTRY), {factories.gloves().pk: 4000}
    with pytest.raises(ReasonRequired):
        request.accept(ministry, seen_revision=request.revision, quantities=other, reason=" ", now=LATER)
    request = request.accept(
        ministry, seen_revision=request.revision, quantities=other, reason="国の在庫が足りないため", now=LATER
    )
    assert (request.lines.get().confirmed_quantity, request.lines.get().accepted_quantity) == (4100, 4000)


def test_confirming_less_needs_a_note_and_never_more_than_asked() -> None:
    request = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    officer = factories.user(Role.PREFECTURE)
    gloves = factories.gloves().pk
    seen = request.revision
    with pytest.raises(ReasonRequired):
        request.confirm(officer, {gloves: 3500}, "", seen_revision=seen, now=LATER)
    for quantities in ({gloves: 4200}, {gloves: -1}, {}, {gloves: 1, 999: 1}):
        with pytest.raises(QuantityRefused):
            request.confirm(officer, quantities, "理由", seen_revision=seen, now=LATER)
    request = request.confirm(officer, {gloves: 3500}, "電話で確認", seen_revision=seen, now=LATER)
    assert request.lines.get().confirmed_quantity == 3500
    assert request.prefecture_note == "電話で確認"


def test_telephone_check_is_logged_and_changes_nothing_else() -> None:
    request = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    officer = factories.user(Role.PREFECTURE)
    after = request.log_telephone(officer, whom="見本 花子さん", what="11/27に600枚届く", now=LATER)
    assert (after.version, after.revision) == (request.version, request.revision)
    said = after.events()[0].content
    assert (said["whom"], said["what"]) == ("見本 花子さん", "11/27に600枚届く")
    assert datetime.fromisoformat(said["called_at"]) == after.events()[0].at
    with pytest.raises(ReasonRequired):
        request.log_telephone(officer, whom=" ", what="x", now=LATER)


def test_acceptance_is_final() -> None:
    request = factories.request_in(Status.ACCEPTED, now=NOW)
    with pytest.raises(AlreadyAccepted):
        request.revise(request.created_by, factories.content(1), seen_version=1, now=LATER)
    with pytest.raises(NotPossible):
        request.accept(factories.user(Role.MINISTRY), seen_revision=request.revision, now=LATER)


def test_somebody_elses_request_is_refused() -> None:
    request = factories.request_in(Status.DRAFT, now=NOW)
    stranger = factories.member(factories.institution())
    with pytest.raises(NotPermitted):
        request.submit(stranger, seen_version=1, now=NOW)
    with pytest.raises(NotPermitted):
        SosRequest.create_draft(stranger, request.institution, factories.content(), now=NOW)


def test_code_can_not_go_round_the_verbs() -> None:
    request = factories.request_in(Status.DRAFT, now=NOW)
    with pytest.raises(StatusWriteRefused):
        request.save()
    with pytest.raises(StatusWriteRefused):
        request.delete()
    for attempt in (
        lambda: SosRequest.objects.update(status="ACCEPTED"),
        lambda: SosRequest.objects.filter(pk=request.pk).delete(),
        lambda: SosRequest.objects.bulk_update([request], ["status"]),
        lambda: SosRequest.objects.bulk_create([request]),
        lambda: SosRequest.objects.create(number="x"),
    ):
        with pytest.raises(StatusWriteRefused):
            attempt()


def test_application_mails_go_to_the_institution_and_its_prefecture_once() -> None:
    tokyo = factories.user(Role.PREFECTURE, email="tokyo@example.jp")
    factories.user(Role.PREFECTURE, prefecture_id=factories.OSAKA, email="osaka@example.jp")
    place = factories.institution(email="desk@example.jp")
    person = factories.member(place, email="nurse@example.jp")
    factories.request_in(Status.UNDER_REVIEW, person, place, now=NOW)
    assert set(OutboxMessage.objects.values_list("to", flat=True)) == {
        "desk@example.jp",
        "nurse@example.jp",
        tokyo.email,
    }
    body = OutboxMessage.objects.get(to="nurse@example.jp").body
    assert "11/25（水）17:00の締切分です。11/24（火）から対応します。" in body


def test_who_applied_is_told_when_a_colleagues_edit_fails_the_check() -> None:
    place = factories.institution(email="desk@example.jp")
    people = [factories.member(place, email=f"{letter}@example.jp") for letter in "abc"]
    request = factories.draft(people[0], place, now=NOW)
    factories.answer(people[0], place, now=NOW)
    request = request.submit(people[1], seen_version=1, now=NOW)
    OutboxMessage.objects.all().delete()
    request = request.revise(people[2], Content(True, {}, ""), seen_version=1, now=LATER)
    assert request.state is Status.ERROR
    told = set(OutboxMessage.objects.values_list("to", flat=True))
    # Who wrote it follows it as who applied does; who edited it is told what came of that.
    assert told == {"desk@example.jp", "a@example.jp", "b@example.jp", "c@example.jp"}


def test_an_edit_under_review_stays_in_the_campaign_it_was_applied_for_in() -> None:
    request = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    first = Campaign.objects.get()
    first.closes_at = LATER
    first.save()
    second = factories.campaign(now=LATER + timedelta(days=60))
    assert second != first
    after = LATER + timedelta(hours=1)
    request = request.revise(request.created_by, factories.content(3000), seen_version=1, now=after)
    assert request.state is Status.UNDER_REVIEW
    assert request.campaign == first


def test_lines_follow_the_content() -> None:
    request = factories.request_in(Status.DRAFT, now=NOW)
    request.revise(request.created_by, Content(True, {}, "在庫なし"), seen_version=1, now=NOW)
    assert not RequestLine.objects.exists()
    assert SosRequest.objects.get().opinion == "在庫なし"
