"""Per event: who is told what. Posts to the outbox in the event's transaction; decides nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.conf import settings

from institutions.models import Role, User
from institutions.rules.notices import Notice
from requests_app.notifications.following import (
    Follower,
    asked_them,
    followers_of,
    noted,
    received,
    unasked_them,
)
from requests_app.rules.transitions import Status, Verb
from sosportal.lib import clock, outbox
from sosportal.lib.prepared import Prepared

if TYPE_CHECKING:
    from requests_app.models import RequestEvent, SosRequest

WEEKDAYS = "月火水木金土日"


def post(request: SosRequest, event: RequestEvent, now: datetime) -> None:
    """Post the mails of an event, one per address; the event's id and the address make each of them unique.

    Call inside the transaction that wrote the event. Three queries for the addresses at most and two inserts where mail
    is due, none for the other events.
    """
    kind = kind_of(event)
    if kind is None:
        return
    to_institution, to_officers = TEXTS[kind]
    followers = followers_of([request]).get(request.pk, ())
    institution = [request.institution.email, *_actor(request, event, followers)] if to_institution else ()
    officers = _officer_addresses(_office(kind, request, event)) if to_officers else ()
    if event.content.get("concerned"):
        officers = _once([*officers, *_concerned(event)])
    outbox.post(_mails(kind, request, event, institution, officers, followers), now)


def post_proxy(request: SosRequest, event: RequestEvent, now: datetime) -> None:
    """Tell the institution and its members that somebody entered for them: who, why, what. As `post`; two queries and
    one insert."""
    members = User.objects.filter(
        role=Role.INSTITUTION,
        is_active=True,
        memberships__institution_id=request.institution_id,
        memberships__as_proxy=False,
    ).values_list("email", flat=True)
    request.__dict__.pop("_prefetched_objects_cache", None)
    lines = [
        f"{line.item.label}　{line.item.amount(line.quantity) if line.quantity else '数量は空欄'}"
        for line in request.lines.select_related("item")
    ]
    text = "\n".join(
        [
            "この要請を、次の人が代理で入力しました。",
            f"入力した人：{event.actor_text}",
            f"操作：{event.get_verb_display()}（対応ステータス：{event.get_to_status_display()}）",
            f"理由：{event.proxy_reason}",
            "",
            *(lines or ["物資は選ばれていません。"]),
            f"ご意見：{request.opinion or '（空欄）'}",
            "",
            AFTER_WITHDRAWAL
            if event.verb == Verb.WITHDRAW
            else "違うところがあるときは、受付完了になるまでに「編集」で直してください。",
        ]
    )
    wording = ("緊急配布要請に代理で入力がありました", lambda *_: text)
    path = f"/requests/{request.number}/"
    told = _once([request.institution.email, *members])
    mails = _mails_to(told, request, event, wording, path, CLOSINGS.get(event.verb, CLOSING))
    outbox.post([replace(mail, cause=f"request-proxy:{event.pk}") for mail in mails], now)


def post_many(happened: Sequence[tuple[SosRequest, RequestEvent]], now: datetime) -> None:
    """The same for many events: four queries for the addresses at most and two inserts, whatever their number."""
    told = [(kind, request, event) for request, event in happened if (kind := kind_of(event)) is not None]
    if not told:
        return
    followers = followers_of([request for _, request, _ in told])
    actors = _actors_of_many([(request, event) for kind, request, event in told if TEXTS[kind][0]])
    officers = _officers_of_many(
        {_office(kind, request, event) for kind, request, event in told if TEXTS[kind][1]}
    )
    mails: list[outbox.Mail] = []
    for kind, request, event in told:
        actor = actors.get((request.institution_id, event.actor_id), "")
        institution = [request.institution.email, actor] if TEXTS[kind][0] else ()
        office = officers.get(_office(kind, request, event), ()) if TEXTS[kind][1] else ()
        mails += _mails(kind, request, event, institution, office, followers.get(request.pk, ()))
    outbox.post(mails, now)


def _mails(
    kind: str,
    request: SosRequest,
    event: RequestEvent,
    institution: Iterable[str],
    officers: Iterable[str],
    followers: Sequence[Follower],
) -> list[outbox.Mail]:
    """The mails of one event, one per address: as the institution first, then as the office, then as who follows it."""
    to_institution, to_officers = TEXTS[kind]
    to_members, to_following_officers = for_followers(kind)
    closing = CLOSINGS.get(event.verb, CLOSING)
    pages = f"/requests/{request.number}/", f"/admin/requests_app/sosrequest/{request.pk}/change/"
    members = [each.email for each in followers if not each.is_officer]
    # An officer knows what they did themselves; members are told that it arrived.
    following_officers = [
        each.email for each in followers if each.is_officer and each.user_id != event.actor_id
    ]
    # What comes to officers and what was entered by proxy is no notice: it always comes at once.
    notice = NOTICES.get(kind, Notice.REQUEST)
    groups = (
        (institution, to_institution, pages[0], closing, notice),
        (members, to_members, pages[0], f"{closing}\n{FOLLOWED}", notice),
        (officers, to_officers, pages[1], closing, ""),
        (following_officers, to_following_officers, pages[1], FOLLOWED, ""),
    )
    mails: dict[str, outbox.Mail] = {}
    for addresses, wording, path, foot, kind_of_notice in groups:
        if wording is None:
            continue
        fresh = [address for address in _once(addresses) if address.lower() not in mails]
        theirs = _mails_to(fresh, request, event, wording, path, foot, kind_of_notice)
        mails |= {mail.to.lower(): mail for mail in theirs}
    return list(mails.values())


def _mails_to(
    addresses: Iterable[str],
    request: SosRequest,
    event: RequestEvent,
    wording: Wording,
    path: str,
    closing: str,
    notice: str = "",
) -> list[outbox.Mail]:
    subject = outbox.subject_for(wording[0], request.institution.name, f"要請番号 {request.number}")
    text = _body(request, wording[1](request, event), path, closing)
    cause = f"request-event:{event.pk}"
    return [outbox.Mail(cause, to, subject, text, notice=notice, link=path) for to in addresses]


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


def _once(addresses: Iterable[str]) -> Collection[str]:
    """Each address once, whatever its case, blank ones left out."""
    return {address.lower(): address for address in addresses if address}.values()


def _actor(request: SosRequest, event: RequestEvent, followers: Iterable[Follower]) -> list[str]:
    """Who acted, if a member of the institution. One query, none for officers and for who follows it anyway."""
    if event.actor_role != Role.INSTITUTION or event.actor_id in {each.user_id for each in followers}:
        return []
    return [
        address
        for (address,) in MEMBERS.rows(user_ids={event.actor_id}, institution_id=request.institution_id)
    ]


def _actors_of_many(happened: Sequence[tuple[SosRequest, RequestEvent]]) -> dict[tuple[int, int], str]:
    """(institution, user) → address, for all of them. One query, none where officers alone acted."""
    by_members = [(request, event) for request, event in happened if event.actor_role == Role.INSTITUTION]
    if not by_members:
        return {}
    people = {event.actor_id for _, event in by_members}
    places = {request.institution_id for request, _ in by_members}
    rows = User.objects.filter(
        pk__in=people, is_active=True, memberships__institution_id__in=places
    ).values_list("memberships__institution_id", "pk", "email")
    return {(place, person): address for place, person, address in rows}


def _concerned(event: RequestEvent) -> Iterable[str]:
    """The officers whom the event names as having to do with it, wherever they sit."""
    people = User.objects.filter(pk__in=event.content["concerned"], is_active=True)
    return [address for (address,) in people.values_list("email")]


def _office(kind: str, request: SosRequest, event: RequestEvent) -> str:
    """Which officers are told: a prefecture's by its code, or "" for the ministry's."""
    asked_by_ministry = kind in TO_WHO_ASKED and event.content.get("asked_by_role") == Role.MINISTRY
    return "" if kind in TO_THE_MINISTRY or asked_by_ministry else request.prefecture_id


def _officer_addresses(office: str) -> Collection[str]:
    officers = OFFICERS.rows(prefecture_id=office) if office else MINISTRY.rows()
    return _once(address for (address,) in officers)


def _officers_of_many(offices: set[str]) -> dict[str, Collection[str]]:
    """By office: its addresses. One query for all prefectures and one for the ministry, none for nobody."""
    prefectures = User.objects.filter(role=Role.PREFECTURE, is_active=True, prefecture_id__in=offices)
    found: dict[str, list[str]] = {}
    if offices - {""}:
        for office, address in prefectures.values_list("prefecture_id", "email"):
            found.setdefault(str(office), []).append(address)
    if "" in offices:
        found[""] = [address for (address,) in MINISTRY.rows()]
    return {office: _once(addresses) for office, addresses in found.items()}


MEMBERS: Prepared[User] = Prepared(
    lambda user_ids, institution_id: User.objects.filter(
        pk__in=user_ids, is_active=True, memberships__institution_id=institution_id
    ).values_list("email")
)
OFFICERS: Prepared[User] = Prepared(
    lambda prefecture_id: User.objects.officers_of(prefecture_id).values_list("email")
)
MINISTRY: Prepared[User] = Prepared(lambda: User.objects.ministry_officers().values_list("email"))


def _body(request: SosRequest, text: str, path: str, closing: str) -> str:
    said = "\n".join(
        [
            f"医療機関名：{request.institution.name}",
            f"要請番号：{request.number}",
            f"タイトル：{request.title}",
            "",
            text,
            "",
            f"くわしくは、次の画面で確認してください（ログインが必要です）。\n{settings.BASE_URL}{path}",
            "",
            closing,
        ]
    )
    return outbox.signed(said)


def _day(day: date) -> str:
    return f"{day.month}/{day.day}（{WEEKDAYS[day.weekday()]}）"


def _handled_from(request: SosRequest) -> str:
    return _day(request.handled_from) if request.handled_from else ""


def _applied(request: SosRequest, event: RequestEvent) -> str:
    cutoff = clock.jst(request.cutoff_at) if request.cutoff_at else None
    until = f"{_day(cutoff.date())}{cutoff:%H:%M}の締切分です。" if cutoff else ""
    return (
        "緊急配布要請を受け付けました。都道府県にて内容を確認し追って連絡をいたします。\n"
        f"{until}{_handled_from(request)}から対応します。"
    )


def _changed(request: SosRequest, event: RequestEvent) -> str:
    withdrawn = (
        "都道府県の確認は、やり直しになります。" if event.content.get("confirmation_withdrawn") else ""
    )
    return f"要請の内容が編集されました。システムチェックは満たしています。{withdrawn}"


def _failed(request: SosRequest, event: RequestEvent) -> str:
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
            "内容を直して、もう一度「システムチェック&申請」を押してください。",
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
    "applied": (("緊急配布要請を受け付けました", _applied), ("緊急配布要請の申請がありました", _applied)),
    "changed": (("緊急配布要請を編集しました", _changed), ("確認中の緊急配布要請が編集されました", _changed)),
    "failed": (
        ("緊急配布要請がエラー有りになりました", _failed),
        ("確認中の要請がエラー有りになりました", _failed),
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
