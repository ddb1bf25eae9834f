"""What was announced in the demonstration, and what hospitals asked: by the verbs, at moments before now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from institutions.models import (
    Announcement,
    AnnouncementContent,
    Audience,
    Inquiry,
    InstitutionKind,
    User,
)
from institutions.rules.inquiry import Desk, Subject
from requests_app.demo_data.play import Cast
from requests_app.models import SosRequest
from sosportal.lib.business_calendar import next_business_day

TOKYO, OSAKA = "13", "27"
Step = Callable[[Inquiry, datetime], Inquiry]


class Told(NamedTuple):
    """One announcement: by whom (a prefecture's code, None for the ministry), how many days ago, and what it says."""

    by: str | None
    days_ago: float
    content: AnnouncementContent


YEAR_END = """\
年末年始（12月29日から1月3日まで）も、緊急配布要請の申請はできます。対応は、次の開庁日からになります。

年内の対応をご希望のときは、最後の締切（水曜17時）までに申請してください。"""
SURVEY = """\
緊急配布要請の申請には、7日以内の週次調査の回答が必要です。

在庫量は、病棟にある分も含めて数えてください。1週間の想定消費量が0のままだと、申請できません。"""
DELAY = """\
配送会社の都合により、東京都内への手袋の配送が1日から2日遅れています。

届いた数量が要請番号の内容とちがうときは、このポータルの「お問い合わせ」でお知らせください。
配送の状況は、次のページで確認できます。
https://delivery.example.jp/status"""
MEETING = """\
個人防護具の正しい着け方と外し方の説明会を、オンラインで開きます。参加の費用はかかりません。

くわしくは https://ppe.example.jp/osaka をご覧ください。"""
WRONG = "配布の数量は、想定消費量の4週分までです。"
COUNTED = "届いたばかりで、まだ棚に入れていない箱も、在庫量に含めますか。"
MAINTENANCE = "システムの点検のため、日曜の8時から10時まで、ログインできません。"

TOLD = (
    Told(
        None,
        21,
        AnnouncementContent("週次調査の回答のお願い", SURVEY, Audience(kinds=(InstitutionKind.HOSPITAL,))),
    ),
    Told(None, 12, AnnouncementContent("配布する数量の目安", WRONG)),
    Told(None, 6, AnnouncementContent("年末年始の締切と対応", YEAR_END, important=True)),
    Told(OSAKA, 4, AnnouncementContent("個人防護具の説明会（オンライン）", MEETING)),
    Told(TOKYO, 1.9, AnnouncementContent("手袋の配送が遅れています", DELAY, important=True)),
)


def announce(cast: Cast) -> None:
    """The announcements; one corrected, one withdrawn, one for next week, one read by the hospital in Tokyo."""
    made = [
        Announcement.publish(
            cast.officers[told.by] if told.by else cast.ministry,
            told.content,
            now=_by_day(cast.now - timedelta(days=told.days_ago)),
        )
        for told in TOLD
    ]
    made[0].mark_read(cast.staff["13-1"], cast.now - timedelta(days=20))
    made[1].withdraw(
        cast.ministry,
        "まだ決まっていない内容でした。数量は、要請ごとに都道府県と国が確認します。",
        seen_version=1,
        now=_by_day(cast.now - timedelta(days=11)),
    )
    delay = made[4].content()
    made[4].correct(
        cast.officers[TOKYO],
        AnnouncementContent(
            delay.title, delay.body.replace("1日から2日", "2日から3日"), delay.audience, delay.important
        ),
        seen_version=1,
        now=cast.now - timedelta(hours=1),
    )
    ahead = AnnouncementContent(
        "システムの点検", MAINTENANCE, starts_at=_by_day(cast.now + timedelta(days=7))
    )
    Announcement.publish(cast.ministry, ahead, now=cast.now)


def inquire(cast: Cast) -> None:
    """The inquiries, in the order of time: one in each state, at each desk, and of each kind; one is in hand now."""
    told = _Asking(cast)
    told.ask(
        "13-4", Subject.SHIPPING, Desk.PREFECTURE, 9, "2箱のうち、1箱がつぶれて届きました。交換できますか。"
    ).then(
        lambda inquiry, at: inquiry.claim(told.officer, seen_revision=inquiry.revision, now=at),
        lambda inquiry, at: inquiry.memo(told.officer, "配送会社に確認中。写真を送ってもらった。", now=at),
    )
    told.ask("27-1", Subject.SURVEY, Desk.PREFECTURE, 6, "病棟で使いかけの箱は、在庫量に含めますか。").then(
        lambda inquiry, at: inquiry.forward(
            told.officer, "調査の数え方についてです。お願いします。", seen_revision=inquiry.revision, now=at
        )
    )
    told.ask("13-5", Subject.OTHER, Desk.PREFECTURE, 5, "担当者が代わりました。どこで変えられますか。")
    latest = SosRequest.objects.filter(institution=cast.institutions["13-1"]).order_by("created_at").last()
    told.ask(
        "13-1",
        Subject.REQUEST,
        Desk.PREFECTURE,
        4,
        "申請のあとに、数量を減らすことはできますか。",
        latest.number if latest else "",
    ).then(
        lambda inquiry, at: inquiry.answer(
            told.officer,
            "受付完了になる前なら、「編集」で減らせます。保存すると、もう一度システムチェックをします。",
            seen_revision=inquiry.revision,
            now=at,
        )
    )
    answering, officer = told.ask("13-2", Subject.SURVEY, Desk.PREFECTURE, 3, COUNTED).inquiry, told.officer
    told.ask(
        "13-1",
        Subject.LOGIN,
        Desk.MINISTRY,
        2,
        "4月に入った職員のユーザーを追加したいです。手順を教えてください。",
    )
    answering.claim(officer, seen_revision=answering.revision, now=cast.now)


class _Asking:
    """An inquiry being told; what follows happens on the next days that officers work."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast

    def ask(
        self, place: str, subject: Subject, desk: Desk, days_ago: float, text: str, number: str = ""
    ) -> _Asking:
        institution = self.cast.institutions[place]
        self.officer: User = self.cast.officers[institution.prefecture_id]
        self.at = _by_day(self.cast.now - timedelta(days=days_ago))
        self.inquiry = Inquiry.ask(
            self.cast.staff[place],
            institution,
            subject=subject,
            desk=desk,
            text=text,
            request_number=number,
            now=self.at,
        )
        return self

    def then(self, *steps: Step) -> None:
        """Do the steps, each on a working day, and before now."""
        for step in steps:
            day = next_business_day((self.at + timedelta(days=1)).date())
            at = self.at.replace(year=day.year, month=day.month, day=day.day, hour=10, minute=40)
            self.at = min(at, self.at + (self.cast.now - self.at) / 2)
            self.inquiry = step(self.inquiry, self.at)


def _by_day(moment: datetime) -> datetime:
    """The moment at ten in the morning of its day."""
    return moment.replace(hour=10, minute=0, second=0, microsecond=0)
