"""Officers' pages of inquiries: who may what, what is shown, and nothing lost or done twice."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from institutions.models import (
    Inquiry,
    InquiryMessage,
    Institution,
    Role,
    User,
)
from institutions.rules.inquiry import Desk, State, Subject
from requests_app.rules.transitions import Status
from tests import factories
from tests.institutions.notice_admin.pages import (
    ANNOUNCEMENTS,
    EVIL,
    INQUIRIES,
    NOW,
    WRITE,
    announce,
    ask,
    browser,
    carried,
    step,
    text,
    words,
    written,
)

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("most", [1, 2])
def test_a_search_that_gives_some_of_more_says_so(
    ministry: User, nurse: User, place: Institution, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("institutions.queries.FEW", 0)
    monkeypatch.setattr("institutions.queries.MOST_FOUND", most)
    older, newer = ask(nurse, place), ask(nurse, place)
    page = browser(ministry).get(f"{INQUIRIES}?q=架空中央")
    assert (f"{INQUIRIES}{older.pk}/change/" in text(page)) is (most == 2)
    assert f"{INQUIRIES}{newer.pk}/change/" in text(page)
    assert ("1件より多く見つかったため、新しい1件だけを出しています。" in text(page)) is (most == 1)


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
