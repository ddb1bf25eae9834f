"""Per event: who is told what. Posts to the outbox in the event's transaction; decides nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings

from institutions.models import Role, User
from institutions.rules.notices import Notice
from requests_app.notifications.following import Follower, followers_of
from requests_app.notifications.recipients import (
    actor_of,
    actors_of,
    concerned_by,
    officers_of,
    officers_of_many,
    once,
)
from requests_app.notifications.wording import (
    AFTER_WITHDRAWAL,
    CLOSING,
    CLOSINGS,
    FOLLOWED,
    FOLLOWERS,
    KINDS,
    NOTICES,
    TEXTS,
    TO_THE_MINISTRY,
    TO_WHO_ASKED,
    Wording,
    for_followers,
    kind_of,
    office_told,
)
from requests_app.rules.transitions import Verb
from sosportal.lib import outbox

if TYPE_CHECKING:
    from requests_app.models import RequestEvent, SosRequest

__all__ = [
    "FOLLOWERS",
    "KINDS",
    "TEXTS",
    "TO_THE_MINISTRY",
    "TO_WHO_ASKED",
    "for_followers",
    "kind_of",
    "post",
    "post_many",
    "post_proxy",
]


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
    institution = [request.institution.email, *actor_of(request, event, followers)] if to_institution else ()
    officers = officers_of(office_told(kind, request, event)) if to_officers else ()
    if event.content.get("concerned"):
        officers = once([*officers, *concerned_by(event)])
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
    told = once([request.institution.email, *members])
    mails = _mails_to(told, request, event, wording, path, CLOSINGS.get(event.verb, CLOSING))
    outbox.post([replace(mail, cause=f"request-proxy:{event.pk}") for mail in mails], now)


def post_many(happened: Sequence[tuple[SosRequest, RequestEvent]], now: datetime) -> None:
    """The same for many events: four queries for the addresses at most and two inserts, whatever their number."""
    told = [(kind, request, event) for request, event in happened if (kind := kind_of(event)) is not None]
    if not told:
        return
    followers = followers_of([request for _, request, _ in told])
    actors = actors_of([(request, event) for kind, request, event in told if TEXTS[kind][0]])
    officers = officers_of_many(
        {office_told(kind, request, event) for kind, request, event in told if TEXTS[kind][1]}
    )
    mails: list[outbox.Mail] = []
    for kind, request, event in told:
        actor = actors.get((request.institution_id, event.actor_id), "")
        institution = [request.institution.email, actor] if TEXTS[kind][0] else ()
        office = officers.get(office_told(kind, request, event), ()) if TEXTS[kind][1] else ()
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
    closing = CLOSINGS.get(event.verb, CLOSING)  # what a hospital is to know or to do
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
        (officers, to_officers, pages[1], "", ""),
        (following_officers, to_following_officers, pages[1], FOLLOWED, ""),
    )
    mails: dict[str, outbox.Mail] = {}
    for addresses, wording, path, foot, kind_of_notice in groups:
        if wording is None:
            continue
        fresh = [address for address in once(addresses) if address.lower() not in mails]
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
            *(["", closing] if closing else []),
        ]
    )
    return outbox.signed(said)
