"""The guide of hospitals, after the chapters of the manual. Everybody may read it, also before the log-in."""

from __future__ import annotations

from sosportal.guide.parts import Chapter, Guide, Section

HOSPITAL = Guide(
    "hospital",
    "操作マニュアル（医療機関用）",
    "調査に答えるところから、物資を受け取るところまでの手順です。",
    (
        Chapter(
            "about",
            "はじめに",
            "緊急配布要請（SOS）のしくみと、全体の流れです。",
            (
                Section("sos", "緊急配布要請（SOS）とは"),
                Section("who", "要請できる医療機関"),
                Section("way", "調査から受け取りまで", ("survey_menu",)),
            ),
        ),
        Chapter(
            "login",
            "ログインとパスワード",
            "ログインのしかたと、パスワードを忘れたとき、変えるときの手順です。",
            (
                Section("log-in", "ログインする", ("account_login", "account_inactive")),
                Section("forgotten", "パスワードを忘れたとき", ("account_reset_password*",)),
                Section("password", "パスワードを変える", ("account_change_password",)),
                Section(
                    "me", "自分の登録を確かめる、メールアドレスを変える", ("account_me", "account_own_email*")
                ),
                Section("log-out", "ログアウトする", ("account_logout",)),
            ),
        ),
    ),
)
