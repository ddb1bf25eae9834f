"""Forms of お知らせ for officers: reading what they type; the verbs decide whether it can be published."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from institutions.models import (
    Announcement,
    AnnouncementContent,
    Audience,
    InstitutionKind,
    Prefecture,
    Role,
    User,
)
from sosportal.lib.admin_fields import MomentInput
from sosportal.lib.forms import LineField, MomentField, PortalForm, TextField

LONGEST_BODY = 8_000
LONGEST_REASON = 1_000


UNREADABLE = {"invalid": "日時として読めません。日付と時刻の両方を入力してください（例：2026-11-25 10:00）。"}


class AnnouncementForm(PortalForm):
    """What is announced, to whom and when. A prefecture's officers choose no prefecture; once it has begun, neither
    audience nor beginning is asked for."""

    title = LineField(label="題名", max_length=100)
    body = TextField(
        label="本文",
        help_text="段落は、空の行で分けます。https:// で始まるアドレスは、リンクになります。",
        max_length=LONGEST_BODY,
        widget=forms.Textarea(attrs={"class": "input", "rows": 12}),
    )
    important = forms.BooleanField(
        label="重要なお知らせにする",
        required=False,
        help_text="開くまで、医療機関のホームの一番上に表示します。ほかのお知らせは、一覧に「未読」の印が付きます。",
    )
    kinds = forms.MultipleChoiceField(
        label="医療機関の種別",
        choices=InstitutionKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="選ばないと、すべての種別に届きます。",
    )
    prefectures = forms.MultipleChoiceField(
        label="都道府県",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="選ばないと、全国に届きます。",
    )
    starts_at = MomentField(
        label="掲載の開始",
        required=False,
        widget=MomentInput(attrs={"class": "input"}),
        help_text="空欄のときは、公開するとすぐに掲載します。",
        error_messages=UNREADABLE,
    )
    ends_at = MomentField(
        label="掲載の終了",
        required=False,
        widget=MomentInput(attrs={"class": "input"}),
        help_text="空欄のときは、取り下げるまで掲載します。",
        error_messages=UNREADABLE,
    )
    by_mail = forms.BooleanField(
        label="メールでも送る",
        required=False,
        help_text="届く医療機関の利用者全員に、掲載の開始からメールを送ります。送ったメールは取り消せません。",
    )

    def __init__(
        self, user: User, sent: Any = None, *, standing: Announcement | None = None, begun: bool = False
    ) -> None:
        self.standing, self.begun = standing, begun
        super().__init__(sent, initial=_initial(standing))
        if user.role == Role.PREFECTURE or begun:
            del self.fields["prefectures"]
        else:
            choices = self.fields["prefectures"]
            assert isinstance(choices, forms.MultipleChoiceField)  # noqa: S101 - for the type checker
            choices.choices = list(Prefecture.objects.values_list("code", "name"))
        if begun:
            del self.fields["kinds"], self.fields["starts_at"]

    def content(self) -> AnnouncementContent:
        """What was entered. Only of a valid form."""
        said = self.cleaned_data
        audience = Audience(tuple(said.get("prefectures", ())), tuple(said.get("kinds", ())))
        if self.begun and self.standing is not None:
            audience = self.standing.audience
        return AnnouncementContent(
            said["title"], said["body"], audience, said["important"], said.get("starts_at"), said["ends_at"]
        )

    def carried(self) -> list[tuple[str, str]]:
        """(name, value) of everything that was entered, for the hidden fields of the page that asks again."""
        found: list[tuple[str, str]] = []
        for name, value in self.cleaned_data.items():
            if isinstance(value, list):
                found += [(name, each) for each in value]
            elif isinstance(value, bool):
                found += [(name, "on")] if value else []
            elif isinstance(value, datetime):
                found.append((name, value.strftime("%Y-%m-%dT%H:%M:%S")))
            elif value is not None:
                found.append((name, str(value)))
        return found


class WithdrawForm(PortalForm):
    """取下げ: why, for those who have read it."""

    reason = TextField(
        label="取下げの理由",
        help_text="お知らせを読める医療機関に表示されます。",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"class": "input", "rows": 4}),
    )


def _initial(standing: Announcement | None) -> dict[str, Any]:
    if standing is None:
        return {}
    return {
        "title": standing.title,
        "body": standing.body,
        "important": standing.important,
        "kinds": standing.kinds,
        "prefectures": standing.prefectures,
        "starts_at": standing.starts_at,
        "ends_at": standing.ends_at,
    }
