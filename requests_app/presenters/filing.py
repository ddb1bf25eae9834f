"""The request form as the page shows it: conditions, items with their suggestions, and what the check would say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from institutions.models import Institution
from institutions.queries import SuspensionNotice, suspension_notices
from requests_app.forms.request import Carried, ItemRow, RequestForm
from requests_app.models import Campaign, Content, SosRequest
from requests_app.models.checking import OpenCampaign, facts_for, open_campaign
from requests_app.presenters.places import Places
from requests_app.presenters.typing import OWN, RESUME, TypedState
from requests_app.queries.intake import stops_ahead
from requests_app.rules import system_check
from requests_app.rules.quantity import SUGGESTED_WEEKS, suggested_quantity
from requests_app.rules.system_check import CheckInput, CheckResult, LineFacts
from sosportal.lib.numbers import format_count
from surveys.models import Item


@dataclass(frozen=True)
class Suggestion:
    """What would fill the stock up to two weeks, in the item's unit, and how it was reckoned."""

    quantity: int
    reckoning: str


@dataclass(frozen=True)
class Difference:
    """One field that two tabs filled in differently: what is saved, and what was typed here."""

    name: str
    saved: str
    typed: str


@dataclass
class FormPage:
    """Everything the form shows besides its frame. `request` is None for a new one.

    Queries: those of `open_campaign` (three) and `facts_for` (five at most) and one more, when a page is shown.
    """

    institution: Institution
    request: SosRequest | None
    form: RequestForm
    carried: Carried
    now: datetime
    address: str
    differences: Sequence[Difference] = ()
    typing: TypedState = field(default_factory=TypedState)
    lead: str = "入力した内容は、この画面に残っています。直して、もう一度「保存」を押してください。"

    @cached_property
    def _open(self) -> OpenCampaign | None:
        return open_campaign(self.now)

    @cached_property
    def _facts(self) -> CheckInput:
        """What the check would look at, for every item that has fields: their figures make the suggestions."""
        asked = self.form.content().lines
        return facts_for(
            self.institution,
            {item.pk: asked.get(item.pk) for item in self.form.open_items},
            self._open,
            self.now,
            request_id=self.request.pk if self.request else None,
            lock=False,
        )

    @cached_property
    def check(self) -> CheckResult:
        """申請できる状態か: what the check would say of the form as it stands."""
        asked = self.form.content().lines
        lines = tuple(line for line in self._facts.lines if line.item_id in asked)
        return system_check.run(replace(self._facts, lines=lines))

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was saved or sent yet: that no item is ticked is then no mistake."""
        return self.request is None and not self.form.is_bound

    @property
    def campaign(self) -> Campaign | None:
        """Whose conditions and terms are confirmed: the open campaign's, or while none is open the request's own."""
        if self._open:
            return self._open[0]
        return self.request.campaign if self.request else None

    @property
    def is_taking(self) -> bool:
        """Whether a campaign is open."""
        return self._open is not None

    @property
    def title(self) -> str:
        """The heading of the page."""
        return "緊急配布要請を編集" if self.request else "新規緊急配布要請"

    @cached_property
    def suspended(self) -> list[SuspensionNotice]:
        """The institution's suspension, in force or still to begin. One query."""
        return suspension_notices([self.institution.pk], self.now)

    @property
    def places(self) -> Places:
        """Where to mend what the check would find, and back to what is typed here."""
        here = f"{self.address}?{RESUME}={OWN}" if self.typing.keeps else self.address
        return Places(self.institution.code, "", here)

    @property
    def may_apply(self) -> bool:
        """Whether 確認して申請へ is offered: a campaign is open, and what is saved is not checked at once."""
        return self.is_taking and not self.is_under_review

    @property
    def problem(self) -> tuple[str, str]:
        """What stands above the errors of the form: title and what to do."""
        if self.form.judged:
            return "保存できませんでした", self.lead
        return "入力をお確かめください", "まだ保存していません。入力した内容は、この画面に残っています。"

    @property
    def is_under_review(self) -> bool:
        """Whether saving runs the system check at once."""
        return self.request is not None and self.request.is_under_review

    @property
    def check_note(self) -> str:
        """What stands below the sum of the check."""
        if self.is_under_review:
            return "足りないまま保存すると、「エラー有り」になります。"
        return "足りなくても保存はできます。"

    @property
    def rows(self) -> list[tuple[ItemRow, Suggestion | None, str, datetime | None]]:
        """(item with its fields, what is suggested, the quantity in packs, when its intake stops) in the order of the
        items. One query for the stops."""
        stops = {stop.item_id: stop.at for stop in stops_ahead(self.now)}
        lines = {line.item_id: line for line in self._facts.lines}
        asked = self.form.content().lines
        return [
            (
                row,
                _suggestion(lines.get(row.item.pk)),
                packs_text(row.item, asked.get(row.item.pk)),
                stops.get(row.item.pk),
            )
            for row in self.form.rows()
        ]

    @property
    def taken_names(self) -> str:
        """The items that are accepted now, by name: `⑤非滅菌手袋`."""
        accepted = self._open[2] if self._open else frozenset()
        return "と".join(item.label for item in self.form.items if item.pk in accepted)

    @property
    def is_partly_closed(self) -> bool:
        """Whether some item of the form can't be asked for now."""
        return any(row.tick is None for row in self.form.rows())


def _suggestion(line: LineFacts | None) -> Suggestion | None:
    """None without three figures to reckon from."""
    figures = line.figures if line else None
    if line is None or figures is None:
        return None
    stock, consumption, purchase = figures.stock, figures.weekly_consumption, figures.weekly_purchase
    if stock is None or consumption is None or purchase is None:
        return None
    need = format_count(SUGGESTED_WEEKS * consumption)
    reckoning = (
        f"{SUGGESTED_WEEKS}週分 {need} − 在庫量 {format_count(stock)} − 購入見込み量 {format_count(purchase)}"
    )
    return Suggestion(suggested_quantity(consumption, stock, purchase, line.pack_size), reckoning)


def packs_text(item: Item, quantity: int | None) -> str:
    """`＝41箱` behind an input; "" where there is nothing to count in packs."""
    if not quantity or item.pack_size <= 1 or quantity < item.pack_size:
        return ""
    return f"＝{item.amount(quantity).partition('（')[2].removesuffix('）')}"


def differences(saved: Content, form: RequestForm) -> list[Difference]:
    """Where what is saved and what was typed in the form are not the same, field by field."""
    found = [
        Difference(item.label, saved_text(saved.lines, item), form.typed(item))
        for item in form.items
        if item.pk in saved.lines or item in form.open_items
    ]
    confirmed = {True: "チェックあり", False: "チェックなし"}
    found.append(
        Difference(
            "緊急配布条件の確認",
            confirmed[saved.confirmed_terms],
            confirmed[bool(form["confirmed"].data)],
        )
    )
    typed = str(form["opinion"].data or "")
    found.append(Difference("ご意見", saved.opinion or "（空欄）", typed or "（空欄）"))
    return [each for each in found if plain(each.saved) != plain(each.typed)]


def saved_text(lines: Mapping[int, int | None], item: Item) -> str:
    """The quantity of an item as it is saved, in words."""
    if item.pk not in lines:
        return "要請しない"
    quantity = lines[item.pk]
    return "（空欄）" if quantity is None else format_count(quantity)


def plain(text: str) -> str:
    """For comparing what is saved with what was typed: line ends and thousands separators say nothing."""
    return text.replace("\r\n", "\n").replace(",", "").strip()
