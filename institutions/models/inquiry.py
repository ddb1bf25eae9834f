"""お問い合わせ: a question of an institution to its prefecture or to the ministry, and the thread that follows.

The verbs are the only way for it to change: each locks the row, checks permission, move and what was seen, writes the
message and posts its mails, in one transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models, transaction
from django.db.models import Q

from institutions import notifications, permissions
from institutions.exceptions import NotPermitted, NotPossible, StaleThread, TextRequired
from institutions.models.institution import Institution, Prefecture
from institutions.models.user import Role, User
from institutions.rules.inquiry import (
    CLAIM_LASTS,
    INTERNAL,
    SPOKEN,
    Desk,
    State,
    Subject,
    Verb,
    desk_for,
    holds,
    target,
)
from sosportal.lib import clock

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

MAILED = frozenset({Verb.ASK, Verb.ADD, Verb.ANSWER, Verb.FORWARD})


class InquiryQuerySet(models.QuerySet["Inquiry"]):
    def visible_to(self, user: User | AnonymousUser) -> InquiryQuerySet:
        """The inquiries `user` may see: members their institutions', a prefecture's officers those of its institutions
        that are or were with the prefecture, the ministry all, operators ログイン・利用者 at the ministry's desk."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.role == Role.MINISTRY:
            return self
        if user.role == Role.PREFECTURE:
            return self.filter(prefecture_id=user.prefecture_id, with_prefecture=True)
        if user.role == Role.OPERATOR:
            return self.filter(subject=Subject.LOGIN.value, desk=Desk.MINISTRY.value)
        return self.filter(institution_id__in=user.institution_ids)

    def locked(self) -> InquiryQuerySet:
        """The rows under `FOR NO KEY UPDATE`: the one place where a verb locks."""
        return self.select_for_update(of=("self",), no_key=True)


def in_state(state: State, now: datetime) -> Q:
    """Those that stand so at `now` (aware), as `Inquiry.state_at` says it of one."""
    since = now - CLAIM_LASTS
    return {
        State.NEW: Q(state=State.NEW.value) | Q(claimed_at__lte=since),
        State.IN_HAND: Q(claimed_at__gt=since),
        State.ANSWERED: Q(state=State.ANSWERED.value),
    }[state]


class Inquiry(models.Model):
    """One お問い合わせ. `version` counts what the institution sees of the thread, `revision` everything that happened.

    `updated_at` is when the institution last saw something happen, `waiting_since` when it last began to wait for an
    answer; 対応中 is what `claimed_by` has in hand, for half an hour since `claimed_at`, when they last did something
    about it. Whether it still holds is reckoned from the clock: ask `state_at` and `holder_at`.
    `request_number` is the 要請番号 it is about, as text: requests live on the floor above.
    """

    institution = models.ForeignKey(
        Institution, verbose_name="医療機関", on_delete=models.PROTECT, related_name="inquiries"
    )
    # The institution's, always: a trigger sees to it, also when the institution moves.
    prefecture = models.ForeignKey(
        Prefecture,
        verbose_name="都道府県",
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        db_index=False,
    )
    subject = models.CharField("件名", max_length=10, choices=[(each.value, each.label) for each in Subject])
    desk = models.CharField("宛先", max_length=10, choices=[(each.value, each.label) for each in Desk])
    with_prefecture = models.BooleanField("都道府県が見る")
    request_number = models.CharField("要請番号", max_length=12, blank=True)
    state = models.CharField(
        "状態",
        max_length=10,
        choices=[(each.value, each.label) for each in State],
        default=State.NEW.value,
    )
    version = models.PositiveIntegerField("版", default=1)
    revision = models.PositiveIntegerField("改訂", default=1)
    created_at = models.DateTimeField("受付日時")
    created_by = models.ForeignKey(User, verbose_name="作成者", on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField("更新日時")
    waiting_since = models.DateTimeField("回答待ちの開始", null=True, blank=True)
    claimed_by = models.ForeignKey(
        User, verbose_name="担当者", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    claimed_at = models.DateTimeField("担当の開始", null=True, blank=True)
    answer_unread = models.BooleanField("回答が未読", default=False)

    objects: ClassVar[InquiryQuerySet] = InquiryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "お問い合わせ"
        verbose_name_plural = "お問い合わせ"
        indexes = [
            models.Index(fields=["institution", "-updated_at"], name="inquiry_of_institution"),
            models.Index(fields=["request_number"], name="inquiry_of_request"),
            # The officers' list in its order: what waits longest first, then what moved last.
            models.Index(fields=["waiting_since", "-updated_at", "-id"], name="inquiry_in_order"),
            models.Index(
                fields=["prefecture", "waiting_since", "-updated_at", "-id"],
                name="inquiry_in_order_there",
                include=["with_prefecture", "subject", "desk", "state", "claimed_at"],
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="inquiry_waits_until_answered",
                condition=Q(state=State.ANSWERED.value, waiting_since__isnull=True)
                | (~Q(state=State.ANSWERED.value) & Q(waiting_since__isnull=False)),
            ),
            models.CheckConstraint(
                name="inquiry_in_hand_when_and_whose",
                condition=Q(state=State.IN_HAND.value, claimed_by__isnull=False, claimed_at__isnull=False)
                | (~Q(state=State.IN_HAND.value) & Q(claimed_by__isnull=True, claimed_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="inquiry_desk_prefecture_sees_it",
                condition=Q(desk=Desk.MINISTRY.value) | Q(desk=Desk.PREFECTURE.value, with_prefecture=True),
            ),
        ]

    def __str__(self) -> str:
        return f"お問い合わせ {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError("Inquiries change by their verbs alone.")

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("Inquiries are never deleted.")

    @property
    def messages(self) -> InquiryMessageQuerySet:
        """Its thread, oldest first."""
        return InquiryMessage.objects.filter(inquiry_id=self.pk).order_by("pk")

    def state_at(self, now: datetime) -> State:
        """Where it stands at `now` (aware): what nobody has in hand any more is 未対応."""
        state = State(self.state)
        return State.NEW if state is State.IN_HAND and not holds(self.claimed_at, now) else state

    def holder_at(self, now: datetime) -> User | None:
        """Who has it in hand at `now` (aware). The holder is loaded unless they are."""
        return self.claimed_by if holds(self.claimed_at, now) else None

    def minutes_left(self, now: datetime) -> int:
        """Whole minutes until the claim runs out, at least 1; only while somebody holds it at `now` (aware)."""
        assert self.claimed_at is not None  # noqa: S101 - somebody holds it
        return max(1, int((self.claimed_at + CLAIM_LASTS - now).total_seconds()) // 60)

    @property
    def desk_text(self) -> str:
        """With whom it lies: the prefecture's name, or 国（事務局）."""
        return self.institution.prefecture.name if self.desk == Desk.PREFECTURE else Desk.MINISTRY.label

    def mark_read(self) -> None:
        """One of the institution's people has opened it: an answer is news no longer. One query where it was."""
        if self.answer_unread:
            Inquiry.objects.filter(pk=self.pk, version=self.version).update(answer_unread=False)

    # --- the verbs ------------------------------------------------------------------------------------------------

    @classmethod
    def ask(
        cls,
        actor: User,
        institution: Institution,
        *,
        subject: Subject,
        desk: Desk,
        text: str,
        request_number: str = "",
        now: datetime | None = None,
    ) -> Inquiry:
        """A new inquiry of the institution to the desk (ログイン・利用者: always to the ministry's), 未対応.

        Raises NotPermitted unless `actor` is a member of the institution, TextRequired. Tells the desk's officers.
        Locks the institution, the person and their membership.
        """
        _check_text(Verb.ASK, text)
        moment = clock.jst(now or clock.now())
        desk = desk_for(subject, desk)
        made = cls(
            institution=institution,
            prefecture_id=institution.prefecture_id,
            subject=subject.value,
            desk=desk.value,
            with_prefecture=desk is Desk.PREFECTURE,
            request_number=request_number,
            created_at=moment,
            created_by=actor,
            updated_at=moment,
            waiting_since=moment,
        )
        with transaction.atomic():
            actor = actor.held_for(institution.pk, and_place=True)
            if not permissions.can_ask_for(actor, institution):
                raise NotPermitted
            models.Model.save(made, force_insert=True)
            _write(made, Verb.ASK, None, actor, text, moment)
        return made

    def add(self, actor: User, text: str, *, seen_version: int, now: datetime | None = None) -> Inquiry:
        """A further message of the institution. Answered before, it is 未対応 again and begins to wait anew.

        Raises StaleThread when an answer or another message came in between, and as every verb NotPermitted,
        NotPossible and TextRequired.
        """
        return self._move(Verb.ADD, actor, text, ("version", seen_version), now)

    def answer(self, actor: User, text: str, *, seen_revision: int, now: datetime | None = None) -> Inquiry:
        """回答, by the desk that has it; mailed to the institution. Whoever had it in hand has it no longer."""
        return self._move(Verb.ANSWER, actor, text, ("revision", seen_revision), now)

    def forward(self, actor: User, text: str, *, seen_revision: int, now: datetime | None = None) -> Inquiry:
        """引き継ぎ from the prefecture to the ministry or back, with a note for the other desk's officers alone."""
        return self._move(Verb.FORWARD, actor, text, ("revision", seen_revision), now)

    def memo(self, actor: User, text: str, *, now: datetime | None = None) -> Inquiry:
        """内部メモ: for officers alone. Changes nothing else, so it asks for no revision."""
        return self._move(Verb.MEMO, actor, text, None, now)

    def claim(self, actor: User, *, seen_revision: int, now: datetime | None = None) -> Inquiry:
        """担当する: 対応中, in the hands of `actor` for half an hour; taken over from a colleague where one had it."""
        return self._move(Verb.CLAIM, actor, "", ("revision", seen_revision), now)

    def release(self, actor: User, *, seen_revision: int, now: datetime | None = None) -> Inquiry:
        """担当を終える: 未対応 again, in nobody's hands."""
        return self._move(Verb.RELEASE, actor, "", ("revision", seen_revision), now)

    def _move(
        self, verb: Verb, actor: User, text: str, seen: tuple[str, int] | None, now: datetime | None
    ) -> Inquiry:
        """Lock, check, write the row, its message and its mails. `seen`: the counter that must stand as it was seen.

        The person, and of an institution's their membership, are held before the row: nobody speaks who may not by
        then.
        """
        with transaction.atomic():
            actor = actor.held() if actor.is_staff else actor.held_for(self.institution_id)
            row = Inquiry.objects.locked().select_related("institution__prefecture").get(pk=self.pk)
            moment = clock.jst(now or clock.now())
            permissions.check(actor, verb, row)
            came_from = row.state_at(moment)
            to = target(came_from, verb)
            if to is None:
                raise NotPossible
            if seen is not None and getattr(row, seen[0]) != seen[1]:
                raise StaleThread(row)
            _check_text(verb, text)
            row._take(verb, to, actor, moment)
            models.Model.save(row, force_update=True)
            _write(row, verb, came_from, actor, text, moment)
        return row

    def _take(self, verb: Verb, to: State, actor: User, moment: datetime) -> None:
        self.state = to.value
        if verb is not Verb.MEMO:
            self.revision += 1
        if verb not in INTERNAL:
            self.version += 1
            self.updated_at = moment
            self.answer_unread = verb is Verb.ANSWER
        if verb is Verb.FORWARD:
            self.desk = Desk(self.desk).other.value
            self.with_prefecture = True
        if verb is Verb.CLAIM or (to is State.IN_HAND and self.claimed_by_id == actor.pk):
            self.claimed_by, self.claimed_at = actor, moment
        elif to is not State.IN_HAND:
            self.claimed_by, self.claimed_at = None, None
        if to is State.ANSWERED:
            self.waiting_since = None
        elif self.waiting_since is None:
            self.waiting_since = moment


class InquiryMessageQuerySet(models.QuerySet["InquiryMessage"]):
    def for_institution(self) -> InquiryMessageQuerySet:
        """Without what passes between officers alone: the one place that says what an institution reads."""
        return self.exclude(verb__in=[verb.value for verb in INTERNAL])


class InquiryMessage(models.Model):
    """One thing that was said or done about an inquiry. No foreign keys, never changed or deleted."""

    inquiry_id = models.BigIntegerField("お問い合わせ")
    verb = models.CharField("操作", max_length=10, choices=[(each.value, each.label) for each in Verb])
    at = models.DateTimeField("日時")
    actor_id = models.BigIntegerField("操作者")
    actor_role = models.CharField("役割", max_length=20, choices=Role.choices)
    actor_text = models.CharField("操作者", max_length=200)
    desk_text = models.CharField("宛先", max_length=20)
    text = models.TextField("内容", blank=True)
    from_state = models.CharField("前の状態", max_length=10, blank=True)
    to_state = models.CharField("状態", max_length=10)
    revision = models.PositiveIntegerField("改訂")

    objects: ClassVar[InquiryMessageQuerySet] = InquiryMessageQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "お問い合わせの経過"
        verbose_name_plural = "お問い合わせの経過"
        indexes = [models.Index(fields=["inquiry_id", "id"], name="message_of_inquiry")]

    def __str__(self) -> str:
        return f"{self.inquiry_id} {self.verb}"

    @property
    def what(self) -> str:
        """The verb's name on screen."""
        return Verb(self.verb).label


def _check_text(verb: Verb, text: str) -> None:
    if verb in SPOKEN | {Verb.FORWARD} and not text.strip():
        raise TextRequired


def _write(
    inquiry: Inquiry, verb: Verb, came_from: State | None, actor: User, text: str, moment: datetime
) -> None:
    """Insert the message and post its mails; inside the transaction that wrote the inquiry."""
    message = InquiryMessage(
        inquiry_id=inquiry.pk,
        verb=verb.value,
        at=moment,
        actor_id=actor.pk,
        actor_role=actor.role,
        actor_text=actor.described() if actor.is_staff else actor.described_for(inquiry.institution_id),
        desk_text=inquiry.desk_text,
        text=text,
        from_state=came_from.value if came_from else "",
        to_state=inquiry.state,
        revision=inquiry.revision,
    )
    message.save(force_insert=True)
    if verb in MAILED:
        told = _institution_addresses(inquiry) if verb is Verb.ANSWER else _desk_addresses(inquiry)
        notifications.post(inquiry, message, told, moment)


def _institution_addresses(inquiry: Inquiry) -> list[str]:
    """The institution's own address, and those of its members who wrote in the thread. One query."""
    wrote = InquiryMessage.objects.filter(inquiry_id=inquiry.pk, actor_role=Role.INSTITUTION)
    members = User.objects.filter(
        pk__in=wrote.values("actor_id"), is_active=True, memberships__institution_id=inquiry.institution_id
    )
    return [inquiry.institution.email, *members.values_list("email", flat=True)]


def _desk_addresses(inquiry: Inquiry) -> list[str]:
    """The officers of the desk that has it, with the operators for ログイン・利用者. One query."""
    if inquiry.desk == Desk.PREFECTURE:
        people = User.objects.officers_of(inquiry.institution.prefecture_id)
    elif inquiry.subject == Subject.LOGIN:
        desk = User.objects.filter(role__in=[Role.MINISTRY, Role.OPERATOR], is_active=True)
        people = desk.exclude(email="")
    else:
        people = User.objects.ministry_officers()
    return list(people.values_list("email", flat=True))
