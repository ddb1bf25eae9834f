"""照会, 申し送り, 担当: what each writes, whom it tells, what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from institutions.models import Role, User
from requests_app.exceptions import HeldByOther, QuestionClosed, ReasonRequired, TimeRefused
from requests_app.models import Claim, Question, RequestEvent, SosRequest
from requests_app.models.request import Content
from requests_app.queries import desk
from requests_app.rules.transitions import Status, Verb
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.requests_app.test_moves import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_() -> SosRequest:
    factories.campaign(now=NOW)
    return factories.request_in(Status.UNDER_REVIEW, now=NOW)


@pytest.fixture
def officer() -> User:
    return factories.user(Role.PREFECTURE, name="見本 一郎")


@pytest.fixture
def colleague() -> User:
    return factories.user(Role.PREFECTURE, name="見本 二郎")


def mails(subject: str) -> dict[str, str]:
    """Text by address of the mails whose subject begins so."""
    return {mail.to: mail.body for mail in OutboxMessage.objects.filter(subject__startswith=subject)}


# --- 照会 ---------------------------------------------------------------------------------------------------------


def test_a_question_goes_to_the_institution_and_its_applicant(request_: SosRequest, officer: User) -> None:
    request_.ask(officer, "在庫は箱数ですか", now=NOW)
    question = Question.objects.get()
    assert (question.request, question.asked_by, question.asked_at) == (request_, officer, NOW)
    assert question.is_open
    told = mails("緊急配布要請について照会があります")
    assert set(told) == {request_.institution.email, request_.created_by.email}
    for body in told.values():
        assert "照会：在庫は箱数ですか" in body
        assert f"/requests/{request_.number}/" in body


@pytest.mark.parametrize("role", [Role.PREFECTURE, Role.MINISTRY])
def test_the_answer_goes_to_the_office_that_asked(request_: SosRequest, role: Role) -> None:
    asker, other = factories.user(role), factories.user(role)
    elsewhere = factories.user(Role.MINISTRY if role is Role.PREFECTURE else Role.PREFECTURE)
    request_.ask(asker, "在庫は？", now=NOW)
    request_.answer(request_.created_by, Question.objects.get().pk, "9箱です", now=NOW)
    question = Question.objects.get()
    assert (question.answer, question.answered_by, question.answered_at) == (
        "9箱です",
        request_.created_by,
        NOW,
    )
    told = mails("照会に回答がありました")
    assert {asker.email, other.email} <= set(told)
    assert elsewhere.email not in told
    assert request_.institution.email not in told
    assert all("照会：在庫は？" in body and "回答：9箱です" in body for body in told.values())


def test_several_questions_may_be_open_and_each_is_answered_once(request_: SosRequest, officer: User) -> None:
    for text in ("一つ目", "二つ目"):
        request_.ask(officer, text, now=NOW)
    first, second = Question.objects.order_by("pk")
    request_.answer(request_.created_by, second.pk, "はい", now=NOW)
    assert list(Question.objects.open()) == [first]
    with pytest.raises(QuestionClosed) as refused:
        request_.answer(request_.created_by, second.pk, "いいえ", now=NOW)
    assert refused.value.current.answer == "はい"
    assert Question.objects.get(pk=second.pk).answer == "はい"


def test_a_question_withdrawn_needs_no_answer_and_the_institution_is_told(
    request_: SosRequest, officer: User, colleague: User
) -> None:
    request_.ask(officer, "在庫は？", now=NOW)
    key = Question.objects.get().pk
    with pytest.raises(ReasonRequired):
        request_.unask(colleague, key, " ", now=NOW)
    request_.unask(colleague, key, "電話で確認したため", now=NOW)
    assert not Question.objects.open().exists()
    told = mails("緊急配布要請についての照会を取り消しました")
    assert set(told) == {request_.institution.email, request_.created_by.email}
    assert all("電話で確認したため" in body for body in told.values())
    with pytest.raises(QuestionClosed, match="取り消されました"):
        request_.answer(request_.created_by, key, "9箱です", now=NOW)


def test_a_question_of_another_request_is_none_of_this_one(request_: SosRequest, officer: User) -> None:
    other = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    other.ask(officer, "在庫は？", now=NOW)
    key = Question.objects.get().pk
    with pytest.raises(Question.DoesNotExist):
        request_.answer(request_.created_by, key, "9箱です", now=NOW)


def test_the_database_keeps_what_was_asked_and_answered(request_: SosRequest, officer: User) -> None:
    request_.ask(officer, "在庫は？", now=NOW)
    question = Question.objects.get()
    refused: list[Callable[[], object]] = [
        lambda: Question.objects.filter(pk=question.pk).update(text="別のこと"),
        lambda: Question.objects.filter(pk=question.pk).update(answered_at=NOW),
        lambda: Question.objects.filter(pk=question.pk).update(answer="だれのでもない回答"),
    ]
    request_.answer(request_.created_by, question.pk, "9箱です", now=NOW)
    refused.append(lambda: Question.objects.filter(pk=question.pk).update(answer="10箱です"))
    for change in refused:
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_nothing_is_asked_answered_or_noted_without_words(
    request_: SosRequest, officer: User, text: str
) -> None:
    request_.ask(officer, "在庫は？", now=NOW)
    key, events = Question.objects.get().pk, RequestEvent.objects.count()
    acts: list[Callable[[], object]] = [
        lambda: request_.ask(officer, text, now=NOW),
        lambda: request_.answer(request_.created_by, key, text, now=NOW),
        lambda: request_.memo(officer, text, now=NOW),
    ]
    for act in acts:
        with pytest.raises(ReasonRequired):
            act()
    assert RequestEvent.objects.count() == events


# --- 電話確認 -----------------------------------------------------------------------------------------------------


def test_a_call_may_have_been_earlier(request_: SosRequest, officer: User) -> None:
    earlier = NOW - timedelta(hours=3)
    request_.log_telephone(officer, whom="見本さん", what="在庫なし", called_at=earlier, now=NOW)
    assert request_.events()[0].content["called_at"] == earlier.isoformat()


@pytest.mark.parametrize("off", [timedelta(minutes=1), -timedelta(days=31)])
def test_a_call_to_come_or_of_last_year_is_a_slip(
    request_: SosRequest, officer: User, off: timedelta
) -> None:
    with pytest.raises(TimeRefused):
        request_.log_telephone(officer, whom="見本さん", what="在庫なし", called_at=NOW + off, now=NOW)


def flagged() -> set[int]:
    """The requests whose row says that a question waits."""
    return set(SosRequest.objects.filter(question_open=True).values_list("pk", flat=True))


@pytest.mark.parametrize("status", [Status.ERROR, Status.UNDER_REVIEW, Status.ACCEPTED])
def test_the_row_says_whether_a_question_waits(status: Status, officer: User) -> None:
    """Asked under review; then an edit may fail, or the ministry accept, before each of two questions is closed."""
    factories.campaign(now=NOW)
    request = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    assert flagged() == set()
    request.ask(officer, "一つ目", now=NOW)
    request.ask(officer, "二つ目", now=NOW)
    assert flagged() == {request.pk}
    if status is Status.ERROR:
        nothing = Content(confirmed_terms=True)
        request = request.revise(request.created_by, nothing, seen_version=request.version, now=NOW)
    elif status is Status.ACCEPTED:
        request = factories.accept(request, now=NOW)
    assert request.state is status
    one, two = Question.objects.order_by("pk")
    request.answer(request.created_by, one.pk, "はい", now=NOW)
    assert flagged() == {request.pk}
    request.unask(officer, two.pk, "電話で確認", now=NOW)
    assert flagged() == set()


def test_a_withdrawal_leaves_no_question_waiting(request_: SosRequest, officer: User) -> None:
    request_.ask(officer, "在庫は？", now=NOW)
    assert flagged() == {request_.pk}
    factories.withdraw(request_, now=NOW)
    assert flagged() == set()


@pytest.mark.parametrize("status", [Status.UNDER_REVIEW, Status.ACCEPTED])
def test_the_row_can_not_say_otherwise(status: Status, officer: User) -> None:
    """Whatever is written, the database puts what the questions say; of an accepted request nothing is taken."""
    factories.campaign(now=NOW)
    request = factories.request_in(status, now=NOW)

    def say(waits: bool) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE requests_app_sosrequest SET question_open = %s WHERE id = %s", [waits, request.pk]
            )

    def try_to_say(waits: bool) -> None:
        if status is Status.ACCEPTED:
            with pytest.raises(IntegrityError), transaction.atomic():
                say(waits)
        else:
            say(waits)

    try_to_say(True)
    assert flagged() == set()
    request.ask(officer, "在庫は？", now=NOW)
    try_to_say(False)
    assert flagged() == {request.pk}


# --- 申し送り -----------------------------------------------------------------------------------------------------


def test_a_memo_is_told_to_nobody(request_: SosRequest, officer: User) -> None:
    before = OutboxMessage.objects.count()
    request_.memo(officer, "月曜に電話", now=NOW)
    assert OutboxMessage.objects.count() == before
    assert request_.events()[0].content == {"memo": "月曜に電話"}
    assert "memo" not in {event.verb for event in request_.events().for_institution()}


# --- 担当 ---------------------------------------------------------------------------------------------------------


def claims(request: SosRequest) -> int:
    return RequestEvent.objects.filter(request_id=request.pk, verb=Verb.CLAIM.value).count()


def test_a_claim_runs_out_by_the_clock(request_: SosRequest, officer: User, colleague: User) -> None:
    request_.claim(officer, now=NOW)
    last = NOW + timedelta(minutes=29, seconds=59)
    assert Claim.of(request_.pk, last).user == officer  # type: ignore[union-attr]
    assert Claim.of(request_.pk, NOW + timedelta(minutes=30)) is None
    with pytest.raises(HeldByOther, match="見本 一郎さんが担当しています"):
        request_.claim(colleague, now=last)
    request_.claim(colleague, now=NOW + timedelta(minutes=30))
    held = Claim.objects.get()
    assert (held.user, held.untold_ids) == (colleague, [])
    assert claims(request_) == 2


def test_taking_over_needs_to_know_from_whom_and_is_kept(
    request_: SosRequest, officer: User, colleague: User
) -> None:
    request_.claim(officer, now=NOW)
    for seen in (None, factories.user(Role.MINISTRY).pk):
        with pytest.raises(HeldByOther):
            request_.claim(colleague, seen_holder=seen, now=NOW)
    request_.claim(colleague, seen_holder=officer.pk, now=NOW)
    held = Claim.objects.get()
    assert (held.user, held.untold_ids) == (colleague, [officer.pk])
    assert request_.events()[0].content == {"from_id": officer.pk, "from": "見本 一郎"}


def test_everybody_from_whom_it_was_taken_is_told_once(
    request_: SosRequest, officer: User, colleague: User
) -> None:
    third = factories.user(Role.MINISTRY, name="見本 三郎")
    request_.claim(officer, now=NOW)
    request_.claim(colleague, seen_holder=officer.pk, now=NOW)
    request_.claim(third, seen_holder=colleague.pk, now=NOW)
    for person, taker in ((officer, colleague), (colleague, third)):
        (told,) = desk.taken_over(person, NOW)
        assert (told.number, told.by, told.holder) == (request_.number, taker.name, third.name)
        assert desk.taken_over(person, NOW) == []
    assert desk.taken_over(third, NOW) == []


def test_who_took_it_is_named_though_it_ran_out_and_another_began(
    request_: SosRequest, officer: User, colleague: User
) -> None:
    """Who begins once it is free takes it from nobody."""
    request_.claim(officer, now=NOW)
    request_.claim(colleague, seen_holder=officer.pk, now=NOW)
    later = NOW + timedelta(minutes=40)
    third = factories.user(Role.MINISTRY, name="見本 三郎")
    request_.claim(third, now=later)
    (told,) = desk.taken_over(officer, later)
    assert (told.by, told.holder) == (colleague.name, third.name)

    request_.claim(colleague, seen_holder=third.pk, now=later)
    over = later + timedelta(minutes=30)
    (told,) = desk.taken_over(third, over)
    assert (told.by, told.holder) == (colleague.name, "")


def test_who_moved_meanwhile_is_told_nothing_of_the_other_prefecture(
    request_: SosRequest, officer: User, colleague: User
) -> None:
    request_.claim(officer, now=NOW)
    request_.claim(colleague, seen_holder=officer.pk, now=NOW)
    User.objects.filter(pk=officer.pk).update(prefecture_id=factories.OSAKA)
    assert desk.taken_over(User.objects.get(pk=officer.pk), NOW) == []
    User.objects.filter(pk=officer.pk).update(prefecture_id=factories.TOKYO)
    assert len(desk.taken_over(User.objects.get(pk=officer.pk), NOW)) == 1, "back again, it is theirs to know"


def test_who_took_it_back_need_not_be_told(request_: SosRequest, officer: User, colleague: User) -> None:
    request_.claim(officer, now=NOW)
    request_.claim(colleague, seen_holder=officer.pk, now=NOW)
    request_.claim(officer, seen_holder=colleague.pk, now=NOW)
    assert desk.taken_over(officer, NOW) == []
    assert len(desk.taken_over(colleague, NOW)) == 1


def test_claiming_again_makes_it_longer_and_is_no_event(request_: SosRequest, officer: User) -> None:
    request_.claim(officer, now=NOW)
    request_.claim(officer, now=NOW + timedelta(minutes=20))
    assert Claim.objects.get().expires_at == NOW + timedelta(minutes=50)
    assert claims(request_) == 1


def test_who_was_taken_over_from_is_still_told_when_the_new_holder_claims_again(
    request_: SosRequest, officer: User, colleague: User
) -> None:
    request_.claim(officer, now=NOW)
    request_.claim(colleague, seen_holder=officer.pk, now=NOW)
    request_.claim(colleague, now=NOW + timedelta(minutes=20))
    assert [told.by for told in desk.taken_over(officer, NOW)] == [colleague.name]
    assert desk.taken_over(officer, NOW) == [], "once"


def test_work_of_the_holder_keeps_it_and_that_of_others_does_not(
    request_: SosRequest, officer: User, colleague: User
) -> None:
    request_.claim(officer, now=NOW)
    later = NOW + timedelta(minutes=10)
    request_.memo(colleague, "見ました", now=later)
    assert Claim.objects.get().expires_at == NOW + timedelta(minutes=30)
    request_.log_telephone(officer, whom="見本さん", what="在庫なし", now=later)
    assert Claim.objects.get().expires_at == NOW + timedelta(minutes=40)
    request_.memo(officer, "遅すぎました", now=NOW + timedelta(hours=2))
    assert Claim.of(request_.pk, NOW + timedelta(hours=2)) is None


def test_confirming_accepting_and_releasing_end_it(
    request_: SosRequest, officer: User, colleague: User
) -> None:
    request_.claim(officer, now=NOW)
    confirmed = request_.confirm(
        colleague, {factories.gloves().pk: 4100}, "", seen_revision=request_.revision, now=NOW
    )
    assert Claim.of(request_.pk, NOW) is not None, "another's confirmation leaves it with its holder"
    confirmed = confirmed.confirm(
        officer, {factories.gloves().pk: 4100}, "", seen_revision=confirmed.revision, now=NOW
    )
    assert Claim.of(request_.pk, NOW) is None

    ministry = factories.user(Role.MINISTRY)
    confirmed.claim(ministry, now=NOW)
    confirmed.accept(ministry, seen_revision=confirmed.revision, now=NOW)
    assert Claim.of(request_.pk, NOW) is None

    request_.claim(officer, now=NOW)
    request_.release(officer, now=NOW)
    assert Claim.of(request_.pk, NOW) is None
    events = RequestEvent.objects.count()
    request_.release(officer, now=NOW)
    assert RequestEvent.objects.count() == events
