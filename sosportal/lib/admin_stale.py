"""A save of the admin over what somebody else saved meanwhile: the difference in words, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.formsets import DELETION_FIELD_NAME, INITIAL_FORM_COUNT, TOTAL_FORM_COUNT
from django.http import HttpRequest, QueryDict

from sosportal.lib.audit.tracking import tracked
from sosportal.lib.jinja import jst_date, jst_datetime

CHANGED_MEANWHILE = (
    "画面を開いたあとに、ほかの人がこの内容を更新しました。まだ保存していません。入力した内容は、下に残っています。"
    "もう一度押すと、この画面の内容で上書きします。"
)
BLANK, YES, NO = "（空欄）", "はい", "いいえ"
ABSENT, TAKEN_AWAY, ADDED = "（ありません）", "（外されました）", "（追加されました）"
MOST_ROWS = 1000
_GONE = "_rows_gone"


@dataclass(frozen=True)
class Difference:
    """One field that was posted otherwise than it stands now, both in words."""

    name: str
    typed: str
    stands: str


class Unseen:
    """A form about a row that stands otherwise than its page showed it, or that doesn't say what it showed."""

    problem: str

    def clean(self) -> Any:
        cleaned = super().clean()  # type: ignore[misc]
        self.add_error(None, self.problem)  # type: ignore[attr-defined]
        return cleaned


# --- The rows below a row, as they stand now ----------------------------------------------------------------------


def rebase(request: HttpRequest, standing: Iterable[Any], label: str) -> None:
    """Lay what was posted for the rows of an inline over the rows that stand now, in `request.POST`.

    `standing` is the inline's formset of the row, unbound. Rows that others added come in as they stand, rows that
    others took away are kept in mind for `differences`, what was typed into empty rows stays.
    """
    formset: Any = standing
    posted, prefix = request.POST, formset.prefix
    before, total = (_count(posted, f"{prefix}-{name}") for name in (INITIAL_FORM_COUNT, TOTAL_FORM_COUNT))
    if before is None or total is None or before > total:
        return
    key = formset.model._meta.pk.name
    typed = {posted.get(f"{prefix}-{index}-{key}", ""): index for index in range(before)}
    rows = {str(form.instance.pk): form for form in formset.initial_forms}
    if list(typed) == list(rows):
        return
    data = posted.copy()
    for name in [name for name in data if name.startswith(f"{prefix}-")]:
        del data[name]
    for index, (pk, form) in enumerate(rows.items()):
        if pk in typed:
            _carry(posted, data, f"{prefix}-{typed[pk]}-", f"{prefix}-{index}-")
        else:
            _as_it_stands(form, data, f"{prefix}-{index}-")
    for place, index in enumerate(range(before, total), start=len(rows)):
        _carry(posted, data, f"{prefix}-{index}-", f"{prefix}-{place}-")
    data[f"{prefix}-{INITIAL_FORM_COUNT}"] = str(len(rows))
    data[f"{prefix}-{TOTAL_FORM_COUNT}"] = str(len(rows) + total - before)
    request.POST = data  # type: ignore[assignment]
    gone = [_as_it_was(formset, pk) for pk in typed if pk not in rows]
    come = [f"{label}：{form.instance}" for pk, form in rows.items() if pk not in typed]
    found = [Difference(f"{label}：{name}", YES, TAKEN_AWAY) for name in gone if name]
    found += [Difference(name, ABSENT, ADDED) for name in come]
    setattr(request, _GONE, [*getattr(request, _GONE, []), *found])


def _count(posted: QueryDict, name: str) -> int | None:
    text = posted.get(name, "")
    return (
        int(text) if text.isascii() and text.isdigit() and len(text) < 5 and int(text) <= MOST_ROWS else None
    )


def _carry(posted: QueryDict, data: QueryDict, old: str, new: str) -> None:
    for name in posted:
        if name.startswith(old):
            data.setlist(new + name.removeprefix(old), posted.getlist(name))


def _as_it_stands(form: Any, data: QueryDict, prefix: str) -> None:
    """What a browser would post of the row if nobody touched it."""
    for bound in form:
        value = bound.value()
        if isinstance(bound.field.widget, forms.CheckboxInput):
            if value:
                data[prefix + bound.name] = "on"
        elif not bound.field.disabled:
            shown = bound.field.widget.format_value(value)
            data[prefix + bound.name] = str((shown or [""])[0] if isinstance(shown, list) else shown or "")


def _as_it_was(formset: Any, key: str) -> str:
    """The name of a row that was taken away, as its last event keeps it; "" where none was below this one."""
    events = tracked.get(formset.model)
    if events is None or not (key.isascii() and key.isdigit() and len(key) < 19):
        return ""
    own = {"pgh_obj_id": int(key), formset.fk.attname: formset.instance.pk}
    event = events._default_manager.filter(**own).order_by("-pgh_id").first()
    if event is None:
        return ""
    columns = [
        field.attname for field in formset.model._meta.concrete_fields if hasattr(event, field.attname)
    ]
    return str(formset.model(**{name: getattr(event, name) for name in columns}))


# --- The difference -----------------------------------------------------------------------------------------------


def differences(request: HttpRequest, form: Any, formsets: Sequence[Any]) -> list[Difference]:
    """What was posted otherwise than it stands now, field by field, then the rows below, row by row.

    `form` and `formsets` are bound to what was posted and built from what stands. Queries only to name rows."""
    found = [*_of_form(form, "")]
    for formset in formsets:
        for below in formset.forms:
            if below.instance.pk:
                found += _of_form(below, f"{below.instance}：")
            elif below.has_changed():
                said = (
                    f"{below[name].label}：{shown(below[name], typed=True)}" for name in below.changed_data
                )
                label = str(formset.model._meta.verbose_name)
                found.append(Difference(f"{label}の追加", "、".join(said), ABSENT))
    return [*found, *getattr(request, _GONE, [])]


def _of_form(form: Any, prefix: str) -> Iterator[Difference]:
    for name in form.changed_data:
        bound = form[name]
        label = "外す" if name == DELETION_FIELD_NAME else str(bound.label)
        yield Difference(prefix + label, shown(bound, typed=True), shown(bound, typed=False))


def shown(bound: Any, *, typed: bool) -> str:
    """The value of a bound field in words: as it was typed, or as it stands. What can't be read stays as typed."""
    value = bound.data if typed else bound.initial
    if isinstance(bound.field, forms.BooleanField):
        return YES if bound.field.to_python(value) else NO
    if value in (None, ""):
        return BLANK
    if not isinstance(bound.field, forms.ModelChoiceField) and hasattr(bound.field, "choices"):
        return str(dict(_flat(bound.field.choices)).get(str(value), value))
    try:
        read = bound.field.to_python(value)
    except ValidationError:
        return str(value)
    return _written(value if read is None else read)


def _flat(choices: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield str(value), label


def _written(value: Any) -> str:
    if isinstance(value, datetime):
        return jst_datetime(value)
    if isinstance(value, date):
        return jst_date(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def typed_into(form: Any, posted: QueryDict) -> list[tuple[str, str]]:
    """What was posted for the fields of a form, label by label, as typed; blank ones are left out."""
    bound = type("Typed", (forms.Form,), dict(form.base_fields) if form else {})(posted)
    said = [(str(each.label), shown(each, typed=True)) for each in bound]
    return [(label, text) for label, text in said if text not in {BLANK, NO}]


def kept(row: models.Model, unseen: frozenset[str]) -> dict[str, str]:
    """The columns of a row that count as seen."""
    names = [field.attname for field in row._meta.concrete_fields if field.attname not in unseen]
    return {name: str(getattr(row, name)) for name in names}
