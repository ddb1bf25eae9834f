"""Per event: who is told what. Posts to the outbox in the event's transaction; decides nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.conf import settings

from institutions.models import User
from requests_app.rules.transitions import Status, Verb
from sosportal.lib import clock, outbox
from sosportal.lib.prepared import Prepared

if TYPE_CHECKING:
    from requests_app.models import RequestEvent, SosRequest

WEEKDAYS = "月火水木金土日"


def post(request: SosRequest, event: RequestEvent, now: datetime) -> None:
    """Post the mails of an event, one per address; the event's id and the address make each of them unique.

    Call inside the transaction that wrote the event. Two queries for the addresses and two inserts where mail is due,
    none for the other events.
    """
    kind = kind_of(event)
    if kind is None:
        return
    to_institution, to_officers = TEXTS[kind]
    cause = f"request-event:{event.pk}"
    subject = f"{to_institution[0]}（要請番号 {request.number}）"
    body = _body(request, to_institution[1](request, event), f"/requests/{request.number}/")
    mails = [outbox.Mail(cause, address, subject, body) for address in _institution_addresses(request, event)]
    known = {mail.to.lower() for mail in mails}
    subject = f"{to_officers[0]}（要請番号 {request.number}）"
    body = _body(
        request, to_officers[1](request, event), f"/admin/requests_app/sosrequest/{request.pk}/change/"
    )
    mails += [
        outbox.Mail(cause, address, subject, body)
        for address in _officer_addresses(kind, request)
        if address.lower() not in known
    ]
    outbox.post(mails, now)


def kind_of(event: RequestEvent) -> str | None:
    """By which of `TEXTS` people are told of the event; None: nobody is told."""
    if event.verb == Verb.SUBMIT and event.to_status == Status.UNDER_REVIEW:
        return "applied"
    if event.verb == Verb.REVISE and event.from_status == Status.UNDER_REVIEW:
        return "failed" if event.to_status == Status.ERROR else "changed"
    if event.verb == Verb.CONFIRM:
        return "confirmed"
    if event.verb == Verb.ACCEPT:
        return "accepted"
    return None


def _institution_addresses(request: SosRequest, event: RequestEvent) -> Iterable[str]:
    """The institution's address, and those of the members who acted and who applied; each once."""
    addresses = [request.institution.email]
    applicant = event.content.get("applied_by") or request.submitted_by_id or request.created_by_id
    ids = {event.actor_id, applicant}
    members = MEMBERS.rows(user_ids=ids, institution_id=request.institution_id)
    addresses += [address for (address,) in members]
    return {address.lower(): address for address in addresses if address}.values()


def _officer_addresses(kind: str, request: SosRequest) -> Iterable[str]:
    officers = (
        MINISTRY.rows()
        if kind in TO_THE_MINISTRY
        else OFFICERS.rows(prefecture_id=request.institution.prefecture_id)
    )
    return {address.lower(): address for (address,) in officers}.values()


MEMBERS: Prepared[User] = Prepared(
    lambda user_ids, institution_id: User.objects.filter(
        pk__in=user_ids, is_active=True, memberships__institution_id=institution_id
    ).values_list("email")
)
OFFICERS: Prepared[User] = Prepared(
    lambda prefecture_id: User.objects.officers_of(prefecture_id).values_list("email")
)
MINISTRY: Prepared[User] = Prepared(lambda: User.objects.ministry_officers().values_list("email"))


def _body(request: SosRequest, text: str, path: str) -> str:
    return "\n".join(
        [
            f"医療機関名：{request.institution.name}",
            f"要請番号：{request.number}",
            f"タイトル：{request.title}",
            "",
            text,
            "",
            f"くわしくは、次の画面で確認してください（ログインが必要です）。\n{settings.BASE_URL}{path}",
            "",
            "緊急配布要請は、配布の決定ではありません。",
            f"お困りのとき：事務局 {settings.HELPDESK_TELEPHONE}（{settings.HELPDESK_HOURS}）",
            "このメールは送信専用です。",
        ]
    )


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


TO_THE_MINISTRY = frozenset({"confirmed"})
"""The kinds that the ministry's officers are told of; all others are told to the prefecture's."""

Text = Callable[["SosRequest", "RequestEvent"], str]

# Per kind of event: (subject, text) for the institution and for the officers.
TEXTS: dict[str, tuple[tuple[str, Text], tuple[str, Text]]] = {
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
}
