"""Messages that everybody meets: of pages that are too old, of what is typed, of the log-in."""

from __future__ import annotations

from institutions import exceptions as places
from requests_app import exceptions as requests
from sosportal.guide.messages.entries import Entry, Topic
from sosportal.lib import once
from sosportal.lib.admin_stale import CHANGED_MEANWHILE
from surveys import exceptions as surveys

SENDING = Topic(
    "sending",
    "送信できないとき",
    (
        Entry(
            "lost-token",
            once.LOST_TOKEN,
            "画面の一部が届きませんでした。通信が途中で切れたときなどに出ます。何も保存していません。",
            "入力した内容を確かめて、もう一度ボタンを押してください。",
            also=(once.LOST_TOKEN,),
        ),
        Entry(
            "sent-before",
            once.TokenReused.message,
            "同じ画面から、違う内容が2回送られました。はじめの内容だけを受け付けています。「戻る」で前の画面に戻ったときに出ます。",
            "最新の画面を開いて、受け付けられた内容を確かめてください。",
            refusals=(once.TokenReused,),
            also=(
                "この画面の内容は、すでに送られています。",
                "この画面の内容は、すでに保存されています。",
            ),
        ),
        Entry(
            "not-permitted",
            requests.NotPermitted.message,
            "お使いのユーザーには、許されていない操作です。",
            "必要なときは、事務局にお電話ください。",
            refusals=(
                requests.NotPermitted,
                places.NotPermitted,
                surveys.NotYourInstitution,
            ),
        ),
        Entry(
            "stale-page",
            requests.StaleVersion.message,
            "画面を開いているあいだに、ほかの人が先に保存しました。あなたが入力した内容は消えていません。",
            "違うところを見くらべて、よければ、もう一度ボタンを押してください。",
            refusals=(
                requests.StaleVersion,
                places.StaleAnnouncement,
                places.StaleThread,
                places.StaleParticulars,
                places.StaleNotices,
                surveys.StaleResponse,
            ),
            also=(
                CHANGED_MEANWHILE,
                "画面を開いたあとに、この要請の内容が変わりました。",
            ),
        ),
        Entry(
            "not-possible",
            requests.NotPossible.message,
            "要請などの状態が変わり、この操作ができる段階ではなくなりました。",
            "画面を開き直して、いまの状態を確かめてください。",
            refusals=(requests.NotPossible, places.NotPossible),
        ),
        Entry(
            "proxy-reason",
            requests.ProxyReasonMissing.message,
            "代理入力では、だれに頼まれて入力するのかを、はじめに記録します。",
            "画面の上の「代理で入力する理由を入力する」を押してください。理由を入力したら、もとの画面でもう一度ボタンを押します。",
            refusals=(
                requests.ProxyReasonMissing,
                places.ProxyReasonMissing,
                surveys.ProxyReasonMissing,
            ),
        ),
    ),
)

TYPING = Topic(
    "typing",
    "入力した内容が読めないとき",
    (
        Entry(
            "number",
            "数として読めません。",
            "数字ではないもの、小数、0より小さい数、大きすぎる数は受け取れません。",
            "4100のように、数字だけで入力してください。全角の数字とカンマは、そのままでかまいません。",
            also=(
                "数として読めません。",
                "数が長すぎます。",
                "数が大きすぎます。",
                "数がありません。",
                "0より小さい数は入力できません。",
                "小数は入力できません。",
            ),
        ),
        Entry(
            "day",
            "日付として読めません。",
            "日付の書き方がわからないか、暦にない日付です。",
            "2026/11/25、11月25日、令和8年11月25日のように入力してください。",
            also=(
                "日付として読めません。",
                "日付がありません。",
                "日付が長すぎます。",
                "この日付は暦にありません。",
                "日時として読めません。",
                "日付を確かめてください",
            ),
        ),
        Entry(
            "letters",
            "使えない文字が含まれています。",
            "目に見えない文字や、壊れた文字が混ざっています。ほかの文書から貼り付けたときに起こります。",
            "その部分を消して、キーボードから入力し直してください。",
            also=("使えない文字（U+{}）が含まれています。",),
        ),
        Entry(
            "too-long",
            "文字以内で入力してください",
            "入力できる長さを超えています。入力した内容は、欄に残っています。",
            "短くしてから、もう一度ボタンを押してください。",
            also=("文字以内で入力してください", "文字以内にしてください"),
        ),
        Entry(
            "text-required",
            places.TextRequired.message,
            "空欄では受け付けられない欄です。空白だけのときも、空欄とみなします。",
            "内容を入力して、もう一度ボタンを押してください。",
            refusals=(places.TextRequired,),
        ),
        Entry(
            "file",
            "ファイルを読めませんでした",
            "様式と違うファイルか、大きすぎるか、壊れているファイルです。何も取り込んでいません。",
            "ポータルからダウンロードした様式に入力し、Excel（.xlsx）かCSVで保存して、もう一度選んでください。",
            also=(
                "ファイルが大きすぎます。",
                "ファイルに何も書かれていません。",
                "文字として読めません。",
                "文字コードがUTF-16です。",
                "文字ではないデータが混ざっています。",
                "表のシートがありません。",
            ),
        ),
    ),
)

SIGNING_IN = Topic(
    "signing-in",
    "ログイン、パスワード、メールアドレス",
    (
        Entry(
            "wrong-password",
            "ユーザー名またはパスワードが違います。",
            "ユーザー名かパスワードのどちらかが、登録と違います。どちらが違うかは、安全のため表示しません。",
            "大文字と小文字、全角と半角を確かめてください。忘れたときは「パスワードをお忘れですか?」を押します。",
            also=("ユーザー名またはパスワードが違います。", "パスワードが違います。"),
        ),
        Entry(
            "too-many-attempts",
            "ログインの失敗が続いたため、しばらくログインできません。",
            "ほかの人に破られないよう、続けて間違えると、しばらく受け付けを止めます。",
            "5分ほど待ってください。お急ぎのときは、事務局にお電話ください。",
            also=("ログインの失敗が続いたため、しばらくログインできません。",),
        ),
        Entry(
            "password-rule",
            "パスワードを8文字以上にしてください",
            "パスワードの決まりに合っていません。",
            "半角の英大文字、英小文字、数字をすべて使い、8文字以上にしてください。名前やよくあることばは使えません。",
            also=(
                "パスワードに{}を入れてください。",
                "パスワードを{}文字以上にしてください",
                "よく使われているパスワードです。",
                "に似ています。ほかのパスワードにしてください。",
            ),
        ),
        Entry(
            "password-twice",
            "パスワードが一致しません。",
            "2回入力したパスワードが、同じではありません。",
            "同じパスワードを、2つの欄に入力してください。",
            also=("パスワードが一致しません。",),
        ),
        Entry(
            "link-void",
            places.AddressLinkVoid.message,
            "メールのURLは、1回だけ使えます。期限があり、新しいURLを送ると古いものは使えなくなります。",
            "もう一度、はじめから操作して、新しいメールのURLを開いてください。",
            refusals=(places.AddressLinkVoid,),
        ),
    ),
)

COMMON = (SENDING, TYPING, SIGNING_IN)
