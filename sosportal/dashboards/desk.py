"""いま待っているもの: what an officer meets first. Live: a bounded walk along an index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from django.urls import reverse

from institutions.models import Inquiry, Role
from institutions.rules.inquiry import Desk as InquiryDesk
from requests_app.models import SosRequest, UndecidedLine, UnhandedLine
from requests_app.progress import reading
from requests_app.progress.reading import AsOf
from requests_app.queries.desk import has_unseen_answer
from requests_app.queries.officers import UNDER_REVIEW, Stage, counted_each, late, oldest_of_each
from sosportal.dashboards.asking import Asked
from sosportal.dashboards.common import Key
from sosportal.dashboards.country import CountryPage
from sosportal.dashboards.measures import days_since
from sosportal.dashboards.prefecture import PrefecturePage, queue_address
from sosportal.lib import clock
from sosportal.lib.counting import counted, counted_on_short_lists, told
from sosportal.lib.jinja import jst_short

if TYPE_CHECKING:
    from institutions.models import User
    from requests_app.models.request import SosRequestQuerySet

NONE = "0件"


@dataclass(frozen=True)
class Waiting:
    """What waits for somebody: what for, how many (`1,000件以上` beyond MOST), since when, the way there."""

    label: str
    count: str
    note: str
    address: str
    is_late: bool = False
    always: bool = False


@dataclass
class Desk:
    """The officer's first page. Six queries at most for what waits, and those of the figures below."""

    user: User
    asked: Asked
    now: datetime

    @cached_property
    def as_of(self) -> AsOf:
        """Of which moment the figures below are."""
        return reading.as_of(self.now)

    @property
    def is_ministry(self) -> bool:
        """Whether the officer accepts, rather than confirms."""
        return self.user.role == Role.MINISTRY.value

    @property
    def waiting(self) -> list[Waiting]:
        """What waits, the officer's own work first."""
        to_confirm = [
            self._stage(
                Stage.UNCONFIRMED, "都道府県の確認を待つ要請" if self.is_ministry else "確認を待つ要請"
            ),
            self._stage(Stage.AGAIN, "確認のやり直しを待つ要請（編集あり）"),
            self._late,
        ]
        to_accept = self._stage(
            Stage.CONFIRMED,
            "受付を待つ要請（確認済み）" if self.is_ministry else "国の受付を待つ要請（確認済み）",
        )
        own = [to_accept, *self._after_acceptance] if self.is_ministry else to_confirm
        others = to_confirm if self.is_ministry else [to_accept]
        return [each for each in [*own, *others, *self._talk] if each.count != NONE or each.always]

    def _stage(self, stage: Stage, label: str) -> Waiting:
        oldest = self._oldest.get(stage)
        note = f"最も古い申請 {jst_short(oldest)}（{days_since(oldest, self.now):,}日前）" if oldest else ""
        address = queue_address(self.user, "", stage=stage.value)
        count = _count(self._counts[stage.value])
        return Waiting(label, count, note, address, always=stage is not Stage.AGAIN)

    @property
    def _late(self) -> Waiting:
        """What should have been begun before today."""
        return Waiting(
            "うち対応の遅れ",
            _count(self._counts["late"]),
            "上の要請のうち、対応開始日を過ぎ、確認がまだのもの",
            queue_address(self.user, "", late="yes"),
            is_late=True,
        )

    @property
    def _after_acceptance(self) -> list[Waiting]:
        """What the ministry does with what it accepted."""
        return [
            Waiting(
                "配布の決定を待つ物資（受付完了）",
                _count(counted(UndecidedLine.objects.all())),
                "",
                reverse("admin:requests_app_allocationdecision_changelist"),
            ),
            Waiting(
                "引渡しを待つ物資（配布の決定済み）",
                _count(counted(UnhandedLine.objects.all())),
                "",
                reverse("admin:requests_app_handoff_new"),
            ),
        ]

    @property
    def _talk(self) -> list[Waiting]:
        """What institutions said and asked. Answers are counted where few requests are under review: no index finds
        them."""
        waiting = self._rows.filter(UNDER_REVIEW)
        answered = counted_on_short_lists(waiting, {"answered": has_unseen_answer(self.user)}) or {}
        desk = InquiryDesk.MINISTRY if self.is_ministry else InquiryDesk.PREFECTURE
        inquiries = Inquiry.objects.visible_to(self.user).filter(waiting_since__isnull=False, desk=desk.value)
        inquiry_list = reverse("admin:institutions_inquiry_changelist")
        return [
            Waiting(
                "照会に回答があった要請",
                _count(answered.get("answered", 0)),
                "まだ開いていないもの",
                queue_address(self.user, "", question="answered"),
            ),
            Waiting(
                "回答を待つお問い合わせ",
                _count(counted(inquiries)),
                "",
                f"{inquiry_list}?state=waiting&desk={desk.value}",
            ),
        ]

    @cached_property
    def _rows(self) -> SosRequestQuerySet:
        return SosRequest.objects.visible_to(self.user)

    @cached_property
    def _counts(self) -> dict[str, int]:
        conditions = {stage.value: stage.condition for stage in Stage}
        return counted_each(self._rows, conditions | {"late": late(clock.jst(self.now).date())})

    @cached_property
    def _oldest(self) -> dict[Stage, datetime]:
        return oldest_of_each(self._rows)

    # --- figures --------------------------------------------------------------------------------------------------

    @cached_property
    def figures(self) -> CountryPage | PrefecturePage | None:
        """The page the figures below are of; None before the first round of the survey."""
        if self.asked.round is None or self.asked.item is None:
            return None
        if self.user.role == Role.MINISTRY.value:
            return CountryPage(self.user, self.asked, self.asked.item, self.asked.round, self.now)
        if self.user.prefecture is None:
            return None
        return PrefecturePage(
            self.user, self.asked, self.user.prefecture, self.asked.item, self.asked.round, self.now
        )

    @property
    def keys(self) -> list[Key]:
        """The figures at the top of that page."""
        return self.figures.keys if self.figures else []

    @property
    def title(self) -> str:
        """`全国の状況` or `静岡県の状況`."""
        return f"{self.user.prefecture.name if self.user.prefecture else '全国'}の状況"

    @property
    def address(self) -> str:
        """Of that page."""
        return reverse("admin:progress")


def _count(number: int) -> str:
    return told(number, unit="件")
