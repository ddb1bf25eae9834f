"""保存 of a new request: once and only once, nothing typed ever lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from institutions.models import Institution, User
from requests_app.models import Content, RequestEvent, SosRequest
from requests_app.rules.transitions import Status
from surveys.models import Item
from tests import factories
from tests.requests_app.views.pages import NEW, body, hidden, summary, text

pytestmark = pytest.mark.django_db


class TestSave:
    def test_stores_a_draft_which_is_no_application(
        self, client: Client, campaign: Any, gloves: Item, person: User
    ) -> None:
        answer = client.post(NEW, body(gloves, opinion="Sサイズが\r\n足りません。"))
        made = SosRequest.objects.get()
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/requests/{made.number}/")
        assert made.state is Status.DRAFT
        assert made.submitted_at is None
        assert made.created_by == person
        assert made.content() == Content(True, {gloves.pk: 4100}, "Sサイズが\n足りません。")
        assert made.title == "2026/11/24_架空中央病院_緊急配布要請"
        page = text(client.get(answer.headers["Location"]))
        assert "下書きを保存しました。" in page
        assert "まだ申請していません。" in page

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("４１００", 4100),
            ("4 100 枚", 4100),
            ("4,100枚", 4100),
            ("", None),
            ("  ", None),
            ("9999999", 9_999_999),
        ],
    )
    def test_quantities_as_people_type_them(
        self, client: Client, campaign: Any, gloves: Item, typed: str, kept: int | None
    ) -> None:
        assert client.post(NEW, body(gloves, typed)).status_code == 302
        assert SosRequest.objects.get().content().lines == {gloves.pk: kept}

    @pytest.mark.parametrize(
        "typed",
        ["41箱", "-5", "1.5", "1e3", "NaN", "٣", "1_000", "0", "10000000", "9" * 5000, "<b>1</b>", "1,00"],
    )
    def test_what_is_no_quantity_is_asked_about_and_stays(
        self, client: Client, campaign: Any, gloves: Item, typed: str
    ) -> None:
        answer = client.post(NEW, body(gloves, typed, opinion="消えないで"))
        assert answer.status_code == 422
        page = text(answer)
        assert f'href="#id_quantity_{gloves.pk}"' in page
        assert "⑤非滅菌手袋の要請数量：" in page
        assert f'value="{typed}"'.replace("<b>1</b>", "&lt;b&gt;1&lt;/b&gt;") in page
        assert "消えないで" in page
        assert not SosRequest.objects.exists()

    def test_without_the_tick_nothing_is_saved_and_nothing_lost(
        self, client: Client, campaign: Any, gloves: Item
    ) -> None:
        answer = client.post(NEW, body(gloves, "4,100", confirmed=None, opinion="消えないで"))
        assert answer.status_code == 422
        page = text(answer)
        assert "<title>エラー：新規緊急配布要請" in page
        assert "保存できませんでした" in summary(answer)
        assert (
            "条件を満たしていることを確かめて、「上記の緊急配布条件を満たしていることを確認した」に"
            in summary(answer)
        )
        assert 'href="#id_confirmed"' in page
        assert re.search(r'<div class="error-summary" role="alert" tabindex="-1"[^>]* autofocus', page)
        assert page.index("error-summary") < page.index("<h1>")
        assert 'value="4,100"' in page
        assert "消えないで" in page
        assert re.search(rf'<input type="checkbox" name="item_{gloves.pk}"[^>]* checked', page)
        assert not SosRequest.objects.exists()
        # The same form, mended, with the token it gave back, is saved.
        mended = body(gloves, token=hidden(page, "token"), seen_version=hidden(page, "seen_version"))
        assert client.post(NEW, mended).status_code == 302

    def test_a_quantity_without_its_tick_is_asked_about(
        self, client: Client, campaign: Any, gloves: Item
    ) -> None:
        answer = client.post(NEW, body(gloves, "4,100", **{f"item_{gloves.pk}": None}))
        assert answer.status_code == 422
        assert "チェックを入れ" in summary(answer)
        assert f'href="#id_item_{gloves.pk}"' in text(answer)
        assert 'value="4,100"' in text(answer)
        assert not SosRequest.objects.exists()

    def test_nothing_ticked_is_a_draft_too(self, client: Client, campaign: Any, gloves: Item) -> None:
        empty = body(gloves, "", **{f"item_{gloves.pk}": None})
        assert client.post(NEW, empty).status_code == 302
        assert SosRequest.objects.get().content().lines == {}

    def test_an_opinion_has_its_limit(self, client: Client, campaign: Any, gloves: Item) -> None:
        answer = client.post(NEW, body(gloves, opinion="あ" * 2001))
        assert answer.status_code == 422
        assert "2000文字以内で入力してください（いまは2001文字です）" in summary(answer)
        assert "あ" * 2001 in text(answer)
        assert client.post(NEW, body(gloves, opinion="あ" * 2000)).status_code == 302

    def test_text_never_runs_and_invisible_signs_go(
        self, client: Client, campaign: Any, gloves: Item
    ) -> None:
        client.post(NEW, body(gloves, opinion="<script>alert(1)</script>\u202e\u200b髙"))
        made = SosRequest.objects.get()
        assert made.opinion == "<script>alert(1)</script>髙"
        for page in ("", "edit/", "submit/", "print/"):
            shown = text(client.get(f"/requests/{made.number}/{page}"))
            assert "alert(1)" in shown
            assert "<script>" not in shown

    @pytest.mark.parametrize("name", ["opinion", "token", "seen_version", "anything"])
    def test_what_nobody_can_have_typed_is_refused(
        self, client: Client, campaign: Any, gloves: Item, name: str
    ) -> None:
        assert client.post(NEW, body(gloves, **{name: "a\x00b"})).status_code == 400
        assert not SosRequest.objects.exists()

    def test_other_keys_change_nothing(
        self, client: Client, campaign: Any, gloves: Item, place: Institution, person: User
    ) -> None:
        masks = Item.objects.get(order=1)
        foreign = factories.institution()
        extra = {
            "status": "ACCEPTED",
            "version": "7",
            "revision": "7",
            "number": "9999-0001",
            "title": "よそ",
            "institution": str(foreign.pk),
            "institution_id": str(foreign.pk),
            "submitted_at": "2026-01-01",
            "accepted_at": "2026-01-01",
            "prefecture_note": "よし",
            "created_by": "1",
            "is_staff": "on",
            f"confirmed_quantity_{gloves.pk}": "1",
        }
        assert client.post(NEW, body(gloves, **extra)).status_code == 302
        made = SosRequest.objects.get()
        assert (made.state, made.version, made.revision, made.institution) == (Status.DRAFT, 1, 1, place)
        assert (made.prefecture_note, made.created_by, made.number) == ("", person, "2611-0001")
        assert [line.confirmed_quantity for line in made.lines.all()] == [None]
        # An item that is not taken is asked about, not slipped in.
        refused = client.post(NEW, body(gloves, **{f"item_{masks.pk}": "on", f"quantity_{masks.pk}": "5"}))
        assert refused.status_code == 422
        assert "①医療用(サージカル)マスクは、いま受け付けていません" in summary(refused)
        assert SosRequest.objects.count() == 1


class TestOnce:
    def test_a_double_click_saves_once(self, client: Client, campaign: Any, gloves: Item) -> None:
        sent = body(gloves)
        first, second = client.post(NEW, sent), client.post(NEW, sent)
        assert first.headers["Location"] == second.headers["Location"]
        assert (first.status_code, second.status_code) == (302, 302)
        assert SosRequest.objects.count() == RequestEvent.objects.count() == 1

    def test_the_same_token_with_other_words_is_refused_and_nothing_lost(
        self, client: Client, campaign: Any, gloves: Item
    ) -> None:
        sent = body(gloves)
        client.post(NEW, sent)
        answer = client.post(NEW, sent | {f"quantity_{gloves.pk}": "5,000", "opinion": "消えないで"})
        assert answer.status_code == 409
        assert "すでに保存されています" in summary(answer)
        page = text(answer)
        assert 'value="5,000"' in page
        assert "消えないで" in page
        assert hidden(page, "token") != sent["token"]
        assert SosRequest.objects.count() == 1

    def test_somebody_elses_token_is_refused(
        self, client: Client, campaign: Any, gloves: Item, place: Institution
    ) -> None:
        sent = body(gloves)
        client.post(NEW, sent)
        other = Client()
        other.force_login(factories.member(place))
        assert other.post(NEW, sent).status_code == 409
        assert SosRequest.objects.count() == 1

    @pytest.mark.parametrize("token", [None, "", "nonsense", "1" * 500])
    def test_without_a_token_it_is_asked_again(
        self, client: Client, campaign: Any, gloves: Item, token: str | None
    ) -> None:
        answer = client.post(NEW, body(gloves, token=token))
        assert answer.status_code == 422
        assert 'value="4,100"' in text(answer)
        assert not SosRequest.objects.exists()
        assert client.post(NEW, body(gloves, token=hidden(text(answer), "token"))).status_code == 302

    def test_cross_site_posts_are_refused(self, person: User, campaign: Any, gloves: Item) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(person)
        assert strict.post(NEW, body(gloves)).status_code == 403
        assert not SosRequest.objects.exists()
