"""What officers have of a request besides its verbs: フォローする, and the sheet as a PDF."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

from requests_app.admin.neighbours import came_from
from requests_app.admin.review import ReviewViews
from requests_app.forms.following import FollowPost
from requests_app.models import SosRequest
from requests_app.presenters.paper import as_pdf
from requests_app.presenters.record import Record
from sosportal.lib import clock, once
from sosportal.lib.once import LOST_TOKEN
from surveys.models import Item

if TYPE_CHECKING:
    Host = ReviewViews
else:
    Host = object


class PaperViews(Host):
    """The views, for SosRequestAdmin."""

    def follow_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """フォローする, フォロー中（やめる）: once per form."""
        found, user = self._found(request, key), self._user(request)
        back = reverse("admin:requests_app_sosrequest_change", args=[key]) + came_from(request).kept
        if request.method != "POST":
            return HttpResponseRedirect(back)
        posted = FollowPost.read(request.POST)
        if posted is None:
            page = self.page(request, found)
            return self.show(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY, problem=LOST_TOKEN)
        try:
            messages.success(request, posted.carry_out(user, found, clock.now()))
        except once.TokenReused as refusal:
            page = self.page(request, found)
            return self.show(request, page, status=HTTPStatus.CONFLICT, problem=refusal.message)
        return HttpResponseRedirect(back)

    def pdf_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """The sheet as the institution has it."""
        found = self._found(request, key)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        items = {item.pk: item for item in Item.in_order()}
        events = found.events().for_institution()
        return as_pdf(request, Record(found, events, items, self._user(request), clock.now()))

    def _found(self, request: HttpRequest, key: int) -> SosRequest:
        rows = self.get_queryset(request).select_related("institution__prefecture", "campaign")
        found: SosRequest | None = rows.prefetch_related("lines").filter(pk=key).first()
        if found is None or not self.has_view_permission(request):
            raise Http404
        return found

    def _user(self, request: HttpRequest) -> Any:
        return request.user
