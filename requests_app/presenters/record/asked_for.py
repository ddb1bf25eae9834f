"""What was asked for, and what became of it: decided, sent, received."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from requests_app.forms.receipt import ReceiptForm
from requests_app.models import LineOutcome
from requests_app.presenters.chain import APPLIED, Facts, Link, chain
from requests_app.presenters.delivery import Parcel
from requests_app.presenters.figures import LineView, SurveyFigures
from requests_app.presenters.naming import name_receivers, name_who_received
from requests_app.presenters.record.checked import Checked
from requests_app.presenters.record.permitted import BEFORE_APPLICATION
from requests_app.queries.delivery import parcels_of
from requests_app.queries.desk import Delivery, deliveries
from requests_app.rules.transitions import Status, Verb


@dataclass
class AskedFor(Checked):
    """A request with its lines, the figures beside them, the decision, and the parcels."""

    @cached_property
    def outcomes(self) -> Mapping[int, LineOutcome]:
        """What was decided of its lines, by item id. One query, none before the acceptance."""
        return LineOutcome.objects.of(self.request.pk) if self.status is Status.ACCEPTED else {}

    # --- What was asked for ---

    @cached_property
    def lines(self) -> list[LineView]:
        """The ticked items in their order."""
        figures = self._figures
        return [
            LineView(
                self.items[line.item_id],
                line.quantity,
                line.confirmed_quantity,
                line.accepted_quantity,
                figures.get(line.item_id),
            )
            for line in sorted(self.request.lines.all(), key=lambda line: self.items[line.item_id].order)
        ]

    def chain_of(self, line: LineView) -> list[Link]:
        """What became of a line so far, with when and by which office; empty before the application. Three queries
        once the request is accepted."""
        if self.status not in APPLIED:
            return []
        return chain(
            Facts(
                self.request,
                line.item,
                line.quantity,
                line.confirmed,
                line.accepted,
                self.outcomes.get(line.item.pk),
                suggested=line.suggested,
                suggested_at=self.answered_at,
                delivery=self._deliveries[line.item.pk],
            )
        )

    @cached_property
    def _deliveries(self) -> dict[int, Delivery]:
        found = deliveries(self.request)
        name_receivers(found.values(), self.events)
        return found

    @property
    def _figures(self) -> dict[int, SurveyFigures]:
        """By item id: the figures as they stand before the application, as they were judged after it."""
        if self.status in BEFORE_APPLICATION:
            return {
                line.item_id: SurveyFigures(
                    line.figures.stock, line.figures.weekly_consumption, line.figures.weekly_purchase
                )
                for line in self._facts_now.lines
                if line.figures is not None
            }
        record = self.last_check.check_record if self.last_check else None
        return {
            line["item_id"]: SurveyFigures(
                line["figures"]["stock"],
                line["figures"]["weekly_consumption"],
                line["figures"]["weekly_purchase"],
            )
            for line in (record["input"]["lines"] if record else [])
            if line["figures"] is not None
        }

    @property
    def answered_at(self) -> datetime | None:
        """When the survey was answered that these figures come from (aware)."""
        if self.status in BEFORE_APPLICATION:
            return self._facts_now.last_answered_at
        record = self.last_check.check_record if self.last_check else None
        text = record["input"]["last_answered_at"] if record else None
        return datetime.fromisoformat(text) if text else None

    # --- What was sent and what arrived ---

    @cached_property
    def parcels(self) -> list[Parcel]:
        """What the vendor sent, the latest first. One query, none where nothing was sent."""
        if not any(delivery.parcels for delivery in self._deliveries.values()):
            return []
        found = parcels_of([self.request.pk]).get(self.request.pk, [])
        name_who_received(found, self.events)
        may = self.may(Verb.RECEIVE)
        return [
            Parcel(state, self.request.number, may, ReceiptForm(state.current, state.item)) for state in found
        ]

    @property
    def open_parcels(self) -> list[Parcel]:
        """Those whose receipt the person should confirm."""
        return [parcel for parcel in self.parcels if parcel.is_open]
