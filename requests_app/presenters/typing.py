"""What the form says of typing that is not saved: kept, to be resumed, typed elsewhere, taken over from earlier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from institutions.models import Institution, User
from requests_app.forms.request import RequestForm
from requests_app.models import Content, SosRequest, TypedDraft
from surveys.models import Item

RESUME = "draft"
"""The key of an address that goes on with a draft: its id, or `OWN`."""
OWN = "own"
FROM = "from"
"""The key of an address that begins with an earlier request: its number."""
PHONE, COMPUTER = "スマートフォン等", "パソコン"


@dataclass(frozen=True)
class Offered:
    """A draft that can be gone on with. `who` is "" for the person's own."""

    draft: TypedDraft
    who: str
    address: str

    @property
    def device(self) -> str:
        """What it was typed on."""
        return PHONE if self.draft.on_phone else COMPUTER


@dataclass(frozen=True)
class Earlier:
    """An earlier request whose items and quantities stand in the form; `left_out` are not taken now."""

    number: str
    at: datetime
    applied: bool
    left_out: str


@dataclass
class TypedState:
    """Where the typing on one page stands. Filled by the view, read by the page.

    `keeps`: what is typed is kept at all. `seen` and `resumed` go along in hidden fields: the mark of the draft that
    this page knows, the id of a colleague's it went on from. `going_on` is the draft shown, `kept` what was just kept,
    `elsewhere` what another page wrote, `offered` what can be gone on with.
    """

    keeps: bool = False
    seen: str = ""
    resumed: int = 0
    going_on: Offered | None = None
    kept: TypedDraft | None = None
    elsewhere: Offered | None = None
    offered: Sequence[Offered] = ()
    earlier: Earlier | None = None
    last: SosRequest | None = None
    problem: str = ""


def offered(drafts: Sequence[TypedDraft], user: User, address: str) -> list[Offered]:
    """The drafts as the form at `address` offers them, the person's own first."""
    found = [
        Offered(draft, "" if draft.user_id == user.pk else draft.user.name, f"{address}?{RESUME}={draft.pk}")
        for draft in drafts
    ]
    return sorted(found, key=lambda each: bool(each.who))


def drafts_of(user: User, institution: Institution, request: SosRequest | None) -> list[TypedDraft]:
    """What was typed into this form and not saved, by the user and colleagues, the latest first. One query."""
    return list(TypedDraft.objects.visible_to(user).of(institution, request).select_related("user"))


def earlier_content(
    found: SosRequest, accepted: frozenset[int], items: Sequence[Item]
) -> tuple[Content, Earlier]:
    """What a new request takes over from an earlier one: items and quantities that are taken now. The terms are
    confirmed anew, the opinion is of its day. `lines` must be prefetched."""
    lines = found.content().lines
    taken = {item_id: quantity for item_id, quantity in lines.items() if item_id in accepted}
    left_out = "と".join(item.label for item in items if item.pk in lines and item.pk not in taken)
    at = found.submitted_at or found.created_at
    return Content(lines=taken), Earlier(found.number, at, found.submitted_at is not None, left_out)


def texts_of_content(content: Content) -> dict[str, str]:
    """The texts of a form that holds `content`."""
    texts = {"opinion": content.opinion} | ({"confirmed": "on"} if content.confirmed_terms else {})
    for item_id, quantity in content.lines.items():
        texts |= {f"item_{item_id}": "on", f"quantity_{item_id}": "" if quantity is None else f"{quantity:,}"}
    return texts


def said(form: RequestForm) -> list[tuple[str, str]]:
    """Everything that stands in a form, field by field, for comparing two of them."""
    rows = [(item.label, form.typed(item)) for item in form.open_items]
    rows.append(("緊急配布条件の確認", "チェックあり" if form["confirmed"].data else "チェックなし"))
    return [*rows, ("ご意見", str(form["opinion"].data or "") or "（空欄）")]
