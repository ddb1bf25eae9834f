"""変更履歴 in the admin: the list of all changes, that of one object, and the list as a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from institutions.models import Institution, User
from institutions.permissions import WHOLE_COUNTRY
from requests_app.exports.files import Export, send
from requests_app.models import ExportLog, SosRequest
from sosportal.changes import reading, words
from sosportal.changes.reading import Key, Wanted
from sosportal.lib import clock
from sosportal.lib.admin_fields import DayInput
from sosportal.lib.forms import LineField, place_of
from sosportal.lib.tabular.problem import TableProblem
from sosportal.lib.tabular.writing import Cell, FileKind

PER_PAGE = 50
LONGEST_SEARCH = 100
EARLIEST, LATEST = 2000, 2100  # years
KINDS = (FileKind.UTF8, FileKind.XLSX)
HEADING = (
    *("日時", "変更した人", "役割・方法", "種類", "対象", "医療機関コード", "医療機関名", "操作"),
    *("項目", "変更前", "変更後"),
)
_NUMBER = re.compile(r"[0-9]{4}-[0-9]{4,}")


class WantedForm(forms.Form):
    """What somebody looks for. Bound to the query string; `wanted` says it in keys of the tables."""

    model = forms.ChoiceField(label="種類", required=False)
    q = LineField(
        label="医療機関・要請",
        required=False,
        max_length=LONGEST_SEARCH,
        help_text="医療機関名、医療機関コードか要請番号",
    )
    who = LineField(label="変更した人", required=False, max_length=LONGEST_SEARCH)
    first = forms.DateField(label="いつから", required=False, widget=DayInput)
    last = forms.DateField(label="いつまで", required=False, widget=DayInput)

    def __init__(self, user: User, data: Any) -> None:
        super().__init__(data)
        self.user = user
        self.models = {str(model._meta.model_name): model for model in reading.visible_models(user)}
        self.choices = [(name, str(model._meta.verbose_name)) for name, model in self.models.items()]
        field: Any = self.fields["model"]
        field.choices = [("", "すべて"), *self.choices]
        people = user.role in WHOLE_COUNTRY
        self.fields["who"].help_text = "氏名かユーザー名" if people else "氏名"

    def clean_q(self) -> str:
        self.whose = self._whose(self.cleaned_data["q"])
        return str(self.cleaned_data["q"])

    def clean_who(self) -> str:
        self.actors = self._actors(self.cleaned_data["who"])
        return str(self.cleaned_data["who"])

    def clean_first(self) -> Any:
        return _near(self.cleaned_data["first"])

    def clean_last(self) -> Any:
        return _near(self.cleaned_data["last"])

    @property
    def error_places(self) -> list[tuple[str, str]]:
        """What is wrong, as of every form: (id of the input, message)."""
        whole = [("", str(message)) for message in self.non_field_errors()]
        return whole + [
            (place_of(bound), f"{bound.label}：{message}") for bound in self for message in bound.errors
        ]

    @property
    def said(self) -> str:
        """What is looked for, in words; after validation. "" for everything."""
        words_of = {**self.cleaned_data, "model": dict(self.choices).get(self.cleaned_data["model"])}
        said = [f"{self.fields[name].label}：{words_of[name]}" for name in self.fields if words_of[name]]
        return "、".join(said)

    def wanted(self) -> Wanted:
        """After validation, which asks two queries at most. No query."""
        said = self.cleaned_data
        institutions, request = self.whose
        return Wanted(
            model=self.models.get(said["model"]),
            institutions=institutions,
            request=request,
            actors=self.actors,
            first=said["first"],
            last=said["last"],
        )

    def _whose(self, text: str) -> tuple[frozenset[int] | None, tuple[int, int] | None]:
        if not text:
            return None, None
        if _NUMBER.fullmatch(text):
            found = SosRequest.objects.visible_to(self.user).filter(number=text)
            return None, next(iter(found.values_list("pk", "institution_id")[:1]), (0, 0))
        places = Institution.objects.visible_to(self.user).matching(text)
        return _few(places, "医療機関"), None

    def _actors(self, text: str) -> frozenset[int] | None:
        if not text:
            return None
        return _few(User.objects.matching(text, by_account=self.user.role in WHOLE_COUNTRY), "人")


def _few(rows: models.QuerySet[Any], what: str) -> frozenset[int]:
    """The keys of the rows. Raises ValidationError for more than MOST_FOUND: some of them would stand for all."""
    found = frozenset(rows.order_by().values_list("pk", flat=True)[: reading.MOST_FOUND + 1])
    if len(found) > reading.MOST_FOUND:
        raise ValidationError(f"当てはまる{what}が多すぎます。もう少し長く入力してください。")
    return found


def _near(day: Any) -> Any:
    if day is not None and not EARLIEST <= day.year <= LATEST:
        raise ValidationError("日付を確かめてください。")
    return day


def changes(request: HttpRequest) -> HttpResponseBase:
    """The list of all changes in scope; a post has everything that is found as a file, and is logged."""
    user: Any = request.user
    form = WantedForm(user, request.GET)
    if not form.is_valid():
        return _show(request, form, reading.Page(), status=422)
    if request.method == "POST":
        kind = request.POST.get("kind", "")
        try:
            return _file(user, form, FileKind(kind) if kind in set(KINDS) else FileKind.UTF8)
        except TableProblem as problem:
            form.add_error(None, problem.message)
            return _show(request, form, reading.Page(), status=422)
    key = Key.read(request.GET.get("after", ""))
    return _show(request, form, reading.page(user, form.wanted(), key, PER_PAGE))


def history_of(
    request: HttpRequest, model_admin: admin.ModelAdmin[Any], row: models.Model
) -> HttpResponseBase:
    """The changes of one row that the person may see, and of its parts."""
    user: Any = request.user
    page = reading.page_of(user, row, Key.read(request.GET.get("after", "")), PER_PAGE)
    told = words.tell(page.changes, user)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"変更履歴：{row}",
        "object": row,
        "opts": row._meta,
        "module_name": str(row._meta.verbose_name_plural),
        "changes": told,
        "deeds": words.deeds(told),
        "next": page.next,
        "parameters": "",
    }
    return TemplateResponse(request, "admin/changes/of_object.html", context)


def _show(request: HttpRequest, form: WantedForm, page: reading.Page, status: int = 200) -> HttpResponseBase:
    asked = request.GET.copy()
    asked.pop("after", None)
    user: Any = request.user
    told = words.tell(page.changes, user)
    context = {
        **admin.site.each_context(request),
        "title": "変更履歴",
        "form": form,
        "asked": any(asked.values()),
        "changes": told,
        "deeds": words.deeds(told),
        "next": page.next,
        "parameters": f"{asked.urlencode()}&" if asked else "",
        "later": "after" in request.GET,
        "kinds": KINDS,
    }
    return TemplateResponse(request, "admin/changes/list.html", context, status=status)


def _file(user: User, form: WantedForm, kind: FileKind) -> HttpResponseBase:
    name = f"変更履歴_{clock.today():%Y%m%d}"
    rows = _rows(user, form.wanted())
    return send(
        Export(ExportLog.What.CHANGES, name, kind, HEADING, rows, filters=form.said), user, clock.now()
    )


def _rows(user: User, wanted: Wanted) -> Iterator[list[Cell]]:
    """A row per field, portion by portion."""
    for portion in reading.every(user, wanted):
        for change in words.tell(portion, user):
            what: list[Cell] = [change.at, change.actor, change.way, change.kind, change.target]
            whose = [change.code, change.institution, change.label]
            for field in change.fields or [words.FieldChange("", "", "")]:
                yield [*what, *whose, field.name, field.before, field.after]
