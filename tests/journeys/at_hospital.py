"""What a hospital's nurse does in the browser, chapter by chapter of the manual: found by label and role alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from sosportal.lib.jinja import jst_date, jst_datetime, jst_short
from sosportal.lib.models import OutboxMessage
from tests.journeys.scene import Scene
from tests.support.browser import set_media, status_of
from tests.support.portal import Portal

NEW_PASSWORD = "Another-Pass-7"
TERMS = "上記の緊急配布条件を満たしていることを確認した"
APPLY = "システムチェック&申請"
GLOVES = "⑤非滅菌手袋"
OPINION = "来週の手術に足りません。\nよろしくお願いします。"
SAME_AS_LAST_WEEK = re.compile("⑤非滅菌手袋に、 ?先週の数を入れる")
RECEIVED = "緊急配布要請を受け付けました。都道府県にて内容を確認し追って連絡をいたします。"


@dataclass
class Nurse:
    """The nurse at a page. Each method is a stretch of the way and leaves the page where the next one begins."""

    page: Page
    portal: Portal
    scene: Scene

    # --- Finding things ---

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    def heading(self, text: str | re.Pattern[str]) -> None:
        """The page is the one with this h1."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(text)

    def says(self, text: str | re.Pattern[str]) -> None:
        """The page says so."""
        expect(self.main).to_contain_text(text)

    def told(self, text: str) -> None:
        """The page tells what was just done."""
        expect(self.page.get_by_role("status").filter(has_text=text)).to_be_visible()

    def status_is(self, label: str, sentence: str) -> None:
        """対応ステータス of the request on the page, with the sentence beside it."""
        expect(self.main.get_by_role("definition").filter(has_text=sentence)).to_contain_text(label)

    def follow(self, name: str) -> None:
        """Press the link of that name in the page itself."""
        self.main.get_by_role("link", name=name, exact=True).click()

    def press(self, name: str | re.Pattern[str]) -> int:
        """Press the button of that name; the status of what comes back."""
        return status_of(self.page, self.main.get_by_role("button", name=name, exact=True).click)

    def refused(self, title: str, *reasons: str) -> None:
        """The summary of errors stands there, has the focus, and names the reasons."""
        summary = self.page.get_by_role("alert")
        expect(summary).to_contain_text(title)
        expect(summary).to_be_focused()
        for reason in reasons:
            expect(summary).to_contain_text(reason)

    def tick(self, name: str) -> Locator:
        return self.page.get_by_role("checkbox", name=name)

    @property
    def quantity(self) -> Locator:
        return self.page.get_by_label(f"{GLOVES}の要請数量")

    @property
    def opinion(self) -> Locator:
        return self.page.get_by_label("医療用物資の不足状況や、率直なご意見があれば記載願います(無回答可)")

    def survey_figure(self, name: str) -> Locator:
        return self.page.get_by_role("group", name=GLOVES).get_by_label(name)

    # --- 2-1, 2-2: log-in and a forgotten password ---

    def log_in(self, password: str) -> None:
        self.page.get_by_label("ユーザー名").fill("nurse")
        self.page.get_by_label("パスワード").fill(password)
        self.press("ログイン")

    def comes_back_with_a_new_password(self) -> None:
        """Wrong password, パスワードをお忘れですか?, the mailed link, a password against the rule, one within it."""
        self.page.goto(self.portal.url)
        self.heading("ログイン")
        self.log_in("forgotten")
        self.refused("ログインできませんでした", "ユーザー名またはパスワードが違います")
        expect(self.page.get_by_label("ユーザー名")).to_have_value("nurse")
        self.follow("パスワードをお忘れですか?")
        self.says("登録されているメールアドレス宛にご案内メールをお送りします。")
        self.page.get_by_label("ユーザー名").fill("nurse")
        self.press("パスワードリセット")
        self.heading("ご案内メールをお送りしました")

        mail = OutboxMessage.objects.get(to=self.scene.nurse.email)
        link = re.search(rf"{self.portal.url}/\S+", mail.body)
        assert link, mail.body
        self.page.goto(link[0])
        self._set_password("abcdefgh1")
        self.refused("設定できませんでした", "半角英大文字")
        self._set_password(NEW_PASSWORD)
        self.heading("パスワードを設定しました")
        self.follow("ログイン画面へ")
        self.log_in(NEW_PASSWORD)
        self.page.goto(link[0])
        self.heading("このURLは使えません")

    def _set_password(self, password: str) -> None:
        for label in ("新しいパスワード", "新しいパスワード（確認用）"):
            self.page.get_by_label(label, exact=True).fill(password)
        self.press("パスワードを設定する")

    # --- 3-1 ① to ③: to the list ---

    def finds_the_survey_unanswered_at_home(self) -> None:
        self.page.goto(self.portal.url)
        self.heading("いま必要なこと 1件")
        self.says("週次調査に回答してください")
        self.says("非滅菌手袋だけです。")
        expect(self.page.get_by_role("region", name="次の締切")).to_contain_text(jst_short(self.scene.cutoff))

    def goes_to_the_empty_list(self) -> None:
        self.page.get_by_role("navigation", name="メイン").get_by_role("link", name="調査").click()
        self.heading("感染症関連調査")
        self.main.get_by_role("link", name="緊急配布要請").click()
        self.heading("緊急配布要請")
        self.says("過去30日間の要請はありません。")

    # --- 3-1 ④: 新規, 保存 ---

    def saves_a_draft(self) -> None:
        """First without the tick: refused, and nothing typed is lost."""
        self.follow("新規")
        self.heading("新規緊急配布要請: 架空中央病院")
        self.says("「保存」だけでは、まだ要請したことになりません。")
        expect(self.page.get_by_role("button", name="保存", exact=True)).to_have_count(1)
        expect(self.page.get_by_text("保存 & 新規")).to_have_count(0)
        expect(self.tick("①医療用(サージカル)マスクを要請する")).to_be_disabled()
        self.tick(f"{GLOVES}を要請する").check()
        self.quantity.fill("４，１００")
        self.opinion.fill(OPINION)
        assert self.press("保存") == 422
        self.refused("保存できませんでした", f"「{TERMS}」にチェックを入れてください。")
        expect(self.page).to_have_title(re.compile("^エラー："))
        expect(self.tick(f"{GLOVES}を要請する")).to_be_checked()
        expect(self.quantity).to_have_value("４，１００")
        expect(self.opinion).to_have_value(OPINION)
        self.page.get_by_role("alert").get_by_role("link").first.click()
        expect(self.tick(TERMS)).to_be_focused()
        self.tick(TERMS).check()
        self.press("保存")

        request = self.scene.only_request()
        self.heading(request.title)
        assert request.title == (
            f"{request.created_at.astimezone(self.scene.cutoff.tzinfo):%Y/%-m/%-d}_架空中央病院_緊急配布要請"
        )
        self.told("下書きを保存しました。")
        self.status_is("未申請", "申請前の状態です。「システムチェック&申請」ボタンを押してください。")
        self.says("まだ申請していません。")
        self.says("保存した内容は、まだ都道府県に届いていません。")
        self.says("4,100枚")

    # --- 3-1 ⑤ to ⑦: システムチェック&申請 ---

    def thinks_better_of_it(self) -> None:
        """キャンセル on the page that asks: nothing happened."""
        self.follow(APPLY)
        self.heading(APPLY)
        self.says("いまのままでは、申請できません。")
        self.follow("キャンセル")
        self.status_is("未申請", "申請前の状態です。")

    def fails_for_want_of_a_survey(self) -> None:
        self.follow(APPLY)
        self.press("完了")
        self.status_is("エラー有り", "申請の条件を満たしていません。1件を直すと申請できます。")
        self.told_of_failure()
        self.says("週次調査の回答が、7日以内にありません")
        self.says("最後の回答：")
        assert not OutboxMessage.objects.filter(subject__contains="緊急配布要請").exists()

    def told_of_failure(self) -> None:
        self.says(
            "申請できませんでした。足りないものを直して、もう一度「システムチェック&申請」を押してください。"
        )

    def answers_the_survey(self) -> None:
        """By the link of the failed check: 先週の数を入れる, full-width digits, a figure asked back, and back again."""
        self.follow("調査に回答する")
        self.heading("個人防護具備蓄状況調査（週次調査）")
        self.says("回答が必要なのは、⑤非滅菌手袋の3つの数だけです。")
        self.press(SAME_AS_LAST_WEEK)
        for name, figure in (
            ("在庫量", "3,400"),
            ("1週間の想定消費量", "4,000"),
            ("1週間の購入見込み量", "500"),
        ):
            expect(self.survey_figure(name)).to_have_value(figure)
        self.says("まだ送信されていません。")
        self.survey_figure("在庫量").fill("２，４００枚")
        self.survey_figure("1週間の購入見込み量").fill("５")
        assert self.press("回答を送信する") == 422
        asked = self.page.get_by_role("alert")
        expect(asked).to_contain_text("まだ送信されていません。数をお確かめください。")
        expect(asked).to_be_focused()
        self.says("箱の数で入力していませんか？")
        self.says("5箱なら 500枚 です。")
        expect(self.survey_figure("在庫量")).to_have_value("２，４００枚")
        self.survey_figure("1週間の購入見込み量").fill("500")
        self.press("回答を送信する")
        self.told("回答を受け付けました。")
        self.follow("もとの画面にもどる")

    def applies(self) -> None:
        self.says("足りないものは、いまはありません")
        self.follow(APPLY)
        self.says(f"{jst_short(self.scene.cutoff)}の締切")
        self.press("完了")
        self.told(RECEIVED)
        self.is_under_review()
        request = self.scene.only_request()
        assert request.submitted_at
        self.says(jst_datetime(request.submitted_at))
        mails = OutboxMessage.objects.filter(
            subject=f"緊急配布要請を受け付けました（架空中央病院 要請番号 {request.number}）"
        )
        assert {mail.to for mail in mails} == {self.scene.hospital.email, self.scene.nurse.email}
        assert f"{self.portal.url}/requests/{request.number}/" in mails[0].body

    def is_under_review(self) -> None:
        """都道府県・国確認中, with the cut-off it made and the day from which it is handled."""
        request = self.scene.only_request()
        assert request.handled_from
        assert request.cutoff_at == self.scene.cutoff
        self.status_is("都道府県・国確認中", "要請内容を確認しています。")
        self.says(
            f"{jst_short(self.scene.cutoff)}の締切に間に合っています。{jst_date(request.handled_from)}から対応します。"
        )

    # --- 3-2: 編集 ---

    def edits_the_quantity(self) -> None:
        """Under review: checked again at once, stays under review with its 申請日時."""
        applied = self.scene.only_request().submitted_at
        self.follow("編集")
        self.heading("緊急配布要請を編集: 架空中央病院")
        self.says("保存すると、もう一度システムチェックをします。")
        expect(self.quantity).to_have_value("4,100")
        self.quantity.fill("3 500 枚")
        self.press("保存")
        self.told("変更を保存しました。システムチェックは満たしています。")
        self.is_under_review()
        request = self.scene.only_request()
        assert (request.submitted_at, request.version) == (applied, 2)
        self.says("⑤非滅菌手袋 4,100枚→3,500枚")
        assert OutboxMessage.objects.filter(
            to=self.scene.officer.email,
            subject=f"確認中の緊急配布要請が編集されました（架空中央病院 要請番号 {request.number}）",
        ).exists()

    def looks_at_the_printed_sheet(self) -> None:
        """印刷用に表示: the sheet without the tools around it, and back."""
        self.follow("印刷用に表示")
        self.heading(self.scene.only_request().title)
        for text in (self.scene.only_request().number, "3,500枚", self.scene.hospital.telephone):
            self.says(text)
        back = self.page.get_by_role("link", name="要請に戻る")
        set_media(self.page, "print")
        expect(back).not_to_be_visible()
        set_media(self.page, "screen")
        back.click()
        self.is_under_review()

    # --- After the officers ---

    def reads_what_the_prefecture_wrote(self, note: str, confirmed: str) -> None:
        self.page.reload()
        self.is_under_review()
        for text in (note, confirmed, "電話で状況確認", "都道府県 済　国 確認中"):
            self.says(text)
        expect(self.main).not_to_contain_text(self.scene.officer.name)

    def can_change_nothing_any_more(self) -> None:
        """受付完了: no 編集 on the page, none by its address."""
        self.page.reload()
        self.status_is("受付完了", "都道府県、国による受付が完了しました。")
        self.says("※「受付完了」の場合は要請内容を変更できません。")
        for name in ("編集", APPLY):
            expect(self.main.get_by_role("link", name=name, exact=True)).to_have_count(0)
        self.page.goto(f"{self.portal.url}/requests/{self.scene.only_request().number}/edit/")
        self.says("対応ステータスが「受付完了」のため、内容は変更できません。")
        self.status_is("受付完了", "都道府県、国による受付が完了しました。")
        self.page.goto(self.portal.url)
        self.heading("いま必要なことはありません")

    def logs_out(self) -> None:
        """And what was open is closed: the way back leads to the log-in page."""
        left = self.page.url
        name = self.scene.hospital.name
        self.page.locator("summary").filter(has_text=name).click()
        self.page.get_by_role("button", name="ログアウト").click()
        self.heading("ログイン")
        self.page.go_back()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("ログイン")
        self.page.goto(left)
        self.heading("ログイン")
