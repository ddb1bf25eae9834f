"""Who is told of an answer: the institution, when somebody else answered for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from institutions.models import Role, User
from sosportal.lib import clock, outbox

if TYPE_CHECKING:
    from surveys.models import SurveyEvent, SurveyResponse


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
    subject = f"週次調査に代理で回答がありました（{response.round.label}）"
    outbox.post(
        [
            outbox.Mail(f"survey-proxy:{event.pk}", to, subject, outbox.signed(text))
            for to in addresses.values()
        ],
        now,
    )


def _figure(value: int | None) -> str:
    return "—" if value is None else f"{value:,}"
