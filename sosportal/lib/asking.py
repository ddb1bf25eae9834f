"""A save of the admin in two steps: a page shows what it changes and whom it hits; it is done from there alone.

The page carries what was posted, unsaved. Doing it bears a token: a double post has one effect and the same answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.forms.formsets import all_valid
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from sosportal.lib import clock, once
from sosportal.lib.models import LONGEST_ANSWER
from sosportal.lib.once import token_of

if TYPE_CHECKING:
    from sosportal.lib.admin import ScopedModelAdmin

    Host = ScopedModelAdmin
else:
    Host = object

AGREED, EDIT, TOKEN = "agreed", "edit", "token"
NOT_CARRIED = frozenset({AGREED, EDIT, TOKEN, "csrfmiddlewaretoken"})
REFUSED = "_refused"
ONLY_SHOWN = "_only_shown"


class _NotSaved(Exception):
    """The form was refused; `response` is its page. Raised to take everything back."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


class AskFirst(Host):
    """For a ScopedModelAdmin whose saves call verbs. Stands before it in the bases.

    `consequences` says what the ask page shows; `refusals` are what the verbs may raise, each with a `message`.
    """

    ask_template: ClassVar[str]
    refusals: ClassVar[tuple[type[Exception], ...]] = ()

    def consequences(
        self, request: HttpRequest, form: Any, formsets: Sequence[Any], obj: Any
    ) -> dict[str, Any]:
        """What the ask page shows of a valid form, as its context; `obj` is the row as it was read, None for a new one.

        Writes nothing."""
        raise NotImplementedError

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The form; its post leads to the ask page, the post of that page saves once."""
        extra = {"save_label": "内容を確かめる", "show_save_and_continue": False, **(extra_context or {})}

        def shown() -> Any:
            return super(AskFirst, self).changeform_view(request, object_id, form_url, extra)

        if request.method != "POST":
            return shown()
        if EDIT in request.POST:
            setattr(request, ONLY_SHOWN, True)
            return shown()
        token = token_of(request.POST.get(TOKEN, ""))
        if AGREED not in request.POST or token is None:
            return self._ask(request, object_id) or shown()
        try:
            return self._save_once(request, token, shown)
        except _NotSaved as refused:
            return refused.response
        except Exception as refusal:
            if not isinstance(refusal, (once.TokenReused, *self.refusals)):
                raise
            setattr(request, REFUSED, str(getattr(refusal, "message", refusal)))
            return shown()

    def _save_once(self, request: HttpRequest, token: uuid.UUID, save: Any) -> HttpResponse:
        from django.http import HttpResponseRedirect

        def act() -> str:
            response = save()
            if response.status_code != HTTPStatus.FOUND:
                raise _NotSaved(response)
            address = str(response["Location"])
            # What the list was filtered by goes where it would be too long to be kept.
            return address if len(address) <= LONGEST_ANSWER else address.partition("?")[0]

        address = once.run_once(
            token,
            actor_id=int(request.user.pk or 0),
            body=[request.path, carried(request)],
            now=clock.now(),
            act=act,
        )
        return HttpResponseRedirect(address)

    def _ask(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """The ask page; None for a form that is to be shown again, or refused, by the admin's own view."""
        obj = None if object_id is None else self.get_object(request, object_id)
        if obj is None and (object_id is not None or not self.has_add_permission(request)):
            return None
        if obj is not None and not self.has_change_permission(request, obj):
            if self.has_view_permission(request) and self.ended_form is None:
                raise PermissionDenied
            return None
        form = self.get_form(request, obj, change=obj is not None)(request.POST, request.FILES, instance=obj)
        valid = form.is_valid()
        formsets, _ = self._create_formsets(request, form.instance, change=obj is not None)  # type: ignore[attr-defined]
        if not all_valid(formsets) or not valid:
            return None
        standing = None if obj is None else type(obj)._base_manager.get(pk=obj.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": standing,
            "carried": carried(request),
            "token": uuid.uuid4(),
            **self.consequences(request, form, formsets, standing),
        }
        return TemplateResponse(request, self.ask_template, context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """As the page's; shown again without a judgement, or with the refusal of a verb."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if getattr(request, ONLY_SHOWN, False):
            return type(form.__name__, (OnlyShown, form), {})
        if refused := getattr(request, REFUSED, ""):
            return type(form.__name__, (RefusedByVerb, form), {"refusal": refused})
        return form

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """As the page's; 200 when somebody only came back to edit, and nobody else saved meanwhile."""
        response = super().render_change_form(request, context, *args, **kwargs)
        if getattr(request, ONLY_SHOWN, False) and response.status_code != HTTPStatus.CONFLICT:
            response.status_code = HTTPStatus.OK
        return response


class OnlyShown:
    """A form that shows what was typed and saves nothing."""

    def is_valid(self) -> bool:
        super().is_valid()  # type: ignore[misc]
        return False


class RefusedByVerb:
    """A form whose verb refused; `refusal` says why."""

    refusal: str

    def clean(self) -> Any:
        cleaned = super().clean()  # type: ignore[misc]
        self.add_error(None, self.refusal)  # type: ignore[attr-defined]
        return cleaned


def carried(request: HttpRequest) -> list[tuple[str, str]]:
    """What was posted, name by name, for the hidden fields of the next page."""
    return [
        (name, value)
        for name, values in sorted(request.POST.lists())
        for value in values
        if name not in NOT_CARRIED
    ]
