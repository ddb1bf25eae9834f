"""The guide of officers, of a prefecture and of the ministry. Operators, who help them, may read it too."""

from __future__ import annotations

from institutions.models import Role
from sosportal.guide.messages.chapter import chapter_of
from sosportal.guide.parts import Chapter, Guide, Section

_REQUEST = "admin:requests_app_sosrequest"
_APP = "admin:requests_app"
_PEOPLE = "admin:institutions"

REVIEWING = (
    Chapter(
        "day",
        "朝の流れ",
        "ログインしてから、その日の要請を見終わるまでの順番です。",
        (
            Section("start", "はじめの画面", ("admin:index", "admin:app_list")),
            Section("order", "確認する順番"),
            Section("deadline", "締切と対応開始日"),
        ),
    ),
    Chapter(
        "queue",
        "要請の一覧",
        "確認を待つ要請を、見たい順に、見たいものだけ並べます。",
        (
            Section("list", "一覧の見方", (f"{_REQUEST}_changelist", f"{_REQUEST}_add")),
            Section("narrow", "絞り込む、探す"),
            Section("saved", "同じ見方をまた開く"),
            Section("list-file", "一覧をファイルにする", (f"{_REQUEST}_export",)),
        ),
    ),
    Chapter(
        "review",
        "要請の確認画面",
        "要請を1件開き、数量と備蓄を見て、担当を取ります。",
        (
            Section("read", "はじめに見るところ", (f"{_REQUEST}_change", f"{_REQUEST}_history")),
            Section("figures", "数量と備蓄を見る"),
            Section("check", "システムチェックの結果を見る"),
            Section("claim", "担当を取る"),
            Section("follow", "フォローする、印刷する", (f"{_REQUEST}_follow", f"{_REQUEST}_pdf")),
        ),
    ),
    Chapter(
        "talk",
        "電話・照会・申し送り",
        "医療機関に確かめたことと、担当者どうしの連絡を残します。",
        (
            Section("telephone", "電話で状況を確かめる"),
            Section("ask", "照会する"),
            Section("unask", "照会を取り消す"),
            Section("memo", "申し送りを足す"),
        ),
    ),
    Chapter(
        "confirm",
        "都道府県の確認",
        "都道府県の担当者が、数量を確かめて記録します。",
        (
            Section("one", "1件ずつ確認する", (f"{_REQUEST}_step",)),
            Section("less", "数量を減らす"),
            Section("note", "都道府県入力欄だけを保存する"),
            Section("many", "まとめて記録する、受け付ける", (f"{_REQUEST}_bulk",)),
            Section("changed", "途中で内容が変わったとき"),
        ),
    ),
    Chapter(
        "accept",
        "国の受付",
        "国の担当者が、要請を受付完了にします。",
        (
            Section("accept-one", "1件ずつ受け付ける"),
            Section("accept-many", "まとめて受け付ける"),
            Section("unconfirmed", "都道府県の確認がない要請を受け付ける"),
        ),
    ),
)

DELIVERING = (
    Chapter(
        "allocation",
        "配布の決定",
        "国の担当者が、受付完了の要請に、配布できる数量を割り当てます。",
        (
            Section(
                "waiting",
                "決めていない要請を見る",
                (f"{_APP}_allocationdecision_changelist", f"{_APP}_allocationdecision_add"),
            ),
            Section("proposals", "2つの案を比べる", (f"{_APP}_allocationdecision_propose",)),
            Section("decide", "理由を確かめて決める", (f"{_APP}_allocationdecision_decide",)),
            Section("decided", "決めたことを見る", (f"{_APP}_allocationdecision_*",)),
        ),
    ),
    Chapter(
        "handoff",
        "引渡しと発送",
        "国の担当者が、決めた配布を売払先事業者に渡し、届いたことを確かめます。",
        (
            Section("file", "引渡しのファイルを作る", (f"{_APP}_handoff_*",)),
            Section("correct", "渡したあとに変わったとき", (f"{_APP}_handoff_correct",)),
            Section(
                "shipments", "発送ファイルを取り込む", (f"{_APP}_delivery_import", f"{_APP}_delivery_upload")
            ),
            Section("arrived", "届いたかどうかを見る", (f"{_APP}_delivery_*",)),
            Section("log", "出力の記録を見る", (f"{_APP}_exportlog_*",)),
        ),
    ),
)

RUNNING = (
    Chapter(
        "intake",
        "受付の管理と締切",
        "国の担当者が、受付を始め、止め、締切と開庁日を決めます。",
        (
            Section("campaign", "受付の文と期間を変える", (f"{_APP}_campaign_*",)),
            Section("stop", "受付を止める"),
            Section("rules", "受付規則を変える"),
            Section("versions", "前の版と比べる", (f"{_APP}_campaign_versions",)),
            Section("cutoff", "締切を動かす", (f"{_APP}_cutoffchange_*",)),
            Section("calendar", "開庁日を変える", (f"{_APP}_calendarexception_*",)),
        ),
    ),
    Chapter(
        "suspension",
        "要請の停止",
        "転売などがあった医療機関の要請を止め、解除します。",
        (
            Section("suspend", "要請を停止する", (f"{_PEOPLE}_suspension_*",)),
            Section("lift", "停止を解除する"),
        ),
    ),
    Chapter(
        "announcement",
        "お知らせ",
        "医療機関に、お知らせを出します。",
        (
            Section("write", "お知らせを書く", (f"{_PEOPLE}_announcement_*",)),
            Section("correction", "公開したあとに直す", (f"{_PEOPLE}_announcement_correct",)),
            Section("withdrawal", "お知らせを取り下げる", (f"{_PEOPLE}_announcement_withdraw",)),
        ),
    ),
    Chapter(
        "inquiry",
        "お問い合わせ",
        "医療機関からのお問い合わせに、回答します。",
        (
            Section("waiting-inquiries", "回答を待つお問い合わせを見る", (f"{_PEOPLE}_inquiry_changelist",)),
            Section("answer", "回答する", (f"{_PEOPLE}_inquiry_*",)),
            Section("forward", "ほかの窓口に引き継ぐ"),
        ),
    ),
    Chapter(
        "country",
        "全国の状況",
        "備蓄、回答、要請、配布を、国から医療機関までたどります。",
        (
            Section("map", "全国を見る", ("admin:progress",)),
            Section(
                "prefecture",
                "都道府県と医療機関を見る",
                ("admin:progress_prefecture", "admin:progress_institution*"),
            ),
            Section(
                "public",
                "公開ページを始める、やめる",
                ("admin:progress_publication", "admin:progress_preview"),
            ),
        ),
    ),
    Chapter(
        "changes",
        "変更履歴",
        "だれが、いつ、何を、どう変えたかを調べます。",
        (Section("search", "変更を探す", ("admin:changes",)),),
    ),
    Chapter(
        "proxy",
        "代理入力",
        "電話などで頼まれたとき、医療機関の代わりに入力します。",
        (
            Section("begin", "代理入力を始める", ("proxy_begin",)),
            Section("end", "代理入力を終える"),
            Section("after", "代理で入力したあと"),
        ),
    ),
    Chapter(
        "register",
        "医療機関・利用者・調査",
        "登録されている医療機関と利用者、調査の回答を見ます。",
        (
            Section(
                "institutions", "医療機関を見る", (f"{_PEOPLE}_institution_*", f"{_PEOPLE}_prefecture_*")
            ),
            Section("people", "利用者を見る", (f"{_PEOPLE}_user_*",)),
            Section("surveys", "調査の回と回答を見る", ("admin:surveys_*",)),
        ),
    ),
)

OFFICE = Guide(
    "office",
    "操作マニュアル（担当者用）",
    "都道府県と国の担当者が、要請を確認し、受け付け、届けるまでの手順です。",
    (*REVIEWING, *DELIVERING, *RUNNING, chapter_of("office")),
    frozenset({Role.PREFECTURE, Role.MINISTRY, Role.OPERATOR}),
)
