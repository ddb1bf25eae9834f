"""Ground of every admin page: which roles a page serves, and that it shows and takes nothing foreign.

Django's permission names aren't used (`User.has_perm` is always False). A page names the roles it serves, rows come
from the manager's `visible_to(user)`, and what a person may not see answers 404, as if it weren't there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin import helpers
from django.contrib.admin.filters import RelatedFieldListFilter, SimpleListFilter
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import IncorrectLookupParameters, get_content_type_for_model
from django.contrib.admin.utils import get_fields_from_path, get_model_from_relation, unquote
from django.contrib.admin.views.main import ERROR_FLAG, PAGE_VAR
from django.contrib.auth import get_user_model
from django.core.exceptions import BadRequest, FieldDoesNotExist, ImproperlyConfigured, ValidationError
from django.db import IntegrityError, connection, models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed

from sosportal.lib.admin_checks import ScopedModelAdminChecks
from sosportal.lib.admin_fields import FIELDS, OnlyThisPageForm
from sosportal.lib.admin_seen import SavesAsSeen
from sosportal.lib.counting import BoundedPaginator
from sosportal.lib.forms import name_what_is_missing
from sosportal.lib.numbers import LARGEST_KEY
from sosportal.lib.text import clean_line

if TYPE_CHECKING:
    Inline = admin.TabularInline[Any, Any]
    Page = admin.ModelAdmin[Any]
else:
    Inline = admin.TabularInline
    Page = admin.ModelAdmin

LONGEST_SEARCH = 100  # characters
HISTORY_PER_PAGE = 100
LOOKUPS = frozenset({"exact", "isnull", "gte", "lt", "in"})
NOBODY: frozenset[str] = frozenset()


def role_of(request: HttpRequest) -> str:
    """The role of who asks; "" for nobody and for people who were disabled."""
    user: Any = request.user
    return str(user.role) if user.is_authenticated and user.is_active else ""


class RoleScope:
    """Who may view, add and change, by role; which rows a foreign key may point to. Nobody deletes.

    Who may change may view. `shared_relations` names the foreign keys (for a filter, the path) whose targets are
    reference data that every viewer may see, where the target's manager has no `visible_to`.
    """

    viewers: ClassVar[frozenset[str]] = NOBODY
    adders: ClassVar[frozenset[str]] = NOBODY
    changers: ClassVar[frozenset[str]] = NOBODY
    shared_relations: ClassVar[tuple[str, ...]] = ()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return role_of(request) in self.viewers | self.changers

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return role_of(request) in self.adders

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return role_of(request) in self.changers

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def related_rows(
        self, name: str, model: type[models.Model], request: HttpRequest
    ) -> models.QuerySet[Any]:
        """The rows of `model` that the relation `name` may point to. Raises ImproperlyConfigured when nobody said."""
        manager: Any = model._default_manager
        if hasattr(manager, "visible_to"):
            return manager.visible_to(request.user)  # type: ignore[no-any-return]
        if name in self.shared_relations:
            return manager.all()  # type: ignore[no-any-return]
        raise ImproperlyConfigured(
            f"{type(self).__name__}: {model.__name__} has no visible_to and {name} is not in shared_relations."
        )

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Relations offer, and take, only rows in scope, without links to add or change the target. A field that was
        left empty says which, and what to do."""
        if isinstance(db_field, models.ForeignKey | models.ManyToManyField):
            rows = self.related_rows(db_field.name, db_field.remote_field.model, request)
            ordering = db_field.remote_field.model._meta.ordering
            kwargs["queryset"] = rows.order_by(*ordering) if ordering else rows
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and isinstance(field.widget, admin.widgets.RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        if field is not None:
            name_what_is_missing(field)
        return field


class ScopedInline(RoleScope, Inline):
    """Rows below a row that is itself in scope."""

    formfield_overrides = FIELDS
    extra = 0
    can_delete = False


class ScopedModelAdmin(RoleScope, SavesAsSeen, Page):
    """An admin page that shows the rows `visible_to` the person, to the roles it names, and nothing else.

    `all_rows` is for tables without `visible_to`, of which every viewer may see every row.
    """

    all_rows: ClassVar[bool] = False
    checks_class = ScopedModelAdminChecks
    formfield_overrides = FIELDS
    action_form = OnlyThisPageForm
    actions_selection_counter = False
    list_per_page = 50
    paginator = BoundedPaginator
    show_full_result_count = False
    save_on_top = False
    view_on_site = False

    @property
    def media(self) -> forms.Media:
        """No scripts of the admin's own: every page works without, and a change list names the one it likes to have."""
        return forms.Media()

    # --- rows -----------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        manager: Any = self.model._default_manager
        if not self.has_view_permission(request):
            return manager.none()  # type: ignore[no-any-return]
        if hasattr(manager, "visible_to"):
            rows = manager.visible_to(request.user)
        elif self.all_rows:
            rows = manager.all()
        else:
            raise ImproperlyConfigured(
                f"{self.model.__name__} has no visible_to; see ScopedModelAdmin.all_rows."
            )
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows  # type: ignore[no-any-return]

    def find_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """The row with this key as the URL bears it. Raises Http404 for foreign, absent and unreadable keys alike."""
        found = self.get_object(request, unquote(object_id))
        if found is None:
            raise Http404
        return found

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """In place of Django's way to the start page with a message that repeats the key."""
        raise Http404

    # --- pages ----------------------------------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if object_id is None and not self.has_add_permission(request):
            raise Http404
        if not self.has_view_permission(request):
            raise Http404
        if object_id is not None and not self.has_change_permission(request):
            self.find_or_404(request, object_id)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            # Somebody committed a row in between that excludes this one: validated again, the form says so.
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """As Django's; for a save under the row's lock, so that what is compared is what is overwritten.

        Who may not change the row locks nothing: of a table that is append-only the run-time role can lock no row.
        """
        found = super().get_object(request, object_id, from_field)
        saves = request.method == "POST" and connection.in_atomic_block
        if found is not None and saves and self.has_change_permission(request):
            # The table first: an import that holds it would otherwise wait for this row while this save waits for it.
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {type(found)._meta.db_table} IN ROW EXCLUSIVE MODE")
            locked = type(found)._base_manager.select_for_update(no_key=True).filter(pk=found.pk)
            found = super().get_object(request, object_id, from_field) if locked.first() else None
            for rows in self.rows_below(found) if found is not None else ():
                list(rows.select_for_update(no_key=True))
        return found

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if not self.has_view_permission(request):
            raise Http404
        title = str(
            self.opts.verbose_name_plural
        )  # Django's own asks to choose a row, where most come to read
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Nothing is deleted here."""
        raise Http404

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """What was changed here, by the people whom the person may see: officers see only their own entries."""
        row = self.find_or_404(request, object_id)
        site: Any = self.admin_site
        if (kept := site.history_of(request, self, row)) is not None:
            return kept
        people: Any = get_user_model()._default_manager
        entries = (
            LogEntry.objects.filter(
                object_id=str(row.pk),
                content_type=get_content_type_for_model(self.model),
                user__in=people.visible_to(request.user),
            )
            .select_related("user")
            .order_by("-action_time", "-pk")
        )
        paginator = self.get_paginator(request, entries, HISTORY_PER_PAGE)
        page = paginator.get_page(request.GET.get(PAGE_VAR, 1))
        shown = {
            "action_list": page,
            "page_range": paginator.get_elided_page_range(page.number),
            "pagination_required": paginator.num_pages > 1,
        }
        return super().history_view(request, object_id, {**shown, **(extra_context or {})})

    # --- what the query string and the posted keys may say --------------------------------------------------------

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """As Django's, which leads bad parameters to the plain list once; a second time they are a bad request."""
        try:
            return super().get_changelist_instance(request)
        except IncorrectLookupParameters:
            if ERROR_FLAG in request.GET:
                raise BadRequest("Filter or page can't be read.") from None
            raise

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what a declared filter or the date hierarchy asks for; Django would allow every column of the table."""
        filters = self.list_filter if request is None else self.get_list_filter(request)
        return any(lookup in self._lookups_of(each) for each in filters) or (
            bool(self.date_hierarchy)
            and lookup in {f"{self.date_hierarchy}__{part}" for part in ("year", "month", "day")}
        )

    def _lookups_of(self, declared: Any) -> set[str]:
        if isinstance(declared, type) and issubclass(declared, SimpleListFilter):
            return {str(declared.parameter_name)}
        path = declared[0] if isinstance(declared, tuple | list) else declared
        allowed = {path, *(f"{path}__{lookup}" for lookup in LOOKUPS)}
        target = getattr(get_fields_from_path(self.model, path)[-1], "target_field", None)
        return allowed if target is None else allowed | {f"{path}__{target.name}__exact"}

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """The declared filters; those over a relation offer only rows in scope."""
        return [self._scoped(each) for each in super().get_list_filter(request)]

    def _scoped(self, declared: Any) -> Any:
        if isinstance(declared, str):
            try:
                if get_fields_from_path(self.model, declared)[-1].is_relation:
                    return (declared, ScopedRelatedFilter)
            except FieldDoesNotExist:
                return declared
        return declared

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        return to_field == self.opts.pk.name

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, clean_line(search_term[:LONGEST_SEARCH]))

    def response_action(
        self, request: HttpRequest, queryset: models.QuerySet[Any], *args: Any, **kwargs: Any
    ) -> Any:
        """As Django's, without the keys that no row of this table can have (they would end in a 500)."""
        posted = request.POST.copy()
        keys = posted.getlist(helpers.ACTION_CHECKBOX_NAME)
        posted.setlist(helpers.ACTION_CHECKBOX_NAME, [key for key in keys if self._is_key(key)])
        request.POST = posted  # type: ignore[assignment]
        return super().response_action(request, queryset, *args, **kwargs)

    def _is_key(self, text: str) -> bool:
        if isinstance(self.opts.pk, models.IntegerField):
            return text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= LARGEST_KEY
        try:
            self.opts.pk.to_python(text)
        except (ValidationError, ValueError, TypeError):
            return False
        return True


class ReadOnlyMixin:
    """A page that only shows, whatever roles are named. Stands before ScopedModelAdmin."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OwnPageAdmin(ReadOnlyMixin, ScopedModelAdmin):
    """Rows in scope, each with a page of our own in place of Django's form.

    Nothing is saved by the admin's forms, and the page takes no post: verbs have addresses of their own.
    """

    def row_page(self, request: HttpRequest, found: Any) -> HttpResponse:
        """The page of a row that the person may see."""
        raise NotImplementedError

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page; 404 for what is not seen, 405 for a post."""
        found = self.find_or_404(request, object_id)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return self.row_page(request, found)


class ScopedRelatedFilter(RelatedFieldListFilter):
    """A filter over a relation which names only rows in scope; Django's names every row of the table."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        target = get_model_from_relation(field)
        rows = model_admin.related_rows(self.field_path, target, request)
        return [(row.pk, str(row)) for row in rows.order_by(*(target._meta.ordering or ()))]


__all__ = [
    "OwnPageAdmin",
    "ReadOnlyMixin",
    "RoleScope",
    "ScopedInline",
    "ScopedModelAdmin",
    "ScopedRelatedFilter",
    "role_of",
]
