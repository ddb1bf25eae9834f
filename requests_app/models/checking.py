"""What the system check looks at, read from the tables: under locks for a submission, without for a preview."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import QuerySet

from institutions.models import Institution, Suspension
from requests_app.models.campaign import Campaign, RuleSettings
from requests_app.rules import system_check
from requests_app.rules.system_check import CheckInput, CheckResult, InstitutionFacts, LineFacts, OtherRequest
from requests_app.rules.transitions import Status
from sosportal.lib.prepared import Prepared
from surveys.models import Figures, Item, SurveyResponse

if TYPE_CHECKING:
    from requests_app.models.request import RequestLine, SosRequest


def check(request: SosRequest, moment: datetime) -> tuple[CheckResult, dict[str, Any], Decimal | None]:
    """Judge a request at `moment` (aware): (result, record for the event, least weeks of stock of its lines).

    Call inside the transaction that holds the request and its institution. Takes the latest survey response under
    lock, so that what is judged is what stands at the commit. Passed, a request that is being applied for takes the
    open campaign (unsaved); one under review keeps the one it was applied for in. Queries: see `facts_for`.
    """
    lines = {line.item_id: line.quantity for line in request.lines.all()}
    campaign = open_campaign(moment)
    facts = facts_for(request.institution, lines, campaign, moment, request_id=request.pk, lock=True)
    result = system_check.run(facts)
    if result.ok and campaign is not None and request.submitted_at is None:
        request.campaign = campaign[0]
    record = {"input": system_check.input_to_json(facts), "result": result.to_json()}
    return result, record, system_check.least_weeks(facts)


def preview(
    institution: Institution,
    lines: Mapping[int, int | None],
    moment: datetime,
    *,
    request_id: int | None = None,
) -> CheckResult:
    """What the check would say at `moment` (aware) of these lines (item id → quantity); nothing is locked."""
    return system_check.run(
        facts_for(institution, lines, open_campaign(moment), moment, request_id=request_id, lock=False)
    )


OpenCampaign = tuple[Campaign, RuleSettings, frozenset[int]]


def open_campaign(moment: datetime) -> OpenCampaign | None:
    """The campaign open at `moment` (aware), its rule settings and the ids of the items it accepts. Three queries."""
    campaign = Campaign.open(moment)
    if campaign is None:
        return None
    return campaign, campaign.current_settings(), campaign.accepted_items(moment)


def facts_for(
    institution: Institution,
    lines: Mapping[int, int | None],
    campaign: OpenCampaign | None,
    moment: datetime,
    *,
    request_id: int | None,
    lock: bool,
) -> CheckInput:
    """Everything the rules look at, for these lines (item id → quantity). Five queries."""
    suspension = institution.suspension_at(moment)
    response = latest_response(institution.pk, lock=lock)
    figures = response.figures() if response else {}
    others = _others_under_review(institution.pk, request_id, list(lines))
    read = _Read(suspension, response, figures, ITEMS.objects(ids=lines), others)
    return _input(institution, lines, campaign, moment, read)


class _Read(NamedTuple):
    """What was looked up for one request."""

    suspension: Suspension | None
    response: SurveyResponse | None
    figures: Mapping[int, Figures]
    items: Iterable[Item]
    others: Mapping[int, tuple[OtherRequest, ...]]


def _input(
    institution: Institution,
    lines: Mapping[int, int | None],
    campaign: OpenCampaign | None,
    moment: datetime,
    read: _Read,
) -> CheckInput:
    suspension, response = read.suspension, read.response
    accepted = campaign[2] if campaign else frozenset()
    return CheckInput(
        now=moment,
        campaign_open=campaign is not None,
        campaign_name=campaign[0].name if campaign else "",
        rules=campaign[1].as_rules() if campaign else None,
        institution=InstitutionFacts(
            name=institution.name,
            code=institution.code,
            postal_code=institution.postal_code,
            address=institution.address,
            telephone=institution.telephone,
            contact_person=institution.contact_person,
            email=institution.email,
            suspended=suspension is not None,
            suspension_reason=suspension.reason if suspension else "",
        ),
        last_answered_at=response.answered_at if response else None,
        answer_id=response.pk if response else None,
        answer_version=response.version if response else None,
        lines=tuple(
            _line_facts(
                item,
                lines[item.pk],
                item.pk in accepted,
                read.figures.get(item.pk),
                read.others.get(item.pk, ()),
            )
            for item in read.items
            if item.pk in lines
        ),
    )


def errors_now(
    request_ids: Collection[int], campaign: OpenCampaign | None, moment: datetime
) -> dict[int, int]:
    """By request id: how many errors the check would find at `moment` (aware), as `preview` does for one.

    Other requests under review are not read: they are never more than a warning (R9). Nothing is locked. Six queries
    however many there are, none for no request.
    """
    from requests_app.models.request import SosRequest

    if not request_ids:
        return {}
    found = SosRequest.objects.filter(pk__in=request_ids).select_related("institution")
    facts = facts_of_many(list(found.prefetch_related("lines")), campaign, moment)
    return {pk: len(system_check.run(each).errors) for pk, each in facts.items()}


def facts_of_many(
    found: Sequence[SosRequest], campaign: OpenCampaign | None, moment: datetime
) -> dict[int, CheckInput]:
    """By request id: what the rules look at, as `facts_for` reads it for one, but for other requests under review.

    `found` with institution and lines loaded; one that is applied for is seen as at that moment, the others at `moment`
    (aware). Nothing is locked. Four queries.
    """
    places = {request.institution_id for request in found}
    in_force = Suspension.objects.in_force(moment).filter(institution_id__in=places)
    suspensions = {each.institution_id: each for each in in_force}
    latest = (
        SurveyResponse.objects.filter(institution_id__in=places)
        .order_by("institution_id", "-answered_at", "-id")
        .distinct("institution_id")
        .prefetch_related("answers")
    )
    responses = {each.institution_id: each for each in latest}
    items = Item.in_order()
    facts: dict[int, CheckInput] = {}
    for request in found:
        lines = {line.item_id: line.quantity for line in request.lines.all()}
        response = responses.get(request.institution_id)
        figures = response.figures() if response else {}
        read = _Read(suspensions.get(request.institution_id), response, figures, items, {})
        at = request.submitted_at or moment
        facts[request.pk] = _input(request.institution, lines, campaign, at, read)
    return facts


def latest_response(institution_id: int, *, lock: bool) -> SurveyResponse | None:
    """The institution's latest answer; with `lock`, under its row lock until the transaction ends. One query."""
    if lock:
        return SurveyResponse.objects.latest_of(institution_id).locked().first()
    return LATEST.first(institution_id=institution_id)


def _line_facts(
    item: Item,
    quantity: int | None,
    accepted: bool,
    figures: Figures | None,
    others: tuple[OtherRequest, ...],
) -> LineFacts:
    return LineFacts(
        item_id=item.pk,
        item_label=item.label,
        unit=item.unit,
        pack_unit=item.pack_unit,
        pack_size=item.pack_size,
        quantity=quantity,
        accepted_by_campaign=accepted,
        figures=None
        if figures is None
        else system_check.Figures(figures.stock, figures.weekly_consumption, figures.weekly_purchase),
        others_under_review=others,
    )


def _others_under_review(
    institution_id: int, request_id: int | None, item_ids: list[int]
) -> dict[int, tuple[OtherRequest, ...]]:
    """By item id: its other requests under review, the newest first. One query."""
    found: dict[int, tuple[OtherRequest, ...]] = {}
    itself = {} if request_id is None else {"request_id": request_id}
    for item_id, number, title, quantity in OTHERS.rows(
        institution_id=institution_id, item_ids=item_ids, **itself
    ):
        found[item_id] = (*found.get(item_id, ()), OtherRequest(number, title, quantity or 0))
    return found


# --- The queries ----------------------------------------------------------------------------------------------------


def _others(
    *, institution_id: int, item_ids: Collection[int], request_id: int | None = None
) -> QuerySet[RequestLine, Any]:
    from requests_app.models.request import RequestLine

    rows = RequestLine.objects.filter(
        request__institution_id=institution_id,
        request__status=Status.UNDER_REVIEW.value,
        request__withdrawn_at__isnull=True,
        item_id__in=item_ids,
    )
    if request_id is not None:
        rows = rows.exclude(request_id=request_id)
    return rows.order_by("-request_id").values_list(
        "item_id", "request__number", "request__title", "quantity"
    )


LATEST: Prepared[SurveyResponse] = Prepared(
    lambda institution_id: SurveyResponse.objects.latest_of(institution_id)[:1]
)
OTHERS: Prepared[RequestLine] = Prepared(_others)
ITEMS: Prepared[Item] = Prepared(lambda ids: Item.objects.filter(pk__in=ids).order_by("order"))
