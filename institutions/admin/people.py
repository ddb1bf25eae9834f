"""People. Operators create, change and disable them and mail password links; the ministry looks. No password shows."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from institutions.accounts import post_password_link
from institutions.admin.fields import PageForm, ReadField
from institutions.admin.memberships import UserMembershipInline
from institutions.imports.user_rows import username
from institutions.models import Prefecture, User
from institutions.permissions import OPERATORS, WHOLE_COUNTRY, can_administer_users, check_administer_users
from sosportal.lib import clock
from sosportal.lib.admin import LONGEST_SEARCH, ScopedModelAdmin
from sosportal.lib.once import TokenReused, run_once, token_of
from sosportal.lib.text import clean_line


class UserForm(PageForm):
    """A person as an operator writes them. No password is among it."""

    actor: ClassVar[User]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "email" in self.fields:
            self.fields["email"].required = True

    def clean_is_active(self) -> bool:
        """Nobody locks themselves out."""
        active = bool(self.cleaned_data["is_active"])
        if self.instance.pk == self.actor.pk and not active:
            raise ValidationError("自分自身を無効にすることはできません。")
        return active

    def clean_role(self) -> str:
        """Nor do they give up the role they are working in."""
        role = str(self.cleaned_data["role"])
        if self.instance.pk == self.actor.pk and role != self.actor.role:
            raise ValidationError("自分自身の役割を変えることはできません。")
        return role


class NewUserForm(UserForm):
    """A new person. The user name can't be changed afterwards: it stands in what they did."""

    username = ReadField(username, label="ユーザー名", help_text="あとから変えられません。")

    def clean_username(self) -> str:
        """Raises ValidationError for a name that is taken, whatever its case."""
        name = str(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError("このユーザー名はすでに使われています。")
        return name


@admin.register(User)
class UserAdmin(ScopedModelAdmin):
    """People in scope."""

    viewers: ClassVar[frozenset[str]] = WHOLE_COUNTRY
    adders: ClassVar[frozenset[str]] = OPERATORS
    changers: ClassVar[frozenset[str]] = OPERATORS
    shared_relations = ("prefecture",)
    list_display = (
        "username",
        "name",
        "role",
        "prefecture",
        "email",
        "active",
        "password_set",
        "last_login",
    )
    list_filter = ("role", "is_active")
    list_select_related = ("prefecture",)
    search_fields = ("username",)  # Django asks whether there are any; `get_search_results` does the search
    search_help_text = "ユーザー名、氏名、メールアドレス、都道府県で探します。"
    sortable_by = ("username",)
    ordering = ("username",)
    inlines = (UserMembershipInline,)
    actions = ("send_password_links",)
    fields = ("username", "name", "email", "role", "prefecture", "is_active")
    KNOWN = ("password_set", "last_login", "created_at")

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """By part of a name, user name or address; a prefecture's name leads to its officers."""
        rows: Any = queryset
        words = clean_line(search_term[:LONGEST_SEARCH])
        there = Prefecture.objects.filter(name=words).first() if words else None
        return (rows.filter(prefecture=there) if there else rows.matching(words)), False

    @admin.display(description="状態")
    def active(self, user: User) -> str:
        """In words: a sign alone says nothing to a screen reader."""
        return "有効" if user.is_active else "無効"

    @admin.display(description="パスワード")
    def password_set(self, user: User) -> str:
        """Whether one was ever set."""
        return "設定済み" if user.has_usable_password() else "未設定"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who only looks reads the state in words."""
        if obj is None:
            return self.fields
        fields = (*self.fields, *self.KNOWN)
        if self.has_change_permission(request, obj):
            return fields
        return tuple("active" if name == "is_active" else name for name in fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("username", "active", *self.KNOWN)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The query string fills in nothing."""
        return {}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = UserForm if change else NewUserForm
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.actor = request.user
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save; a new person gets the mail with their link, in the same transaction."""
        check_administer_users(request.user)
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not change:
            post_password_link(obj, first=True)
            messages.info(request, f"{obj.email}に、パスワードを設定するメールを送ります。")

    # --- password links -------------------------------------------------------------------------------------------

    def has_administer_permission(self, request: HttpRequest) -> bool:
        """For the action below."""
        return can_administer_users(request.user)

    @admin.action(description="パスワードを設定するメールを送る", permissions=["administer"])
    def send_password_links(self, request: HttpRequest, chosen: models.QuerySet[User]) -> HttpResponse | None:
        """Ask first; then post a link to each active person with an address, once however often it is confirmed."""
        people = list(chosen.order_by("username"))
        able = [person for person in people if person.is_active and person.email]
        token = token_of(request.POST.get("token", ""))
        if token is None:
            return self._ask(request, people, able)
        try:
            said = run_once(
                token,
                actor_id=int(request.user.pk or 0),
                body=[person.pk for person in people],
                now=clock.now(),
                act=lambda: _post(able),
            )
        except TokenReused as refused:
            messages.error(request, refused.message)
            return None
        messages.success(request, said)
        return None

    def _ask(self, request: HttpRequest, people: list[User], able: list[User]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "パスワードを設定するメールを送る",
            "opts": self.opts,
            "able": able,
            "unable": [person for person in people if person not in able],
            "checkbox": helpers.ACTION_CHECKBOX_NAME,
            "token": uuid.uuid4(),
        }
        return TemplateResponse(request, "admin/institutions/user/send_password_links.html", context)


def _post(people: list[User]) -> str:
    for person in people:
        post_password_link(person, first=not person.has_usable_password())
    return f"{len(people)}人に、パスワードを設定するメールを送ります。"
