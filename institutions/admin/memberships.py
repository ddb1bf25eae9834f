"""Who enters for which institution, as rows below either of them. Operators add and take away, the ministry looks."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest

from institutions.admin.fields import InlineFormSet, InstitutionByCodeField, PageForm, UserByNameField
from institutions.models import Membership, Role
from institutions.permissions import OPERATORS, WHOLE_COUNTRY, can_administer_users
from sosportal.lib.admin import ScopedInline

STAFF_ONLY = f"所属は、{Role.INSTITUTION.label}だけにつけられます。"


class MembershipForm(PageForm):
    """A membership: typed once, afterwards only kept or taken away."""

    typed: ClassVar[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.typed in self.fields:
            self.fields[self.typed].disabled = True
            self.initial[self.typed] = getattr(self.instance, self.typed)


class OfInstitutionForm(MembershipForm):
    """On the institution's page, where a person is typed."""

    typed = "user"

    def clean_user(self) -> Any:
        """Only institution staff enter for institutions."""
        user = self.cleaned_data["user"]
        if user is not None and user.role != Role.INSTITUTION:
            raise ValidationError(STAFF_ONLY)
        return user


class OfUserForm(MembershipForm):
    """On the person's page, where an institution is typed."""

    typed = "institution"


class OfUserFormSet(InlineFormSet):
    """A person's memberships, judged together with the role that was chosen above them."""

    def clean(self) -> None:
        """Raises ValidationError when somebody of another role would keep a membership."""
        super().clean()
        kept = [form for form in self.forms if not getattr(form, "cleaned_data", {}).get("DELETE")]
        if self.instance.role != Role.INSTITUTION and any(
            form.instance.pk or form.has_changed() for form in kept
        ):
            raise ValidationError(f"{STAFF_ONLY}下の所属をすべて外してください。")


class MembershipInline(ScopedInline):
    """What both inlines share."""

    model = Membership
    viewers: ClassVar[frozenset[str]] = WHOLE_COUNTRY
    adders: ClassVar[frozenset[str]] = OPERATORS
    changers: ClassVar[frozenset[str]] = OPERATORS
    verbose_name_plural = "所属（要請と調査を入力する人）"
    extra = 1
    can_delete = True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A membership is a right, and rights are taken away."""
        return can_administer_users(request.user)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """One query for all rows and what they show."""
        return super().get_queryset(request).select_related("user", "institution__prefecture").order_by("pk")


class InstitutionMembershipInline(MembershipInline):
    """The people of an institution."""

    form = OfInstitutionForm
    readonly_fields = ("person", "active")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who only looks sees the person's name by the relation itself."""
        shown = ("person", "active") if can_administer_users(request.user) else ("active",)
        return ("user", "as_proxy", *shown)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        return UserByNameField(kwargs["queryset"], label="ユーザー名")

    @admin.display(description="氏名")
    def person(self, membership: Membership) -> str:
        """Of a membership that stands."""
        return membership.user.name if membership.pk else ""

    @admin.display(description="状態")
    def active(self, membership: Membership) -> str:
        """Of a membership that stands."""
        if not membership.pk:
            return ""
        return "有効" if membership.user.is_active else "無効"


class UserMembershipInline(MembershipInline):
    """The institutions of a person."""

    form = OfUserForm
    formset = OfUserFormSet
    readonly_fields = ("code", "place")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who only looks sees the institution's name by the relation itself."""
        return ("institution", "as_proxy", "place" if can_administer_users(request.user) else "code")

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        return InstitutionByCodeField(kwargs["queryset"], label="医療機関コード")

    @admin.display(description="医療機関コード")
    def code(self, membership: Membership) -> str:
        """Of a membership that stands."""
        return membership.institution.code if membership.pk else ""

    @admin.display(description="医療機関名")
    def place(self, membership: Membership) -> str:
        """Of a membership that stands."""
        return membership.institution.name if membership.pk else ""
