"""お知らせ: who is reached, what a correction and a withdrawal leave behind, what is unread."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from institutions.exceptions import (
    ContentRefused,
    HasBegun,
    NotPermitted,
    NotPossible,
    StaleAnnouncement,
    TextRequired,
)
from institutions.models import (
    Announcement,
    AnnouncementRead,
    AnnouncementVersion,
    InstitutionKind,
    Role,
    User,
    unread_count,
)
from institutions.models import mailing as mailing_module
from tests import factories
from tests.institutions.announced import LATER, NOW, content, nurse

pytestmark = pytest.mark.django_db

HOSPITAL, CLINIC, PHARMACY = InstitutionKind.HOSPITAL, InstitutionKind.CLINIC, InstitutionKind.PHARMACY
TOKYO, OSAKA = factories.TOKYO, factories.OSAKA


@pytest.fixture(autouse=True)
def now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ministry() -> User:
    return factories.user(Role.MINISTRY)


@pytest.fixture
def tokyo() -> User:
    return factories.user(Role.PREFECTURE)


def reads(person: User, announcement: Announcement) -> bool:
    return Announcement.objects.visible_to(person).filter(pk=announcement.pk).exists()


# --- Audience -----------------------------------------------------------------------------------------------------

AUDIENCES = [
    ((), (), {"tokyo hospital", "tokyo pharmacy", "osaka hospital", "osaka pharmacy"}),
    ((TOKYO,), (), {"tokyo hospital", "tokyo pharmacy"}),
    ((TOKYO, OSAKA), (HOSPITAL,), {"tokyo hospital", "osaka hospital"}),
    ((), (PHARMACY,), {"tokyo pharmacy", "osaka pharmacy"}),
    ((OSAKA,), (PHARMACY, CLINIC), {"osaka pharmacy"}),
    (("01",), (), set()),
    ((TOKYO,), (CLINIC,), set()),
]


@pytest.mark.parametrize(("prefectures", "kinds", "reached"), AUDIENCES)
def test_members_see_what_is_addressed_to_one_of_their_institutions(
    ministry: User, prefectures: tuple[str, ...], kinds: tuple[str, ...], reached: set[str]
) -> None:
    people = {
        "tokyo hospital": nurse(),
        "tokyo pharmacy": nurse(TOKYO, PHARMACY),
        "osaka hospital": nurse(OSAKA),
        "osaka pharmacy": nurse(OSAKA, PHARMACY),
    }
    made = Announcement.publish(ministry, content(prefectures=prefectures, kinds=kinds))
    assert {name for name, person in people.items() if reads(person, made)} == reached
    assert {name for name, person in people.items() if unread_count(person, NOW)} == reached
    audience = made.audience
    assert set(audience.people()) == {people[name] for name in reached}
    assert audience.institutions().count() == len(reached)


def test_one_institution_must_match_prefecture_and_kind_both(ministry: User) -> None:
    """A pharmacy in Tokyo and a hospital in Osaka make no hospital in Tokyo."""
    person = factories.member(factories.institution(TOKYO, kind=PHARMACY), factories.institution(OSAKA))
    made = Announcement.publish(ministry, content(prefectures=(TOKYO,), kinds=(HOSPITAL,)))
    assert not reads(person, made)


def test_officers_see_their_own_and_what_reaches_their_prefecture(ministry: User, tokyo: User) -> None:
    osaka = factories.user(Role.PREFECTURE, prefecture_id=OSAKA)
    to_all = Announcement.publish(ministry, content())
    to_osaka = Announcement.publish(ministry, content(prefectures=(OSAKA,)))
    own = Announcement.publish(tokyo, content())
    operator = factories.user(Role.OPERATOR)
    assert set(Announcement.objects.visible_to(tokyo)) == {to_all, own}
    assert set(Announcement.objects.visible_to(osaka)) == {to_all, to_osaka}
    assert set(Announcement.objects.visible_to(ministry)) == {to_all, to_osaka, own}
    assert set(Announcement.objects.visible_to(operator)) == {to_all, to_osaka, own}


def test_the_disabled_see_nothing(ministry: User) -> None:
    person = nurse()
    made = Announcement.publish(ministry, content())
    person.is_active = False
    assert not reads(person, made)


def test_what_is_scheduled_is_not_there_before_its_time(ministry: User) -> None:
    person = nurse()
    made = Announcement.publish(ministry, content(starts_at=LATER, ends_at=LATER + timedelta(hours=1)))
    assert made.stage(NOW) == "掲載予定"
    assert not reads(person, made)
    assert unread_count(person, NOW) == 0
    with time_machine.travel(LATER, tick=False):
        assert reads(person, made)
        assert unread_count(person, LATER) == 1
        assert made.stage(LATER) == "掲載中"
    end = LATER + timedelta(hours=1)
    assert unread_count(person, end) == 0
    assert made.stage(end) == "終了"
    assert made not in Announcement.objects.current(end)


# --- The verbs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.INSTITUTION, Role.OPERATOR])
def test_only_officers_publish(role: Role) -> None:
    with pytest.raises(NotPermitted):
        Announcement.publish(factories.user(role), content())
    assert not Announcement.objects.exists()


def test_a_prefecture_announces_to_itself_whatever_is_asked(tokyo: User) -> None:
    made = Announcement.publish(tokyo, content(prefectures=(OSAKA, "01")))
    assert made.prefectures == [TOKYO]
    assert made.prefecture_id == TOKYO
    assert not reads(nurse(OSAKA), made)
    corrected = made.correct(tokyo, content(title="直しました", prefectures=()), seen_version=1)
    assert corrected.prefectures == [TOKYO]


def test_the_database_too_keeps_a_prefecture_to_itself(tokyo: User) -> None:
    made = Announcement.publish(tokyo, content())
    for elsewhere in ([], [OSAKA], [TOKYO, OSAKA]):
        with pytest.raises(IntegrityError), transaction.atomic():
            Announcement.objects.filter(pk=made.pk).update(prefectures=elsewhere)


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": " "},
        {"body": ""},
        {"ends_at": NOW},
        {"ends_at": LATER, "starts_at": LATER},
        {"kinds": ("school",)},
        {"prefectures": ("48",)},
    ],
)
def test_what_can_not_be_published(ministry: User, wrong: dict[str, Any]) -> None:
    with pytest.raises(ContentRefused):
        Announcement.publish(ministry, content(**wrong))


def test_a_correction_keeps_the_version_before_and_is_unread_again(ministry: User) -> None:
    person = nurse()
    made = Announcement.publish(ministry, content())
    made.mark_read(person, NOW)
    assert unread_count(person, NOW) == 0
    corrected = made.correct(ministry, content(body="12/22（火）です。"), seen_version=1, now=LATER)
    assert corrected.corrected_at == LATER
    assert unread_count(person, LATER) == 1
    corrected.mark_read(person, LATER)
    corrected.mark_read(person, LATER)
    assert unread_count(person, LATER) == 0
    assert AnnouncementRead.objects.count() == 1
    kept = AnnouncementVersion.objects.order_by("version")
    assert [(each.version, each.verb, each.content["body"]) for each in kept] == [
        (1, "publish", "12/23（水）17:00が年内最後の締切です。"),
        (2, "correct", "12/22（火）です。"),
    ]


def test_before_it_begins_everything_may_change_and_nobody_is_told(ministry: User) -> None:
    made = Announcement.publish(ministry, content(starts_at=LATER))
    corrected = made.correct(
        ministry, content(prefectures=(TOKYO,), starts_at=LATER + timedelta(days=1)), seen_version=1
    )
    assert corrected.prefectures == [TOKYO]
    assert corrected.corrected_at is None


def test_once_begun_audience_and_beginning_stay(ministry: User) -> None:
    made = Announcement.publish(ministry, content())
    for other in ({"prefectures": (OSAKA,)}, {"kinds": (CLINIC,)}, {"starts_at": LATER + timedelta(days=1)}):
        with pytest.raises(HasBegun):
            made.correct(ministry, content(title="新しい題名", **other), seen_version=1, now=LATER)
    corrected = made.correct(ministry, content(title="新しい題名"), seen_version=1, now=LATER)
    assert (corrected.title, corrected.prefectures, corrected.starts_at) == ("新しい題名", [], NOW)


def test_a_correction_that_changes_nothing_is_none(ministry: User) -> None:
    made = Announcement.publish(ministry, content())
    with pytest.raises(ContentRefused):
        made.correct(ministry, content(), seen_version=1)
    assert AnnouncementVersion.objects.count() == 1


def test_a_withdrawal_keeps_everything_and_says_why(ministry: User) -> None:
    person, other = nurse(), nurse(OSAKA)
    made = Announcement.publish(ministry, content(prefectures=(TOKYO,)))
    with pytest.raises(TextRequired):
        made.withdraw(ministry, " ", seen_version=1)
    gone = made.withdraw(ministry, "日付をまちがえました。", seen_version=1, now=LATER)
    assert gone.stage(LATER) == "取下げ"
    assert not reads(person, made)
    assert unread_count(person, LATER) == 0
    assert list(Announcement.objects.withdrawn_from(person)) == [made]
    assert not Announcement.objects.withdrawn_from(other).exists()
    last = AnnouncementVersion.objects.order_by("version").last()
    assert last is not None
    assert (last.verb, last.reason) == ("withdraw", "日付をまちがえました。")
    with pytest.raises(NotPossible):
        made.correct(ministry, content(title="x"), seen_version=2)
    with pytest.raises(NotPossible):
        made.withdraw(ministry, "もう一度", seen_version=2)


def test_what_never_began_was_withdrawn_from_nobody(ministry: User) -> None:
    person = nurse()
    made = Announcement.publish(ministry, content(starts_at=LATER))
    made.withdraw(ministry, "やめます。", seen_version=1)
    assert not Announcement.objects.withdrawn_from(person).exists()


def test_the_second_of_two_who_correct_is_shown_the_first(ministry: User) -> None:
    made = Announcement.publish(ministry, content())
    made.correct(ministry, content(title="先の訂正"), seen_version=1)
    with pytest.raises(StaleAnnouncement) as refused:
        made.correct(ministry, content(title="あとの訂正"), seen_version=1)
    assert refused.value.current.title == "先の訂正"
    with pytest.raises(StaleAnnouncement):
        made.withdraw(ministry, "理由", seen_version=1)


def test_whose_it_is(ministry: User, tokyo: User) -> None:
    """Nobody corrects or withdraws for somebody else: not even the ministry for a prefecture."""
    osaka = factories.user(Role.PREFECTURE, prefecture_id=OSAKA)
    of_ministry = Announcement.publish(ministry, content())
    of_tokyo = Announcement.publish(tokyo, content())
    strangers = [
        (of_ministry, [tokyo, osaka, nurse(), factories.user(Role.OPERATOR)]),
        (of_tokyo, [ministry, osaka, nurse(), factories.user(Role.OPERATOR)]),
    ]
    for made, people in strangers:
        for person in people:
            with pytest.raises(NotPermitted):
                made.correct(person, content(title="x"), seen_version=1)
            with pytest.raises(NotPermitted):
                made.withdraw(person, "x", seen_version=1)
    of_tokyo.withdraw(factories.user(Role.PREFECTURE), "同じ都道府県の担当者", seen_version=1)


def test_nothing_goes_round_the_verbs(ministry: User) -> None:
    made = Announcement.publish(ministry, content())
    for act in (made.save, made.delete):
        with pytest.raises(TypeError):
            act()
    for statement in (
        lambda: Announcement.objects.all().delete(),
        lambda: AnnouncementVersion.objects.all().delete(),
        lambda: AnnouncementVersion.objects.update(reason="x"),
        lambda: Announcement.objects.update(withdrawn_at=NOW),
    ):
        with pytest.raises(Exception, match=r"refuse|permission denied|violates"), transaction.atomic():
            statement()


# --- Unread -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("places", [1, 3])
@pytest.mark.parametrize("many", [1, 40])
def test_unread_is_one_query(ministry: User, many: int, places: int, django_assert_num_queries: Any) -> None:
    kinds = [HOSPITAL, HOSPITAL, CLINIC, PHARMACY][: places + 1]  # two of them are alike
    person = factories.member(*(factories.institution(kind=kind) for kind in kinds))
    for _ in range(many):
        Announcement.publish(ministry, content())
    assert len(person.own_places) == places  # which the frame asks for anyway, with the institutions' names
    with django_assert_num_queries(1):
        assert unread_count(person, NOW) == many
    with django_assert_num_queries(0):
        assert unread_count(ministry, NOW) == 0


def test_unread_counts_no_further_than_it_says_and_not_for_ever(ministry: User) -> None:
    person = nurse()
    for _ in range(mailing_module.CHUNK + 5):
        Announcement.publish(ministry, content())
    assert unread_count(person, NOW) == 100
    assert unread_count(person, NOW + timedelta(days=91)) == 0
