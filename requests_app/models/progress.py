"""The figures of the dashboards, kept small: summed up every few minutes by `requests_app.progress.refreshing`.

Nothing here is the record, but what was published and switched: every other row can be computed anew from surveys and
requests. No foreign keys in the database, so that writing figures never waits for, or holds up, who answers and files.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import connection, models, transaction

from institutions.models import Institution, Prefecture, Role, User
from requests_app import permissions
from requests_app.exceptions import ReasonRequired, StaleSwitch
from sosportal.lib import clock
from surveys.models import Item, SurveyRound

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

# Any number, the same in all processes: one switches at a time.
SWITCH_LOCK = 7_240_061


class AreaQuerySet(models.QuerySet[Any]):
    """Rows of which each belongs to a prefecture."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Officers see their prefecture's figures, the ministry all, nobody else any."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.role == Role.MINISTRY:
            return self
        if user.role == Role.PREFECTURE:
            return self.filter(prefecture_id=user.prefecture_id)
        return self.none()


def _to(model: type[models.Model], name: str, *, only: bool = False) -> Any:
    """A reference without a constraint; `only`: the row is the only one of what it refers to, and bears its key."""
    options: Any = {
        "verbose_name": name,
        "on_delete": models.DO_NOTHING,
        "db_constraint": False,
        "related_name": "+",
    }
    if only:
        return models.OneToOneField(model, primary_key=True, **options)
    return models.ForeignKey(model, db_index=False, **options)


class ProgressState(models.Model):
    """One row: when the figures were last summed up, and how long it took.

    `event` and `change`: up to which number of the requests' events and of the institutions' changes everything is
    counted for good; `counted_on`: the day in Japan on which the requests were last counted whole.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    as_of = models.DateTimeField("時点")
    seconds = models.FloatField("秒")
    event = models.BigIntegerField("要請の履歴", default=0)
    change = models.BigIntegerField("医療機関の変更履歴", default=0)
    counted_on = models.DateField("全てを数えた日", null=True)

    class Meta:
        verbose_name = "集計の時点"
        verbose_name_plural = "集計の時点"
        constraints = [models.CheckConstraint(name="progress_state_one_row", condition=models.Q(id=1))]

    def __str__(self) -> str:
        return f"{self.as_of:%Y/%m/%d %H:%M}"


class PrefectureRound(models.Model):
    """A round in a prefecture: who was asked, who answered, how many requests were applied for in its week.

    `is_final`: the round is closed and its survey figures are counted for good; `requests` still follows.
    """

    round = _to(SurveyRound, "調査の回")
    prefecture = _to(Prefecture, "都道府県")
    institutions = models.PositiveIntegerField("医療機関")
    answered = models.PositiveIntegerField("回答した医療機関")
    requests = models.PositiveIntegerField("申請された要請", default=0)
    is_final = models.BooleanField("確定")

    objects: ClassVar[AreaQuerySet] = AreaQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "都道府県ごとの調査の回"
        verbose_name_plural = "都道府県ごとの調査の回"
        constraints = [models.UniqueConstraint(fields=["round", "prefecture"], name="prefecture_round_once")]

    def __str__(self) -> str:
        return f"{self.round_id} {self.prefecture_id}"


class StockFigure(models.Model):
    """An item in a prefecture and round: what those have and use who gave all three figures and use any.

    `stock` is 在庫量 + 購入見込み量, `below_1` to `below_3` how many of `answered` have less than so many weeks of it.
    """

    round = _to(SurveyRound, "調査の回")
    prefecture = _to(Prefecture, "都道府県")
    item = _to(Item, "物資")
    answered = models.PositiveIntegerField("回答した医療機関")
    stock = models.PositiveBigIntegerField("在庫量と購入見込み量")
    consumption = models.PositiveBigIntegerField("1週間の想定消費量")
    below_1 = models.PositiveIntegerField("1週分未満")
    below_2 = models.PositiveIntegerField("2週分未満")
    below_3 = models.PositiveIntegerField("3週分未満")

    objects: ClassVar[AreaQuerySet] = AreaQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "備蓄の集計"
        verbose_name_plural = "備蓄の集計"
        constraints = [
            models.UniqueConstraint(fields=["round", "item", "prefecture"], name="stock_figure_once")
        ]

    def __str__(self) -> str:
        return f"{self.round_id} {self.prefecture_id} {self.item_id}"


class RequestFigure(models.Model):
    """An item in a prefecture: quantities of the requests that were applied for in the week of a round, how many
    institutions asked, and how many of them were given something (受付)."""

    round = _to(SurveyRound, "調査の回")
    prefecture = _to(Prefecture, "都道府県")
    item = _to(Item, "物資")
    requests = models.PositiveIntegerField("要請")
    institutions = models.PositiveIntegerField("要請した医療機関", default=0)
    institutions_accepted = models.PositiveIntegerField("受け付けた医療機関", default=0)
    asked = models.PositiveBigIntegerField("要請数量")
    confirmed = models.PositiveBigIntegerField("都道府県の確認")
    accepted = models.PositiveBigIntegerField("国の受付")
    allocated = models.PositiveBigIntegerField("配布の決定", default=0)
    shipped = models.PositiveBigIntegerField("発送", default=0)
    received = models.PositiveBigIntegerField("受領", default=0)

    objects: ClassVar[AreaQuerySet] = AreaQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "要請の集計"
        verbose_name_plural = "要請の集計"
        constraints = [
            models.UniqueConstraint(fields=["round", "item", "prefecture"], name="request_figure_once")
        ]

    def __str__(self) -> str:
        return f"{self.round_id} {self.prefecture_id} {self.item_id}"


class PrefectureStanding(models.Model):
    """The requests of a prefecture by status, whenever applied for; `late` as in `officers.late`,
    `again` those of the unconfirmed that were confirmed before their last edit."""

    prefecture = _to(Prefecture, "都道府県", only=True)
    drafts = models.PositiveIntegerField("未申請")
    errors = models.PositiveIntegerField("エラー有り")
    unconfirmed = models.PositiveIntegerField("都道府県の確認待ち")
    again = models.PositiveIntegerField("うち確認のやり直し", default=0)
    confirmed = models.PositiveIntegerField("国の受付待ち")
    late = models.PositiveIntegerField("対応の遅れ")
    accepted = models.PositiveIntegerField("受付完了")
    oldest_unconfirmed = models.DateTimeField("確認待ちで最も古い申請", null=True)
    oldest_confirmed = models.DateTimeField("受付待ちで最も古い申請", null=True)

    objects: ClassVar[AreaQuerySet] = AreaQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "都道府県ごとの要請"
        verbose_name_plural = "都道府県ごとの要請"

    def __str__(self) -> str:
        return str(self.prefecture_id)


class InstitutionStock(models.Model):
    """Weeks of stock of an institution and item in one of the last two rounds, cut off at hundredths: for sorting."""

    round = _to(SurveyRound, "調査の回")
    institution = _to(Institution, "医療機関")
    item = _to(Item, "物資")
    prefecture = _to(Prefecture, "都道府県")
    weeks = models.DecimalField("備蓄の週分", max_digits=12, decimal_places=2)

    objects: ClassVar[AreaQuerySet] = AreaQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "医療機関の備蓄"
        verbose_name_plural = "医療機関の備蓄"
        constraints = [
            models.UniqueConstraint(fields=["institution", "item", "round"], name="institution_stock_once")
        ]
        indexes = [
            models.Index(
                fields=["round", "prefecture", "item", "weeks", "institution"], name="institution_stock_least"
            )
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.item_id}"


class InstitutionOpen(models.Model):
    """An institution with requests under review: how many, and since when the oldest waits."""

    institution = _to(Institution, "医療機関", only=True)
    prefecture = _to(Prefecture, "都道府県")
    requests = models.PositiveIntegerField("確認中の要請")
    oldest = models.DateTimeField("最も古い申請")

    objects: ClassVar[AreaQuerySet] = AreaQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "要請が確認中の医療機関"
        verbose_name_plural = "要請が確認中の医療機関"
        indexes = [
            models.Index(fields=["prefecture", "oldest", "institution"], name="institution_open_oldest")
        ]

    def __str__(self) -> str:
        return str(self.institution_id)


class PublishedTable(models.Model):
    """A round and item as the public page shows them, line by line (`requests_app.progress.publishing.Line`): what is
    public anyway, small numbers hidden already. Written once, never changed or deleted."""

    round = _to(SurveyRound, "調査の回")
    item = _to(Item, "物資")
    as_of = models.DateTimeField("時点")
    lines = models.JSONField("行")

    class Meta:
        verbose_name = "公開した集計"
        verbose_name_plural = "公開した集計"
        constraints = [models.UniqueConstraint(fields=["round", "item"], name="published_table_once")]

    def __str__(self) -> str:
        return f"{self.round_id} {self.item_id}"


class PublicSwitch(models.Model):
    """The public progress page was switched on or off: who, when, why. The last row counts; none means off."""

    is_on = models.BooleanField("公開する")
    at = models.DateTimeField("日時")
    actor_id = models.BigIntegerField("操作者")
    actor_text = models.CharField("操作者", max_length=200)
    reason = models.TextField("理由")

    class Meta:
        verbose_name = "公開の切替え"
        verbose_name_plural = "公開の切替え"

    def __str__(self) -> str:
        return f"{self.at:%Y/%m/%d %H:%M} {'公開' if self.is_on else '非公開'}"

    @classmethod
    def last(cls) -> PublicSwitch | None:
        """The row that counts. One query."""
        return cls.objects.order_by("-pk").first()

    @classmethod
    def turn(
        cls, actor: User, *, on: bool, reason: str, seen: int, now: datetime | None = None
    ) -> PublicSwitch:
        """Switch the page on or off. `seen` is the key of the row the person saw as the last, 0 for none; `now` is
        aware.

        Raises NotPermitted (only the ministry), ReasonRequired, StaleSwitch when somebody switched in between. One at
        a time, by an advisory lock; the actor's row is held too.
        """
        if not reason.strip():
            raise ReasonRequired
        with transaction.atomic():
            permissions.check_publish_progress(actor.held())
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SWITCH_LOCK])
            standing = cls.last()
            if (standing.pk if standing else 0) != seen:
                raise StaleSwitch
            if (standing is not None and standing.is_on) == on:
                return standing or cls(is_on=False)
            return cls.objects.create(
                is_on=on,
                at=now or clock.now(),
                actor_id=actor.pk,
                actor_text=actor.described(),
                reason=reason.strip(),
            )
