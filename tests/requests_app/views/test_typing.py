"""What the form does without saving: the check, a figure filled in, what is typed kept and gone on with."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from institutions.models import Institution, Role, User
from requests_app.models import CampaignItem, SosRequest, TypedDraft
from requests_app.rules.transitions import Status
from surveys.models import Item
from tests import factories
from tests.requests_app.views.pages import NEW, NOON, body, hidden, text, words

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


def press(client: Client, what: str, sent: dict[str, str], address: str = NEW, **headers: str) -> Any:
    return client.post(address, sent | {"do": what}, headers=headers)


class TestCheck:
    def test_says_what_stands_in_the_form_and_saves_nothing(
        self, client: Client, campaign: Any, gloves: Item, place: Institution, person: User
    ) -> None:
        factories.answer(person, place)
        answer = press(client, "check", body(gloves, "4,150", confirmed=None, opinion="消えないで"))
        page = text(answer)
        assert answer.status_code == 200
        assert 'value="4,150"' in page
        assert "消えないで" in page
        assert "error-summary" not in page
        assert "数量" in words(page.split('id="live-check"')[1])
        assert not SosRequest.objects.exists()

    def test_what_is_missing_leads_there_and_back_with_everything_typed(
        self, client: Client, campaign: Any, gloves: Item
    ) -> None:
        sent = body(gloves, "４，１００", opinion="消えないで\r\n二行目")
        page = text(press(client, "check", sent))
        assert 'name="do" value="go:survey' in page
        place = page.split('name="do" value="go:')[1].split('"')[0]
        away = press(client, f"go:{place}", sent)
        assert away.status_code == 302
        assert away.headers["Location"].startswith("/survey/")
        assert "next=%2Frequests%2Fnew%2F1310101230%2F%3Fdraft%3Down" in away.headers["Location"]
        back = text(client.get(f"{NEW}?draft=own"))
        assert 'value="４，１００"' in back
        assert "消えないで" in back
        assert not SosRequest.objects.exists()

    def test_a_place_that_nothing_is_wrong_with_leads_nowhere(
        self, client: Client, campaign: Any, gloves: Item
    ) -> None:
        sent = body(gloves)
        for place in ("elsewhere", "//evil.example", "", "survey:99999"):
            assert press(client, f"go:{place}", sent).status_code == 200

    def test_the_parts_alone_for_a_page_that_asks_while_typing(
        self, client: Client, campaign: Any, gloves: Item
    ) -> None:
        answer = press(client, "check", body(gloves, "4100"), **{"X-Live": "1"})
        page = text(answer)
        assert answer.status_code == 200
        assert "<html" not in page
        assert f'<div id="live-as-{gloves.pk}">＝41箱</div>' in page
        assert "11/24（火）12:00 に入力を控えました。" in page

    def test_an_unknown_button_saves_nothing(self, client: Client, campaign: Any, gloves: Item) -> None:
        sent = body(gloves)
        for what in ("x", "", "save2", "suggest:", "packs:x", f"suggest:{10**30}", "discard:99"):
            assert press(client, what, sent).status_code in {200, 302}
        assert not SosRequest.objects.exists()


class TestBrokenOff:
    def test_a_refused_save_keeps_what_was_typed(self, client: Client, campaign: Any, gloves: Item) -> None:
        sent = body(gloves, "４，１００", confirmed=None)
        answer = client.post(NEW, sent)
        assert answer.status_code == 422
        assert "11/24（火）12:00 に入力を控えました。まだ保存していません。" in text(answer)
        assert not SosRequest.objects.exists()
        assert 'value="４，１００"' in text(client.get(f"{NEW}?draft=own"))
        saved = client.post(NEW, sent | {"confirmed": "on"})
        assert saved.status_code == 302
        assert not TypedDraft.objects.exists()

    def test_what_another_page_wrote_meanwhile_stays(
        self, client: Client, campaign: Any, gloves: Item
    ) -> None:
        press(client, "check", body(gloves, "700"))
        answer = client.post(NEW, body(gloves, "800", confirmed=None))
        assert answer.status_code == 422
        assert 'value="800"' in text(answer)
        assert "両方の入力を見る" in text(answer)
        assert TypedDraft.objects.get().typed[f"quantity_{gloves.pk}"] == "700"

    def test_the_page_says_what_becomes_of_typing_without_its_script(
        self, client: Client, campaign: Any, person: User, place: Institution
    ) -> None:
        assert "途中でやめるときは「保存」を押すと" in words(text(client.get(NEW)))
        request = factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON)
        page = words(text(client.get(f"/requests/{request.number}/edit/")))
        assert "「申請できる状態か調べる」を押すと、保存しないで控えます。" in page
        assert "途中でやめるときは「保存」を押すと" not in page


class TestFilledIn:
    def test_the_suggested_quantity_with_one_press(
        self, client: Client, campaign: Any, gloves: Item, place: Institution, person: User
    ) -> None:
        factories.answer(person, place)
        page = text(client.get(NEW))
        button = page.split(f'name="do" value="suggest:{gloves.pk}"')[1]
        suggested = button.split(">")[1].split("枚を入れる")[0]
        empty = body(gloves, "", **{f"item_{gloves.pk}": None})
        filled = text(press(client, f"suggest:{gloves.pk}", empty))
        assert f'value="{suggested}"' in filled
        assert f'name="item_{gloves.pk}" id="id_item_{gloves.pk}" checked' in filled
        assert not SosRequest.objects.exists()

    @pytest.mark.parametrize(
        ("typed", "meant"), [("33箱", "3,300"), ("３３ 箱", "3,300"), ("50双", "100"), ("1,000双", "2,000")]
    )
    def test_boxes_and_pairs_are_asked_back_and_filled_in_with_one_press(
        self, client: Client, campaign: Any, gloves: Item, typed: str, meant: str
    ) -> None:
        sent = body(gloves, typed)
        answer = client.post(NEW, sent)
        assert answer.status_code == 422
        assert f"{typed}は{meant}枚です。" in text(answer)
        assert f"{meant}枚にする</button>" in text(answer)
        filled = press(client, f"packs:{gloves.pk}", sent)
        assert filled.status_code == 200
        assert f'value="{meant}"' in text(filled)
        assert not SosRequest.objects.exists()

    @pytest.mark.parametrize("typed", ["16", "１６", "16枚"])
    def test_less_than_a_box_is_asked_about_refused_by_nothing_and_filled_in_with_one_press(
        self, client: Client, campaign: Any, gloves: Item, typed: str
    ) -> None:
        asked = text(press(client, "check", body(gloves, typed)))
        assert "箱の数で入力していませんか？" in asked
        assert "16箱なら1,600枚です。" in asked
        assert 'value="1,600"' in text(press(client, f"packs:{gloves.pk}", body(gloves, typed)))
        assert "箱の数で入力していませんか？" not in text(press(client, "check", body(gloves, "100")))
        assert client.post(NEW, body(gloves, typed)).status_code == 302

    @pytest.mark.parametrize("typed", ["0箱", "-3箱", "3.5箱", "箱", "9999999箱", "3箱と5枚", "箱" * 5000])
    def test_what_is_no_number_of_boxes_is_not_guessed(
        self, client: Client, campaign: Any, gloves: Item, typed: str
    ) -> None:
        sent = body(gloves, typed)
        answer = client.post(NEW, sent)
        assert answer.status_code == 422
        assert "にする</button>" not in text(answer)
        assert press(client, f"packs:{gloves.pk}", sent).status_code == 422


class TestApply:
    def test_one_press_saves_and_opens_the_confirmation(
        self, client: Client, campaign: Any, gloves: Item, person: User, place: Institution
    ) -> None:
        factories.answer(person, place, now=NOON)
        assert "確認して申請へ</button>" in text(client.get(NEW))
        answer = press(client, "apply", body(gloves))
        made = SosRequest.objects.get()
        assert answer.headers["Location"] == f"/requests/{made.number}/submit/"
        assert made.state is Status.DRAFT
        page = text(client.get(answer.headers["Location"]))
        assert "まだ申請していません。" in page
        assert page.count('class="button" type="submit"') == 1

    def test_sent_twice_it_is_one_request(self, client: Client, campaign: Any, gloves: Item) -> None:
        sent = body(gloves)
        first, second = (press(client, "apply", sent) for _ in range(2))
        assert first.headers["Location"] == second.headers["Location"]
        assert SosRequest.objects.count() == 1

    def test_not_where_saving_checks_at_once(
        self, client: Client, campaign: Any, gloves: Item, person: User, place: Institution
    ) -> None:
        request = factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON - timedelta(hours=1))
        assert "確認して申請へ" not in text(client.get(f"/requests/{request.number}/edit/"))


class TestKept:
    def test_is_offered_on_another_device_and_gone_on_with(
        self, client: Client, campaign: Any, gloves: Item, person: User
    ) -> None:
        sent = body(gloves, "41 00", opinion="途中", confirmed=None)
        assert press(client, "keep", sent, **{"User-Agent": PHONE}).status_code == 204
        other = Client()
        other.force_login(person)
        page = text(other.get(NEW))
        assert "入力の途中のものがあります（11/24（火）12:00、スマートフォン等）。" in page
        assert 'value="41 00"' not in page
        draft = TypedDraft.objects.get()
        again = text(other.get(f"{NEW}?draft={draft.pk}"))
        assert 'value="41 00"' in again
        assert "途中</textarea>" in again
        assert "まだ保存していません。" in again
        assert not SosRequest.objects.exists()

    def test_come_back_to_the_same_form_shows_it(self, client: Client, campaign: Any, gloves: Item) -> None:
        address = client.get("/requests/new/").headers["Location"]
        press(client, "keep", body(gloves, "123", token=address.partition("=")[2]))
        assert 'value="123"' in text(client.get(address))

    def test_goes_with_the_save(self, client: Client, campaign: Any, gloves: Item) -> None:
        sent = body(gloves)
        press(client, "keep", sent)
        assert client.post(NEW, sent).status_code == 302
        assert not TypedDraft.objects.exists()

    def test_what_still_comes_in_after_the_save_is_not_kept(
        self, client: Client, campaign: Any, gloves: Item
    ) -> None:
        sent = body(gloves)
        client.post(NEW, sent)
        assert press(client, "keep", sent).status_code == 204
        assert not TypedDraft.objects.exists()

    def test_a_refused_save_keeps_it(self, client: Client, campaign: Any, gloves: Item) -> None:
        sent = body(gloves, confirmed=None)
        press(client, "keep", sent)
        assert client.post(NEW, sent).status_code == 422
        assert TypedDraft.objects.count() == 1

    def test_is_thrown_away(self, client: Client, campaign: Any, gloves: Item) -> None:
        press(client, "keep", body(gloves))
        draft = TypedDraft.objects.get()
        answer = press(client, f"discard:{draft.pk}", {})
        assert (answer.status_code, answer.headers["Location"]) == (302, NEW)
        assert not TypedDraft.objects.exists()

    def test_a_colleague_goes_on_and_its_save_ends_it(
        self, client: Client, campaign: Any, gloves: Item, place: Institution
    ) -> None:
        press(client, "keep", body(gloves, "700"))
        draft = TypedDraft.objects.get()
        colleague = Client()
        colleague.force_login(factories.member(place, name="同僚 次郎"))
        page = text(colleague.get(NEW))
        assert "見本 花子さん" in page
        assert "discard:" not in page
        press(colleague, f"discard:{draft.pk}", {})
        assert TypedDraft.objects.count() == 1
        page = text(colleague.get(f"{NEW}?draft={draft.pk}"))
        assert 'value="700"' in page
        sent = body(gloves, "700", resumed=hidden(page, "resumed"), seen_draft=hidden(page, "seen_draft"))
        assert press(colleague, "keep", sent).status_code == 204
        assert TypedDraft.objects.count() == 2
        assert colleague.post(NEW, sent).status_code == 302
        assert not TypedDraft.objects.exists()

    def test_nobody_elses_and_no_officers(self, client: Client, campaign: Any, gloves: Item) -> None:
        press(client, "keep", body(gloves, "700"))
        draft = TypedDraft.objects.get()
        other = factories.institution(code="2210204562", name="架空みなと診療所")
        stranger = Client()
        stranger.force_login(factories.member(other))
        foreign = stranger.get(f"/requests/new/2210204562/?draft={draft.pk}")
        absent = stranger.get(f"/requests/new/2210204562/?draft={draft.pk + 1}")
        assert 'value="700"' not in text(foreign)
        assert "入力の途中" not in text(foreign)
        assert foreign.status_code == absent.status_code == 200
        assert press(stranger, "keep", body(gloves)).status_code == 404
        for role in (Role.MINISTRY, Role.PREFECTURE, Role.OPERATOR):
            officer = factories.user(role)
            assert not TypedDraft.objects.visible_to(officer).exists()

    def test_too_much_is_refused_and_said(self, client: Client, campaign: Any, gloves: Item) -> None:
        answer = press(client, "check", body(gloves, opinion="あ" * 30_000), **{"X-Live": "1"})
        assert "入力が長すぎるため、控えを残せませんでした。" in text(answer)
        assert not TypedDraft.objects.exists()

    def test_only_the_fields_of_the_form(self, client: Client, campaign: Any, gloves: Item) -> None:
        press(client, "keep", body(gloves, status="ACCEPTED", item_x="1", quantity_="3"))
        assert set(TypedDraft.objects.get().typed) == {
            "confirmed",
            f"item_{gloves.pk}",
            f"quantity_{gloves.pk}",
            "opinion",
        }

    def test_without_the_forms_own_sign_nothing_is_kept(
        self, person: User, campaign: Any, gloves: Item
    ) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(person)
        assert press(strict, "keep", body(gloves)).status_code == 403
        assert not TypedDraft.objects.exists()


class TestTwoDevices:
    def test_what_another_wrote_is_shown_beside_and_not_written_over(
        self, client: Client, campaign: Any, gloves: Item, person: User
    ) -> None:
        phone = Client()
        phone.force_login(person)
        press(client, "keep", body(gloves, "1,000"))
        press(phone, "keep", body(gloves, "2,000"), **{"User-Agent": PHONE})
        assert TypedDraft.objects.get().typed[f"quantity_{gloves.pk}"] == "1,000"
        mine = body(gloves, "2,000")
        answer = press(phone, "check", mine)
        page = text(answer)
        assert answer.status_code == 409
        assert "別の画面の入力と、この画面の入力" in page
        said = words(page.split('id="both-title"')[1].split("</table>")[0])
        assert "1,000" in said
        assert "2,000" in said
        assert TypedDraft.objects.get().typed[f"quantity_{gloves.pk}"] == "1,000"
        # Seen both, the person goes on here.
        seen = body(gloves, "2,000", token=hidden(page, "token"), seen_draft=hidden(page, "seen_draft"))
        assert press(phone, "keep", seen).status_code == 204
        assert TypedDraft.objects.get().typed[f"quantity_{gloves.pk}"] == "2,000"
        # And the first page is told in its turn.
        told = press(client, "check", body(gloves, "3,000"), **{"X-Live": "1"})
        assert "両方の入力を見る" in text(told)
        assert TypedDraft.objects.get().typed[f"quantity_{gloves.pk}"] == "2,000"

    def test_a_save_leaves_what_it_never_saw(self, client: Client, campaign: Any, gloves: Item) -> None:
        press(client, "keep", body(gloves, "1,000"))
        assert client.post(NEW, body(gloves, "2,000")).status_code == 302
        assert TypedDraft.objects.get().typed[f"quantity_{gloves.pk}"] == "1,000"

    def test_a_draft_thrown_away_and_begun_anew_is_another(
        self, client: Client, campaign: Any, gloves: Item
    ) -> None:
        press(client, "keep", body(gloves, "1,000"))
        old = TypedDraft.objects.get()
        press(client, f"discard:{old.pk}", {})
        press(client, "keep", body(gloves, "2,000"))
        assert press(client, "keep", body(gloves, "3,000", seen_draft=old.mark)).status_code == 409

    def test_an_edit_that_was_saved_over_shows_both_texts(
        self, client: Client, campaign: Any, gloves: Item, person: User, place: Institution
    ) -> None:
        request = factories.draft(person, place, now=NOON - timedelta(hours=1))
        address = f"/requests/{request.number}/edit/"
        press(client, "keep", body(gloves, "1,000", seen_version="1"), address)
        colleague = Client()
        colleague.force_login(factories.member(place))
        colleague.post(address, body(gloves, "2,000", seen_version="1"))
        page = text(client.get(f"{address}?draft=own"))
        said = words(page.split('id="both-title"')[1].split("</table>")[0])
        assert "2,000" in said
        assert "1,000" in said
        assert hidden(page, "seen_version") == "2"
        assert 'value="1,000"' in page


class TestEarlier:
    @pytest.fixture
    def earlier(self, person: User, place: Institution, campaign: Any) -> SosRequest:
        return factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON - timedelta(days=1))

    def test_fills_items_and_quantities(self, client: Client, earlier: SosRequest, gloves: Item) -> None:
        assert f"from={earlier.number}" in text(client.get(NEW))
        page = text(client.get(NEW, {"from": earlier.number}))
        assert 'value="4,100"' in page
        assert f"要請番号 {earlier.number}（11/23（月）12:00に申請）の物資と数量を入れました。" in page
        assert 'name="confirmed" required id="id_confirmed" checked' not in page
        assert "error-summary" not in page
        assert SosRequest.objects.count() == 1
        assert f"from={earlier.number}" in text(client.get(f"/requests/{earlier.number}/"))

    def test_says_what_is_left_out(self, client: Client, earlier: SosRequest, gloves: Item) -> None:
        CampaignItem.objects.filter(item=gloves).update(stopped_at=NOON)
        page = text(client.get(NEW, {"from": earlier.number}))
        assert "いま受け付けていないため入れなかったもの：⑤非滅菌手袋" in page
        assert 'value="4,100"' not in page

    def test_a_foreign_number_is_as_none(self, client: Client, campaign: Any, gloves: Item) -> None:
        other = factories.institution(code="2210204562", name="架空みなと診療所")
        foreign = factories.draft(factories.member(other), other, now=NOON)
        for number in (foreign.number, "2611-9999", "x" * 5000, "'"):
            page = text(client.get(NEW, {"from": number}))
            assert 'value="4,100"' not in page
            assert "の物資と数量を入れました" not in page

    def test_of_another_of_ones_own_institutions_is_as_none(
        self, client: Client, earlier: SosRequest, person: User
    ) -> None:
        other = factories.institution(code="2210204562", name="架空みなと診療所")
        factories.join(person, other)
        page = text(client.get("/requests/new/2210204562/", {"from": earlier.number}))
        assert 'value="4,100"' not in page


def test_what_nobody_touched_for_a_month_is_dropped(client: Client, campaign: Any, gloves: Item) -> None:
    from requests_app.tasks import forget_typed_drafts

    press(client, "keep", body(gloves))
    with time_machine.travel(NOON + timedelta(days=29), tick=False):
        assert forget_typed_drafts() == 0
    with time_machine.travel(NOON + timedelta(days=31), tick=False):
        assert forget_typed_drafts() == 1
        assert forget_typed_drafts() == 0


def test_unchanged_it_is_not_written_again(client: Client, campaign: Any, gloves: Item) -> None:
    sent = body(gloves)
    for _ in range(3):
        press(client, "keep", sent)
    assert TypedDraft.objects.get().count == 1
    assert uuid.UUID(sent["token"]) == TypedDraft.objects.get().page
