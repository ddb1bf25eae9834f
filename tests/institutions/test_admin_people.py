"""People and memberships in the admin: operators create, change, disable, and mail password links."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from institutions.models import Institution, Membership, Role, User
from sosportal.lib.models import OutboxMessage
from sosportal.lib.once import LOST_TOKEN
from tests import factories

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/institutions/user/"
INSTITUTIONS = "/admin/institutions/institution/"
LINK = re.compile(r"/accounts/password/reset/key/\S+")


@pytest.fixture
def place() -> Institution:
    return factories.institution()


@pytest.fixture
def actor() -> User:
    return factories.user(Role.OPERATOR, username="unyo")


@pytest.fixture
def operator(actor: User) -> Client:
    client = Client()
    client.force_login(actor)
    return client


@pytest.fixture
def ministry() -> Client:
    client = Client()
    client.force_login(factories.user(Role.MINISTRY))
    return client


def posted(
    person: User | None = None, *codes: str, removed: tuple[int, ...] = (), **changed: Any
) -> dict[str, Any]:
    """What the form of a person sends; `codes` are typed in the empty rows, `removed` memberships ticked."""
    data: dict[str, Any] = {
        "username": person.username if person else "new-person",
        "name": person.name if person else "新しい 人",
        "email": person.email if person else "new@example.jp",
        "role": person.role if person else "institution",
        "prefecture": (person.prefecture_id or "") if person else "",
        "is_active": "on",
    }
    data |= factories.seen(person) if person else {}
    standing = list(person.memberships.order_by("pk")) if person else []
    for index, membership in enumerate(standing):
        data |= {f"memberships-{index}-id": membership.pk, f"memberships-{index}-user": membership.user_id}
        if membership.pk in removed:
            data[f"memberships-{index}-DELETE"] = "on"
    for index, code in enumerate(codes, start=len(standing)):
        data[f"memberships-{index}-institution"] = code
    data |= {
        "memberships-TOTAL_FORMS": len(standing) + len(codes),
        "memberships-INITIAL_FORMS": len(standing),
    }
    return {name: value for name, value in (data | changed).items() if value is not None}


def save(client: Client, person: User | None, data: dict[str, Any]) -> str:
    """Post the form; "" when it was saved, else what the page says."""
    response = client.post(f"{PEOPLE}{person.pk}/change/" if person else f"{PEOPLE}add/", data)
    if response.status_code == 302:
        return ""
    return str(response.content.decode())


# --- Creating -----------------------------------------------------------------------------------------------------


def test_an_operator_creates_a_person_who_gets_a_link(operator: Client, place: Institution) -> None:
    assert save(operator, None, posted(None, place.code)) == ""
    person = User.objects.get(username="new-person")
    assert (person.name, person.role, person.institution_ids) == ("新しい 人", "institution", {place.pk})
    assert not person.has_usable_password()
    mail = OutboxMessage.objects.get()
    assert mail.to == "new@example.jp"
    assert LINK.search(mail.body)
    assert mail.forget_body


def test_a_password_can_neither_be_typed_nor_seen(operator: Client, actor: User, place: Institution) -> None:
    save(operator, None, posted(None, place.code, password="Sneaky-Pass-1", password1="Sneaky-Pass-1"))
    assert not User.objects.get(username="new-person").has_usable_password()
    nurse = factories.member(place)
    before = User.objects.get(pk=nurse.pk).password
    assert save(operator, nurse, posted(nurse, password="Sneaky-Pass-1")) == ""
    assert User.objects.get(pk=nurse.pk).password == before
    for path in (f"{PEOPLE}{nurse.pk}/change/", f"{PEOPLE}add/", PEOPLE, f"{PEOPLE}{nurse.pk}/history/"):
        content = operator.get(path).content.decode()
        assert before not in content
        assert "argon2" not in content
        assert 'type="password"' not in content


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"username": "UNYO"}, "すでに使われています"),
        ({"username": "ｕｎｙｏ"}, "すでに使われています"),
        ({"username": "a b"}, "使えない文字があります"),
        ({"username": ""}, "入力してください"),
        ({"email": ""}, "入力してください"),
        ({"email": "nobody"}, "有効なメールアドレス"),
        ({"role": "king"}, "king"),
        ({"role": "prefecture"}, "都道府県担当者には都道府県を"),
        ({"role": "ministry", "prefecture": "13"}, "都道府県担当者には都道府県を"),
        ({"prefecture": "99"}, "選択"),
        ({"name": "\u200b"}, "入力してください"),
        ({"memberships-0-institution": "1310000001"}, "登録されていません"),
        ({"memberships-0-institution": "x"}, "10桁の数字ではありません"),
        ({"role": "ministry"}, "医療機関担当者だけにつけられます"),
    ],
)
def test_what_is_refused_keeps_what_was_typed(
    operator: Client, place: Institution, changed: dict[str, str], said: str
) -> None:
    content = save(operator, None, posted(None, place.code) | changed)
    assert said in content
    assert not User.objects.filter(name="新しい 人").exists()
    assert not OutboxMessage.objects.exists()
    assert "新しい 人" in content or "name" in changed


def test_the_query_string_fills_in_nothing(operator: Client) -> None:
    content = operator.get(
        f"{PEOPLE}add/?username=planted&role=ministry&email=evil@example.jp"
    ).content.decode()
    assert "planted" not in content
    assert "evil@example.jp" not in content


# --- Changing and disabling ---------------------------------------------------------------------------------------


def test_a_disabled_person_is_refused_at_the_next_request(operator: Client, place: Institution) -> None:
    nurse = factories.member(place)
    at_work = Client()
    at_work.force_login(nurse)
    assert at_work.get("/").status_code == 200
    assert save(operator, nurse, posted(nurse, is_active=None)) == ""
    response = at_work.get("/")
    assert (response.status_code, response["Location"].split("?")[0]) == (302, "/accounts/login/")


def test_an_officer_who_was_moved_sees_the_new_prefecture_at_the_next_request(
    operator: Client, place: Institution
) -> None:
    officer = factories.user(Role.PREFECTURE)
    at_work = Client()
    at_work.force_login(officer)
    path = f"{INSTITUTIONS}{place.pk}/change/"
    assert at_work.get(path).status_code == 200
    assert save(operator, officer, posted(officer, prefecture=factories.OSAKA)) == ""
    assert at_work.get(path).status_code == 404


def test_a_person_taken_from_an_institution_no_longer_enters_for_it(
    operator: Client, place: Institution
) -> None:
    other = factories.institution(factories.OSAKA)
    nurse = factories.member(place, other)
    gone = Membership.objects.get(user=nurse, institution=place)
    assert save(operator, nurse, posted(nurse, removed=(gone.pk,))) == ""
    assert User.objects.get(pk=nurse.pk).institution_ids == {other.pk}
    assert f"{nurse} → {place}" in LogEntry.objects.get().get_change_message()


def test_the_user_name_can_not_be_changed(operator: Client, place: Institution) -> None:
    nurse = factories.member(place)
    assert save(operator, nurse, posted(nurse, username="renamed", name="改姓 花子")) == ""
    fresh = User.objects.get(pk=nurse.pk)
    assert (fresh.username, fresh.name) == (nurse.username, "改姓 花子")


def test_nobody_disables_or_moves_themselves(operator: Client, actor: User) -> None:
    assert "自分自身を無効にすることはできません" in save(operator, actor, posted(actor, is_active=None))
    assert "自分自身の役割を変えることはできません" in save(operator, actor, posted(actor, role="ministry"))
    fresh = User.objects.get(pk=actor.pk)
    assert (fresh.is_active, fresh.role) == (True, Role.OPERATOR)
    assert save(operator, actor, posted(actor, name="運用 新姓")) == ""


def test_another_role_wants_the_memberships_gone(operator: Client, place: Institution) -> None:
    nurse = factories.member(place)
    assert "下の所属をすべて外してください" in save(operator, nurse, posted(nurse, role="ministry"))
    row = nurse.memberships.get()
    assert save(operator, nurse, posted(nurse, removed=(row.pk,), role="ministry")) == ""
    assert User.objects.get(pk=nurse.pk).role == Role.MINISTRY


def test_the_same_institution_twice_is_refused(operator: Client, place: Institution) -> None:
    nurse = factories.member(place)
    assert save(operator, nurse, posted(nurse, place.code)) != ""
    other = factories.institution()
    assert save(operator, nurse, posted(nurse, other.code, other.code)) != ""
    assert User.objects.get(pk=nurse.pk).institution_ids == {place.pk}


def test_a_standing_membership_can_not_be_pointed_elsewhere(operator: Client, place: Institution) -> None:
    other = factories.institution()
    nurse = factories.member(place)
    data = posted(nurse) | {"memberships-0-institution": other.code}
    assert save(operator, nurse, data) == ""
    assert User.objects.get(pk=nurse.pk).institution_ids == {place.pk}


def test_memberships_of_somebody_else_can_not_be_posted(operator: Client, place: Institution) -> None:
    nurse, stranger = factories.member(place), factories.member(factories.institution())
    theirs = stranger.memberships.get()
    data = posted(nurse) | {"memberships-0-id": theirs.pk, "memberships-0-DELETE": "on"}
    save(operator, nurse, data)
    assert Membership.objects.filter(pk=theirs.pk).exists()


def test_extra_keys_change_nothing(operator: Client, place: Institution) -> None:
    nurse = factories.member(place)
    extra = {
        "is_staff": "on",
        "is_superuser": "on",
        "pk": "1",
        "id": "1",
        "created_at": "2000-01-01",
        "last_login": "",
    }
    assert save(operator, nurse, posted(nurse) | extra) == ""
    fresh = User.objects.get(pk=nurse.pk)
    assert (fresh.is_staff, fresh.created_at) == (False, nurse.created_at)


def test_the_ministry_looks_and_changes_nothing(ministry: Client, place: Institution) -> None:
    nurse = factories.member(place)
    content = ministry.get(f"{PEOPLE}{nurse.pk}/change/").content.decode()
    assert nurse.username in content
    assert place.name in content
    assert 'name="name"' not in content
    assert ministry.post(f"{PEOPLE}{nurse.pk}/change/", posted(nurse, name="x")).status_code == 403
    assert ministry.get(f"{PEOPLE}add/").status_code == 404
    assert ministry.post(f"{PEOPLE}add/", posted()).status_code in {403, 404}
    assert User.objects.get(pk=nurse.pk).name == nurse.name


# --- From the institution's side ----------------------------------------------------------------------------------


def of_institution(place: Institution, *usernames: str) -> dict[str, Any]:
    names = ("code", "name", "kind", "postal_code", "address", "telephone", "contact_person", "email")
    data: dict[str, Any] = {name: getattr(place, name) for name in names}
    for index, username in enumerate(usernames):
        data[f"memberships-{index}-user"] = username
    data |= factories.seen(place)
    return data | {"memberships-TOTAL_FORMS": len(usernames), "memberships-INITIAL_FORMS": 0}


def test_a_person_is_tied_to_an_institution_by_user_name(operator: Client, place: Institution) -> None:
    nurse = factories.user(username="Nurse")
    officer = factories.user(Role.PREFECTURE)
    path = f"{INSTITUTIONS}{place.pk}/change/"
    refused = operator.post(path, of_institution(place, officer.username))
    assert "医療機関担当者だけにつけられます" in refused.content.decode()
    refused = operator.post(path, of_institution(place, "nobody"))
    assert "このユーザー名の利用者は登録されていません" in refused.content.decode()
    assert operator.post(path, of_institution(place, "ｎｕｒｓｅ")).status_code == 302
    assert list(place.memberships.values_list("user_id", flat=True)) == [nurse.pk]


# --- Password links -----------------------------------------------------------------------------------------------


def action(people: list[User], **more: Any) -> dict[str, Any]:
    return {"action": "send_password_links", "_selected_action": [person.pk for person in people]} | more


def token_of(content: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f-]{36})"', content)
    assert found is not None
    return found[1]


def test_password_links_are_asked_about_and_posted_once(operator: Client, place: Institution) -> None:
    nurse = factories.member(place, email="nurse@example.jp")
    new = User.objects.create_user("brand-new", name="新", role="ministry", email="brand-new@example.jp")
    disabled = factories.member(place, name="無効 太郎", is_active=False)
    without = factories.member(place, name="宛先 なし", email="")
    asked = operator.post(PEOPLE, action([nurse, new, disabled, without])).content.decode()
    assert "次の2人に" in asked
    assert "2人には送りません" in asked
    assert "無効 太郎" in asked
    assert not OutboxMessage.objects.exists()
    token = token_of(asked)
    for _ in range(2):
        done = operator.post(PEOPLE, action([nurse, new], token=token), follow=True)
        assert "2人に、パスワードを設定するメールを送ります" in done.content.decode()
    bodies = {mail.to: mail.body for mail in OutboxMessage.objects.all()}
    assert set(bodies) == {"nurse@example.jp", "brand-new@example.jp"}
    assert "リセット" in bodies["nurse@example.jp"]
    assert "登録されました" in bodies["brand-new@example.jp"]
    assert OutboxMessage.objects.count() == 2


def test_the_same_token_for_other_people_is_refused(operator: Client, place: Institution) -> None:
    first, second = factories.member(place), factories.member(place)
    token = str(uuid.uuid4())
    operator.post(PEOPLE, action([first], token=token))
    refused = operator.post(PEOPLE, action([second], token=token), follow=True)
    assert "すでに送信されています" in refused.content.decode()
    assert OutboxMessage.objects.get().to == first.email


def test_a_broken_token_asks_again(operator: Client, place: Institution) -> None:
    nurse = factories.member(place)
    assert "次の1人に" in operator.post(PEOPLE, action([nurse], token="x")).content.decode()
    assert not OutboxMessage.objects.exists()


def test_the_disabled_and_the_addressless_get_none_even_if_posted(
    operator: Client, place: Institution
) -> None:
    disabled = factories.member(place, is_active=False)
    operator.post(PEOPLE, action([disabled], token=str(uuid.uuid4())))
    assert not OutboxMessage.objects.exists()


def test_only_operators_send_links(ministry: Client, place: Institution) -> None:
    nurse = factories.member(place)
    ministry.post(PEOPLE, action([nurse], token=str(uuid.uuid4())))
    assert not OutboxMessage.objects.exists()
    assert "パスワードを設定するメールを送る" not in ministry.get(PEOPLE).content.decode()


# --- Two operators at once ----------------------------------------------------------------------------------------


def test_a_page_opened_before_does_not_enable_somebody_again(operator: Client, place: Institution) -> None:
    nurse = factories.member(place)
    page = operator.get(f"{PEOPLE}{nurse.pk}/change/").content.decode()
    seen = re.search(r'name="_seen" value="([^"]+)"', page)
    assert seen is not None
    User.objects.filter(pk=nurse.pk).update(is_active=False)
    said = save(operator, nurse, posted(nurse) | {"_seen": seen[1]})
    assert "ほかの人がこの内容を更新しました" in said
    assert not User.objects.get(pk=nurse.pk).is_active


@pytest.mark.parametrize("sent", [None, "", "x", "0" * 64])
def test_who_does_not_say_what_was_seen_overwrites_nothing(
    operator: Client, place: Institution, sent: str | None
) -> None:
    nurse = factories.member(place)
    data = posted(nurse, name="別の 人") | {"_seen": sent}
    data = {name: value for name, value in data.items() if value is not None}
    path = f"{PEOPLE}{nurse.pk}/change/"
    refused = operator.post(path, data)
    assert refused.status_code == (422 if sent is None else 409)
    said = LOST_TOKEN if sent is None else "ほかの人がこの内容を更新しました"
    assert said in refused.content.decode()
    assert 'value="別の 人"' in refused.content.decode()
    assert User.objects.get(pk=nurse.pk).name == nurse.name
    assert operator.post(path, data | {"_seen": refused.context["seen_digest"]}).status_code == 302
