"""The refusals a verb of announcements and inquiries can raise, each with a message for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosportal.lib.refusals import RefusalBase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from institutions.models import Announcement, Inquiry, Institution
    from institutions.rules.notices import Notice
    from sosportal.lib.delivery import When


class Refusal(RefusalBase):
    """Base of all refusals of this app."""


class NotPermitted(Refusal):
    message = "この操作をする権限がありません。"


class NotPossible(Refusal):
    """What it is about does not allow the verb any more."""

    message = "いまの状態では、この操作はできません。"


class TextRequired(Refusal):
    message = "内容を入力してください。"


class ContentRefused(Refusal):
    """A content that can't be published; `message` says which part."""


class HasBegun(Refusal):
    """What institutions read already goes to whom it went, from when it did."""

    message = (
        "掲載が始まっているため、対象と掲載の開始は変えられません。"
        "変えるときは、取り下げてから新しく書いてください。"
    )


class StaleAnnouncement(Refusal):
    """Somebody corrected or withdrew it in between; `current` is the announcement as it stands."""

    message = (
        "画面を開いたあとに、ほかの人がこのお知らせを更新しました。"
        "いまの内容を見てから、もう一度操作してください。"
    )

    def __init__(self, current: Announcement) -> None:
        super().__init__()
        self.current = current


class StaleThread(Refusal):
    """Something was written or done in between; `current` is the inquiry as it stands."""

    message = "画面を開いたあとに、このお問い合わせに動きがありました。新しい内容を見てから、もう一度送ってください。"

    def __init__(self, current: Inquiry) -> None:
        super().__init__()
        self.current = current


class ProxyReasonMissing(Refusal):
    """Somebody enters for an institution without being of it, and has not said why."""

    message = "代理で入力する理由を、はじめの画面で入力してください。入力した内容は、この画面に残っています。"


class StaleParticulars(Refusal):
    """Somebody saved other particulars in between; `current` is the institution as it stands."""

    message = (
        "画面を開いたあとに、ほかの人がユーザー基礎情報を変更しました。"
        "下の内容を見比べて、よければもう一度「保存」を押してください。"
    )

    def __init__(self, current: Institution) -> None:
        super().__init__()
        self.current = current


class AddressLinkVoid(Refusal):
    """The link is broken, too old, somebody else's, or from before the last change."""

    message = "期限を過ぎたか、使い終わったURLです。"


class StaleNotices(Refusal):
    """The choices were changed in another tab or on another device. `standing` is what stands."""

    message = "受け取り方が、別の画面で変更されました。"

    def __init__(self, standing: Mapping[Notice, When]) -> None:
        super().__init__()
        self.standing = standing
