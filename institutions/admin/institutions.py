"""Prefectures and institutions. Operators keep the institutions, the ministry sees all, officers their prefecture's."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from institutions.admin.fields import PageForm, ReadField
from institutions.admin.memberships import InstitutionMembershipInline
from institutions.imports import cells
from institutions.models import Institution, Prefecture, Role, Suspension
from institutions.permissions import EVERY_DESK, OPERATORS, WHOLE_COUNTRY, can_begin_proxy, can_suspend
from institutions.rules.code import code_warning, prefecture_of
from institutions.views import proxy
from sosportal.lib import clock
from sosportal.lib.admin import LONGEST_SEARCH, ReadOnlyMixin, ScopedModelAdmin, role_of
from sosportal.lib.jinja import jst_datetime
from sosportal.lib.markup import mark
from sosportal.lib.text import clean_line


@admin.register(Prefecture)
class PrefectureAdmin(ReadOnlyMixin, ScopedModelAdmin):
    """The 47, to look at."""

    viewers: ClassVar[frozenset[str]] = WHOLE_COUNTRY
    all_rows: ClassVar[bool] = True
    list_display = ("code", "name")
    list_display_links = ("name",)
    search_fields = ("name",)


class InstitutionForm(PageForm):
    """An institution as an operator writes it: what the import understands is understood here."""

    code = ReadField(cells.institution_code, label="医療機関コード", help_text="10桁の数字です。")
    postal_code = ReadField(cells.postal_code, label="郵便番号", required=False)
    telephone = ReadField(cells.telephone, label="電話番号", required=False)

    def _post_clean(self) -> None:
        """The code says which prefecture it is."""
        if code := self.cleaned_data.get("code"):
            self.instance.prefecture_id = prefecture_of(code) or ""
        super()._post_clean()  # type: ignore[misc]


@admin.register(Institution)
class InstitutionAdmin(ScopedModelAdmin):
    """Institutions in scope. The page warns of a code whose check digit doesn't fit, and of a suspension."""

    viewers: ClassVar[frozenset[str]] = EVERY_DESK
    adders: ClassVar[frozenset[str]] = OPERATORS
    changers: ClassVar[frozenset[str]] = OPERATORS
    shared_relations = ("prefecture",)
    form = InstitutionForm
    fields = (
        *("code", "code_check", "name", "kind", "prefecture_name", "postal_code", "address", "telephone"),
        *(
            "contact_person",
            "email",
            "has_agreement",
            "suspension",
            "entry_by_proxy",
            "created_at",
            "updated_at",
        ),
    )
    readonly_fields = (
        *("code_check", "prefecture_name", "suspension", "entry_by_proxy"),
        *("created_at", "updated_at"),
    )
    list_display = ("code", "name", "kind", "prefecture", "address")
    list_display_links = ("code", "name")
    list_select_related = ("prefecture",)
    sortable_by = ("code",)
    search_fields = ("code", "name")
    search_help_text = "医療機関名か医療機関コードで探します。全角と半角、大文字と小文字は区別しません。"
    inlines = (InstitutionMembershipInline,)

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """A prefecture officer sees one prefecture alone."""
        self_evident = role_of(request) == Role.PREFECTURE
        declared = ("kind",) if self_evident else ("kind", "prefecture")
        return [self._scoped(each) for each in declared]

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """A new institution is saved before people are tied to it."""
        return [] if obj is None else [*self.inlines]

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """By name and code, as on the portal's own pages."""
        rows: Any = queryset
        return rows.matching(clean_line(search_term[:LONGEST_SEARCH])), False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The query string fills in nothing."""
        return {}

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is known of a new institution is nothing yet."""
        if obj is not None and role_of(request) != Role.OPERATOR:
            return self.fields
        if obj is not None:
            return [name for name in self.fields if name != "entry_by_proxy"]
        return [name for name in self.fields if name not in self.readonly_fields]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """What the read-only fields need of the person who looks."""
        if (institution := kwargs.get("obj")) is not None:
            institution.may_be_suspended = can_suspend(request.user)
            institution.may_be_entered_for = can_begin_proxy(request.user, institution)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.updated_at = clock.now()
        super().save_model(request, obj, form, change)
        if warning := code_warning(obj.code):
            messages.warning(request, warning)

    @admin.display(description="コードの確認")
    def code_check(self, institution: Institution) -> str:
        """Whether the check digit fits. Warns, never blocks."""
        warning = code_warning(institution.code)
        if not warning:
            return "検査数字は合っています。"
        sign = mark("caution")
        return format_html('<span class="mark-text mark-text--caution">{}{}</span>', sign, warning)

    @admin.display(description="都道府県")
    def prefecture_name(self, institution: Institution) -> str:
        """Its name alone: the page of prefectures, to which a key would lead, is not there for every viewer."""
        return institution.prefecture.name

    @admin.display(description="代理入力")
    def entry_by_proxy(self, institution: Institution) -> SafeString | str:
        """The ways to enter for the institution: for who may."""
        if not getattr(institution, "may_be_entered_for", False):
            return ""
        return format_html_join(
            "　",
            '<a href="{}">{}</a>',
            [(proxy.address(institution, to), words) for to, (words, *_) in proxy.WHERE.items()],
        )

    @admin.display(description="要請の停止")
    def suspension(self, institution: Institution) -> SafeString | str:
        """The suspension in force or still to begin, and the ministry's way to it. One query."""
        now = clock.now()
        standing = Suspension.objects.standing(now).filter(institution=institution).first()
        may = getattr(institution, "may_be_suspended", False)
        if standing is not None:
            address = reverse("admin:institutions_suspension_change", args=[standing.pk])
            words = "から停止中" if standing.suspended_from <= now else "から停止の予定"
            return format_html('<a href="{}">{}{}</a>', address, jst_datetime(standing.suspended_from), words)
        if not may:
            return "停止していません。"
        query = urlencode({"institution": institution.code})
        address = f"{reverse('admin:institutions_suspension_add')}?{query}"
        return format_html('停止していません。<a href="{}">要請を停止する</a>', address)
