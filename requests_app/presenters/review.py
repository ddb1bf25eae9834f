"""One request as an officer sees it: figures beside quantities, what was judged, what changed, what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from institutions.queries import SuspensionNotice, suspension_notices
from requests_app import permissions
from requests_app.models import Claim, LineOutcome, Question, RequestEvent, RequestLine, SosRequest
from requests_app.presenters.chain import APPLIED, Facts, Link, chain
from requests_app.presenters.happened import Happened, called_at, happened
from requests_app.presenters.judged import Judged, judged
from requests_app.presenters.naming import name_receivers, name_who_answered, name_who_received
from requests_app.presenters.next_step import BY_ANOTHER, WITHDRAWN, NextStep, next_step
from requests_app.queries import desk, officers
from requests_app.queries.delivery import ParcelState, parcels_of
from requests_app.queries.desk import Delivery
from requests_app.queries.officers import Answer, LineView, Past, Week
from requests_app.rules.quantity import suggested_quantity
from requests_app.rules.system_check import CheckResult
from requests_app.rules.transitions import BY_PROXY, CLAIMING, Status, Verb
from sosportal.lib.numbers import format_count
from surveys.forms import LABELS
from surveys.models import Figures, Item
from surveys.presenters import Weeks, weeks_of

if TYPE_CHECKING:
    from institutions.models import User

REASONED_FROM = ("weekly_consumption", "stock", "weekly_purchase")


@dataclass(frozen=True)
class FigureView:
    """A figure of the survey beside the one answered before."""

    name: str
    now: str
    before: str


@dataclass(frozen=True)
class Call:
    """A telephone check: when it was made, with whom, what was said, and who wrote it down."""

    at: datetime
    whom: str
    what: str
    who: str


@dataclass
class ReviewPage:
    """Everything the page of one request shows besides its frame and forms.

    Queries, each made when first shown: lines, events, survey answers, item names.
    """

    request: SosRequest
    user: User
    now: datetime

    @cached_property
    def request_lines(self) -> list[RequestLine]:
        """The lines with their items."""
        return list(self.request.lines.select_related("item").order_by("item__order"))

    @cached_property
    def events(self) -> list[RequestEvent]:
        """What happened, newest first."""
        return list(self.request.events())

    @cached_property
    def suspended(self) -> list[SuspensionNotice]:
        """The institution's suspension, in force or still to begin. One query."""
        return suspension_notices([self.request.institution_id], self.now)

    @property
    def last_event(self) -> int:
        """The id of the last event; 0 before the first."""
        return self.events[0].pk if self.events else 0

    @cached_property
    def answers(self) -> list[Answer]:
        """The institution's last two survey answers, the latest first."""
        return officers.last_two_answers(self.request.institution_id)

    @property
    def answer(self) -> Answer | None:
        """The latest survey answer."""
        return self.answers[0] if self.answers else None

    @cached_property
    def items(self) -> Mapping[int, Item]:
        """Every item, by id: an event may name one that the request no longer holds."""
        return {item.pk: item for item in Item.objects.all()}

    # --- quantities -----------------------------------------------------------------------------------------------

    @cached_property
    def lines(self) -> list[LineView]:
        """The lines beside the latest answer."""
        return [officers.view_of(line, self.answer) for line in self.request_lines]

    def figures_of(self, line: LineView) -> list[FigureView]:
        """The three figures of a line, with those of the answer before."""
        before = self.answers[1].figures.get(line.item.pk) if len(self.answers) > 1 else None
        return [
            FigureView(
                name, _figure(line.figures, key, line.item), _figure(before, key, line.item) if before else ""
            )
            for key, name in LABELS.items()
        ]

    @property
    def sections(self) -> list[tuple[LineView, list[FigureView], list[Link], Weeks | None]]:
        """Each line with its figures, its chain and its last eight weeks."""
        return [
            (line, self.figures_of(line), self.chain_of(line), weeks_of(line.item, self.weeks))
            for line in self.lines
        ]

    @cached_property
    def weeks(self) -> list[Week]:
        """The institution's figures of the last eight rounds."""
        return officers.weeks_of_figures(self.request.institution_id, self.now)

    @cached_property
    def past(self) -> list[Past]:
        """The institution's last other requests, as far as the officer may see them."""
        return officers.past_requests(SosRequest.objects.visible_to(self.user), self.request)

    @cached_property
    def outcomes(self) -> Mapping[int, LineOutcome]:
        """What was decided of its lines, by item id; nothing can be before the acceptance."""
        if self.request.state is not Status.ACCEPTED:
            return {}
        return LineOutcome.objects.of(self.request.pk)

    @property
    def allocation(self) -> list[tuple[LineView, LineOutcome | None]]:
        """Each line with what was decided of it."""
        return [(line, self.outcomes.get(line.item.pk)) for line in self.lines]

    @cached_property
    def deliveries(self) -> dict[int, Delivery]:
        """What became of the lines after the acceptance, by item id."""
        found = desk.deliveries(self.request)
        name_receivers(found.values(), self.events)
        return found

    def chain_of(self, line: LineView) -> list[Link]:
        """What became of a line so far, with who and when; empty before the application."""
        if self.request.state not in APPLIED:
            return []
        return chain(
            Facts(
                self.request,
                line.item,
                line.quantity,
                line.confirmed,
                line.accepted,
                self.outcomes.get(line.item.pk),
                suggested=self._suggested_then(line.item),
                suggested_at=self._answered_then,
                delivery=self.deliveries[line.item.pk],
                named=True,
                asked_by=self.applied_by,
            )
        )

    @property
    def withdrawn_by(self) -> str:
        """Who withdrew it, a proxy as such; "" while it stands."""
        return next((event.actor_text for event in self.events if event.verb == Verb.WITHDRAW), "")

    @property
    def applied_by(self) -> str:
        """Who applied, a proxy as such; "" before the application."""
        applied = (event for event in self.events if event.at == self.request.submitted_at)
        return next((event.actor_text for event in applied if event.verb == Verb.SUBMIT), "")

    @cached_property
    def parcels(self) -> list[ParcelState]:
        """What the vendor sent. One query, none where nothing was sent."""
        sent = any(delivery.parcels for delivery in self.deliveries.values())
        found = parcels_of([self.request.pk]).get(self.request.pk, []) if sent else []
        name_who_received(found, self.events)
        return found

    # --- the system check -----------------------------------------------------------------------------------------

    @cached_property
    def checked(self) -> RequestEvent | None:
        """The event of the last check."""
        return next((event for event in self.events if event.check_record), None)

    @property
    def judged(self) -> list[Judged]:
        """The last check, rule by rule."""
        record = self._record
        return judged(CheckResult.from_json(record["result"])) if record else []

    @property
    def rules_version(self) -> int | None:
        """The version of the rule settings of the last check."""
        rules = self._record["input"]["rules"] if self._record else None
        return int(rules["version"]) if rules else None

    @property
    def limit(self) -> str:
        """The weeks of stock below which the last check's rules let a request pass; "" when they don't test it."""
        rules = self._record["input"]["rules"] if self._record else None
        most = str((rules or {}).get("max_weeks_of_stock") or "")
        return most.rstrip("0").rstrip(".") if "." in most else most

    @property
    def answered_since(self) -> bool:
        """Whether the survey was answered again after the last check looked at it."""
        if not self._record or self.answer is None:
            return False
        seen = self._record["input"]["last_answered_at"]
        return seen is None or datetime.fromisoformat(seen) != self.answer.at

    @property
    def _record(self) -> Any:
        return self.checked.check_record if self.checked else None

    def _suggested_then(self, item: Item) -> int | None:
        """The suggested quantity by the figures that the last check saw; None without complete ones."""
        seen = self._record["input"]["lines"] if self._record else []
        given = next((line["figures"] for line in seen if line["item_id"] == item.pk), None) or {}
        consumption, stock, purchase = (given.get(key) for key in REASONED_FROM)
        if consumption is None or stock is None or purchase is None:
            return None
        return suggested_quantity(consumption, stock, purchase, item.pack_size)

    @property
    def _answered_then(self) -> datetime | None:
        """When the survey was answered that the last check went by (aware)."""
        seen = self._record["input"]["last_answered_at"] if self._record else None
        return datetime.fromisoformat(seen) if seen else None

    # --- what happened --------------------------------------------------------------------------------------------

    @cached_property
    def edit(self) -> Happened | None:
        """The edit that made the version that stands."""
        made = (
            event
            for event in self.events
            if event.verb == Verb.REVISE and event.version == self.request.version
        )
        event = next(made, None)
        return self._happened(event) if event else None

    @property
    def history(self) -> list[Happened]:
        """All that happened, newest first."""
        return [self._happened(event) for event in self.events]

    @property
    def calls(self) -> list[Call]:
        """The telephone checks, the last recorded first."""
        return [
            Call(called_at(event), event.content["whom"], event.content["what"], event.actor_text)
            for event in self.events
            if event.verb == Verb.TELEPHONE
        ]

    @property
    def memos(self) -> list[Happened]:
        """申し送り, newest first; their first detail is the text."""
        return [self._happened(event) for event in self.events if event.verb == Verb.MEMO]

    def since(self, last_seen: int) -> list[Happened]:
        """What happened after the event `last_seen` (an id), oldest first; what changes nothing of it left out."""
        aside = {Verb.TELEPHONE, *CLAIMING}
        later = [event for event in self.events if event.pk > last_seen and event.verb not in aside]
        return [self._happened(event) for event in reversed(later)]

    def _happened(self, event: RequestEvent) -> Happened:
        return happened(event, self.items)

    # --- between the people ---------------------------------------------------------------------------------------

    @cached_property
    def questions(self) -> list[Question]:
        """照会, the open ones first, then the newest."""
        found = self.request.questions.select_related("asked_by", "withdrawn_by").order_by("-id")
        name_who_answered(found, self.events)
        return sorted(found, key=lambda question: not question.is_open)

    @property
    def open_questions(self) -> list[Question]:
        """Those that wait for the institution."""
        return [question for question in self.questions if question.is_open]

    @cached_property
    def claim(self) -> Claim | None:
        """Who holds the request now."""
        return Claim.of(self.request.pk, self.now)

    @property
    def is_mine(self) -> bool:
        """Whether the officer holds it."""
        return self.claim is not None and self.claim.user_id == self.user.pk

    @property
    def held_by_other(self) -> Claim | None:
        """The claim of somebody else."""
        return None if self.is_mine else self.claim

    @property
    def minutes_left(self) -> int:
        """Until the claim runs out; 0 without one."""
        return self.claim.minutes_left(self.now) if self.claim else 0

    # --- what can be done -----------------------------------------------------------------------------------------

    def can(self, verb: Verb) -> bool:
        """Whether the officer may use the verb and the status allows it."""
        return self.request.allows(verb) and permissions.can(self.user, verb, self.request)

    @property
    def can_confirm(self) -> bool:
        """Whether 都道府県の確認 can be recorded."""
        return self.can(Verb.CONFIRM)

    @property
    def can_accept(self) -> bool:
        """Whether it can be made 受付完了."""
        return self.can(Verb.ACCEPT)

    @property
    def can_telephone(self) -> bool:
        """Whether a telephone check can be recorded."""
        return self.can(Verb.TELEPHONE)

    @property
    def can_talk(self) -> bool:
        """Whether questions, notes and claims are possible."""
        return self.can(Verb.MEMO)

    @property
    def can_unask(self) -> bool:
        """Whether a question can be withdrawn."""
        return self.can(Verb.UNASK)

    @property
    def next_step(self) -> NextStep:
        """What the officer does first on this page."""
        if self.request.is_withdrawn:
            return WITHDRAWN
        stage = officers.stage_of(self.request)
        if stage is not None and self.is_entered_by_me and (self.can_confirm or self.can_accept):
            return BY_ANOTHER
        asked = stage is not None and bool(self.open_questions)
        return next_step(self.request.state, stage, confirms=self.can_confirm, asked=asked)

    @property
    def is_entered_by_me(self) -> bool:
        """Whether the officer entered any of it by proxy: confirmation and acceptance are another's then."""
        return any(event.actor_id == self.user.pk and event.verb in BY_PROXY for event in self.events)

    @property
    def stage(self) -> str:
        """未確認, やり直し or 確認済み; "" when not under review."""
        found = officers.stage_of(self.request)
        return found.label if found else ""

    @property
    def parts_of_title(self) -> list[str]:
        """The pieces of the title between which a line may break."""
        pieces = self.request.title.split("_")
        return [f"{piece}_" for piece in pieces[:-1]] + pieces[-1:]


def _figure(figures: Figures | None, key: str, item: Item) -> str:
    value = getattr(figures, key) if figures else None
    return "—" if value is None else f"{format_count(value)}{item.unit}"
