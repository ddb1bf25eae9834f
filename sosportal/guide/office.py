"""The guide of officers, of a prefecture and of the ministry. Operators, who help them, may read it too."""

from __future__ import annotations

from institutions.models import Role
from sosportal.guide.parts import Chapter, Guide, Section

OFFICE = Guide(
    "office",
    "操作マニュアル（担当者用）",
    "都道府県と国の担当者が、要請を確認し、受け付け、届けるまでの手順です。",
    (
        Chapter(
            "queue",
            "要請の一覧",
            "確認を待つ要請を、見たい順に、見たいものだけ並べます。",
            (
                Section("list", "一覧の見方", ("admin:requests_app_sosrequest_changelist",)),
                Section("narrow", "絞り込む、探す"),
                Section("saved", "同じ見方をまた開く"),
            ),
        ),
    ),
    frozenset({Role.PREFECTURE, Role.MINISTRY, Role.OPERATOR}),
)
