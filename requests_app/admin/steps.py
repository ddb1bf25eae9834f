"""The verbs that officers use from the page of one request: their forms, and how they speak."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from requests_app.forms.officer import (
    AcceptForm,
    AskForm,
    ClaimForm,
    ConfirmForm,
    MemoForm,
    NoteForm,
    OfficerForm,
    ReleaseForm,
    Seen,
    TelephoneForm,
    UnaskForm,
)
from requests_app.rules.transitions import Verb

if TYPE_CHECKING:
    from institutions.models import User
    from requests_app.models import SosRequest
    from requests_app.presenters.review import ReviewPage


@dataclass(frozen=True)
class Step:
    """One verb on the page: its form, what it does, and how it speaks. `section`: where its form stands.

    `asks`: a page asks again before it is done. `minds`: the same while another officer holds the request.
    """

    verb: Verb
    form: type[OfficerForm]
    act: Callable[[SosRequest, User, Any, Seen], SosRequest]
    done: str
    section: str
    asks: str = ""
    button: str = ""
    minds: str = ""

    def question(self, form: OfficerForm, page: ReviewPage) -> str:
        """The title of the page that asks before this is done; "" when nothing is to be asked."""
        if self.verb is Verb.CLAIM and isinstance(form, ClaimForm):
            return self.minds if form.seen_holder and page.held_by_other else ""
        return self.asks or (self.minds if page.held_by_other else "")


STEPS: Mapping[str, Step] = {
    "confirm": Step(
        Verb.CONFIRM,
        ConfirmForm,
        lambda request, user, form, seen: request.confirm(
            user, form.quantities(), form.cleaned_data["note"], seen_revision=seen.revision
        ),
        "都道府県の確認を記録しました。",
        "confirm",
        asks="都道府県の確認を記録します",
        button="都道府県の確認を記録する",
    ),
    "note": Step(
        Verb.NOTE,
        NoteForm,
        lambda request, user, form, seen: request.note(
            user, form.cleaned_data["note"], seen_revision=seen.revision
        ),
        "都道府県入力欄を保存しました。確認は、まだ記録していません。",
        "confirm",
        minds="都道府県入力欄を保存します",
        button="都道府県入力欄を保存する",
    ),
    "telephone": Step(
        Verb.TELEPHONE,
        TelephoneForm,
        lambda request, user, form, seen: request.log_telephone(user, **form.cleaned_data),
        "電話の記録を足しました。",
        "telephone",
    ),
    "ask": Step(
        Verb.ASK,
        AskForm,
        lambda request, user, form, seen: request.ask(user, form.cleaned_data["question_text"]),
        "照会しました。医療機関にメールで知らせました。",
        "ask",
        minds="医療機関に照会します",
        button="照会する",
    ),
    "unask": Step(
        Verb.UNASK,
        UnaskForm,
        lambda request, user, form, seen: request.unask(user, form.question_id, form.cleaned_data["reason"]),
        "照会を取り消しました。医療機関にメールで知らせました。",
        "unask",
    ),
    "memo": Step(
        Verb.MEMO,
        MemoForm,
        lambda request, user, form, seen: request.memo(user, form.cleaned_data["memo"]),
        "申し送りを足しました。",
        "memo",
    ),
    "claim": Step(
        Verb.CLAIM,
        ClaimForm,
        lambda request, user, form, seen: request.claim(user, seen_holder=form.seen_holder),
        "担当になりました。30分のあいだ、ほかの担当者の画面に表示されます。",
        "claim",
        minds="担当を引き継ぎます",
        button="担当を引き継ぐ",
    ),
    "release": Step(
        Verb.RELEASE,
        ReleaseForm,
        lambda request, user, form, seen: request.release(user),
        "担当を終えました。",
        "claim",
    ),
    "accept": Step(
        Verb.ACCEPT,
        AcceptForm,
        lambda request, user, form, seen: request.accept(
            user,
            seen_revision=seen.revision,
            quantities=form.quantities(),
            reason=form.cleaned_data["reason"],
        ),
        "受付完了にしました。",
        "accept",
        asks="受付完了にします",
        button="受付完了にする",
    ),
}
SECTIONS = {step.form: step.section for step in STEPS.values()}
FRESH = (ConfirmForm, TelephoneForm, AcceptForm, AskForm, MemoForm, ClaimForm)
"""The forms that a page begins with; the others appear only as they were posted, or once for each question."""
