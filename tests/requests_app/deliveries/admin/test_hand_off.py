"""引き渡し on its pages: a preview before anything is done, 409 when it changed, the same file again."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.signals import post_init
from django.test import Client

from institutions.models import Institution, Role, Suspension, User
from requests_app.models import ExportLog, HandOff, RequestEvent, SosRequest
from requests_app.models.handing_off import plan_whole
from requests_app.rules.transitions import Verb
from tests import factories
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries.admin.pages import (
    HAND_OFFS,
    NEW,
    body,
    form,
    page,
    seen_in,
)
from tests.requests_app.deliveries.vendor import (
    VENDOR,
    allocated,
    handed,
)

pytestmark = pytest.mark.django_db


def test_the_preview_says_what_goes_what_stays_and_what_cp932_can_not_hold(client: Client) -> None:
    places = [factories.institution(name="𠮷田病院"), factories.institution()]
    allocated(4100, 200, places=places)
    Institution.objects.filter(pk=places[1].pk).update(telephone="")

    shown = page(client.get(NEW))

    for words in (
        "載せる行1行",
        "1件4,100枚",
        "届け先が足りない1件",
        "空欄：電話番号",
        "U+20BB7",
        "〓に置き換える",
    ):
        assert words in shown
    assert not HandOff.objects.exists()


def test_made_once_however_often_it_is_pressed_and_the_file_comes_again_and_again(
    client: Client, officer: User
) -> None:
    (request,) = allocated(4100)
    sent = form()

    first, second = client.post(NEW, sent), client.post(NEW, sent)

    made = HandOff.objects.get()
    assert first.headers["Location"] == second.headers["Location"] == f"{HAND_OFFS}{made.pk}/change/"
    assert RequestEvent.objects.filter(verb=Verb.HAND_OFF.value).count() == 1
    files = [client.post(f"{HAND_OFFS}{made.pk}/file/") for _ in range(2)]
    data = [body(each) for each in files]
    assert data[0] == data[1]
    assert request.number.encode() in data[0]
    assert "filename*=utf-8''" in files[0].headers["Content-Disposition"]
    logs = ExportLog.objects.filter(hand_off=made)
    assert [(log.by_id, log.row_count, log.sha256, log.is_the_file) for log in logs] == [
        (officer.pk, 1, made.sha256, True)
    ] * 2
    shown = page(client.get(f"{HAND_OFFS}{made.pk}/change/"))
    assert shown.count("作成時と同じファイル") == 2
    assert made.sha256 in shown


def test_the_same_form_with_another_choice_is_no_retry(client: Client) -> None:
    allocated(4100, places=[factories.institution(name="𠮷田病院")])
    sent = form()
    assert client.post(NEW, sent).status_code == 302

    assert client.post(NEW, sent | {"geta": "on"}).status_code == 409
    assert HandOff.objects.count() == 1


def test_what_changed_since_the_preview_is_shown_and_nothing_is_lost(client: Client) -> None:
    allocated(4100)
    sent = form(vendor="別の事業者")
    Institution.objects.update(telephone="03-5555-5555")

    answer = client.post(NEW, sent)

    assert answer.status_code == 409
    assert "引き渡す内容が変わりました" in page(answer)
    assert "別の事業者" in answer.content.decode()
    assert "03-5555-5555" in page(answer)
    assert not HandOff.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"vendor": ""}, "売払先事業者を入力してください"),
        ({"vendor": "名" * 101}, "100文字以内"),
        ({"kind": "pdf"}, "ファイルの形式を選んでください"),
        ({"kind": "cp932"}, "Shift_JISで書けない文字があります"),
        ({"token": "x"}, "もう一度押してください"),
    ],
)
def test_a_refused_form_says_why(client: Client, changes: dict[str, Any], words: str) -> None:
    allocated(4100, places=[factories.institution(name="𠮷田病院")])

    answer = client.post(NEW, form(**changes))

    assert answer.status_code == 422
    assert words in page(answer)
    assert not HandOff.objects.exists()


def test_cp932_with_the_tick_keeps_its_list(client: Client) -> None:
    allocated(4100, places=[factories.institution(name="𠮷田病院")])

    client.post(NEW, form(kind="cp932", geta="on"))

    made = HandOff.objects.get()
    assert "U+20BB7" in page(client.get(f"{HAND_OFFS}{made.pk}/change/"))
    data = body(client.post(f"{HAND_OFFS}{made.pk}/file/"))
    assert "〓田病院" in data.decode("cp932")
    assert ExportLog.objects.get().replaced == made.replaced


def test_a_correction_from_the_page_of_the_hand_off(client: Client) -> None:
    (request,) = allocated(4100)
    made = handed()
    Institution.objects.filter(pk=request.institution_id).update(telephone="03-9999-9999")
    assert "1件の届け先が変わりました" in page(client.get(f"{HAND_OFFS}{made.pk}/change/"))
    preview = client.get(f"{HAND_OFFS}{made.pk}/correct/")
    assert "03-0000-0000" in page(preview)
    seen = re.search(r'name="seen" value="(\w+)"', preview.content.decode())
    assert seen is not None

    client.post(f"{HAND_OFFS}{made.pk}/correct/", form(seen=seen[1]))

    correction = HandOff.objects.get(corrects=made)
    assert "03-9999-9999" in body(client.post(f"{HAND_OFFS}{correction.pk}/file/")).decode("utf-8-sig")
    assert client.get(f"{HAND_OFFS}{correction.pk}/correct/").status_code == 404


def test_a_correction_is_meant_for_the_vendor_of_what_it_corrects(client: Client) -> None:
    (request,) = allocated(4100)
    made = handed()
    allocated(500, now=rounds.NOW + timedelta(hours=1))
    client.post(f"{HAND_OFFS}new/", form(vendor="別の架空商事", seen=plan_whole().digest))
    assert list(HandOff.objects.values_list("vendor", flat=True)) == ["別の架空商事", VENDOR]
    Institution.objects.filter(pk=request.institution_id).update(telephone="03-9999-9999")
    assert f'value="{VENDOR}"' in client.get(f"{HAND_OFFS}{made.pk}/correct/").content.decode()


def test_what_changed_of_a_big_hand_off_is_looked_up_when_it_is_asked_for(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    (request,) = allocated(4100)
    made = handed()
    Institution.objects.filter(pk=request.institution_id).update(telephone="03-9999-9999")
    monkeypatch.setattr("requests_app.admin.handoff.COMPARED", 0)

    shown = client.get(f"{HAND_OFFS}{made.pk}/change/")

    assert "届け先が変わりました" not in page(shown)
    assert f'href="{HAND_OFFS}{made.pk}/correct/"' in shown.content.decode()
    assert "03-9999-9999" in page(client.get(f"{HAND_OFFS}{made.pk}/correct/"))


@pytest.mark.usefixtures("few")
def test_every_row_of_a_correction_can_be_looked_at(client: Client) -> None:
    tokyo = in_two_prefectures()
    made = handed()
    for n, each in enumerate(tokyo):
        Institution.objects.filter(pk=each.institution_id).update(
            telephone=f"03-9999-000{n}", address="架空町"
        )
    address = f"{HAND_OFFS}{made.pk}/correct/"

    def listed(**asked: str) -> list[str]:
        shown = page(client.get(address, asked))
        assert "載せる行8行" in shown
        assert "都道府県を選ぶと" not in shown
        return [each.number for n, each in enumerate(tokyo) if f"03-9999-000{n}" in shown]

    numbers = [each.number for each in tokyo]
    assert listed() == listed(p="1") == numbers[:2]
    assert listed(p="2") == numbers[2:]
    for bad in ("0", "x", "9" * 30, "-1"):
        assert set(listed(p=bad)) <= set(numbers)
    assert 'href="?p=2#goes"' in client.get(address).content.decode()
    second = client.get(f"{address}?p=2")
    assert 'href="?p=1#goes"' in second.content.decode()
    client.post(f"{address}?p=2", form(**seen_in(second)))
    assert HandOff.objects.get(corrects=made).row_count == 8


def test_only_the_ministry_sees_hand_offs() -> None:
    allocated(100)
    made = handed()
    browser = Client()
    browser.force_login(factories.user(Role.PREFECTURE))

    for address in (HAND_OFFS, NEW, f"{HAND_OFFS}{made.pk}/change/", f"{HAND_OFFS}{made.pk}/file/"):
        assert browser.get(address).status_code == 404
        assert browser.post(address, form()).status_code == 404
    assert not ExportLog.objects.exists()


# --- Many lines ---------------------------------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lines are all that a page shows at once."""
    for name in ("WHOLE", "PER_PAGE", "SHOWN"):
        monkeypatch.setattr(f"requests_app.presenters.handing_off.{name}", 2)


def in_two_prefectures() -> list[SosRequest]:
    """Three lines in Tokyo and one in Osaka; of two names, letters that CP932 can't hold."""
    tokyo = [factories.institution(name=name) for name in ("𠮷田病院", "架空病院", "𠮷村𩸽病院")]
    return allocated(4100, 200, 300, 500, places=[*tokyo, factories.institution(factories.OSAKA)])


@pytest.mark.usefixtures("few")
def test_of_many_lines_the_sums_are_of_all_and_a_prefecture_is_paged_through(client: Client) -> None:
    *tokyo, osaka = in_two_prefectures()

    def listed(**asked: str) -> list[str]:
        shown = page(client.get(NEW, asked))
        for words in (
            "載せる行4行",
            "医療機関4か所",
            "4件5,100枚",
            "東京都3行3か所⑤4,600枚",
            "大阪府1行1か所⑤500枚",
            "書けない文字3か所",
            "𠮷（U+20BB7）2か所、𩸽（U+29E3D）1か所",
        ):
            assert words in shown
        return [each.number for each in (*tokyo, osaka) if each.number in shown]

    numbers = [each.number for each in tokyo]
    assert listed() == []
    assert listed(prefecture="27") == [osaka.number]
    assert listed(prefecture="13") == numbers[:2]
    assert listed(prefecture="13", p="2") == numbers[2:]
    for bad in ("", "99", "x", "１３"):
        assert listed(prefecture=bad) == []
    for bad in ("0", "x", "9" * 30, "-1"):
        assert set(listed(prefecture="13", p=bad)) <= set(numbers)


@pytest.mark.usefixtures("few")
def test_of_many_lines_those_not_shown_are_seen_too(client: Client) -> None:
    """What the form was shown with covers every line, whichever prefecture stood open."""
    *_, osaka = in_two_prefectures()
    opened = f"{NEW}?prefecture=13"
    sent = form(**seen_in(client.get(opened)), vendor="別の事業者")
    Institution.objects.filter(pk=osaka.institution_id).update(telephone="06-5555-5555")

    answer = client.post(opened, sent)

    assert answer.status_code == 409
    assert "別の事業者" in answer.content.decode()
    assert "東京都3行" in page(answer)
    assert not HandOff.objects.exists()
    client.post(opened, form(**seen_in(answer)))
    made = HandOff.objects.get()
    assert made.line_count == 4
    assert "06-5555-5555" in body(client.post(f"{HAND_OFFS}{made.pk}/file/")).decode("utf-8-sig")


@pytest.mark.usefixtures("few")
def test_of_many_lines_cp932_is_refused_without_the_tick(client: Client) -> None:
    in_two_prefectures()
    assert client.post(NEW, form(kind="cp932")).status_code == 422
    client.post(NEW, form(kind="cp932", geta="on"))
    assert len(HandOff.objects.get().replaced) == 3


@pytest.mark.usefixtures("few")
def test_of_many_lines_those_of_the_suspended_stand_apart_each_with_its_tick(
    client: Client, officer: User
) -> None:
    *_, osaka = in_two_prefectures()
    Suspension.suspend(officer, osaka.institution, "配布した手袋を転売したため")
    answer = client.get(NEW)
    shown = page(answer)
    assert "載せる行3行" in shown
    assert "大阪府1行" not in shown
    assert "停止中の医療機関の物資が1件" in shown
    assert osaka.number in shown
    key = osaka.lines.get().pk
    assert answer.content.decode().count(f'name="include" value="{key}"') == 1

    client.post(NEW, form(include=[key], include_reason="病棟の在庫がないため"))

    assert HandOff.objects.get().line_count == 4


@pytest.mark.parametrize("many", [False, True], ids=["whole", "by prefecture"])
@pytest.mark.parametrize("rows", [3, 12])
def test_the_cost_of_the_preview_does_not_depend_on_the_rows(
    rows: int,
    many: bool,
    client: Client,
    request: pytest.FixtureRequest,
    django_assert_num_queries: Any,
) -> None:
    if many:
        request.getfixturevalue("few")
    allocated(*[400] * rows)
    client.get(NEW)
    with django_assert_num_queries(14 if many else 12):
        shown = page(client.get(NEW, {"prefecture": "13"}))
    assert f"載せる行{rows}行" in shown
    assert ("都道府県を選ぶと" in shown) is many


def test_no_objects_are_made_of_the_rows_that_wait(client: Client) -> None:
    """Thousands of them would cost seconds."""
    allocated(*[400] * 3)
    made: list[str] = []

    def note(sender: Any, **kwargs: Any) -> None:
        made.append(sender.__name__)

    post_init.connect(note)
    try:
        plan_whole()
    finally:
        post_init.disconnect(note)
    assert set(made) <= {"Item"}
