"""The guide of operators."""

from __future__ import annotations

from institutions.models import Role
from sosportal.guide.parts import Chapter, Guide, Section

OPERATION = Guide(
    "operation",
    "操作マニュアル（運用担当者用）",
    "ポータルを動かし続けるための、見回りとコマンドの手順です。",
    (
        Chapter(
            "rounds",
            "毎日の見回り",
            "動いていることを、毎日3つのところで確かめます。",
            (
                Section("health", "画面とデータベース"),
                Section("mail", "メール"),
                Section("log", "記録"),
            ),
        ),
    ),
    frozenset({Role.OPERATOR}),
)
