"""Officers' pages of announcements: who may what, what is shown, and nothing lost or done twice."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from institutions.models import (
    Announcement,
    AnnouncementContent,
    AnnouncementMailing,
    AnnouncementVersion,
    Audience,
    Institution,
    Role,
    User,
)
from institutions.presenters import audience_text
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.institutions.notice_admin.pages import (
    ANNOUNCEMENTS,
    INQUIRIES,
    NOW,
    WRITE,
    announce,
    browser,
    text,
    words,
    written,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("most", "said"), [(1, "いま1施設、利用者1人以上"), (2, "いま1施設、利用者2人")], ids=["beyond", "within"]
)
def test_whom_it_reaches_is_told_as_far_as_it_is_counted(
    ministry: User, place: Institution, nurse: User, most: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.member(place)
    made = announce(ministry)
    monkeypatch.setattr("sosportal.lib.counting.MOST", most)
    assert f"（{said}）" in words(browser(ministry).get(f"{ANNOUNCEMENTS}{made.pk}/change/"))


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
    with django_assert_num_queries(10):
        client.get(f"{ANNOUNCEMENTS}{made.pk}/change/")
