"""Two people, one request: one order wins, nothing is lost, nothing happens twice. Each race has its negative
control: with the lock or the receipt switched off, the same assertions must fail."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from institutions.models import Role, User
from institutions.models.institution import InstitutionQuerySet
from requests_app import permissions
from requests_app.exceptions import AlreadyAccepted, StaleVersion
from requests_app.models import RequestEvent, SosRequest, checking, verbs
from requests_app.models.request import SosRequestQuerySet
from requests_app.rules.transitions import Status, Verb
from sosportal.lib import clock, once
from sosportal.lib.models import FormReceipt, OutboxMessage
from sosportal.lib.once import TokenReused, run_once
from surveys.models import Figures, SurveyResponse
from surveys.models.response import SurveyResponseQuerySet
from tests import factories
from tests.races.crowd import Meeting, at_once

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("committed_db")]

RACES = 1_000


@pytest.fixture(autouse=True)
def campaign(committed_db: None) -> None:
    factories.campaign()


@pytest.fixture
def ministry(campaign: None) -> User:
    return factories.user(Role.MINISTRY)


def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch the verbs' locks off: the request's, and the institution's that the checked ones take before it."""
    monkeypatch.setattr(SosRequestQuerySet, "locked", lambda self: self)
    monkeypatch.setattr(InstitutionQuerySet, "locked", lambda self: self)


def meet_between_reading_and_writing(monkeypatch: pytest.MonkeyPatch, patience: float = 0.5) -> Meeting:
    """Let two verbs meet after both have read the row, where nothing prevents it."""
    meeting = Meeting(patience=patience)
    real = permissions.check

    def check(user: Any, verb: Verb, request: SosRequest) -> None:
        real(user, verb, request)
        meeting.wait()

    monkeypatch.setattr(permissions, "check", check)
    return meeting


@contextlib.contextmanager
def must_fail() -> Iterator[None]:
    """A negative control: what stands inside has to fail, else the test proves nothing."""
    with pytest.raises((AssertionError, SosRequest.MultipleObjectsReturned)):
        yield


# --- 1, 2: the same form twice ------------------------------------------------------------------------------------


def filing(person: User, place: Any, token: uuid.UUID, quantity: int = 4100) -> Callable[[], str]:
    """Post the form of a new request with this token."""

    def act() -> str:
        return run_once(
            token,
            actor_id=person.pk,
            body={"quantity": quantity},
            now=clock.now(),
            act=lambda: SosRequest.create_draft(person, place, factories.content(quantity)).number,
        )

    return act


def assert_filed_once(answers: list[Any]) -> None:
    request = SosRequest.objects.get()
    assert answers == [request.number] * len(answers)
    assert RequestEvent.objects.count() == 1
    assert FormReceipt.objects.count() == 1


def test_double_click_files_one_request() -> None:
    place = factories.institution()
    person = factories.member(place)
    token = uuid.uuid4()
    assert_filed_once(at_once(*[filing(person, place, token)] * 4))


def test_control_without_the_receipt_a_double_click_files_two(monkeypatch: pytest.MonkeyPatch) -> None:
    place = factories.institution()
    person = factories.member(place)
    monkeypatch.setattr(once, "claim", lambda receipt: True)
    answers = at_once(*[filing(person, place, uuid.uuid4())] * 2)
    with must_fail():
        assert_filed_once(answers)


def test_a_retry_after_the_commit_gets_the_same_answer() -> None:
    place = factories.institution()
    person = factories.member(place)
    post = filing(person, place, uuid.uuid4())
    assert_filed_once([post(), post(), post()])


def test_the_same_token_with_another_body_or_by_somebody_else_is_refused() -> None:
    place = factories.institution()
    person, colleague = factories.member(place), factories.member(place)
    token = uuid.uuid4()
    filing(person, place, token)()
    with pytest.raises(TokenReused):
        filing(person, place, token, quantity=9900)()
    with pytest.raises(TokenReused):
        filing(colleague, place, token)()
    assert SosRequest.objects.count() == 1


def test_a_refused_form_leaves_its_token_free() -> None:
    place = factories.institution()
    person = factories.member(place)
    token = uuid.uuid4()
    with pytest.raises(Exception, match="1から"):
        filing(person, place, token, quantity=0)()
    assert filing(person, place, token)() == SosRequest.objects.get().number


@pytest.mark.parametrize("locks", [True, False], ids=["locked", "control"])
def test_applying_twice_at_once_is_one_application(locks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    place = factories.institution()
    person = factories.member(place)
    request = factories.draft(person, place)
    factories.answer(person, place)
    meeting = meet_between_reading_and_writing(monkeypatch)
    if not locks:
        unlocked(monkeypatch)
        monkeypatch.setattr(SurveyResponseQuerySet, "locked", lambda self: self)
    results = at_once(*[lambda: request.submit(person, seen_version=1)] * 2)
    applications = RequestEvent.objects.filter(verb=Verb.SUBMIT).count()
    mails = Counter(OutboxMessage.objects.values_list("to", flat=True)).most_common(1)[0][1]
    names = sorted(type(result).__name__ for result in results)
    if locks:
        assert (names, applications, mails) == (["NotPossible", "SosRequest"], 1, 1)
    else:
        assert (applications, mails) != (1, 1), names
    assert meeting.met is not locks


# --- 3, 4: an edit, or another acceptance, against 受付完了 ---------------------------------------------------------


def assert_one_order_won(request: SosRequest, results: list[Any]) -> str:
    """Either the edit came first and the acceptance was refused as stale, or the edit came too late."""
    stands = SosRequest.objects.get(pk=request.pk)
    quantity = stands.lines.get().quantity
    order = [event.verb for event in RequestEvent.objects.filter(request_id=request.pk).order_by("id")]
    edited, accepted = results
    if stands.state is Status.ACCEPTED:
        assert isinstance(edited, AlreadyAccepted), edited
        assert (quantity, stands.version) == (4100, 1)
        assert order[-1] == Verb.ACCEPT
        return "accepted"
    assert isinstance(accepted, StaleVersion), accepted
    assert (quantity, stands.version, stands.state) == (3000, 2, Status.UNDER_REVIEW)
    assert order[-1] == Verb.REVISE
    return "edited"


def edit_against_acceptance(request: SosRequest, person: User, ministry: User) -> list[Any]:
    return at_once(
        lambda: request.revise(person, factories.content(3000), seen_version=1),
        lambda: request.accept(ministry, seen_revision=request.revision, reason="急ぎ"),
    )


def test_an_edit_races_with_the_acceptance_a_thousand_times(ministry: User) -> None:
    place = factories.institution()
    person = factories.member(place)
    factories.answer(person, place)
    outcomes: Counter[str] = Counter()
    for _ in range(RACES):
        request = factories.draft(person, place).submit(person, seen_version=1)
        results = edit_against_acceptance(request, person, ministry)
        outcomes[assert_one_order_won(request, results)] += 1
    assert sum(outcomes.values()) == RACES
    assert len(outcomes) == 2, f"the race was never close: {outcomes}"


@pytest.mark.parametrize("locks", [True, False], ids=["locked", "control"])
def test_an_edit_that_meets_the_acceptance(
    locks: bool, ministry: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = factories.institution()
    person = factories.member(place)
    request = factories.request_in(Status.UNDER_REVIEW, person, place)
    meeting = meet_between_reading_and_writing(monkeypatch)
    if locks:
        assert_one_order_won(request, edit_against_acceptance(request, person, ministry))
        assert not meeting.met
        return
    unlocked(monkeypatch)
    results = edit_against_acceptance(request, person, ministry)
    with must_fail():
        assert_one_order_won(request, results)
    assert meeting.met


def assert_one_acceptance(results: list[Any]) -> None:
    assert sorted(type(result).__name__ for result in results) == ["AlreadyAccepted", "SosRequest"], results
    assert RequestEvent.objects.filter(verb=Verb.ACCEPT).count() == 1


@pytest.mark.parametrize("locks", [True, False], ids=["locked", "control"])
def test_two_officers_accept_at_once(locks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    request = factories.confirm(factories.request_in(Status.UNDER_REVIEW))
    officers = [factories.user(Role.MINISTRY) for _ in range(2)]
    acts = [
        lambda officer=officer: request.accept(officer, seen_revision=request.revision)
        for officer in officers
    ]
    meeting = meet_between_reading_and_writing(monkeypatch)
    if locks:
        assert_one_acceptance(at_once(*acts))
        return
    unlocked(monkeypatch)
    results = at_once(*acts)
    with must_fail():
        assert_one_acceptance(results)
    assert meeting.met


# --- 5: two tabs --------------------------------------------------------------------------------------------------


def assert_second_tab_was_shown_the_first(request: SosRequest, results: list[Any]) -> None:
    refused = [result for result in results if isinstance(result, StaleVersion)]
    saved = [result for result in results if isinstance(result, SosRequest)]
    assert (len(refused), len(saved)) == (1, 1), results
    stands = SosRequest.objects.get(pk=request.pk)
    assert stands.version == 2
    assert refused[0].current.opinion == stands.opinion == saved[0].opinion
    assert RequestEvent.objects.filter(request_id=request.pk, verb=Verb.REVISE).count() == 1


@pytest.mark.parametrize("locks", [True, False], ids=["locked", "control"])
def test_two_tabs_save_the_same_version(locks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    place = factories.institution()
    person = factories.member(place)
    request = factories.draft(person, place)
    acts = [
        lambda text=text: request.revise(person, factories.content(4100, text), seen_version=1)
        for text in ("ひとつめの画面", "ふたつめの画面")
    ]
    meeting = meet_between_reading_and_writing(monkeypatch)
    if locks:
        assert_second_tab_was_shown_the_first(request, at_once(*acts))
        return
    unlocked(monkeypatch)
    results = at_once(*acts)
    with must_fail():
        assert_second_tab_was_shown_the_first(request, results)
    assert meeting.met


# --- 6: the survey changes while the check is judging -------------------------------------------------------------


@pytest.mark.parametrize("locks", [True, False], ids=["locked", "control"])
def test_the_answer_judged_is_the_answer_at_the_commit(locks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    place = factories.institution()
    person = factories.member(place)
    request = factories.draft(person, place)
    factories.answer(person, place)
    judged, corrected = threading.Event(), threading.Event()
    overtaken: list[bool] = []
    real = checking.check

    def check_then_dawdle(*args: Any) -> Any:
        outcome = real(*args)
        judged.set()
        overtaken.append(corrected.wait(0.5))
        return outcome

    monkeypatch.setattr(checking, "check", check_then_dawdle)
    if not locks:
        monkeypatch.setattr(SurveyResponseQuerySet, "locked", lambda self: self)

    def correct() -> SurveyResponse:
        assert judged.wait(5)
        answer = factories.answer(person, place, {factories.gloves().pk: Figures(0, 0, 0)})
        corrected.set()
        return answer

    submitted, answer = at_once(lambda: request.submit(person, seen_version=1), correct)
    assert answer.version == 2
    assert submitted.state is Status.UNDER_REVIEW
    record = RequestEvent.objects.filter(verb=Verb.SUBMIT).get().check_record
    assert record is not None
    assert (record["input"]["answer_id"], record["input"]["answer_version"]) == (answer.pk, 1)
    assert record["input"]["lines"][0]["figures"]["weekly_consumption"] == 4000
    assert overtaken == [not locks]


# --- Numbers ------------------------------------------------------------------------------------------------------


def test_requests_filed_at_once_get_different_numbers() -> None:
    places = [factories.institution() for _ in range(8)]
    people = [factories.member(place) for place in places]
    made = at_once(
        *[
            lambda person=person, place=place: factories.draft(person, place)
            for person, place in zip(people, places, strict=True)
        ]
    )
    assert sorted(int(request.number[-4:]) for request in made) == list(range(1, 9))


def test_control_numbers_that_are_counted_and_not_taken_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    place = factories.institution()
    person = factories.member(place)
    meeting = Meeting()

    def counted(moment: Any) -> str:
        number = f"{moment:%y%m}-{SosRequest.objects.count() + 1:04d}"
        meeting.wait()
        return number

    monkeypatch.setattr(verbs, "_next_number", counted)
    made = at_once(*[lambda: factories.draft(person, place)] * 2)
    assert sorted(type(each).__name__ for each in made) == ["IntegrityError", "SosRequest"]
    assert meeting.met


# --- R9: two requests of one institution --------------------------------------------------------------------------


@pytest.mark.parametrize("locks", [True, False], ids=["locked", "control"])
def test_the_second_of_two_requests_is_warned_of_the_first(
    locks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = factories.institution()
    person = factories.member(place)
    factories.answer(person, place)
    requests = [factories.draft(person, place) for _ in range(2)]
    meeting = meet_between_reading_and_writing(monkeypatch)
    if not locks:
        unlocked(monkeypatch)
        monkeypatch.setattr(SurveyResponseQuerySet, "locked", lambda self: self)
    at_once(*[lambda request=request: request.submit(person, seen_version=1) for request in requests])
    warned = [
        "R9" in {finding["rule"] for finding in (event.check_record or {})["result"]["findings"]}
        for event in RequestEvent.objects.filter(verb=Verb.SUBMIT)
    ]
    assert sorted(warned) == ([False, True] if locks else [False, False])
    assert meeting.met is not locks
