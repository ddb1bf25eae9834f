"""Officers' pages of announcements and inquiries: who may what, what is shown, and nothing lost or done twice."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from institutions.models import (
    Announcement,
    AnnouncementContent,
    AnnouncementMailing,
    AnnouncementVersion,
    Audience,
    Inquiry,
    InquiryMessage,
    Institution,
    InstitutionKind,
    Role,
    User,
)
from institutions.presenters import audience_text, waited
from institutions.rules.inquiry import Desk, State, Subject
from requests_app.rules.transitions import Status
from sosportal.lib.clock import JST
from sosportal.lib.models import OutboxMessage
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=JST)
ANNOUNCEMENTS = "/admin/institutions/announcement/"
INQUIRIES = "/admin/institutions/inquiry/"
WRITE = f"{ANNOUNCEMENTS}write/"
EVIL = "<script>alert(1)</script>\"'>"


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def place() -> Institution:
    return factories.institution(name="架空中央病院")


@pytest.fixture
def nurse(place: Institution) -> User:
    return factories.member(place, name="見本 花子")


@pytest.fixture
def tokyo() -> User:
    return factories.user(Role.PREFECTURE, name="見本 一郎")


@pytest.fixture
def ministry() -> User:
    return factories.user(Role.MINISTRY, name="見本 三郎")


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def words(answer: Any) -> str:
    return re.sub(r"<[^>]+>|\s+", "", text(answer).partition("<main")[2] or text(answer))


def written(**changes: Any) -> dict[str, Any]:
    sent = {"token": str(uuid.uuid4()), "title": "年末の締切", "body": "年内最後の締切です。"}
    return sent | changes


def announce(by: User, **changes: Any) -> Announcement:
    given = AnnouncementContent("年末の締切", "年内最後の締切です。", Audience())
    return Announcement.publish(by, replace(given, **changes))


def ask(nurse: User, place: Institution, said: str = "いつ届きますか。", **more: Any) -> Inquiry:
    values = {"subject": Subject.REQUEST, "desk": Desk.PREFECTURE, "text": said} | more
    return Inquiry.ask(nurse, place, **values)


def step(inquiry: Inquiry, verb: str) -> str:
    return f"{INQUIRIES}{inquiry.pk}/do/{verb}/"


def carried(inquiry: Inquiry, said: str = "", **changes: Any) -> dict[str, Any]:
    last = inquiry.messages.last()
    assert last is not None
    sent = {"token": str(uuid.uuid4()), "seen_revision": inquiry.revision, "seen_message": last.pk}
    return sent | {"text": said} | changes


# --- お知らせ: writing --------------------------------------------------------------------------------------------


def test_nothing_is_published_before_the_preview(tokyo: User, nurse: User) -> None:
    client = browser(tokyo)
    factories.member(factories.institution(factories.OSAKA))
    answer = client.post(WRITE, written(important="on"))
    assert answer.status_code == 200
    assert not Announcement.objects.exists()
    assert "東京都の医療機関" in words(answer)
    assert "1施設（利用者1人）" in words(answer)
    assert "年内最後の締切です。" in text(answer)
    hidden = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', text(answer)))
    done = [client.post(WRITE, hidden | {"agreed": "1"}) for _ in range(3)]
    made = Announcement.objects.get()
    assert {(each.status_code, each["Location"]) for each in done} == {
        (302, f"{ANNOUNCEMENTS}{made.pk}/change/")
    }
    assert (made.important, made.prefectures) == (True, [factories.TOKYO])
    again = client.post(WRITE, hidden | {"agreed": "1", "title": "ほかの題名"})
    assert again.status_code == 409
    assert "ほかの題名" in text(again)
    assert Announcement.objects.count() == 1


def test_the_preview_leads_back_with_everything(ministry: User) -> None:
    sent = written(kinds=["hospital", "pharmacy"], prefectures=["13", "27"], starts_at="2026-12-01T09:30")
    client = browser(ministry)
    preview = client.post(WRITE, sent)
    assert "東京都・大阪府の病院、薬局" in words(preview)
    assert "12/1（火）09:30" in words(preview)
    assert re.findall(r'name="(?:kinds|prefectures)" value="([a-z0-9]+)"', text(preview)) == [
        *("hospital", "pharmacy", "13", "27"),
    ]
    back = client.post(WRITE, sent | {"edit": "1"})
    assert back.status_code == 200
    assert text(back).count(" checked") == 4
    assert 'value="2026-12-01T09:30"' in text(back)


def test_a_prefecture_reaches_its_own_whatever_is_posted(tokyo: User) -> None:
    sent = written(prefectures=["27"], prefecture="27", prefecture_id="27", version="9", withdrawn_reason="x")
    assert browser(tokyo).post(WRITE, sent | {"agreed": "1"}).status_code == 302
    made = Announcement.objects.get()
    assert (made.prefectures, made.prefecture_id, made.version, made.withdrawn_reason) == (
        *([factories.TOKYO], factories.TOKYO, 1, ""),
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "あ" * 101},
        {"body": " "},
        {"body": "あ" * 8001},
        {"kinds": ["school"]},
        {"prefectures": ["48"]},
        {"prefectures": ["13", "１４"]},
        {"starts_at": "0001-01-01T00:00"},
        {"ends_at": "9999-12-31T23:59"},
        {"ends_at": "2026-11-25T09:59"},
        {"ends_at": "never"},
        {"ends_at": "2026-12-01T09:00", "starts_at": "2026-12-01T09:00"},
        {"token": "x"},
    ],
)
@pytest.mark.parametrize("agreed", [{}, {"agreed": "1"}])
def test_a_refused_one_says_why_and_loses_nothing(
    ministry: User, wrong: dict[str, Any], agreed: dict[str, str]
) -> None:
    answer = browser(ministry).post(WRITE, written(**wrong) | agreed)
    assert answer.status_code == 422
    assert "まだ公開していません" in text(answer)
    assert wrong.get("body", "年内最後の締切です。").strip() in text(answer)
    assert not Announcement.objects.exists()


# --- お知らせ: correcting and withdrawing -------------------------------------------------------------------------


def test_a_correction_goes_over_the_preview_too(tokyo: User) -> None:
    made = announce(tokyo)
    client, path = browser(tokyo), f"{ANNOUNCEMENTS}{made.pk}/correct/"
    assert "年内最後の締切です。" in text(client.get(path))
    sent = written(body="1日早まります。", seen_version="1", prefectures=["27"])
    assert "11/25（水）10:00更新" in words(client.post(path, sent))
    assert client.post(path, sent | {"agreed": "1"}).status_code == 302
    made.refresh_from_db()
    assert (made.body, made.version, made.prefectures) == ("1日早まります。", 2, [factories.TOKYO])
    page = text(client.get(f"{ANNOUNCEMENTS}{made.pk}/change/"))
    assert "年内最後の締切です。" in page  # the version before
    assert "1日早まります。" in page


@pytest.mark.parametrize("agreed", [{}, {"agreed": "1"}])
def test_who_comes_second_is_shown_what_stands_and_loses_nothing(tokyo: User, agreed: dict[str, str]) -> None:
    made = announce(tokyo)
    made.correct(tokyo, replace(made.content(), body="同僚の訂正"), seen_version=1)
    path = f"{ANNOUNCEMENTS}{made.pk}/correct/"
    answer = browser(tokyo).post(path, written(body="わたしの訂正", seen_version="1") | agreed)
    assert answer.status_code == 409
    assert "同僚の訂正" in text(answer)
    assert "わたしの訂正" in text(answer)
    assert 'name="seen_version" value="2"' in text(answer)
    assert AnnouncementVersion.objects.count() == 2


def test_what_begins_while_it_is_corrected_is_not_put_off_any_more(ministry: User) -> None:
    """Shown at 10:00 as put off until tomorrow, agreed to at 11:00, when it has begun: nothing is half done."""
    made = announce(ministry, starts_at=NOW + timedelta(hours=1))
    client, path = browser(ministry), f"{ANNOUNCEMENTS}{made.pk}/correct/"
    assert 'name="ahead"' in text(client.get(path))
    changed = {"starts_at": "2026-11-26T09:00", "prefectures": ["13"]}
    sent = written(body="わたしの訂正", seen_version="1", ahead="1", **changed)
    assert "11/26（木）09:00" in words(client.post(path, sent))
    with time_machine.travel(made.starts_at, tick=False):
        for agreed in ({}, {"agreed": "1"}):
            answer = client.post(path, sent | agreed)
            assert answer.status_code == 409
            assert "掲載が始まっているため" in text(answer)
            assert "わたしの訂正" in text(answer)
            assert 'name="ahead"' not in text(answer)
        assert AnnouncementVersion.objects.count() == 1


def test_a_correction_sent_again_after_the_beginning_is_answered_alike(ministry: User) -> None:
    made = announce(ministry, starts_at=NOW + timedelta(hours=1))
    client, path = browser(ministry), f"{ANNOUNCEMENTS}{made.pk}/correct/"
    sent = written(body="訂正", starts_at="2026-11-25T11:00", seen_version="1", ahead="1", agreed="1")
    assert client.post(path, sent).status_code == 302
    with time_machine.travel(made.starts_at, tick=False):
        assert client.post(path, sent).status_code == 302
    assert AnnouncementVersion.objects.count() == 2


def test_the_preview_tells_of_the_mails_that_were_ordered_before(
    ministry: User, nurse: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = factories.member(factories.institution())
    given = AnnouncementContent("年末の締切", "本文", Audience(), starts_at=NOW + timedelta(hours=1))
    made = Announcement.publish(ministry, given, by_mail=True)
    client, path = browser(ministry), f"{ANNOUNCEMENTS}{made.pk}/correct/"
    preview = client.post(path, written(seen_version="1", ahead="1", starts_at="2026-11-25T11:00"))
    assert "前に登録したとおり、掲載の開始から2人に送ります" in words(preview)
    monkeypatch.setattr("institutions.models.mailing.CHUNK", 1)
    with time_machine.travel(made.starts_at, tick=False):
        assert AnnouncementMailing.post_piece(made.mailings.get().pk) == 1
        preview = client.post(path, written(seen_version="1"))
        assert "まだ送っていない人に、この内容で送ります" in words(preview)
        assert AnnouncementMailing.work_off(5) == 1
        assert "メール送りません" in words(client.post(path, written(seen_version="1")))
    assert {nurse.email, other.email} == set(OutboxMessage.objects.values_list("to", flat=True))


def test_who_corrects_what_was_withdrawn_meanwhile_loses_nothing(tokyo: User) -> None:
    made = announce(tokyo)
    made.withdraw(tokyo, "まちがい", seen_version=1)
    path = f"{ANNOUNCEMENTS}{made.pk}/correct/"
    for sent in ({}, {"seen_version": "2"}, {"agreed": "1"}):
        answer = browser(tokyo).post(path, written(body="わたしの訂正", seen_version="1") | sent)
        assert answer.status_code == 409
        assert "すでに取り下げられています" in text(answer)
        assert "わたしの訂正" in text(answer)


def test_the_page_of_what_was_withdrawn_tells_who_had_read_it_and_of_no_mail_to_come(
    ministry: User, nurse: User
) -> None:
    given = AnnouncementContent("年末の締切", "本文", Audience(), starts_at=NOW + timedelta(hours=1))
    made = Announcement.publish(ministry, given, by_mail=True)
    made.mark_read(nurse, NOW)
    page = f"{ANNOUNCEMENTS}{made.pk}/change/"
    assert "11/25（水）11:00から送ります" in words(browser(ministry).get(page))
    made.withdraw(ministry, "まちがい", seen_version=1)
    shown = words(browser(ministry).get(page))
    assert "開いた人1人（取り下げた版）" in shown
    assert "メール送りません" in shown


def test_a_withdrawal_is_asked_its_reason_and_done_once(tokyo: User) -> None:
    made = announce(tokyo)
    client, path = browser(tokyo), f"{ANNOUNCEMENTS}{made.pk}/withdraw/"
    sent = {"token": str(uuid.uuid4()), "seen_version": "1"}
    assert client.post(path, sent | {"reason": " "}).status_code == 422
    stale = client.post(path, sent | {"reason": "まちがい", "seen_version": "7", "token": str(uuid.uuid4())})
    assert stale.status_code == 409
    assert "まちがい" in text(stale)
    assert {client.post(path, sent | {"reason": "まちがい"}).status_code for _ in range(2)} == {302}
    assert AnnouncementVersion.objects.filter(verb="withdraw").count() == 1
    assert client.get(path).status_code == 302
    assert client.get(f"{ANNOUNCEMENTS}{made.pk}/correct/").status_code == 302
    assert "訂正する" not in text(client.get(f"{ANNOUNCEMENTS}{made.pk}/change/"))


def test_officers_find_nothing_foreign(tokyo: User, ministry: User) -> None:
    osaka = factories.user(Role.PREFECTURE, prefecture_id=factories.OSAKA)
    announce(osaka, title="大阪だけの話")
    announce(ministry, title="北海道だけの話", audience=Audience(("01",)))
    client = browser(tokyo)
    for query in ("", "?q=だけの話", "?issuer=prefecture", "?stage=now", "?o=1"):
        assert "だけの話" not in re.sub(r'value="[^"]*"', "", text(client.get(f"{ANNOUNCEMENTS}{query}")))
    assert "大阪だけの話" in text(browser(ministry).get(ANNOUNCEMENTS))


@pytest.mark.parametrize(
    "query", ["stage=x", "issuer=%00", "important=%F0", "p=x", "title=a", "q=%00", "o=x"]
)
def test_no_query_string_breaks_the_lists(ministry: User, query: str) -> None:
    client = browser(ministry)
    for path in (ANNOUNCEMENTS, INQUIRIES):
        assert client.get(f"{path}?{query}", follow=True).status_code in {200, 400}


def test_the_filters_count(ministry: User, tokyo: User) -> None:
    announce(ministry, important=True)
    announce(ministry, starts_at=NOW + timedelta(days=1))
    announce(tokyo).withdraw(tokyo, "x", seen_version=1)
    page = words(browser(ministry).get(ANNOUNCEMENTS))
    assert "掲載予定1掲載中1終了0取下げ1" in page
    assert "国2都道府県1" in page


@pytest.mark.parametrize("many", [1, 12])
def test_the_cost_of_the_announcements_does_not_grow(
    ministry: User, many: int, django_assert_num_queries: Any
) -> None:
    audience_text(Audience(("13",)))  # the names are read once per process
    for code in range(1, many + 1):
        made = announce(ministry, audience=Audience((f"{code:02}", "13")))
    client = browser(ministry)
    with django_assert_num_queries(9):
        client.get(ANNOUNCEMENTS)
    with django_assert_num_queries(11):
        client.get(f"{ANNOUNCEMENTS}{made.pk}/change/")


# --- お問い合わせ -------------------------------------------------------------------------------------------------


def test_what_waits_longest_comes_first(ministry: User, nurse: User, place: Institution) -> None:
    middle = ask(nurse, place, now=NOW - timedelta(days=2))
    oldest = ask(nurse, place, now=NOW - timedelta(days=8))
    answered = ask(nurse, place, desk=Desk.MINISTRY, now=NOW - timedelta(days=9))
    answered.answer(ministry, "はい", seen_revision=1)
    page = text(browser(ministry).get(INQUIRIES))
    order = [int(key) for key in re.findall(rf'href="{INQUIRIES}(\d+)/change/', page)]
    assert list(dict.fromkeys(order)) == [oldest.pk, middle.pk, answered.pk]
    counted = words(browser(ministry).get(INQUIRIES))
    assert "回答待ち2未対応2対応中0回答済み1自分が担当0" in counted
    assert "1日以上23日以上17日以上1" in counted


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=架空中央", True),
        ("q=1329999", False),
        ("q={code}", True),
        ("q={pk}", True),
        ("q=２６１１－０００１", False),
        ("q={number}", True),
        ("q=ほかの病院", False),
        ("q=" + "9" * 99, False),
        ("state=new", True),
        ("state=in_hand", False),
        ("desk=prefecture", True),
        ("subject=login", False),
        ("prefecture=13", True),
        ("prefecture=27", False),
        ("waiting=1", False),
    ],
)
def test_filters_and_search(ministry: User, nurse: User, place: Institution, query: str, found: bool) -> None:
    inquiry = ask(nurse, place, request_number="2611-0482")
    asked = query.format(code=place.code, pk=inquiry.pk, number="2611-0482")
    page = text(browser(ministry).get(f"{INQUIRIES}?{asked}"))
    assert (f"{INQUIRIES}{inquiry.pk}/change/" in page) is found


def test_an_inquiry_is_opened_by_its_subject(tokyo: User, nurse: User, place: Institution) -> None:
    inquiry = ask(nurse, place)
    page = browser(tokyo).get(INQUIRIES).content.decode()
    link = re.search(
        rf'<th scope="row"[^>]*><a href="{INQUIRIES}{inquiry.pk}/change/[^>]*>(.*?)</a></th>', page
    )
    assert link
    assert inquiry.get_subject_display() in link[1]


def test_officers_see_no_inquiry_of_others(tokyo: User, nurse: User, place: Institution) -> None:
    osaka_place = factories.institution(factories.OSAKA, name="大阪秘密病院")
    foreign = ask(factories.member(osaka_place), osaka_place, "秘密の質問")
    to_ministry = ask(nurse, place, "国への質問", desk=Desk.MINISTRY)
    client = browser(tokyo)
    for query in ("", "?q=秘密", "?state=waiting", f"?q={foreign.pk}", "?prefecture=27"):
        page = text(client.get(f"{INQUIRIES}{query}", follow=True))
        assert "大阪秘密病院" not in page
        assert f"{INQUIRIES}{to_ministry.pk}/" not in page
    for hidden in (foreign, to_ministry):
        for path in (f"{INQUIRIES}{hidden.pk}/change/", step(hidden, "answer"), step(hidden, "claim")):
            assert client.get(path).status_code == 404
            assert client.post(path, carried(hidden, "x")).status_code == 404
    assert InquiryMessage.objects.count() == 2


def test_an_answer_is_given_once(tokyo: User, nurse: User, place: Institution) -> None:
    inquiry = ask(nurse, place)
    client, sent = browser(tokyo), carried(inquiry, "来週です。")
    answers = {client.post(step(inquiry, "answer"), sent).status_code for _ in range(3)}
    assert answers == {302}
    assert Inquiry.objects.get().state == State.ANSWERED
    assert inquiry.messages.filter(verb="answer").count() == 1


def test_two_officers_and_the_institution_in_one_thread(tokyo: User, nurse: User, place: Institution) -> None:
    inquiry = ask(nurse, place)
    seen = carried(inquiry, "わたしの長い回答")
    inquiry.add(nurse, "急いでいます。", seen_version=1)
    answer = browser(tokyo).post(step(inquiry, "answer"), seen)
    assert answer.status_code == 409
    assert "急いでいます。" in text(answer)
    assert "わたしの長い回答" in text(answer)
    assert "新しい内容" in text(answer)
    found = re.search(r'name="seen_revision" value="(\d+)"', text(answer))
    assert found
    assert found[1] == "2"
    assert not inquiry.messages.filter(verb="answer").exists()


@pytest.mark.parametrize("verb", ["answer", "memo", "forward"])
@pytest.mark.parametrize("said", ["", " ", "あ" * 4001])
def test_a_refused_text_stays(tokyo: User, nurse: User, place: Institution, verb: str, said: str) -> None:
    inquiry = ask(nurse, place)
    answer = browser(tokyo).post(step(inquiry, verb), carried(inquiry, said))
    assert answer.status_code == 422
    assert said.strip() in text(answer)
    assert inquiry.messages.count() == 1


def test_forwarding_is_followed_as_far_as_one_may_see(
    tokyo: User, ministry: User, nurse: User, place: Institution
) -> None:
    inquiry = ask(nurse, place)
    answer = browser(tokyo).post(step(inquiry, "forward"), carried(inquiry, "お願いします"))
    assert answer["Location"] == f"{INQUIRIES}{inquiry.pk}/change/"
    page = browser(tokyo).get(answer["Location"])
    assert "ここからは回答できません" in text(page)
    inquiry.refresh_from_db()
    assert browser(tokyo).post(step(inquiry, "answer"), carried(inquiry, "x")).status_code == 403
    operator = factories.user(Role.OPERATOR)
    login = ask(nurse, place, subject=Subject.LOGIN)
    answer = browser(operator).post(step(login, "forward"), carried(login, "都道府県へ"))
    assert answer["Location"] == INQUIRIES
    assert browser(operator).get(f"{INQUIRIES}{login.pk}/change/").status_code == 404


@pytest.mark.parametrize(
    ("role", "subject"), [(Role.PREFECTURE, Subject.REQUEST), (Role.OPERATOR, Subject.LOGIN)]
)
def test_a_forward_is_done_once_and_answered_alike(
    nurse: User, place: Institution, role: Role, subject: Subject
) -> None:
    """The second press comes when the inquiry is another desk's already."""
    inquiry = ask(nurse, place, subject=subject)
    client, sent = browser(factories.user(role)), carried(inquiry, "お願いします")
    assert {client.post(step(inquiry, "forward"), sent).status_code for _ in range(3)} == {302}
    assert inquiry.messages.filter(verb="forward").count() == 1
    stranger = browser(factories.user(Role.PREFECTURE, prefecture_id=factories.OSAKA))
    assert stranger.post(step(inquiry, "forward"), sent).status_code == 404


@pytest.mark.parametrize("verb", ["answer", "memo", "forward"])
def test_what_was_written_while_a_colleague_forwarded_it_is_not_lost(
    tokyo: User, nurse: User, place: Institution, verb: str
) -> None:
    inquiry = ask(nurse, place)
    sent = carried(inquiry, "わたしの長い回答")
    inquiry.forward(tokyo, "国にお願いします。", seen_revision=1)
    answer = browser(tokyo).post(step(inquiry, verb), sent)
    assert answer.status_code == 409
    assert "国（事務局）に引き継がれました" in text(answer)
    assert "わたしの長い回答" in text(answer)
    assert inquiry.messages.count() == 2


def test_a_forward_of_what_a_colleague_answered_is_not_lost(
    tokyo: User, nurse: User, place: Institution
) -> None:
    inquiry = ask(nurse, place)
    sent = carried(inquiry, "国にお願いします。")
    inquiry.answer(tokyo, "来週です。", seen_revision=1)
    answer = browser(tokyo).post(step(inquiry, "forward"), sent)
    assert answer.status_code == 409
    assert "国にお願いします。" in text(answer)


def test_who_has_it_in_hand_is_shown(tokyo: User, nurse: User, place: Institution) -> None:
    colleague = factories.user(Role.PREFECTURE, name="見本 二郎")
    inquiry = ask(nurse, place)
    assert browser(colleague).post(step(inquiry, "claim"), carried(inquiry)).status_code == 302
    inquiry.refresh_from_db()
    page = text(browser(tokyo).get(f"{INQUIRIES}{inquiry.pk}/change/"))
    assert "見本 二郎さんから担当を引き受ける" in page
    assert browser(tokyo).post(step(inquiry, "claim"), carried(inquiry)).status_code == 302
    mine = text(browser(tokyo).get(f"{INQUIRIES}{inquiry.pk}/change/"))
    assert "担当者 あなた" in mine
    assert "見本 二郎さんから引き受けました。" in mine
    assert "見本 一郎（あと30分）" in text(browser(colleague).get(INQUIRIES))

    with time_machine.travel(NOW + timedelta(minutes=31), tick=False):
        later = browser(colleague)
        assert "見本 一郎（あと" not in text(later.get(INQUIRIES))
        assert "担当者 " not in text(later.get(f"{INQUIRIES}{inquiry.pk}/change/"))
        link = f"{INQUIRIES}{inquiry.pk}/change/"
        assert link not in text(later.get(f"{INQUIRIES}?state=in_hand"))
        assert link in text(later.get(f"{INQUIRIES}?state=new"))


def test_what_people_type_is_text(tokyo: User, nurse: User, place: Institution) -> None:
    inquiry = ask(nurse, place, EVIL, request_number="<b>")
    inquiry.memo(tokyo, EVIL)
    made = announce(tokyo, title=EVIL, body=EVIL)
    client = browser(tokyo)
    paths = [f"{INQUIRIES}{inquiry.pk}/change/", ANNOUNCEMENTS, f"{ANNOUNCEMENTS}{made.pk}/change/"]
    paths += [f"{ANNOUNCEMENTS}{made.pk}/correct/", f"{ANNOUNCEMENTS}{made.pk}/withdraw/"]
    answers = [client.get(path) for path in paths]
    answers.append(client.post(WRITE, written(title=EVIL, body=EVIL)))
    answers.append(client.post(step(inquiry, "answer"), carried(inquiry, EVIL, seen_revision="9")))
    for answer in answers:
        assert "<script>alert" not in text(answer)
        assert "&lt;script&gt;alert" in text(answer)


def test_the_request_is_led_to_by_who_may_see_it(tokyo: User, nurse: User, place: Institution) -> None:
    factories.campaign(now=NOW)
    request = factories.request_in(Status.UNDER_REVIEW, nurse, place, now=NOW)
    inquiry = ask(nurse, place, request_number=request.number)
    way = f'href="/admin/requests_app/sosrequest/{request.pk}/change/"'
    assert way in text(browser(tokyo).get(f"{INQUIRIES}{inquiry.pk}/change/"))
    login = ask(nurse, place, subject=Subject.LOGIN, request_number=request.number)
    page = text(browser(factories.user(Role.OPERATOR)).get(f"{INQUIRIES}{login.pk}/change/"))
    assert request.number in page
    assert way not in page


@pytest.mark.parametrize("many", [1, 12])
def test_the_cost_of_the_inquiries_does_not_grow(
    ministry: User, many: int, django_assert_num_queries: Any
) -> None:
    for _ in range(many):
        place = factories.institution()
        nurse = factories.member(place)
        inquiry = ask(nurse, place, desk=Desk.MINISTRY).claim(ministry, seen_revision=1)
        for _ in range(many):
            inquiry.memo(ministry, "メモ")
    client = browser(ministry)
    with django_assert_num_queries(13):
        client.get(INQUIRIES)
    with django_assert_num_queries(6):
        client.get(f"{INQUIRIES}{inquiry.pk}/change/")


# --- Words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("audience", "said"),
    [
        (Audience(), "すべての医療機関"),
        (Audience(kinds=(InstitutionKind.CLINIC,)), "全国の診療所"),
        (Audience(("13",)), "東京都の医療機関"),
        (Audience(("13", "27"), ("hospital",)), "東京都・大阪府の病院"),
        (
            Audience(("01", "02", "03", "04", "05", "06", "07")),
            "北海道・青森県・岩手県・宮城県・秋田県 ほか2都道府県の医療機関",
        ),
    ],
)
def test_an_audience_in_words(audience: Audience, said: str) -> None:
    assert audience_text(audience) == said


@pytest.mark.parametrize(
    ("hours", "said"), [(0, "1時間未満"), (1, "1時間"), (23.9, "23時間"), (24, "1日"), (200, "8日")]
)
def test_how_long_somebody_has_waited(hours: float, said: str) -> None:
    assert waited(NOW - timedelta(hours=hours), NOW) == said
