"""お問い合わせ as members meet it: asked once, read, gone on with, and nothing typed lost."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from institutions.models import (
    Inquiry,
    Institution,
    Role,
    User,
)
from institutions.rules.inquiry import Desk, State, Subject
from requests_app.rules.transitions import Status
from tests import factories
from tests.institutions.notice_admin.pages import EVIL, NOW, text

pytestmark = pytest.mark.django_db

SECRET = "患者の取り違えのうわさ"


def words(answer: Any) -> str:
    return re.sub(r"<[^>]+>|\s+", "", text(answer))


def ask(person: User, said: str = "いつ届きますか。", **more: Any) -> Inquiry:
    place = Institution.objects.get(pk=next(iter(person.own_institutions)))
    values = {"subject": Subject.REQUEST, "desk": Desk.PREFECTURE, "text": said} | more
    return Inquiry.ask(person, place, **values)


def new(place: Institution, **changes: str) -> dict[str, str]:
    sent = {"token": str(uuid.uuid4()), "institution": place.code, "subject": "request", "desk": "prefecture"}
    return sent | {"text": "いつ届きますか。"} | changes


def more(inquiry: Inquiry, said: str = "もうひとつ", **changes: Any) -> dict[str, Any]:
    last = inquiry.messages.for_institution().last()
    assert last is not None
    sent = {
        "token": str(uuid.uuid4()),
        "seen_version": inquiry.version,
        "seen_message": last.pk,
        "text": said,
    }
    return sent | changes


def test_what_people_type_is_text(client: Client, nurse: User, officer: User) -> None:
    inquiry = ask(nurse, EVIL)
    inquiry.answer(officer, EVIL, seen_revision=1)
    for path in ("/", "/inquiries/", f"/inquiries/{inquiry.pk}/"):
        assert "<script" not in text(client.get(path)), path
    assert "&lt;script&gt;" in text(client.get(f"/inquiries/{inquiry.pk}/"))


@pytest.mark.parametrize("page", ["0", "-1", "x", "２", "9" * 5000, "1e9", "%F0%9D%9F%99"])
def test_no_page_number_breaks_the_list(client: Client, nurse: User, page: str) -> None:
    assert client.get(f"/inquiries/?page={page}").status_code == 200


def test_a_new_inquiry_is_sent_once(client: Client, nurse: User, place: Institution) -> None:
    assert client.get("/inquiries/new/").status_code == 200
    sent = new(place)
    answers = [client.post("/inquiries/new/", sent) for _ in range(3)]
    inquiry = Inquiry.objects.get()
    assert {(each.status_code, each["Location"]) for each in answers} == {(302, f"/inquiries/{inquiry.pk}/")}
    assert inquiry.messages.count() == 1
    other = client.post("/inquiries/new/", sent | {"text": "ほかのこと"})
    assert other.status_code == 409
    assert "ほかのこと" in text(other)
    assert Inquiry.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": " "},
        {"text": "あ" * 4001},
        {"subject": "complaint"},
        {"desk": "vendor"},
        {"token": "x"},
        {"institution": "1319999999"},
        {"request": "2611-9999"},
    ],
)
def test_a_refused_one_says_why_and_loses_nothing(
    client: Client, nurse: User, place: Institution, wrong: dict[str, str]
) -> None:
    factories.campaign(now=NOW)
    factories.request_in(Status.UNDER_REVIEW, nurse, place, now=NOW)
    answer = client.post("/inquiries/new/", new(place) | wrong)
    assert answer.status_code == 422
    assert "まだ送っていません" in text(answer)
    assert wrong.get("text", "いつ届きますか。").strip() in text(answer)
    assert not Inquiry.objects.exists()


def test_nobody_asks_for_a_foreign_institution_or_about_a_foreign_request(
    client: Client, nurse: User, place: Institution
) -> None:
    factories.campaign(now=NOW)
    foreign = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    assert foreign.number not in text(client.get("/inquiries/new/"))
    for wrong in ({"institution": foreign.institution.code}, {"request": foreign.number}):
        own = factories.request_in(Status.UNDER_REVIEW, nurse, place, now=NOW)
        assert own.number in text(client.get("/inquiries/new/"))
        assert client.post("/inquiries/new/", new(place) | wrong).status_code == 422
    assert not Inquiry.objects.exists()


def test_a_request_is_named_and_led_to(client: Client, nurse: User, place: Institution) -> None:
    factories.campaign(now=NOW)
    own = factories.request_in(Status.UNDER_REVIEW, nurse, place, now=NOW)
    answer = client.post("/inquiries/new/", new(place, request=own.number), follow=True)
    assert f'href="/requests/{own.number}/"' in text(answer)


def test_a_request_of_the_other_institution_is_asked_back(
    client: Client, nurse: User, place: Institution
) -> None:
    factories.campaign(now=NOW)
    second = factories.institution()
    factories.join(nurse, second)
    own = factories.request_in(Status.UNDER_REVIEW, nurse, place, now=NOW)
    answer = client.post("/inquiries/new/", new(second, request=own.number))
    assert answer.status_code == 422
    assert "選んだ医療機関の要請ではありません" in text(answer)


def test_who_has_no_institution_is_told_whom_to_call(client: Client) -> None:
    client.force_login(factories.user(Role.INSTITUTION))
    assert "事務局" in text(client.get("/inquiries/new/"))
    assert client.post("/inquiries/new/", {"text": "x"}).status_code == 200
    assert not Inquiry.objects.exists()


def test_members_read_answers_and_never_what_officers_say_among_themselves(
    client: Client, nurse: User, officer: User, ministry: User
) -> None:
    inquiry = ask(nurse)
    inquiry.memo(officer, SECRET)
    inquiry = inquiry.claim(officer, seen_revision=1)
    inquiry = inquiry.forward(officer, SECRET, seen_revision=inquiry.revision)
    inquiry.memo(ministry, SECRET)
    inquiry = inquiry.claim(ministry, seen_revision=inquiry.revision)
    inquiry.answer(ministry, "来週の水曜に届きます。", seen_revision=inquiry.revision)
    assert "お問い合わせに回答がありました" in text(client.get("/"))
    page = text(client.get(f"/inquiries/{inquiry.pk}/"))
    assert "来週の水曜に届きます。" in page
    assert "お問い合わせに回答がありました" not in text(client.get("/"))
    stale = client.post(f"/inquiries/{inquiry.pk}/", more(inquiry, seen_version="1", seen_message="0"))
    assert stale.status_code == 409
    for shown in (page, text(client.get("/inquiries/")), text(stale)):
        assert SECRET not in shown
        assert officer.name not in shown
        assert ministry.name not in shown


def test_a_further_message_is_sent_once_and_opens_it_again(
    client: Client, nurse: User, officer: User
) -> None:
    inquiry = ask(nurse).answer(officer, "来週です。", seen_revision=1)
    sent = more(inquiry)
    answers = {client.post(f"/inquiries/{inquiry.pk}/", sent).status_code for _ in range(3)}
    assert answers == {302}
    again = Inquiry.objects.get()
    assert again.state == State.NEW
    assert again.messages.filter(verb="add").count() == 1


def test_what_was_answered_meanwhile_is_shown_and_nothing_typed_is_lost(
    client: Client, nurse: User, officer: User
) -> None:
    inquiry = ask(nurse)
    sent = more(inquiry, "まだですか。急いでいます。")
    inquiry.answer(officer, "来週の水曜に届きます。", seen_revision=1)
    answer = client.post(f"/inquiries/{inquiry.pk}/", sent)
    assert answer.status_code == 409
    assert "来週の水曜に届きます。" in text(answer)
    assert "まだですか。急いでいます。" in text(answer)
    assert words(answer).count("新しい内容") == 2  # the summary, and beside the answer
    found = dict(re.findall(r'name="(token|seen_version|seen_message)" value="([^"]*)"', text(answer)))
    again = client.post(f"/inquiries/{inquiry.pk}/", found | {"text": "まだですか。急いでいます。"})
    assert again.status_code == 302
    assert Inquiry.objects.get().state == State.NEW


@pytest.mark.parametrize("said", ["", " \n ", "あ" * 4001])
def test_a_refused_message_stays(client: Client, nurse: User, said: str) -> None:
    inquiry = ask(nurse)
    answer = client.post(f"/inquiries/{inquiry.pk}/", more(inquiry, said))
    assert answer.status_code == 422
    assert said.strip() in text(answer)
    assert inquiry.messages.count() == 1


@pytest.mark.parametrize("many", [1, 30])
def test_the_cost_of_the_pages_does_not_grow(
    client: Client, nurse: User, officer: User, many: int, django_assert_num_queries: Any
) -> None:
    for _ in range(many):
        inquiry = ask(nurse)
        for _ in range(many // 6):
            inquiry = inquiry.add(nurse, "もうひとつ", seen_version=inquiry.version)
    with django_assert_num_queries(7):
        client.get("/inquiries/")
    with django_assert_num_queries(7):
        client.get(f"/inquiries/{inquiry.pk}/")
    with django_assert_num_queries(7):
        client.get("/inquiries/new/")


@pytest.mark.parametrize("path", ["/inquiries/new/", "/inquiries/{}/"])
def test_nul_and_lone_surrogates_are_refused(client: Client, nurse: User, path: str) -> None:
    inquiry = ask(nurse)
    for said in (b"%00", b"%ED%A0%80"):
        answer = client.generic(
            "POST",
            path.format(inquiry.pk),
            b"text=x" + said,
            content_type="application/x-www-form-urlencoded",
        )
        assert answer.status_code == 400
