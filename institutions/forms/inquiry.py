"""Forms of inquiries: a new one, and what is written into its thread."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from institutions import asked_about
from institutions.models import User
from institutions.rules.inquiry import Desk, Subject
from sosportal.lib.forms import PortalForm, TextField

LONGEST_TEXT = 4_000
MANY = 12
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


def number_of(sent: QueryDict, name: str) -> int:
    """A counter that the form carried; 0, which no row has, for one that can't be read."""
    text = sent.get(name, "")
    return int(text) if _NUMBER.fullmatch(text) else 0


# How an inquiry begins that was asked for from a page: by what the address says it is about.
STARTS: Mapping[str, str] = {
    **{
        key: f"{label}を、次のとおり変更してください。\n変更後：\n変更する日：\n"
        for key, label in (
            ("name", "医療機関名"),
            ("code", "医療機関コード"),
            ("prefecture", "都道府県"),
            ("kind", "種別"),
            ("postal_code", "郵便番号"),
            ("address", "住所"),
            ("has_agreement", "医療措置協定の締結の有無"),
        )
    },
    "people": (
        "利用者を追加または削除してください。\n"
        "追加する人（氏名、メールアドレス）：\n削除する人（ユーザー名）：\n"
    ),
    "account": "自分の氏名を、次のとおり変更してください。\n変更後：\n",
}


def opening(asked: QueryDict) -> dict[str, str]:
    """What the form of a new inquiry holds to begin with, as the address asks: subject, institution by its code, desk,
    and the beginning of the text. What it can't hold is left out; the text is never the address's own."""
    about, subject = asked.get("about", ""), asked.get("subject", "")
    known = {each.value for each in Subject}
    found = {"text": STARTS.get(about, ""), "subject": subject if subject in known else ""}
    if subject == Subject.REGISTER:
        found["desk"] = Desk.MINISTRY.value
    if code := asked.get("institution", ""):
        found["institution"] = code
    return {name: value for name, value in found.items() if value}


class TextForm(PortalForm):
    """What is written into a thread."""

    text = TextField(label="内容", max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 6}))

    def __init__(self, *args: Any, label: str = "", help_text: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if label:
            self.reword("text", label, help_text)


class InquiryForm(PortalForm):
    """お問い合わせ: for which institution, to whom, about what."""

    institution = forms.ChoiceField(label="医療機関")
    subject = forms.ChoiceField(
        label="件名",
        choices=[(each.value, each.label) for each in Subject],
        widget=forms.RadioSelect,
    )
    desk = forms.ChoiceField(
        label="宛先",
        choices=[(each.value, each.label) for each in Desk],
        widget=forms.RadioSelect,
        initial=Desk.PREFECTURE.value,
        help_text="「ログイン・利用者」は、どちらを選んでも国（事務局）に届きます。",
    )
    request = forms.ChoiceField(label="どの要請についてですか（なくてもかまいません）", required=False)
    text = TextField(
        label="お問い合わせの内容",
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="患者さんの氏名など、個人の情報は書かないでください。",
    )

    def __init__(
        self,
        user: User,
        places: dict[int, tuple[str, str]],
        sent: QueryDict | None = None,
        initial: Mapping[str, str] | None = None,
    ) -> None:
        """`places`: code and name of the person's institutions, by id. `initial`: see `opening`."""
        self.places = places
        self.requests = {each.number: each for each in asked_about.choices(user)}
        super().__init__(sent, initial=dict(initial or {}))
        institution, request = self.fields["institution"], self.fields["request"]
        assert isinstance(institution, forms.ChoiceField)  # noqa: S101 - for the type checker
        assert isinstance(request, forms.ChoiceField)  # noqa: S101 - for the type checker
        institution.choices = [(code, f"{name}（{code}）") for code, name in places.values()]
        if len(places) == 1:
            institution.widget = forms.HiddenInput()
            self.initial["institution"] = next(iter(places.values()))[0]
        elif len(places) <= MANY:
            institution.widget = forms.RadioSelect(choices=institution.choices)
        named = [(each.number, each.label) for each in self.requests.values()]
        request.choices = [("", "要請についてではない"), *named]
        if not self.requests:
            del self.fields["request"]

    def clean(self) -> dict[str, Any]:
        """The request named must be one of the institution named."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        named = self.requests.get(cleaned.get("request", ""))
        if named and "institution" in cleaned and named.institution_id != self.institution_id():
            self.add_error("request", "選んだ医療機関の要請ではありません。要請を選び直してください。")
        return cleaned

    def institution_id(self) -> int:
        """The id of the institution chosen. Only of a form in which it is valid."""
        code = self.cleaned_data["institution"]
        return next(key for key, (each, _) in self.places.items() if each == code)
