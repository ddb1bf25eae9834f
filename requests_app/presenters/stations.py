"""The way of a request, stop by stop, with where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from requests_app.models import SosRequest
from requests_app.rules.transitions import Status
from sosportal.lib.clock import jst


@dataclass(frozen=True)
class Station:
    """One stop on the way of a request; `state` is done, here, stopped or ahead."""

    name: str
    state: str
    when: str


def stations(request: SosRequest, checked_at: datetime | None) -> list[Station]:
    """The stops; `checked_at` is when the last system check ran (aware). No query."""
    saved = f"{_short(request.created_at)} 保存"
    if request.is_withdrawn:
        return [
            Station("未申請", "done", saved),
            *_done("システムチェック&申請", request.submitted_at, "申請"),
            *_done("都道府県の確認", request.confirmed_at, "確認"),
            Station("取下げ", "stopped", _short(request.withdrawn_at)),
        ]
    if request.state is Status.DRAFT:
        return [
            Station("未申請", "here", f"保存 {_short(request.updated_at)}"),
            Station("システムチェック&申請", "ahead", "このあと"),
            *_ahead("都道府県・国確認中", "受付完了"),
        ]
    if request.state is Status.ERROR:
        return [
            Station("未申請", "done", saved),
            Station("エラー有り", "stopped", _short(checked_at)),
            *_ahead("都道府県・国確認中", "受付完了"),
        ]
    applied = Station("システムチェック&申請", "done", f"{_short(request.submitted_at)} 申請")
    if request.state is Status.UNDER_REVIEW:
        where = "都道府県 済　国 確認中" if request.confirmed_at else "都道府県 確認中"
        return [
            Station("未申請", "done", saved),
            applied,
            Station("都道府県・国確認中", "here", where),
            *_ahead("受付完了"),
        ]
    confirmed = f"{_short(request.confirmed_at)} 都道府県の確認" if request.confirmed_at else ""
    return [
        Station("未申請", "done", saved),
        applied,
        Station("都道府県・国確認中", "done", confirmed),
        Station("受付完了", "here", _short(request.accepted_at)),
    ]


def _done(name: str, at: datetime | None, what: str) -> list[Station]:
    return [Station(name, "done", f"{_short(at)} {what}")] if at else []


def _ahead(*names: str) -> list[Station]:
    return [Station(name, "ahead", "") for name in names]


def _short(moment: datetime | None) -> str:
    """`11/24 10:22`; "" for none."""
    if moment is None:
        return ""
    here = jst(moment)
    return f"{here.month}/{here.day} {here:%H:%M}"
