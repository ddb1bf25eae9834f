"""The guide of hospitals, after the chapters of the manual. Everybody may read it, also before the log-in."""

from __future__ import annotations

from sosportal.guide.messages.chapter import chapter_of
from sosportal.guide.parts import Chapter, Guide, Section

ABOUT = Chapter(
    "about",
    "はじめに",
    "緊急配布要請（SOS）のしくみと、全体の流れです。",
    (
        Section("sos", "緊急配布要請（SOS）とは"),
        Section("who", "要請できる医療機関"),
        Section("way", "調査から受け取りまで", ("survey_menu",)),
        Section("cutoff", "締切と、対応が始まる日"),
    ),
)

LOGIN = Chapter(
    "login",
    "ログインとパスワード",
    "ログインのしかたと、パスワードを忘れたとき、変えるときの手順です。",
    (
        Section("log-in", "ログインする", ("account_login", "account_inactive", "account_reauthenticate")),
        Section("forgotten", "パスワードを忘れたとき", ("account_reset_password*",)),
        Section("password", "パスワードを変える", ("account_change_password",)),
        Section("me", "自分の登録を確かめる、メールアドレスを変える", ("account_me", "account_own_email*")),
        Section("log-out", "ログアウトする", ("account_logout",)),
    ),
)

HOME = Chapter(
    "home",
    "ホームの見方",
    "いま何をすればよいかが、いちばん上に並びます。",
    (
        Section("due", "いま必要なこと", ("home",)),
        Section("tabs", "タブと、その他のメニュー", ("other_menu",)),
        Section("search", "検索する", ("search",)),
        Section("switch", "医療機関を切り替える", ("institution_switch",)),
        Section("proxy", "ほかの医療機関の分を入力する（代理入力）", ("proxy_begin",)),
    ),
)

PARTICULARS = Chapter(
    "particulars",
    "ユーザー基礎情報登録",
    "申請に必要な、医療機関の連絡先などを登録します。",
    (
        Section("contact", "連絡先を登録する、直す", ("institution_profile",)),
        Section("register", "この画面で変えられないもの"),
        Section("people", "利用者を増やす、減らす"),
    ),
)

SURVEY = Chapter(
    "survey",
    "週次調査に回答する",
    "物資の在庫と見込みを、毎週水曜17時までに回答します。",
    (
        Section("answer", "3つの数を回答する", ("survey", "survey_answer")),
        Section("same", "先週と変わらないとき"),
        Section("asked", "数を聞き返されたとき"),
        Section("correct", "回答を直す"),
        Section("paste", "Excelの表から貼り付ける"),
        Section("sheet", "Excelの様式で回答する", ("survey_sheet",)),
        Section("history", "これまでの回答を見る、印刷する", ("survey_history",)),
    ),
)

REQUEST = Chapter(
    "request",
    "緊急配布要請を新しく登録する",
    "入力して保存し、「システムチェック&申請」で申請します。",
    (
        Section("new", "入力する", ("request_new", "request_create")),
        Section("quantity", "数量を決める"),
        Section("ready", "申請できる状態か、先に調べる"),
        Section("kept", "途中でやめるとき、続きから始めるとき"),
        Section("save", "保存する（まだ申請ではありません）"),
        Section("apply", "申請する", ("request_submit",)),
        Section("error", "「エラー有り」になったとき"),
    ),
)

CHANGE = Chapter(
    "change",
    "登録した要請を直す、取り下げる",
    "「受付完了」になるまでは、内容を直すことも、取り下げることもできます。",
    (
        Section("edit", "内容を直す", ("request_edit",)),
        Section("two", "ほかの人が先に保存していたとき"),
        Section("again", "前の要請をもとに作る"),
        Section("withdraw", "取り下げる", ("request_withdraw",)),
    ),
)

FOLLOWING = Chapter(
    "following",
    "申請のあと",
    "要請の状況を見て、照会に答え、届いた物資の数を確かめます。",
    (
        Section("list", "一覧から探す", ("request_list",)),
        Section("file", "一覧をファイルにする", ("request_file",)),
        Section("record", "要請の画面の見方", ("request_detail",)),
        Section("status", "対応ステータスの意味"),
        Section("question", "照会に回答する", ("request_answer",)),
        Section("outcome", "配布の決定を見る"),
        Section("receipt", "届いた物資を確かめる", ("request_receive",)),
        Section("follow", "フォローする", ("request_follow",)),
        Section("paper", "印刷する、PDFにする", ("request_print", "request_pdf")),
    ),
)

NEWS = Chapter(
    "news",
    "お知らせ、お問い合わせ、メール",
    "国や都道府県からの知らせを読み、わからないことを質問します。",
    (
        Section("announcements", "お知らせを読む", ("announcement_*",)),
        Section("inquiries", "質問する", ("inquiry_*",)),
        Section("mail", "メールの受け取り方を選ぶ", ("notices",)),
    ),
)

ENVIRONMENT = Chapter(
    "environment",
    "動作環境",
    "使えるブラウザーと、ネットワークの設定です。",
    (
        Section("browsers", "使えるブラウザー", ("environment",)),
        Section("network", "ネットワークとブラウザーの設定"),
        Section("everybody", "見やすく、使いやすくする", ("accessibility",)),
    ),
)

HOSPITAL = Guide(
    "hospital",
    "操作マニュアル（医療機関用）",
    "調査に答えるところから、物資を受け取るところまでの手順です。",
    (
        ABOUT,
        LOGIN,
        HOME,
        PARTICULARS,
        SURVEY,
        REQUEST,
        CHANGE,
        FOLLOWING,
        NEWS,
        ENVIRONMENT,
        chapter_of("hospital"),
    ),
)
