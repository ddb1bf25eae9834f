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
        Chapter(
            "commands",
            "コマンド",
            "コマンドの使い方と、自動で動いているものです。",
            (
                Section("how", "コマンドの使い方"),
                Section("exit-codes", "終了コード"),
                Section("schedules", "自動で動いているもの"),
                Section("verify", "配布の決定を確かめる"),
            ),
        ),
        Chapter(
            "imports",
            "取込",
            "医療機関、利用者、発送のファイルを取り込みます。",
            (
                Section("import", "取込の手順"),
                Section("institutions", "医療機関の名簿"),
                Section("users", "利用者の一覧"),
                Section("shipments", "発送のファイル"),
            ),
        ),
        Chapter(
            "people",
            "利用者の管理",
            "利用者を追加し、所属を変え、使えなくします。",
            (
                Section("add", "利用者を追加する", ("admin:institutions_user_*",)),
                Section("password", "パスワードを設定してもらう"),
                Section("membership", "所属と代理入力を変える"),
                Section("disable", "使えなくする"),
            ),
        ),
        Chapter(
            "backup",
            "バックアップと復元",
            "PostgreSQLのコマンドで、毎日写しを取り、戻せることを確かめます。",
            (
                Section("dump", "バックアップを取る"),
                Section("restore", "復元する"),
                Section("rehearsal", "戻せることを確かめる"),
            ),
        ),
        Chapter(
            "stopped",
            "止まったとき",
            "画面が開かない、メールが届かない、と言われたときの順番です。",
            (
                Section("page", "画面が開かない"),
                Section("late-mail", "メールが届かない"),
                Section("late-figures", "全国の状況が古い"),
                Section("busy", "取込が混み合って終わる"),
            ),
        ),
        Chapter(
            "release",
            "更新",
            "新しい版に入れ替えます。",
            (Section("steps", "更新の手順"), Section("secrets", "鍵を変えるとき")),
        ),
    ),
    frozenset({Role.OPERATOR}),
)
