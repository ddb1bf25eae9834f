"""取下げ: what it writes, whom it tells, what no longer counts the request, what it refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from institutions.models import Role, User
from requests_app.exceptions import (
    AlreadyAccepted,
    AlreadyWithdrawn,
    NotPermitted,
    ReasonRequired,
    StaleVersion,
)
from requests_app.models import Claim, Question, RequestEvent, SosRequest
from requests_app.models.checking import preview
from requests_app.queries import officers
from requests_app.queries.home import open_requests
from requests_app.queries.officers import UNDER_REVIEW
from requests_app.rules.transitions import Status, Verb
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.requests_app.test_moves import NOW

pytestmark = pytest.mark.django_db

WHY = "業者から納品があり、足りるようになったため"
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def request_() -> SosRequest:
    factories.campaign(now=NOW)
    return factories.request_in(Status.UNDER_REVIEW, now=NOW)


@pytest.fixture
def officer() -> User:
    return factories.user(Role.PREFECTURE, name="見本 一郎")


def withdraw(
    request: SosRequest, actor: User | None = None, reason: str = WHY, seen_version: int | None = None
) -> SosRequest:
    seen = request.version if seen_version is None else seen_version
    return request.withdraw(actor or request.created_by, reason, seen_version=seen, now=LATER)


def mails(subject: str) -> dict[str, str]:
    return {mail.to: mail.body for mail in OutboxMessage.objects.filter(subject__startswith=subject)}


@pytest.mark.parametrize("status", [Status.DRAFT, Status.ERROR, Status.UNDER_REVIEW])
def test_the_status_stays_and_who_when_and_why_are_kept(status: Status) -> None:
    factories.campaign(now=NOW)
    before = factories.request_in(status, now=NOW)
    after = SosRequest.objects.get(pk=withdraw(before).pk)
    assert (after.state, after.submitted_at, after.version) == (status, before.submitted_at, before.version)
    assert after.revision == before.revision + 1, "an officer's page from before is stale"
    kept = (after.withdrawn_at, after.withdrawn_by, after.withdrawn_reason)
    assert kept == (LATER, before.created_by, WHY)
    event = RequestEvent.objects.of(before.pk)[0]
    assert (event.verb, event.from_status, event.to_status, event.reason) == (
        Verb.WITHDRAW,
        status,
        status,
        WHY,
    )


def test_an_accepted_request_is_not_withdrawn(request_: SosRequest) -> None:
    accepted = factories.accept(request_, now=NOW)
    with pytest.raises(AlreadyAccepted):
        withdraw(accepted)


def test_nobody_withdraws_twice_without_a_reason_an_old_version_or_another_institutions(
    request_: SosRequest,
) -> None:
    for reason in ("", " \n　"):
        with pytest.raises(ReasonRequired):
            withdraw(request_, reason=reason)
    with pytest.raises(NotPermitted):
        withdraw(request_, actor=factories.member(factories.institution()))
    with pytest.raises(StaleVersion):
        withdraw(request_, seen_version=request_.version + 1)
    assert not SosRequest.objects.get().is_withdrawn
    withdraw(request_)
    with pytest.raises(AlreadyWithdrawn):
        withdraw(request_)
    assert RequestEvent.objects.filter(verb=Verb.WITHDRAW).count() == 1


def test_officers_of_the_prefecture_and_who_has_it_in_hand_are_told(
    request_: SosRequest, officer: User
) -> None:
    holder, stranger = factories.user(Role.MINISTRY), factories.user(Role.MINISTRY)
    request_.claim(holder, now=NOW)
    withdraw(request_)
    told = mails("緊急配布要請が取り下げられました")
    assert set(told) == {officer.email, holder.email}
    assert stranger.email not in told
    assert all(f"理由：{WHY}" in body and request_.created_by.name in body for body in told.values())
    assert set(mails("緊急配布要請を取り下げました")) == {
        request_.institution.email,
        request_.created_by.email,
    }
    assert Claim.of(request_.pk, LATER) is None, "nobody holds it any more"


def test_nobody_is_told_of_what_nobody_had_seen(officer: User) -> None:
    factories.campaign(now=NOW)
    withdraw(factories.request_in(Status.DRAFT, now=NOW))
    assert not OutboxMessage.objects.exists()


def test_questions_that_wait_are_closed_and_who_asked_is_told(request_: SosRequest, officer: User) -> None:
    asker = factories.user(Role.MINISTRY)
    request_.ask(officer, "在庫は？", now=NOW)
    request_.answer(request_.created_by, Question.objects.get().pk, "9箱です", now=NOW)
    request_.ask(asker, "納品は？", now=NOW)
    withdraw(request_)
    answered, closed = Question.objects.order_by("id")
    assert (answered.answer, answered.withdrawn_at) == ("9箱です", None)
    assert (closed.is_open, closed.withdrawn_at, closed.withdrawn_by) == (False, LATER, request_.created_by)
    assert closed.withdrawn_reason == f"要請の取下げのため（{WHY}）"
    told = mails("緊急配布要請が取り下げられました")
    assert set(told) == {officer.email, asker.email}
    assert all("回答を待っていた照会は、閉じました。" in body for body in told.values())


@pytest.mark.parametrize("verb", ["ask", "memo", "claim", "release", "answer", "unask"])
def test_nobody_talks_about_it_any_more(verb: str, request_: SosRequest, officer: User) -> None:
    request_.ask(officer, "在庫は？", now=NOW)
    question = Question.objects.get().pk
    withdraw(request_)
    asked: dict[str, tuple[Any, ...]] = {
        "ask": (officer, "なぜですか"),
        "memo": (officer, "取下げ"),
        "claim": (officer,),
        "release": (officer,),
        "answer": (request_.created_by, question, "9箱です"),
        "unask": (officer, question, "電話で確認"),
    }
    with pytest.raises(AlreadyWithdrawn):
        getattr(request_, verb)(*asked[verb], now=LATER)


def test_it_no_longer_stands_in_the_way_of_another_request(request_: SosRequest) -> None:
    def warned() -> bool:
        found = preview(request_.institution, {factories.gloves().pk: 4100}, LATER)
        return any(finding.rule == "R9" for finding in found.findings)

    assert warned()
    withdraw(request_)
    assert not warned()


def test_it_waits_for_nobody(request_: SosRequest) -> None:
    mine = SosRequest.objects.visible_to(request_.created_by)
    assert len(open_requests(mine, LATER, None).rows) == 1
    assert officers.queue_figures(SosRequest.objects.all(), LATER.date()).unconfirmed == 1
    assert SosRequest.objects.filter(UNDER_REVIEW).exists()
    after = withdraw(request_)
    assert not open_requests(mine, LATER, None).rows
    assert officers.queue_figures(SosRequest.objects.all(), LATER.date()).unconfirmed == 0
    assert not SosRequest.objects.filter(UNDER_REVIEW).exists()
    assert officers.stage_of(after) is None
    for status in Status:
        assert not SosRequest.objects.filter(officers.in_status(status)).exists()


def test_who_withdraws_by_proxy_is_named_as_such_and_the_institution_is_told(request_: SosRequest) -> None:
    clerk = factories.member()
    from institutions.models import Membership

    Membership.objects.create(user=clerk, institution=request_.institution, as_proxy=True)
    with pytest.raises(Exception, match="代理で入力する理由"):
        withdraw(request_, actor=User.objects.get(pk=clerk.pk))


def test_how_many_queries_it_takes(request_: SosRequest, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(16):
        withdraw(request_)
