"""What is mailed about announcements and inquiries: posted to the outbox in the transaction of its cause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings

from institutions.rules.inquiry import Subject, Verb
from institutions.rules.notices import Notice
from sosportal.lib import outbox
from sosportal.lib.jinja import jst_short

if TYPE_CHECKING:
    from institutions.models import (
        Announcement,
        Inquiry,
        InquiryMessage,
        Institution,
        Particulars,
        Suspension,
        User,
    )

ANNOUNCED = """\
{issuer}からのお知らせです。

{title}

{body}

この内容は、次の画面でも確認できます（ログインが必要です）。訂正や取下げがあったときは、画面の内容が最新です。
{url}
"""
ANSWERED = """\
医療機関名：{institution}
お問い合わせ番号：{number}（{subject}）

お問い合わせに、{who}から回答がありました。

{text}

続けて質問があるときは、次の画面に書いてください（ログインが必要です）。
{url}
"""
ASKED = """\
医療機関名：{institution}
お問い合わせ番号：{number}（{subject}）

{what}

{text}

くわしくは、次の画面で確認してください（ログインが必要です）。
{url}
"""
TO_OFFICERS = {
    Verb.ASK: ("お問い合わせがありました", "医療機関からお問い合わせがありました。"),
    Verb.ADD: ("お問い合わせに追加の連絡がありました", "医療機関から追加の連絡がありました。"),
    Verb.FORWARD: (
        "お問い合わせが引き継がれました",
        "お問い合わせが引き継がれました。引き継ぎのことばです。",
    ),
}


def announce(announcement: Announcement, cause: str, addresses: Iterable[str], now: datetime) -> None:
    """Post the announcement to the addresses, each once. Call inside the transaction that notes how far it got."""
    subject = f"{'【重要】' if announcement.important else ''}{announcement.title}"
    body = outbox.signed(
        ANNOUNCED.format(
            issuer=announcement.issuer,
            title=announcement.title,
            body=announcement.body,
            url=f"{settings.BASE_URL}/announcements/{announcement.pk}/",
        )
    )
    link = f"/announcements/{announcement.pk}/"
    mails = (
        outbox.Mail(cause, address, subject, body, notice=Notice.ANNOUNCEMENT, link=link)
        for address in _each_once(addresses)
    )
    outbox.post(mails, now)


def post(inquiry: Inquiry, message: InquiryMessage, addresses: Sequence[str], now: datetime) -> None:
    """Post the mail about a message of the thread, one per address: an answer to the institution, what comes in to the
    officers of the desk. The message's id and the address make each unique. Call inside the message's transaction."""
    facts = {
        "institution": inquiry.institution.name,
        "number": inquiry.pk,
        "subject": Subject(inquiry.subject).label,
        "text": message.text or "（ことばはありません）",
    }
    if message.verb == Verb.ANSWER:
        title = "お問い合わせへの回答がありました"
        link, notice = f"/inquiries/{inquiry.pk}/", str(Notice.QUESTION)
        body = ANSWERED.format(**facts, who=message.desk_text, url=settings.BASE_URL + link)
    else:
        title, what = TO_OFFICERS[Verb(message.verb)]
        link, notice = f"/admin/institutions/inquiry/{inquiry.pk}/change/", ""
        body = ASKED.format(**facts, what=what, url=settings.BASE_URL + link)
    subject = outbox.subject_for(title, inquiry.institution.name, f"お問い合わせ番号 {inquiry.pk}")
    cause, text = f"inquiry-message:{message.pk}", outbox.signed(body)
    mails = [
        outbox.Mail(cause, address, subject, text, notice=notice, link=link)
        for address in _each_once(addresses)
    ]
    outbox.post(mails, now)


def _each_once(addresses: Iterable[str]) -> Iterable[str]:
    return {address.lower(): address for address in addresses if address}.values()


# --- Suspensions --------------------------------------------------------------------------------------------------

SUSPENDED = """\
医療機関名：{institution}

{since}から、緊急配布要請の申請ができなくなります。

理由
{reason}

すでに申請した要請は、そのまま残ります。取扱いは、都道府県と国が確認してお知らせします。
くわしいことは、都道府県の担当者にお電話ください。
{url}
"""
LIFTED = """\
医療機関名：{institution}

緊急配布要請の停止は、{at}に解除されます。そのあとは、また申請できます。

理由
{reason}

{url}
"""


def suspended(suspension: Suspension, addresses: Iterable[str], now: datetime) -> None:
    """Tell the institution of its suspension. Call inside the transaction that made it; one mail per address."""
    body = SUSPENDED.format(
        institution=suspension.institution.name,
        since=jst_short(suspension.suspended_from),
        reason=suspension.reason,
        url=f"{settings.BASE_URL}/",
    )
    _tell(
        f"suspension:{suspension.pk}:suspended",
        outbox.subject_for("緊急配布要請の停止のお知らせ", suspension.institution.name),
        body,
        addresses,
        now,
    )


def lifted(suspension: Suspension, addresses: Iterable[str], now: datetime) -> None:
    """Tell the institution that its suspension is lifted. Call inside the transaction that lifted it."""
    at = suspension.lifted_at
    body = LIFTED.format(
        institution=suspension.institution.name,
        at=jst_short(at) if at else "",
        reason=suspension.lifted_reason,
        url=f"{settings.BASE_URL}/",
    )
    _tell(
        f"suspension:{suspension.pk}:lifted",
        outbox.subject_for("緊急配布要請の停止の解除", suspension.institution.name),
        body,
        addresses,
        now,
    )


def _tell(cause: str, subject: str, body: str, addresses: Iterable[str], now: datetime) -> None:
    outbox.post((outbox.Mail(cause, to, subject, outbox.signed(body)) for to in _each_once(addresses)), now)


# --- Particulars --------------------------------------------------------------------------------------------------

BLANK = "（空欄）"
CHANGED = """\
医療機関名：{institution}

ユーザー基礎情報が変更されました。

{changes}

変更した人：{who}
{reason}日時：{at}

心当たりがないときは、次の画面で確かめて、事務局にお電話ください（ログインが必要です）。
{url}
"""


def particulars_changed(institution: Institution, before: Particulars, actor: User, now: datetime) -> None:
    """Tell of changed particulars: the old and the new mail address, when it was that; the institution and its own
    members, when a proxy entered them; nobody else. Call inside the transaction that wrote them. One query and one
    insert at most."""
    by_proxy = actor.enters_by_proxy(institution.pk)
    if before.email == institution.email and not by_proxy:
        return
    addresses = [before.email, institution.email]
    if by_proxy:
        own = institution.memberships.filter(user__is_active=True, as_proxy=False)
        addresses += own.order_by("user_id").values_list("user__email", flat=True)
    changes = [
        f"{institution._meta.get_field(name).verbose_name}：{held or BLANK} → {given or BLANK}"  # type: ignore[union-attr]
        for name, held in vars(before).items()
        if held != (given := getattr(institution, name))
    ]
    body = CHANGED.format(
        institution=institution.name,
        changes="\n".join(changes),
        who=actor.described_for(institution.pk) if by_proxy else actor.described(),
        reason=f"理由：{actor.proxy_reason(institution.pk)}\n" if by_proxy else "",
        at=jst_short(now),
        url=f"{settings.BASE_URL}/institution/{institution.code}/",
    )
    cause = f"particulars:{institution.pk}:{int(now.timestamp() * 1_000_000)}"
    _tell(cause, "ユーザー基礎情報が変更されました", body, addresses, now)


# --- One's own mail address -----------------------------------------------------------------------------------------

CONFIRM_ADDRESS = """\
{name} 様

緊急配布要請ポータルのメールアドレスを、このアドレスに変える手続きです。
次のURLを開いて、「このメールアドレスにする」を押してください（ログインが必要です）。

{link}

ユーザー名：{username}
このURLは、{until}まで使えます。押すまで、メールアドレスは変わりません。

お心当たりがないときは、このメールを削除してください。
"""
ADDRESS_CHANGED = """\
{name} 様

緊急配布要請ポータルに登録されたメールアドレスが変更されました。これからのメールは、新しいアドレスに届きます。

変更前：{before}
変更後：{after}
ユーザー名：{username}
日時：{at}

お心当たりがないときは、すぐに事務局にお電話ください。
"""


def ask_about_address(user: User, address: str, link: str, until: datetime, key: str) -> None:
    """Post the link to the new address; its body is forgotten once it is sent. One insert."""
    body = CONFIRM_ADDRESS.format(
        name=user.name,
        link=f"{settings.BASE_URL}/me/email/{link}/",
        username=user.username,
        until=jst_short(until),
    )
    outbox.post_mail(
        key=f"own-address:{key}",
        to=address,
        subject="メールアドレスの確認",
        body=outbox.signed(body),
        forget_body=True,
    )


def address_changed(user: User, before: str, now: datetime) -> None:
    """Tell the old and the new address. Call inside the transaction that wrote it. One insert."""
    body = ADDRESS_CHANGED.format(
        name=user.name,
        before=before or BLANK,
        after=user.email,
        username=user.username,
        at=jst_short(now),
    )
    cause = f"own-address:{user.pk}:{int(now.timestamp() * 1_000_000)}"
    _tell(cause, "メールアドレスが変更されました", body, [before, user.email], now)
