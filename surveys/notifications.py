"""Who is told of an answer (the institution, when somebody else answered for it), and who is reminded of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from institutions.models import Role, User
from institutions.rules.notices import Notice
from sosportal.lib import clock, outbox
from sosportal.lib.jinja import jst_short

if TYPE_CHECKING:
    from surveys.models import SurveyEvent, SurveyResponse, SurveyRound


def post_proxy(
    response: SurveyResponse, event: SurveyEvent, labels: Mapping[str, str], now: datetime
) -> None:
    """Tell the institution and its members what was answered for them, by whom and why. Inside the transaction that
    wrote the event. `labels` names the items by their ids. Two queries and one insert."""
    place = response.institution
    members = User.objects.filter(
        role=Role.INSTITUTION, is_active=True, memberships__institution=place, memberships__as_proxy=False
    )
    addresses = {
        each.lower(): each for each in [place.email, *members.values_list("email", flat=True)] if each
    }
    figures = [
        f"{labels[item_id]}　在庫量 {_figure(stock)}　想定消費量 {_figure(used)}　購入見込み量 {_figure(bought)}"
        for item_id, (stock, used, bought) in event.figures.items()
    ]
    text = "\n".join(
        [
            f"医療機関名：{place.name}",
            "",
            f"週次調査（{response.round.label}）に、次の人が代理で回答しました。",
            f"入力した人：{event.actor_text}",
            f"理由：{event.proxy_reason}",
            f"日時：{clock.jst(event.at):%Y/%m/%d %H:%M}",
            "",
            *figures,
            "",
            "違うところがあるときは、締切までに次の画面で直してください（ログインが必要です）。",
            f"{settings.BASE_URL}{reverse('survey_answer', args=[place.code])}",
            "",
        ]
    )
    subject = outbox.subject_for("週次調査に代理で回答がありました", place.name, response.round.label)
    outbox.post(
        [
            outbox.Mail(f"survey-proxy:{event.pk}", to, subject, outbox.signed(text))
            for to in addresses.values()
        ],
        now,
    )


def _figure(value: int | None) -> str:
    return "—" if value is None else f"{value:,}"


@dataclass
class Unanswered:
    """Institutions of one person that have not answered: (code, name), and how many more there are."""

    named: list[tuple[str, str]]
    more: int = 0


def reminder(
    cause: str, address: str, places: Unanswered, survey_round: SurveyRound, cutoff: datetime
) -> outbox.Mail:
    """The mail that reminds one person of all their institutions; `cutoff` is aware. Posts nothing."""
    others = len(places.named) - 1 + places.more
    lines = [f"・{name}\n{_page_of(code)}" for code, name in places.named]
    if places.more:
        lines.append(f"ほか{places.more:,}施設\n{settings.BASE_URL}{reverse('survey')}")
    text = "\n".join(
        [
            f"今週の週次調査（{survey_round.label}）の回答が、まだ届いていません。",
            f"次の締切は {jst_short(cutoff)} です。",
            "",
            "次の画面から回答してください（ログインが必要です）。",
            *lines,
            "",
            "緊急配布要請には、週次調査の回答が必要です。回答すると、このお知らせは止まります。",
            "",
        ]
    )
    code, name = places.named[0]
    return outbox.Mail(
        cause,
        address,
        outbox.subject_for("週次調査の回答がまだです", name, f"ほか{others:,}施設" if others else ""),
        outbox.signed(text),
        notice=Notice.REMINDER,
        link=reverse("survey") if others else reverse("survey_answer", args=[code]),
    )


def _page_of(code: str) -> str:
    return f"{settings.BASE_URL}{reverse('survey_answer', args=[code])}"
