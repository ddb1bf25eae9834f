"""受領の確認: the institution says what arrived of a parcel."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from requests_app.exceptions import AlreadyReceived, DayRefused, QuantityRefused, Refusal, ShipmentChanged
from requests_app.forms.receipt import ReceiptForm
from requests_app.forms.request import Carried
from requests_app.presenters.delivery import Parcel
from requests_app.presenters.record import Record
from requests_app.rules.transitions import Verb
from requests_app.views.access import institution_staff
from requests_app.views.record import load
from sosportal.lib import once
from sosportal.lib.once import LOST_TOKEN

DONE = "受領を確認しました。"
DONE_OTHERWISE = "受領を確認しました。発送数量との違いを、国と都道府県の担当者が確認します。"


@require_http_methods(["GET", "HEAD", "POST"])
@institution_staff
def receive(request: HttpRequest, number: str, parcel: int) -> HttpResponse:
    """受領を確認する, once per parcel: by one press as sent, or with what was typed. `parcel` is the version shown."""
    record = load(request, number)
    found = _find(record, parcel)
    if request.method != "POST":
        return HttpResponseRedirect(f"{record.address}#{found.place}")
    seen = next(each for each in found.state.versions if each.pk == parcel)
    carried = Carried.read(request.POST)
    found.carried = replace(carried, token=carried.token or uuid.uuid4())
    same = "same" in request.POST
    if same:
        said = (seen.quantity, record.now.date(), "")
    else:
        found.form = ReceiptForm(found.state.current, found.state.item, request.POST)
        if not found.form.is_valid():
            return _show(request, record, found, HTTPStatus.UNPROCESSABLE_ENTITY)
        given = found.form.cleaned_data
        said = (given["quantity"], given["received_on"], given["comment"])
    if carried.token is None:
        return _refused(request, record, found, LOST_TOKEN)
    try:
        done = _confirm_once(record, carried.token, parcel, seen.quantity, said, same=same)
    except (AlreadyReceived, ShipmentChanged, once.TokenReused) as refusal:
        return _too_late(request, record, found, refusal.message)
    except Refusal as refusal:
        return _refused(request, record, found, refusal.message, _field_of(refusal))
    messages.success(request, done)
    return HttpResponseRedirect(f"{record.address}#{found.place}")


def _confirm_once(
    record: Record,
    token: uuid.UUID,
    parcel: int,
    shipped: int,
    said: tuple[int, date, str],
    *,
    same: bool,
) -> str:
    """`same`: the one press, which says the same whichever day it comes in again."""
    quantity, day, comment = said

    def act() -> str:
        record.request.receive(record.user, parcel, quantity, received_on=day, comment=comment)
        return DONE if quantity == shipped else DONE_OTHERWISE

    own = ["same"] if same else [quantity, day.isoformat(), comment]
    body = [Verb.RECEIVE.value, record.request.pk, parcel, *own]
    return once.run_once(token, actor_id=record.user.pk, body=body, now=record.now, act=act)


def _find(record: Record, parcel: int) -> Parcel:
    """The parcel that has this version; raises Http404 unless the request has it."""
    for each in record.parcels:
        if any(version.pk == parcel for version in each.state.versions):
            return each
    raise Http404


def _field_of(refusal: Refusal) -> str:
    if isinstance(refusal, QuantityRefused):
        return "quantity"
    return "received_on" if isinstance(refusal, DayRefused) else "comment"


def _refused(
    request: HttpRequest, record: Record, found: Parcel, message: str, place: str | None = None
) -> HttpResponse:
    if place is not None and found.form.is_bound:
        found.form.add_error(place, message)
    else:
        found.problem = message
    return _show(request, record, found, HTTPStatus.UNPROCESSABLE_ENTITY)


def _show(request: HttpRequest, record: Record, found: Parcel, status: int) -> HttpResponse:
    return render(request, "requests/detail.html", {"record": record, "receiving": found}, status=status)


def _too_late(request: HttpRequest, record: Record, found: Parcel, message: str) -> HttpResponse:
    """Somebody confirmed it, or the vendor corrected it, in between: what stands, and what was typed, to be copied."""
    current = load(request, record.request.number)
    standing = _find(current, found.state.first.pk)
    standing.problem = message
    if found.form.is_bound:
        standing.form = found.form
    return _show(request, current, standing, HTTPStatus.CONFLICT)
