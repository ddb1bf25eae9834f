"""The admin's pages save what a person saw: a save over somebody else's answers 409, with the difference."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db import models
from django.forms.models import _get_foreign_key
from django.http import HttpRequest

from sosportal.lib.admin_stale import CHANGED_MEANWHILE, Unseen, differences, kept, rebase, typed_into
from sosportal.lib.once import LOST_TOKEN, digest

if TYPE_CHECKING:
    Page = admin.ModelAdmin[Any]
else:
    Page = object

SEEN = "_seen"
UNSEEN = frozenset({"last_login", "password"})
"""What a person does for themselves meanwhile: no page shows it, no save overwrites it."""
OVERTAKEN = "_overtaken"


class SavesAsSeen(Page):
    """For an admin page: what was seen goes along with what is posted, and is compared under the row's lock.

    `ended_form` is the form of a page whose rows can come to an end, after which nobody changes them: what was typed
    into it is shown when that happened meanwhile.
    """

    ended_form: ClassVar[Any] = None

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """As Django's; 409 with what was typed, where the row has come to its end meanwhile."""
        if object_id is None or request.method != "POST" or not self._has_ended(request, object_id):
            return super().changeform_view(request, object_id, form_url, extra_context)
        typed = typed_into(self.ended_form, request.POST)
        request.method = "GET"
        shown = super().changeform_view(
            request, object_id, form_url, {**(extra_context or {}), "typed": typed}
        )
        shown.status_code = HTTPStatus.CONFLICT
        return shown

    def _has_ended(self, request: HttpRequest, object_id: str) -> bool:
        if self.ended_form is None or not self.has_change_permission(request):
            return False
        found = self.get_object(request, unquote(object_id))
        return found is not None and not self.has_change_permission(request, found)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """As Django's; a save by who hasn't seen what stands is refused once, and says so."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if obj is None or request.method != "POST" or request.POST.get(SEEN) == self.seen_digest(obj):
            return form
        if SEEN not in request.POST:
            return type(form.__name__, (Unseen, form), {"problem": LOST_TOKEN})
        if not getattr(request, OVERTAKEN, False):
            setattr(request, OVERTAKEN, True)
            self._lay_over(request, obj)
        return type(form.__name__, (Unseen, form), {"problem": CHANGED_MEANWHILE})

    def _lay_over(self, request: HttpRequest, obj: Any) -> None:
        """What was posted about the rows below, laid over those that stand now."""
        for formset, inline in self.get_formsets_with_inlines(request, obj):
            rows = inline.get_queryset(request)
            rebase(request, formset(instance=obj, queryset=rows), str(inline.opts.verbose_name))

    def seen_parts(self, obj: Any) -> list[Any]:
        """What the page shows and saves besides the row's own fields, JSON-able: it counts as seen too. A query per
        inline that can be changed."""
        return [[kept(row, UNSEEN) for row in rows] for rows in self.rows_below(obj)]

    def seen_digest(self, obj: Any) -> str:
        """What a person saw of a row, in short: equal as long as nobody changes it. A log-in meanwhile is no change."""
        return digest([kept(obj, UNSEEN), self.seen_parts(obj)])

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """As Django's, with what is seen for the next save; 422 when a save was refused, 409 with the difference when
        somebody else saved meanwhile."""
        original = context.get("original")
        if original is not None and self.has_change_permission(request, original):
            # What was typed stands in the object by now; what is seen is what stands in the table.
            stored = type(original)._base_manager.filter(pk=original.pk).first()
            context |= {"seen_name": SEEN, "seen_digest": self.seen_digest(stored) if stored else ""}
        overtaken = getattr(request, OVERTAKEN, False)
        if overtaken:
            formsets = [each.formset for each in context["inline_admin_formsets"]]
            found = differences(request, context["adminform"].form, formsets)
            context |= {"overtaken": CHANGED_MEANWHILE, "differences": found}
        response = super().render_change_form(request, context, *args, **kwargs)
        if request.method == "POST":
            response.status_code = HTTPStatus.CONFLICT if overtaken else HTTPStatus.UNPROCESSABLE_ENTITY
        return response

    def rows_below(self, obj: Any) -> list[models.QuerySet[Any]]:
        """The rows that the page saves below this one, inline by inline, in the order of their keys."""
        return [
            each.model._base_manager.filter(
                **{_get_foreign_key(self.model, each.model, each.fk_name).name: obj}
            ).order_by("pk")
            for each in self.inlines
            if getattr(each, "changers", None)
        ]
