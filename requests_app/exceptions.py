"""The refusals a verb can raise, each with a message for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sosportal.lib.refusals import RefusalBase

if TYPE_CHECKING:
    from datetime import datetime

    from institutions.models import User
    from requests_app.models import Question, SosRequest, TypedDraft


class Refusal(RefusalBase):
    """Base of all refusals of this app."""


class NotPermitted(Refusal):
    message = "この操作をする権限がありません。"


class NotPossible(Refusal):
    """The status does not allow the verb."""

    message = "いまの対応ステータスでは、この操作はできません。"


class AlreadyAccepted(NotPossible):
    message = "対応ステータスが「受付完了」のため、内容は変更できません。"


class AlreadyWithdrawn(NotPossible):
    message = "この要請は、医療機関が取り下げています。"


class StaleVersion(Refusal):
    """Somebody saved in between; `current` is the request as it stands, `lines` its lines."""

    message = (
        "画面を開いたあとに、ほかの人がこの要請を更新しました。変更を見てから、もう一度操作してください。"
    )

    def __init__(self, current: SosRequest) -> None:
        super().__init__()
        self.current = current


class TypedElsewhere(Refusal):
    """Another page of the same person wrote what is being typed; `draft` is what stands."""

    message = "別の画面か端末で、あなたが入力した内容が残っています。この画面の入力は、まだ控えていません。"

    def __init__(self, draft: TypedDraft) -> None:
        super().__init__()
        self.draft = draft


class TypedTooMuch(Refusal):
    message = "入力が長すぎるため、控えを残せませんでした。ご意見を短くしてください。"


class StaleSwitch(Refusal):
    """Somebody switched the public page in between."""

    message = "画面を開いたあとに、ほかの人が公開の設定を変えました。いまの設定を見てから、もう一度操作してください。"


class TermsNotConfirmed(Refusal):
    message = "「上記の緊急配布条件を満たしていることを確認した」にチェックを入れてください。"


class TermsChanged(Refusal):
    message = (
        "画面を開いたあとに、緊急配布条件か同意事項が変わりました。"
        "いまの内容を読んで、もう一度「完了」を押してください。"
    )


class ReasonRequired(Refusal):
    message = "理由を入力してください。"


class ProxyReasonMissing(Refusal):
    """Somebody enters for an institution without being of it, and has not said why."""

    message = "代理で入力する理由を、はじめの画面で入力してください。入力した内容は、この画面に残っています。"


class EnteredByYourself(Refusal):
    """Who entered a request by proxy doesn't judge it (four eyes)."""

    message = "この要請は、あなたが代理で入力しています。確認と受付は、ほかの担当者が行ってください。"


class QuantityRefused(Refusal):
    message = "数量は、0から要請数量までの数を入力してください。"


class TimeRefused(Refusal):
    message = "電話した日時は、30日前からいままでの日時を入力してください。"


class QuestionClosed(Refusal):
    """The question was answered or withdrawn in between; `current` is the question as it stands."""

    message = "この照会には、すでに回答がありました。"

    def __init__(self, current: Question) -> None:
        super().__init__("この照会は、取り消されました。" if current.withdrawn_at else "")
        self.current = current


class HeldByOther(Refusal):
    """Another officer holds the request, and the page showed otherwise; `holder` is who, `until` the end (aware)."""

    def __init__(self, holder: User, until: datetime) -> None:
        super().__init__(f"いまは{holder.name}さんが担当しています。")
        self.holder = holder
        self.until = until


class StaleProposal(Refusal):
    """The lines to decide are no longer those the officer saw: ids of the lines that came, went and changed."""

    message = (
        "提案を表示したあとに、対象の要請が変わりました。変わったところを見てから、もう一度決めてください。"
    )

    def __init__(self, came: Sequence[int], went: Sequence[int], changed: Sequence[int]) -> None:
        super().__init__()
        self.came = came
        self.went = went
        self.changed = changed


class AllocationRefused(Refusal):
    """The rule can't divide what was entered; the message says why."""

    message = "この決め方では、配布を決定できません。"


class NotHandedOff(Refusal):
    message = "売払先事業者に引き渡していない物資です。"


class NothingToHandOff(Refusal):
    message = "引き渡すものはありません。"


class HandOffChanged(Refusal):
    """What would be handed off is no longer what the officer saw."""

    message = "画面を開いたあとに、引き渡す内容が変わりました。いまの内容を確かめて、もう一度押してください。"


class AlreadyReceived(Refusal):
    message = "この荷物の受領は、すでに確認されています。"


class ShipmentChanged(Refusal):
    message = (
        "画面を開いたあとに、発送の記録が訂正されました。いまの内容を確かめて、もう一度操作してください。"
    )


class DayRefused(Refusal):
    message = "日付を確かめてください。"


class CalendarRefused(Refusal):
    """A change of the calendar that makes no sense; `message` says why."""


class StatusWriteRefused(TypeError):
    """Code tried to write a request past its verbs: a mistake of the programmer, never of a user."""
