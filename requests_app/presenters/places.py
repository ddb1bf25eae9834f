"""Where to go to mend what the system check found."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from requests_app.rules.system_check import Finding


@dataclass(frozen=True)
class Places:
    """The pages that belong to one request: `form` is the address of its form ("" while the form itself is shown),
    `here` the page to which the survey and the particulars lead back."""

    institution_code: str
    form: str
    here: str

    def way(self, finding: Finding) -> tuple[str, str] | None:
        """(label, address) of the place to mend a finding; None where there is no page for it."""
        kind, _, which = finding.place.partition(":")
        if kind == "survey":
            return "調査に回答する", self.survey
        if kind == "profile":
            return "ユーザー基礎情報を登録する", profile_address(self.institution_code, self.here)
        if kind == "items":
            return "物資を選ぶ", f"{self.form}#items"
        if kind == "quantity":
            return "数量を直す", f"{self.form}#id_quantity_{which}"
        if kind == "suspension":
            # Every page that shows a check says on top why, since when, and whom to call.
            return "停止の理由と連絡先を見る", "#suspension"
        if kind == "request":
            return "その要請を開く", reverse("request_detail", args=[which])
        return None

    @property
    def survey(self) -> str:
        """The survey of the institution, with the way back."""
        return survey_address(self.institution_code, self.here)


def survey_address(institution_code: str, back_to: str) -> str:
    """The weekly survey's form of an institution; after the answer it offers the way back to `back_to`."""
    return f"{reverse('survey_answer', args=[institution_code])}?{urlencode({'next': back_to})}"


def profile_address(institution_code: str, back_to: str) -> str:
    """ユーザー基礎情報登録 of an institution; after a save it leads back to `back_to`."""
    return f"{reverse('institution_profile', args=[institution_code])}?{urlencode({'next': back_to})}"
