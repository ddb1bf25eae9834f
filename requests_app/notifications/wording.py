"""In what words people are told of what happened to a request, by kind of event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from institutions.models import Role
from institutions.rules.notices import Notice
from requests_app.notifications.following import asked_them, noted, received, unasked_them
from requests_app.rules.transitions import Status, Verb
from sosportal.lib import clock

if TYPE_CHECKING:
    from requests_app.models import RequestEvent, SosRequest

WEEKDAYS = "月火水木金土日"


def kind_of(event: RequestEvent) -> str | None:
    """By which of `TEXTS` people are told of the event; None: nobody is told."""
    if event.verb == Verb.SUBMIT and event.to_status == Status.UNDER_REVIEW:
        return "applied"
    if event.verb == Verb.REVISE and event.from_status == Status.UNDER_REVIEW:
        return "failed" if event.to_status == Status.ERROR else "changed"
    if event.verb == Verb.WITHDRAW:
        known = event.from_status == Status.UNDER_REVIEW or event.content.get("concerned")
        return "withdrawn" if known else None
    return KINDS.get(Verb(event.verb))


def office_told(kind: str, request: SosRequest, event: RequestEvent) -> str:
    """Which officers are told: a prefecture's by its code, or "" for the ministry's."""
    asked_by_ministry = kind in TO_WHO_ASKED and event.content.get("asked_by_role") == Role.MINISTRY
    return "" if kind in TO_THE_MINISTRY or asked_by_ministry else request.prefecture_id


def _day(day: date) -> str:
    return f"{day.month}/{day.day}（{WEEKDAYS[day.weekday()]}）"


def _handled_from(request: SosRequest) -> str:
    return _day(request.handled_from) if request.handled_from else ""


def _when(request: SosRequest) -> str:
    cutoff = clock.jst(request.cutoff_at) if request.cutoff_at else None
    until = f"{_day(cutoff.date())}{cutoff:%H:%M}の締切分です。" if cutoff else ""
    return f"{until}{_handled_from(request)}から対応します。"


def _applied(request: SosRequest, event: RequestEvent) -> str:
    received = "緊急配布要請を受け付けました。都道府県にて内容を確認し追って連絡をいたします。"
    return f"{received}\n{_when(request)}"


def _to_confirm(request: SosRequest, event: RequestEvent) -> str:
    return f"医療機関から、緊急配布要請の申請がありました。内容を確認してください。\n{_when(request)}"


def _changed(request: SosRequest, event: RequestEvent) -> str:
    withdrawn = (
        "都道府県の確認は、やり直しになります。" if event.content.get("confirmation_withdrawn") else ""
    )
    return f"要請の内容が編集されました。システムチェックは満たしています。{withdrawn}"


def _failed(request: SosRequest, event: RequestEvent) -> str:
    return f"{_why(event)}\n内容を直して、もう一度「システムチェック&申請」を押してください。"


def _failed_there(request: SosRequest, event: RequestEvent) -> str:
    return f"{_why(event)}\n医療機関が直して申請すると、もう一度確認できるようになります。"


def _why(event: RequestEvent) -> str:
    record = event.check_record or {"result": {"findings": []}}
    reasons = [
        f"・{finding['message']}"
        for finding in record["result"]["findings"]
        if finding["severity"] == "ERROR"
    ]
    return "\n".join(
        [
            "編集した内容が申請の条件を満たしていないため、対応ステータスが「エラー有り」になりました。",
            *reasons,
        ]
    )


def _confirmed(request: SosRequest, event: RequestEvent) -> str:
    note = event.content.get("note") or "（記入はありません）"
    return f"都道府県が要請の内容を確認しました。このあと、国が確認します。\n都道府県入力欄：{note}"


def _accepted(request: SosRequest, event: RequestEvent) -> str:
    return "対応ステータスが「受付完了」になりました。要請の内容は変更できません。"


def _withdrawn(request: SosRequest, event: RequestEvent) -> str:
    return "\n".join(
        [
            "医療機関が、この要請を取り下げました。確認と受付は行いません。",
            f"取り下げた人：{event.actor_text}",
            f"理由：{event.reason}",
            *(["回答を待っていた照会は、閉じました。"] if event.content.get("questions") else []),
        ]
    )


def _asked(request: SosRequest, event: RequestEvent) -> str:
    asks = "この要請について、担当者から照会があります。次の画面の「回答」の欄から、お答えください。"
    return f"{asks}\n\n照会：{event.content['asked']}"


def _answered(request: SosRequest, event: RequestEvent) -> str:
    return (
        f"医療機関が照会に回答しました。\n\n照会：{event.content['asked']}\n\n回答：{event.content['answer']}"
    )


def _unasked(request: SosRequest, event: RequestEvent) -> str:
    return (
        "さきほどの照会を取り消しました。回答していただく必要はありません。\n\n"
        f"照会：{event.content['asked']}\n\n取り消した理由：{event.reason}"
    )


def _allocated(request: SosRequest, event: RequestEvent) -> str:
    told = event.content
    return "\n".join(
        [
            "国が、この要請への配布を決定しました。",
            f"物資：{told['item']}",
            f"国の受付：{told['accepted_words']}",
            f"配布の決定：{told['outcome_words']}　{told['quantity_words']}",
            f"理由：{event.reason}",
        ]
    )


def _shipped(request: SosRequest, event: RequestEvent) -> str:
    lines = ["発送しました。" if _is_new(event) else "発送の記録を訂正しました。"]
    for parcel in event.content["parcels"]:
        day = date.fromisoformat(parcel["shipped_on"])
        lines += [
            "",
            f"物資：{parcel['item']}",
            f"数量：{parcel['quantity_words']}",
            f"発送日：{_day(day)}",
            f"運送会社：{parcel['carrier']}",
            f"伝票番号：{parcel['slip_number']}",
        ]
    return "\n".join(lines)


def _is_new(event: RequestEvent) -> bool:
    return any(parcel["before"] is None for parcel in event.content["parcels"])


CLOSING = "緊急配布要請は、配布の決定ではありません。"
AFTER_WITHDRAWAL = "取下げは、元に戻せません。必要になったときは、新しい要請を作って申請してください。"
FOLLOWED = (
    "この要請をフォローしている方にお送りしています。"
    "要請の画面の「フォロー中（やめる）」で、いつでもやめられます。"
)
CLOSINGS = {
    Verb.ALLOCATE.value: "配布の決定は、物資ごとに行います。ほかの物資については、別にお知らせします。",
    Verb.WITHDRAW.value: AFTER_WITHDRAWAL,
    Verb.SHIP.value: "届いたら、数量を確かめて、この要請の画面で受領を確認してください。",
}
"""What stands at the foot of a mail, by verb, in place of CLOSING."""

KINDS = {
    Verb.CONFIRM: "confirmed",
    Verb.ACCEPT: "accepted",
    Verb.ASK: "asked",
    Verb.ANSWER: "answered",
    Verb.UNASK: "unasked",
    Verb.ALLOCATE: "allocated",
    Verb.SHIP: "shipped",
    Verb.NOTE: "noted",
    Verb.RECEIVE: "received",
}
"""The verbs that people are always told of, and by which of `TEXTS`."""

NOTICES = {
    "asked": Notice.QUESTION,
    "unasked": Notice.QUESTION,
    "allocated": Notice.DELIVERY,
    "shipped": Notice.DELIVERY,
    "received": Notice.DELIVERY,
}
"""Which kind of notice the institution's mail is, by kind of event; all others are of the request."""

TO_THE_MINISTRY = frozenset({"confirmed"})
TO_WHO_ASKED = frozenset({"answered"})
"""The kinds that the ministry's officers are told of, and those that the office is told of which asked the question;
all others are told to the prefecture's."""

Text = Callable[["SosRequest", "RequestEvent"], str]
Wording = tuple[str, Text]

# Per kind of event: (subject, text) for the institution and for the officers; None: they are not told.
TEXTS: dict[str, tuple[Wording | None, Wording | None]] = {
    "applied": (("緊急配布要請を受け付けました", _applied), ("緊急配布要請の申請がありました", _to_confirm)),
    "changed": (("緊急配布要請を編集しました", _changed), ("確認中の緊急配布要請が編集されました", _changed)),
    "failed": (
        ("緊急配布要請がエラー有りになりました", _failed),
        ("確認中の要請がエラー有りになりました", _failed_there),
    ),
    "confirmed": (
        ("都道府県が緊急配布要請を確認しました", _confirmed),
        ("都道府県の確認が終わった要請があります", _confirmed),
    ),
    "accepted": (("緊急配布要請が受付完了になりました", _accepted), ("国が要請を受け付けました", _accepted)),
    "withdrawn": (
        ("緊急配布要請を取り下げました", _withdrawn),
        ("緊急配布要請が取り下げられました", _withdrawn),
    ),
    "asked": (("緊急配布要請について照会があります", _asked), None),
    "answered": (None, ("照会に回答がありました", _answered)),
    "unasked": (("緊急配布要請についての照会を取り消しました", _unasked), None),
    # A decision concerns thousands of requests at once: officers read it where it was made, not in as many mails.
    "allocated": (("緊急配布要請への配布を決定しました", _allocated), None),
    "shipped": (("物資を発送しました", _shipped), None),
    # What concerns who follows the request alone.
    "noted": (None, None),
    "received": (None, None),
}

# Per kind of event: (subject, text) for members and for officers who follow the request. Of what is not here they are
# told in the words for the institution and for the officers.
FOLLOWERS: dict[str, tuple[Wording, Wording]] = {
    "asked": (
        ("緊急配布要請について照会があります", _asked),
        ("フォロー中の要請に照会がありました", asked_them),
    ),
    "answered": (("照会への回答がありました", _answered), ("照会に回答がありました", _answered)),
    "unasked": (
        ("緊急配布要請についての照会を取り消しました", _unasked),
        ("フォロー中の要請の照会が取り消されました", unasked_them),
    ),
    "noted": (("都道府県入力欄に記入がありました", noted),) * 2,
    "received": (("物資の受領が確認されました", received),) * 2,
}


def for_followers(kind: str) -> tuple[Wording, Wording]:
    """How members and officers who follow a request are told of this kind of event."""
    if kind in FOLLOWERS:
        return FOLLOWERS[kind]
    told = [wording for wording in TEXTS[kind] if wording is not None]
    return told[0], told[-1]
