"""Prefectures and the institutions that answer and ask."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.core.validators import RegexValidator
from django.db import connection, models, transaction
from django.db.models import F, Func, Value
from django.db.models.functions import Lower, Replace

from institutions import notifications
from institutions.exceptions import StaleParticulars
from institutions.models.letters import containing
from institutions.models.user import Role
from institutions.permissions import check_enter_for
from sosportal.lib import clock
from sosportal.lib.audit.tracking import track
from sosportal.lib.once import digest
from sosportal.lib.text import search_key

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from institutions.models.suspension import Suspension
    from institutions.models.user import User


# A list takes the table before its rows: whoever had taken a row first would wait for it in a circle.
AGAINST_LISTS = "LOCK TABLE institutions_institution IN ROW EXCLUSIVE MODE"


class Prefecture(models.Model):
    """One of the 47, by its JIS X 0401 code `01` to `47`. Reference data, filled by a migration."""

    code = models.CharField("都道府県コード", max_length=2, primary_key=True)
    name = models.CharField("都道府県", max_length=4, unique=True)

    class Meta:
        verbose_name = "都道府県"
        verbose_name_plural = "都道府県"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class InstitutionKind(models.TextChoices):
    HOSPITAL = "hospital", "病院"
    CLINIC = "clinic", "診療所"
    DENTAL = "dental", "歯科診療所"
    PHARMACY = "pharmacy", "薬局"
    HOME_NURSING = "home_nursing", "訪問看護ステーション"


def postal_code_written(digits: str) -> str:
    """`1000001` as people write it: `100-0001`; "" stays."""
    return f"{digits[:3]}-{digits[3:]}" if digits else ""


class InstitutionQuerySet(models.QuerySet["Institution"]):
    def visible_to(self, user: User | AnonymousUser) -> InstitutionQuerySet:
        """The institutions `user` may see (domain, "People"): members their own, officers their prefecture's, ministry
        and operators all. A subquery at most, no query of its own."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.role in {Role.MINISTRY, Role.OPERATOR}:
            return self
        if user.role == Role.PREFECTURE:
            return self.filter(prefecture_id=user.prefecture_id)
        return self.filter(id__in=user.institution_ids)

    def locked(self) -> InstitutionQuerySet:
        """The rows under `FOR NO KEY UPDATE`: who holds one keeps its applications waiting."""
        return self.select_for_update(no_key=True)

    def matching(self, words: str) -> InstitutionQuerySet:
        """The name contains, or the code begins with, each of the words, whatever their width or case.

        Found by the index over the names' letters: never the whole table, unless nothing is left of a word. One query
        of its own for every word of figures alone, and for every single letter.
        """
        found = self
        for key in filter(None, map(search_key, words.split())):
            if key.isascii() and key.isdigit():
                found = found.filter(_coded(key))
            else:
                found = found.filter(models.Q(search_key__contains=key) if _is_common(key) else named(key))
        return found


def named(key: str, prefix: str = "") -> models.Q:
    """Institutions whose `search_key` contains `key`, from the index; `prefix` leads to them from another table."""
    return containing(key, F(f"{prefix}search_key"))


FEW = 200
SAMPLE = 1_000  # institutions
COMMON = 20  # of them


def _coded(figures: str) -> models.Q:
    """Institutions whose code begins so, or whose name holds the figures. One query.

    The few names first, then the codes as a range: a plan that joins the two conditions would read every row.
    """
    after = str(int(figures) + 1).zfill(len(figures))
    codes = models.Q(code__gte=figures)
    if len(after) == len(figures):
        codes &= models.Q(code__lt=after)
    names = list(
        Institution.objects.filter(named(figures)).order_by().values_list("pk", flat=True)[: FEW + 1]
    )
    return codes | (models.Q(pk__in=names) if len(names) <= FEW else named(figures))


def _is_common(key: str) -> bool:
    """Whether a single letter is in so many names that reading on until there are enough beats its index. One query;
    none for more letters."""
    if len(key) > 1:
        return False
    sample = Institution.objects.order_by("pk").values("pk")[:SAMPLE]
    return Institution.objects.filter(pk__in=sample, search_key__contains=key).count() >= COMMON


@dataclass(frozen=True)
class Particulars:
    """What an institution's own staff keep of it; everything else is the ministry's register's."""

    telephone: str
    contact_person: str
    email: str

    @property
    def mark(self) -> str:
        """The same for the same particulars: what a page carries to say which it showed."""
        return digest(asdict(self))


@track(
    exclude=["search_key", "created_at", "updated_at", "particulars_kept_at"],
    institution="{row}.id",
    prefecture="{row}.prefecture_id",
    indexes=[
        models.Index(
            fields=["pgh_prefecture_id"],
            condition=models.Q(pgh_before__has_key="prefecture_id"),
            name="institution_h_moved",
        )
    ],
)
class Institution(models.Model):
    """A hospital, clinic, dental clinic, pharmacy or home-visit nursing station, by its ten-digit code."""

    code = models.CharField(
        "医療機関コード",
        max_length=10,
        unique=True,
        validators=[RegexValidator(r"^[0-9]{10}$", "医療機関コードは10桁の半角数字です。")],
        error_messages={"unique": "この医療機関コードはすでに登録されています。"},
    )
    name = models.CharField("医療機関名", max_length=200)
    kind = models.CharField("種別", max_length=20, choices=InstitutionKind.choices)
    prefecture = models.ForeignKey(
        Prefecture, verbose_name="都道府県", on_delete=models.PROTECT, related_name="institutions"
    )
    postal_code = models.CharField(
        "郵便番号",
        max_length=7,
        blank=True,
        validators=[RegexValidator(r"^[0-9]{7}$", "郵便番号は7桁の半角数字です。")],
    )
    address = models.CharField("住所", max_length=300, blank=True)
    telephone = models.CharField("電話番号", max_length=20, blank=True)
    contact_person = models.CharField("担当者氏名", max_length=100, blank=True)
    email = models.EmailField("メールアドレス", max_length=254, blank=True)
    has_agreement = models.BooleanField(
        "医療措置協定を締結している",
        default=False,
        db_default=False,
        help_text="都道府県と医療措置協定（感染症法第36条の3）を締結している医療機関です。分からないときはチェックしません。",
    )
    particulars_kept_at = models.DateTimeField("基礎情報の確認日時", null=True, blank=True, editable=False)
    created_at = models.DateTimeField("登録日時", default=clock.now, editable=False)
    updated_at = models.DateTimeField("更新日時", default=clock.now, editable=False)
    search_key = models.GeneratedField(
        expression=Replace(
            Lower(Func(F("name"), template="normalize(%(expressions)s, NFKC)")), Value(" "), Value("")
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects: ClassVar[InstitutionQuerySet] = InstitutionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "医療機関"
        verbose_name_plural = "医療機関"
        ordering = ["code"]
        indexes = [
            models.Index(fields=["prefecture", "code"], name="institution_by_prefecture"),
            # What a search asks of one institution after the other: none of the rows is read for it.
            models.Index(fields=["id"], include=("code", "search_key"), name="institution_words"),
        ]
        constraints = [
            models.CheckConstraint(
                name="institution_code_ten_digits", condition=models.Q(code__regex=r"^[0-9]{10}$")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def postal_code_written(self) -> str:
        """As people write it."""
        return postal_code_written(self.postal_code)

    @property
    def particulars(self) -> Particulars:
        """What its own staff keep."""
        return Particulars(self.telephone, self.contact_person, self.email)

    def keep_particulars(
        self, actor: User, given: Particulars, *, seen: str, now: datetime | None = None
    ) -> bool:
        """ユーザー基礎情報登録: store what the staff say, returns whether it was anything new. From now on a list of
        the register overwrites none of it, even if it was only confirmed.

        `seen` is the mark of the particulars that the page showed. A new mail address is told to the old one; what a
        proxy entered, to the institution and its members. Locks the row, who enters and their membership, and the table
        against a list being read in.
        Raises NotPermitted, ProxyReasonMissing, and StaleParticulars where somebody saved others in between.
        """
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(AGAINST_LISTS)
            held = Institution.objects.locked().get(pk=self.pk)
            actor = actor.held_for(self.pk)
            check_enter_for(actor, held)
            moment, before = now or clock.now(), held.particulars
            if before.mark != seen:
                raise StaleParticulars(held)
            for name, value in asdict(given).items():
                setattr(held, name, value)
            held.particulars_kept_at = moment
            if before == given:
                held.save(update_fields=["particulars_kept_at"])
                return False
            held.updated_at = moment
            held.save(update_fields=[*asdict(given), "particulars_kept_at", "updated_at"])
            notifications.particulars_changed(held, before, actor, moment)
        return True

    def suspension_at(self, now: datetime) -> Suspension | None:
        """The suspension in force at `now` (aware), if any. One query."""
        from institutions.models.suspension import SUSPENDED_AT

        return SUSPENDED_AT.first(institution_id=self.pk, now=now)
