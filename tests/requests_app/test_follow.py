"""フォローする: who follows, and who is told of what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from institutions.models import Institution, Membership, Role, User
from requests_app import notifications
from requests_app.exceptions import NotPermitted
from requests_app.models import Follow, SosRequest
from requests_app.rules.allocation import Rule
from requests_app.rules.transitions import Status, Verb
from sosportal.lib import clock
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries.vendor import allocated, handed, received, shipped

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Institution:
    factories.campaign()
    return factories.institution()


@pytest.fixture
def filer(place: Institution) -> User:
    return factories.member(place)


@pytest.fixture
def under_review(place: Institution, filer: User) -> SosRequest:
    return factories.request_in(Status.UNDER_REVIEW, filer, place)


def addressed(act: Callable[[], object]) -> list[str]:
    """To whom the mails went that this made, as often as they went."""
    OutboxMessage.objects.all().delete()
    act()
    return sorted(OutboxMessage.objects.values_list("to", flat=True))


class TestWhoFollows:
    def test_who_files_a_request(self, filer: User, place: Institution) -> None:
        request = factories.draft(filer, place)
        assert Follow.is_on(filer, request)

    def test_who_applies_for_what_another_wrote(self, filer: User, place: Institution) -> None:
        request, colleague = factories.draft(filer, place), factories.member(place)
        factories.answer(filer, place)
        request.submit(colleague, seen_version=1)
        assert set(request.follows.values_list("user", flat=True)) == {filer.pk, colleague.pk}

    def test_nobody_for_an_application_that_failed(self, filer: User, place: Institution) -> None:
        request, colleague = factories.draft(filer, place), factories.member(place)
        assert request.submit(colleague, seen_version=1).state is Status.ERROR
        assert not Follow.is_on(colleague, request)

    def test_who_ended_it_does_not_follow_again_by_applying(self, filer: User, place: Institution) -> None:
        request = factories.draft(filer, place)
        Follow.end(filer, request)
        factories.answer(filer, place)
        request.submit(filer, seen_version=1)
        assert not Follow.is_on(filer, request)

    def test_twice_is_once_and_since_the_first_time(self, under_review: SosRequest) -> None:
        officer = factories.user(Role.MINISTRY)
        then = clock.now() - timedelta(days=2)
        Follow.begin(officer, under_review, now=then)
        Follow.begin(officer, under_review)
        assert Follow.objects.get(user=officer).since == then

    def test_who_may_not_see_it_may_not_follow(self, under_review: SosRequest) -> None:
        others = [
            factories.member(factories.institution()),
            factories.user(Role.PREFECTURE, prefecture_id=factories.OSAKA),
            factories.user(Role.OPERATOR),
            factories.user(Role.MINISTRY, is_active=False),
        ]
        for other in others:
            with pytest.raises(NotPermitted):
                Follow.begin(other, under_review)
        assert under_review.follows.count() == 1

    @pytest.mark.parametrize("kept", [True, False])
    def test_those_that_see_it_are_those_it_is_visible_to(
        self, under_review: SosRequest, filer: User, place: Institution, kept: bool
    ) -> None:
        people = [
            filer,
            factories.member(place),
            factories.user(Role.PREFECTURE),
            factories.user(Role.MINISTRY),
            factories.user(Role.OPERATOR),
            factories.member(factories.institution()),
            factories.user(Role.PREFECTURE, prefecture_id=factories.OSAKA),
            factories.member(place, is_active=False),
        ]
        if not kept:
            Membership.objects.all().delete()
            User.objects.filter(role=Role.PREFECTURE).update(prefecture_id="01")
        for person in people:
            Follow.by_filing(person, under_review, clock.now())
        see = {
            person.pk
            for person in User.objects.all()
            if SosRequest.objects.visible_to(person).filter(pk=under_review.pk).exists()
        }
        told = Follow.objects.that_see_it().values_list("user", flat=True)
        assert set(told) == see & {person.pk for person in people}
        assert len(see) > 3 if kept else len(see) < 3


class TestWhoIsTold:
    def test_each_once_whatever_makes_them_concerned(self, under_review: SosRequest, filer: User) -> None:
        """The prefecture's officer who follows is told as the office; who filed it shares the hospital's address."""
        officer = factories.user(Role.PREFECTURE, email="Tokyo@example.jp")
        Follow.begin(officer, under_review)
        User.objects.filter(pk=filer.pk).update(email=under_review.institution.email.upper())
        to = addressed(lambda: factories.confirm(under_review))
        assert len({each.lower() for each in to}) == len(to)
        assert {"Tokyo@example.jp", under_review.institution.email} <= set(to)

    def test_a_colleague_who_follows(self, under_review: SosRequest, place: Institution, filer: User) -> None:
        colleague, bystander = factories.member(place), factories.member(place)
        Follow.begin(colleague, under_review)
        to = addressed(lambda: factories.confirm(under_review))
        assert {place.email, filer.email, colleague.email} <= set(to)
        assert bystander.email not in to

    def test_who_ended_it_no_longer(self, under_review: SosRequest, filer: User, place: Institution) -> None:
        Follow.end(filer, under_review)
        to = addressed(lambda: factories.confirm(under_review))
        assert place.email in to
        assert filer.email not in to

    def test_only_while_they_may_see_it(self, under_review: SosRequest, filer: User) -> None:
        ministry = factories.user(Role.MINISTRY)
        Follow.begin(ministry, under_review)
        Membership.objects.filter(user=filer).delete()
        User.objects.filter(pk=ministry.pk).update(is_active=False)
        to = addressed(lambda: factories.confirm(under_review))
        assert filer.email not in to
        assert ministry.email not in to

    def test_an_officer_reads_where_to_look_and_not_what_a_hospital_is_asked_to_do(
        self, under_review: SosRequest
    ) -> None:
        follower, asker = factories.user(Role.MINISTRY), factories.user(Role.PREFECTURE)
        Follow.begin(follower, under_review)
        Follow.begin(asker, under_review)
        to = addressed(lambda: under_review.ask(asker, "使用量の根拠は？"))
        assert asker.email not in to  # who did it knows
        mail = OutboxMessage.objects.get(to=follower.email)
        assert f"/admin/requests_app/sosrequest/{under_review.pk}/" in mail.body
        assert "使用量の根拠は？" in mail.body
        assert "お答えください" not in mail.body
        assert "フォロー中（やめる）" in mail.body

    def test_of_the_answer_its_colleagues_too(self, under_review: SosRequest, filer: User) -> None:
        asker = factories.user(Role.PREFECTURE)
        under_review.ask(asker, "？")
        colleague = factories.member(under_review.institution)
        question = under_review.questions.get().pk
        to = addressed(lambda: under_review.answer(colleague, question, "はい"))
        assert {filer.email, asker.email} <= set(to)
        assert colleague.email not in to
        assert under_review.institution.email not in to

    def test_of_a_note_those_who_follow_alone(self, under_review: SosRequest, filer: User) -> None:
        officer = factories.user(Role.PREFECTURE)
        to = addressed(
            lambda: under_review.note(officer, "分納になります", seen_revision=under_review.revision)
        )
        assert to == [filer.email]
        assert "分納になります" in OutboxMessage.objects.get().body

    def test_the_cost_does_not_grow_with_the_followers(self, under_review: SosRequest) -> None:
        officer = factories.user(Role.PREFECTURE)

        def telling() -> int:
            with CaptureQueriesContext(connection) as asked:
                under_review.ask(officer, "？")
            return len(asked)

        telling()
        before = telling()
        for _ in range(5):
            Follow.begin(factories.member(under_review.institution), under_review)
            Follow.begin(factories.user(Role.MINISTRY), under_review)
        assert telling() == before


class TestTheTable:
    def test_every_kind_has_words_for_who_follows(self) -> None:
        for kind in notifications.TEXTS:
            assert all(subject for subject, _ in notifications.for_followers(kind))

    def test_a_following_officer_is_never_told_in_the_words_for_a_hospital_that_ask_it_to_act(self) -> None:
        told_apart = {
            kind
            for kind, (institution, officers) in notifications.TEXTS.items()
            if institution is not None and officers is None
        }
        # Of a decision and of a parcel both read the same facts.
        assert told_apart - {"allocated", "shipped"} <= set(notifications.FOLLOWERS)

    def test_an_officer_is_never_told_to_do_what_is_the_hospitals(
        self, under_review: SosRequest, filer: User
    ) -> None:
        officer = factories.user(Role.PREFECTURE, email="office@example.jp")
        failing = replace(factories.content(), lines={})
        for act in (
            lambda: factories.request_in(Status.UNDER_REVIEW, filer, under_review.institution),
            lambda: under_review.revise(filer, failing, seen_version=under_review.version),
        ):
            addressed(act)
            told = OutboxMessage.objects.get(to=officer.email).body
            for words in ("追って連絡", "を押してください", "新しい要請を作って", "配布の決定ではありません"):
                assert words not in told, told
        assert "物資が選ばれていません" in told
        assert "医療機関が直して申請すると" in told

    def test_of_what_they_are_not_told(self) -> None:
        by_outcome = {Verb.SUBMIT, Verb.REVISE, Verb.WITHDRAW}
        told = set(notifications.KINDS) | by_outcome
        assert set(Verb) - told == {
            Verb.SAVE, Verb.TELEPHONE, Verb.MEMO, Verb.CLAIM, Verb.RELEASE, Verb.HAND_OFF
        }  # fmt: skip


class TestAfterTheAcceptance:
    def test_of_a_decision_of_a_parcel_and_of_its_receipt(self) -> None:
        follower = factories.user(Role.MINISTRY)
        (request,) = allocated(4100)
        Follow.begin(follower, request)
        handed()
        to = addressed(lambda: shipped(request, 4000))
        assert follower.email in to
        assert "受領を確認してください" not in OutboxMessage.objects.get(to=follower.email).body
        parcel = request.lines.get().shipments.get()
        to = addressed(lambda: received(request, parcel, 3900, "箱が1つ不足"))
        assert to == sorted([follower.email, request.created_by.email])
        said = OutboxMessage.objects.get(to=follower.email).body
        assert "数量：3,900枚" in said
        assert "発送数量：4,000枚" in said
        assert "箱が1つ不足" in said

    def test_many_requests_are_told_at_once(self) -> None:
        follower = factories.user(Role.MINISTRY)
        factories.campaign(now=rounds.NOW)
        requests = rounds.accepted((100, 200), now=rounds.NOW)
        for request in requests:
            Follow.begin(follower, request)
        Follow.end(requests[0].created_by, requests[0])
        to = addressed(lambda: rounds.decide(300, Rule.ALL_IN_FULL))
        assert to.count(follower.email) == 2
        assert requests[0].created_by.email not in to
        assert requests[1].created_by.email in to
