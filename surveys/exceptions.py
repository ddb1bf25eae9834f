"""The refusals that answering a survey can raise, each with a message for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosportal.lib.refusals import RefusalBase

if TYPE_CHECKING:
    from surveys.models import SurveyResponse


class SurveyRefusal(RefusalBase):
    """Base of all refusals of this app."""

    message = "回答を保存できませんでした。"


class RoundClosed(SurveyRefusal):
    message = "この回の受付は終わりました。次の回に回答してください。"


class NotYourInstitution(SurveyRefusal):
    message = "この医療機関の回答はできません。"


class FiguresMissing(SurveyRefusal):
    """Figures that must be there are not: `missing` names them as (item id, field)."""

    message = "3つの数をすべて入力してください。"

    def __init__(self, missing: list[tuple[int, str]]) -> None:
        super().__init__()
        self.missing = missing


class FigureOutOfRange(SurveyRefusal):
    message = "0から9,999,999までの数を入力してください。"


class StaleResponse(SurveyRefusal):
    """Somebody saved in between; `current` is what stands now."""

    message = "ほかの画面で、この回答が直されました。両方の数を見くらべて、もう一度送信してください。"

    def __init__(self, current: SurveyResponse) -> None:
        super().__init__()
        self.current = current


class FiguresChanged(SurveyRefusal):
    """What 先週と変わりなし would send is not what the page showed."""

    message = "画面に出ていた数が、その後変わりました。いまの数を確かめて、もう一度送信してください。"


class ProxyReasonMissing(SurveyRefusal):
    """Somebody enters for an institution without being of it, and has not said why."""

    message = "代理で入力する理由を、はじめの画面で入力してください。入力した内容は、この画面に残っています。"
