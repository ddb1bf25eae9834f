"""Who follows a request, and in what words they are told of what nobody else is told of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from institutions.models import Role

if TYPE_CHECKING:
    from requests_app.models import RequestEvent, SosRequest


@dataclass(frozen=True)
class Follower:
    """Who follows a request, is not disabled, and may still see it."""

    user_id: int
    is_officer: bool
    email: str


def followers_of(requests: Sequence[SosRequest]) -> dict[int, list[Follower]]:
    """By request id, who followed first stands first; at least one request. One query."""
    follows = requests[0].follows.model.objects  # the models stand above this room
    ids = [request.pk for request in requests]
    rows = follows.filter(request_id__in=ids).that_see_it().order_by("id")
    found: dict[int, list[Follower]] = {}
    for each in rows.values_list("request_id", "user_id", "user__role", "user__email"):
        request_id, user_id, role, email = each
        found.setdefault(request_id, []).append(Follower(user_id, role != Role.INSTITUTION, email))
    return found


def asked_them(request: SosRequest, event: RequestEvent) -> str:
    """照会, to officers."""
    return f"担当者が、この要請について医療機関に照会しました。\n\n照会：{event.content['asked']}"


def unasked_them(request: SosRequest, event: RequestEvent) -> str:
    """照会の取り消し, to officers."""
    return (
        "担当者が、医療機関への照会を取り消しました。\n\n"
        f"照会：{event.content['asked']}\n\n取り消した理由：{event.reason}"
    )


def noted(request: SosRequest, event: RequestEvent) -> str:
    """都道府県入力欄の記入."""
    note = event.content.get("note") or "（記入が消されました）"
    return f"都道府県が、都道府県入力欄に記入しました。\n\n{note}"


def received(request: SosRequest, event: RequestEvent) -> str:
    """受領の確認."""
    told = event.content
    lines = [
        "物資の受領が確認されました。",
        f"物資：{told['item']}",
        f"数量：{told['received_words']}",
        f"伝票番号：{told['slip_number']}",
    ]
    if told["received"] != told["shipped"]:
        lines.insert(3, f"発送数量：{told['shipped_words']}")
    return "\n".join([*lines, *([f"連絡事項：{told['comment']}"] if told["comment"] else [])])
