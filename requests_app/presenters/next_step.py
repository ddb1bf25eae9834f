"""What an officer does first with a request, in words."""

from __future__ import annotations

from dataclasses import dataclass

from requests_app.queries.officers import Stage
from requests_app.rules.transitions import Status


@dataclass(frozen=True)
class NextStep:
    """What to do first: a sentence, why, and the place on the page to do it (its id and the words of the link)."""

    lead: str
    text: str = ""
    place: str = ""
    link: str = ""


WITHDRAWN = NextStep("医療機関が取り下げました。", "確認も受付も、もうできません。理由は上にあります。")
TO_MEND = NextStep("まだ申請されていません。", "医療機関が申請すると、確認できます。")
DONE = NextStep("受付は完了しています。")
CONFIRMED = NextStep("都道府県の確認は記録しました。", "このあと、国が受け付けます。次の要請に進めます。")
BY_ANOTHER = NextStep("確認と受付は、ほかの担当者が行います。", "あなたが代理で入力した要請です。")
ASKED = NextStep(
    "医療機関の回答を待っています。", "電話で確かめたときは、照会を取り消せます。", "questions", "照会へ"
)
CONFIRM = NextStep("内容を確かめて、確認を記録してください。", "", "confirm", "都道府県の確認へ")
CONFIRM_AGAIN = NextStep(
    "もう一度、確認してください。",
    "確認したあとに、医療機関が内容を編集しました。前の版からの変更を見てください。",
    "confirm",
    "都道府県の確認へ",
)
ACCEPT = NextStep("内容を確かめて、受け付けてください。", "", "accept", "国の受付へ")
ACCEPT_UNCONFIRMED = NextStep(
    "都道府県の確認を待っています。", "急ぐときは、理由を書いて受け付けられます。", "accept", "国の受付へ"
)


def next_step(status: Status, stage: Stage | None, *, confirms: bool, asked: bool) -> NextStep:
    """For a request in this status and stage. `confirms`: the officer confirms, others accept; `asked`: a question
    waits for the institution."""
    if stage is None:
        return DONE if status is Status.ACCEPTED else TO_MEND
    if confirms and stage is Stage.CONFIRMED:
        return CONFIRMED
    if asked:
        return ASKED
    if confirms:
        return CONFIRM_AGAIN if stage is Stage.AGAIN else CONFIRM
    return ACCEPT if stage is Stage.CONFIRMED else ACCEPT_UNCONFIRMED
