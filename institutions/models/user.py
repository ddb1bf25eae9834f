"""People: who they are, which role they have, and for which institutions they enter."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import connection, models
from django.db.models.functions import Lower, Upper

from institutions.models.letters import PersonKey, containing
from institutions.models.own_address import OwnAddress
from sosportal.lib import clock
from sosportal.lib.audit.tracking import ITS_OWN, track
from sosportal.lib.prepared import Prepared
from sosportal.lib.text import search_key

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from institutions.models.institution import Institution


# The place before the person before the membership: as the admin's pages, which take a membership away, lock them.
HELD = """
WITH place AS MATERIALIZED (
    SELECT prefecture_id FROM institutions_institution WHERE id = %(institution)s AND %(place)s FOR SHARE
), person AS MATERIALIZED (
    SELECT role, is_active, prefecture_id FROM institutions_user
     WHERE id = %(user)s AND (SELECT count(*) FROM place) >= 0 FOR SHARE
), own AS MATERIALIZED (
    SELECT as_proxy FROM institutions_membership
     WHERE user_id = %(user)s AND institution_id = %(institution)s FOR SHARE
)
SELECT role, is_active, prefecture_id, (SELECT as_proxy FROM own), (SELECT prefecture_id FROM place) FROM person
"""


class Role(models.TextChoices):
    """The four roles of the portal (domain, "People and what they may see")."""

    INSTITUTION = "institution", "医療機関担当者"
    PREFECTURE = "prefecture", "都道府県担当者"
    MINISTRY = "ministry", "国担当者"
    OPERATOR = "operator", "運用担当者"


@dataclass(frozen=True)
class Proxy:
    """An entry for an institution by somebody who isn't of it: for which, and who asked for it how (代理入力)."""

    institution_id: int
    code: str
    name: str
    reason: str


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: User | AnonymousUser) -> UserQuerySet:
        """The people `user` may see: operators and the ministry all, everybody else only themselves. No query."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.role in {Role.OPERATOR, Role.MINISTRY}:
            return self
        return self.filter(pk=user.pk)

    def matching(self, words: str, *, by_account: bool = True) -> UserQuerySet:
        """The name contains each of the words, or the user name or the mail address does if asked, whatever the width
        or case. Found by the indexes over the letters. No query."""
        found = self
        columns = ("name", "username", "email") if by_account else ("name",)
        for key in filter(None, map(search_key, words.split())):
            found = found.filter(containing(key, *map(PersonKey, columns)))
        return found

    def officers_of(self, prefecture_id: str) -> UserQuerySet:
        """The active officers of a prefecture who can be written to."""
        return self.filter(role=Role.PREFECTURE, prefecture_id=prefecture_id, is_active=True).exclude(
            email=""
        )

    def ministry_officers(self) -> UserQuerySet:
        """The active officers of the ministry who can be written to."""
        return self.filter(role=Role.MINISTRY, is_active=True).exclude(email="")


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        """Create a user; without a password nobody can log in until one is set by mail link."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user  # type: ignore[no-any-return]


@track(exclude=["password", "last_login", "created_at"])
class User(OwnAddress, AbstractBaseUser):
    """A person who logs in. There is no self-registration; operators and commands create users."""

    username = models.CharField(
        "ユーザー名",
        max_length=150,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": "このユーザー名はすでに使われています。"},
    )
    name = models.CharField("氏名", max_length=100)
    email = models.EmailField("メールアドレス", max_length=254, blank=True)
    role = models.CharField("役割", max_length=20, choices=Role.choices)
    prefecture = models.ForeignKey(
        "institutions.Prefecture",
        verbose_name="都道府県",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="officers",
    )
    is_active = models.BooleanField("有効", default=True)
    created_at = models.DateTimeField("登録日時", default=clock.now, editable=False)
    institutions: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "institutions.Institution",
        through="institutions.Membership",
        related_name="users",
        verbose_name="医療機関",
    )

    proxies: Mapping[int, Proxy] = MappingProxyType({})
    """The entries by proxy that were begun in this session, by the institution's id."""
    held_in: Mapping[int, str] = MappingProxyType({})
    """In which prefecture an institution lies that is held with this person (`held_for`), by its id: it may have moved
    since it was read."""
    turned_to: Institution | None = None
    """The institution that the page of this request is about, if it is about one."""

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name", "role"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = "利用者"
        verbose_name_plural = "利用者"
        indexes = [
            models.Index(Lower("email"), name="user_email_lower"),
            # Few of many, in the order of their list.
            models.Index(fields=["username"], name="user_disabled", condition=models.Q(is_active=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="user_prefecture_belongs_to_prefecture_officers",
                condition=models.Q(role=Role.PREFECTURE, prefecture__isnull=False)
                | (~models.Q(role=Role.PREFECTURE) & models.Q(prefecture__isnull=True)),
                violation_error_message="都道府県担当者には都道府県を、ほかの役割には空欄を指定してください。",
            ),
            # Log-in looks names up without regard to case: two that differ by it alone would lock both out.
            models.UniqueConstraint(
                Upper("username"),
                name="user_name_once_in_any_case",
                violation_error_message="このユーザー名はすでに使われています。",
            ),
            models.CheckConstraint(
                name="user_role_known",
                condition=models.Q(role__in=Role.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.username}）"

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    @property
    def is_staff(self) -> bool:
        """Officers and operators work in the admin, institution staff never."""
        return self.role != Role.INSTITUTION

    @property
    def is_superuser(self) -> bool:
        """Nobody: what a role may do stands with each admin page, and scope with `visible_to`."""
        return False

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        """Django's permission names aren't used: each admin page says which roles it serves."""
        return False

    def has_perms(self, perm_list: Any, obj: object | None = None) -> bool:
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff

    @cached_property
    def _own_rows(self) -> list[tuple[Any, ...]]:
        return OWN_INSTITUTIONS.rows(user_id=self.pk) if self.role == Role.INSTITUTION else []

    @cached_property
    def own_institutions(self) -> dict[int, str]:
        """The institutions this person is a member of, id to name, by code. One query per loaded user (a request)."""
        return {row[0]: row[1] for row in self._own_rows}

    @cached_property
    def own_places(self) -> frozenset[tuple[str, str]]:
        """Prefecture code and kind of those institutions, each pair once. The same query."""
        return frozenset((row[2], row[3]) for row in self._own_rows)

    @cached_property
    def proxy_ids(self) -> frozenset[int]:
        """The institutions among them that this person enters for as a proxy: an association's clerk."""
        return frozenset(row[0] for row in self._own_rows if row[4])

    @property
    def institution_ids(self) -> frozenset[int]:
        """The ids of `own_institutions`."""
        return frozenset(self.own_institutions)

    def narrowed_to(self, institution_id: int | None) -> User:
        """This person as looking at one of their institutions alone: for lists, never for a verb. Themselves, where it
        is none of theirs. The query of `own_institutions`."""
        if institution_id not in self.institution_ids:
            return self
        narrowed = copy(self)
        for name in ("own_institutions", "proxy_ids"):
            narrowed.__dict__.pop(name, None)
        narrowed.__dict__["own_places"] = self.own_places
        narrowed.__dict__["_own_rows"] = [row for row in self._own_rows if row[0] == institution_id]
        return narrowed

    def held_for(self, institution_id: int | None, *, and_place: bool = False) -> User:
        """This person as they now stand towards the institution, held still until the transaction ends: nobody is
        disabled, moved, or loses a membership between what was judged and what is written.

        Call inside a transaction; whoever holds the institution's row too takes it first (`and_place` takes it as well,
        under `FOR SHARE`; so it is for officers, whose right hangs on where it lies). Locks the person's row and their
        membership's under `FOR SHARE`: entries don't wait for each other, only for who takes the right away. One query.
        """
        named = {"user": self.pk, "institution": institution_id, "place": and_place or self.is_staff}
        with connection.cursor() as cursor:
            cursor.execute(HELD, named)
            found = cursor.fetchone()
        held = copy(self)
        for name in ("own_institutions", "own_places", "proxy_ids"):
            held.__dict__.pop(name, None)
        if found is None:
            held.is_active = False
            return held
        held.role, is_active, held.prefecture_id, as_proxy, lies_in = found
        held.held_in = {institution_id: lies_in} if institution_id and lies_in else {}
        held.is_active = self.is_active and is_active
        held.__dict__["_own_rows"] = [
            (*row[:4], as_proxy if row[0] == institution_id else row[4])
            for row in (self._own_rows if held.role == Role.INSTITUTION else ())
            if row[0] != institution_id or as_proxy is not None
        ]
        return held

    def held(self) -> User:
        """As `held_for`, where the right hangs on the person alone: the verbs of officers. One query."""
        return self.held_for(None)

    def enters_by_proxy(self, institution_id: int) -> bool:
        """Whether what this person enters for the institution is entered for others: always, for officers."""
        return self.is_staff or institution_id in self.proxy_ids

    def turn_to(self, institution: Institution) -> None:
        """The page of this request is about the institution: it enters for this one alone."""
        self.turned_to = institution

    @property
    def proxy(self) -> Proxy | None:
        """The entry by proxy for the institution of the page, if one was begun."""
        return self.proxies.get(self.turned_to.pk) if self.turned_to else None

    def proxy_reason(self, institution_id: int) -> str:
        """Why this person enters for the institution, "" where the page is about another or no entry was begun."""
        return self.proxy.reason if self.proxy and self.proxy.institution_id == institution_id else ""

    def described_for(self, institution_id: int) -> str:
        """Who enters for the institution, as event rows keep it: `代理：静岡県 見本 一郎`."""
        return f"{'代理：' if self.enters_by_proxy(institution_id) else ''}{self.described()}"

    def described(self) -> str:
        """Who this is, as event rows keep it: name, and what they were speaking for."""
        if self.role == Role.PREFECTURE and self.prefecture is not None:
            return f"{self.prefecture.name} {self.name}"
        if self.role == Role.MINISTRY:
            return f"国 {self.name}"
        return self.name


@track(exclude=["created_at"], institution=ITS_OWN)
class Membership(models.Model):
    """A user enters for an institution. A medical association enters for several."""

    user = models.ForeignKey(
        User, verbose_name="利用者", on_delete=models.CASCADE, related_name="memberships"
    )
    institution = models.ForeignKey(
        "institutions.Institution",
        verbose_name="医療機関",
        on_delete=models.PROTECT,
        related_name="memberships",
    )
    as_proxy = models.BooleanField(
        "代理として入力する", default=False, help_text="医師会など、医療機関に代わって入力する人です。"
    )
    created_at = models.DateTimeField("登録日時", default=clock.now, editable=False)

    class Meta:
        verbose_name = "所属"
        verbose_name_plural = "所属"
        constraints = [models.UniqueConstraint(fields=["user", "institution"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} → {self.institution}"


OWN_INSTITUTIONS: Prepared[Membership] = Prepared(
    lambda user_id: (
        Membership.objects.filter(user_id=user_id)
        .order_by("institution__code")
        .values_list(
            *("institution_id", "institution__name", "institution__prefecture_id", "institution__kind"),
            "as_proxy",
        )
    )
)
