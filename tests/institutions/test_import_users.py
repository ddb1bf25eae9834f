"""`manage.py create_user` and `manage.py import_users`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from institutions.imports import users as module
from institutions.models import Institution, Membership, Role, User
from sosportal.lib import clock
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.institutions.lists import Ran, run, write

pytestmark = pytest.mark.django_db

HEADING = ("ユーザー名", "氏名", "メールアドレス", "役割", "都道府県", "医療機関コード")


@pytest.fixture
def place() -> Institution:
    return factories.institution()


@pytest.fixture
def other_place() -> Institution:
    return factories.institution(factories.OSAKA)


def people(path: Path, *rows: tuple[str, ...]) -> Path:
    return write(path / "people.csv", rows, HEADING)


def create(*more: str, name: str = "tanaka", role: str = "institution") -> Ran:
    particulars = ("--name", "田中 一", "--email", "tanaka@example.jp", "--role", role)
    return run("create_user", name, *particulars, *more)


def counts(ran: Ran) -> tuple[int, ...]:
    return tuple(ran.json[name] for name in ("new", "changed", "unchanged", "repeated", "refused"))


# --- create_user --------------------------------------------------------------------------------------------------


def test_a_person_is_created_without_a_password_and_sets_one_by_the_mailed_link(
    place: Institution, client: Client
) -> None:
    assert create("--institution", place.code).code == 0
    person = User.objects.get(username="tanaka")
    assert (person.name, person.role, person.prefecture_id) == ("田中 一", Role.INSTITUTION, None)
    assert person.institution_ids == {place.pk}
    assert not person.has_usable_password()
    mail = OutboxMessage.objects.get()
    assert (mail.to, mail.forget_body) == ("tanaka@example.jp", True)
    link = re.search(r"http://127\.0\.0\.1:8000(\S+)", mail.body)
    assert link is not None
    form = client.get(link[1], follow=True)
    assert form.status_code == 200
    new = {"password1": "Brand-New-Pass-7", "password2": "Brand-New-Pass-7"}
    assert client.post(form.redirect_chain[-1][0], new).status_code == 302
    assert (
        client.post("/accounts/login/", {"login": "tanaka", "password": "Brand-New-Pass-7"}).status_code
        == 302
    )
    assert User.objects.get(pk=person.pk).check_password("Brand-New-Pass-7")


def test_somebody_known_is_left_as_they_are(place: Institution) -> None:
    create("--institution", place.code)
    before = User.objects.values().get()
    for name in ("tanaka", "TANAKA", "ｔａｎａｋａ"):
        ran = create("--prefecture", "13", name=name, role="prefecture")
        assert ran.code == 7
        assert "すでに登録されています" in ran.err
    assert User.objects.values().get() == before
    assert OutboxMessage.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "prefecture", "stored"),
    [
        ("prefecture", "13", "13"),
        ("都道府県担当者", "東京都", "13"),
        ("都道府県", "1", "01"),
        ("ministry", "", None),
        ("国担当者", "", None),
        ("運用担当者", "", None),
    ],
)
def test_roles_and_prefectures_as_people_call_them(role: str, prefecture: str, stored: str | None) -> None:
    assert create("--prefecture", prefecture, role=role).code == 0
    assert User.objects.get().prefecture_id == stored


@pytest.mark.parametrize(
    ("arguments", "option", "reason"),
    [
        (["--institution", "1310000001"], "--institution", "登録されていません"),
        (["--institution", "1"], "--institution", "10桁の数字"),
        ([], "--institution", "医療機関コードが要ります"),
        (["--role", "王様"], "--role", "使えません。医療機関担当者、"),
        (["--role", ""], "--role", "空欄です"),
        (["--role", "prefecture"], "--prefecture", "都道府県を入力"),
        (["--role", "prefecture", "--prefecture", "48"], "--prefecture", "使えません"),
        (["--role", "ministry", "--prefecture", "13"], "--prefecture", "空欄に"),
        (["--role", "ministry", "--institution", "1310000001"], "--institution", "空欄に"),
        (["--role", "ministry", "--email", "nobody"], "--email", "メールアドレスではありません"),
        (["--role", "ministry", "--email", ""], "--email", "空欄です"),
        (["--role", "ministry", "--name", " "], "--name", "空欄です"),
        (["--role", "ministry", "--name", "名\x00前"], "--name", "使えない文字"),
        (["--role", "ministry", "--name", "名\udcff前"], "--name", "使えない文字"),
    ],
)
def test_what_is_refused(arguments: list[str], option: str, reason: str) -> None:
    ran = create(*arguments)
    assert ran.code == 4
    assert ran.err.startswith(f"{option}: ")
    assert reason in ran.err
    assert ran.out == ""
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["ta naka", "", "田" * 151, "a\x00b", "a\udcffb", "a/b"])
def test_user_names_that_cannot_be(name: str) -> None:
    ran = create(name=name, role="ministry")
    assert (ran.code, ran.err.split(":")[0]) == (4, "USERNAME")
    assert not User.objects.exists()


def test_no_mail_and_dry_run(place: Institution) -> None:
    dry = create("--institution", place.code, "--dry-run", "--format", "json")
    assert dry.json == {"username": "tanaka", "created": False, "mailed": False}
    assert not User.objects.exists()
    assert create("--institution", place.code, "--no-mail", "--format", "json").json["mailed"] is False
    assert User.objects.exists()
    assert not OutboxMessage.objects.exists()


# --- import_users -------------------------------------------------------------------------------------------------


def test_a_list_of_everybody(place: Institution, other_place: Institution, tmp_path: Path) -> None:
    path = people(
        tmp_path,
        ("ward", "病棟 一", "ward@example.jp", "医療機関担当者", "", f"{place.code}、{other_place.code}"),
        (
            "ISHIKAI",
            "医師会",
            "i@example.jp",
            "医療機関",
            "",
            f" {other_place.code} {place.code},{place.code}",
        ),
        ("tokyo", "都 一", "t@example.jp", "prefecture", "東京都", ""),
        ("kuni", "国 一", "k@example.jp", "国担当者", "", ""),
        ("unyo", "運用 一", "u@example.jp", "運用", "", ""),
    )
    ran = run("import_users", path, "--format", "json")
    assert (ran.code, counts(ran), ran.err) == (0, (5, 0, 0, 0, 0), "")
    assert {user.username: user.role for user in User.objects.all()} == {
        "ward": "institution",
        "ISHIKAI": "institution",
        "tokyo": "prefecture",
        "kuni": "ministry",
        "unyo": "operator",
    }
    assert User.objects.get(username="ISHIKAI").institution_ids == {place.pk, other_place.pk}
    assert not any(user.has_usable_password() for user in User.objects.all())
    assert OutboxMessage.objects.count() == 5
    assert "ユーザーが登録されました" in OutboxMessage.objects.get(to="ward@example.jp").body


def test_the_same_list_twice_changes_and_mails_nothing(place: Institution, tmp_path: Path) -> None:
    path = people(tmp_path, ("ward", "病棟 一", "ward@example.jp", "institution", "", place.code))
    run("import_users", path)
    before = (list(User.objects.values()), list(Membership.objects.values()), OutboxMessage.objects.count())
    ran = run("import_users", path, "--format", "json")
    assert counts(ran) == (0, 0, 1, 0, 0)
    after = (list(User.objects.values()), list(Membership.objects.values()), OutboxMessage.objects.count())
    assert after == before


def clerks(path: Path, *rows: tuple[str, ...]) -> Path:
    return write(path / "clerks.csv", rows, (*HEADING, "代理として入力する"))


def as_proxy(username: str) -> dict[str, bool]:
    found = Membership.objects.filter(user__username=username).values_list("institution__code", "as_proxy")
    return dict(found)


def test_who_enters_as_a_proxy(place: Institution, other_place: Institution, tmp_path: Path) -> None:
    both = f"{place.code}、{other_place.code}"
    path = clerks(
        tmp_path,
        ("clerk", "医師会", "c@example.jp", "医療機関", "", both, "はい"),
        ("staff", "職員", "s@example.jp", "医療機関", "", place.code, "いいえ"),
        ("other", "職員", "o@example.jp", "医療機関", "", place.code, ""),
        ("kuni", "国 一", "k@example.jp", "国担当者", "", "", ""),
    )
    assert counts(run("import_users", path, "--format", "json")) == (4, 0, 0, 0, 0)
    assert as_proxy("clerk") == {place.code: True, other_place.code: True}
    assert as_proxy("staff") == as_proxy("other") == {place.code: False}
    again = run("import_users", path, "--format", "json")
    assert counts(again) == (0, 0, 4, 0, 0)
    assert as_proxy("clerk") == {place.code: True, other_place.code: True}


def test_a_list_turns_staff_into_proxies_where_it_says_so(
    place: Institution, other_place: Institution, tmp_path: Path
) -> None:
    person = factories.member(place, other_place, username="clerk", name="医師会", email="c@example.jp")
    row = ("clerk", "医師会", "c@example.jp", "医療機関", "")
    yes = clerks(tmp_path, (*row, place.code, "はい"))
    dry = run("import_users", yes, "--dry-run", "--format", "json")
    assert dry.json["changed_columns"] == {"代理として入力する": 1}
    assert as_proxy("clerk") == {place.code: False, other_place.code: False}
    ran = run("import_users", yes, "--format", "json")
    assert counts(ran) == (0, 1, 0, 0, 0)
    assert "注意: ユーザー名: 登録済みのclerkの代理として入力するが変わります。" in ran.err
    assert as_proxy("clerk") == {place.code: True, other_place.code: False}, "the row's institutions alone"
    blank = clerks(tmp_path, (*row, f"{place.code} {other_place.code}", ""))
    silent = people(tmp_path, (*row, f"{place.code} {other_place.code}"))
    for path in (blank, silent):
        assert counts(run("import_users", path, "--format", "json")) == (0, 0, 1, 0, 0)
        assert as_proxy("clerk") == {place.code: True, other_place.code: False}, "what isn't said stays"
    run("import_users", clerks(tmp_path, (*row, place.code, "いいえ")))
    assert as_proxy("clerk") == {place.code: False, other_place.code: False}
    assert Membership.objects.filter(user=person).count() == 2


def test_what_is_refused_of_a_proxys_row(place: Institution, tmp_path: Path) -> None:
    path = clerks(
        tmp_path,
        ("a", "医師会", "a@example.jp", "医療機関", "", place.code, "たぶん"),
        ("b", "都 一", "b@example.jp", "都道府県", "東京都", "", "はい"),
        ("c", "職員", "c@example.jp", "医療機関", "", "", "はい"),
        ("d", "職員", "d@example.jp", "医療機関", "", place.code, "はい"),
        ("d", "職員", "d@example.jp", "医療機関", "", place.code, "いいえ"),
    )
    ran = run("import_users", path, "--format", "json")
    assert ran.code == 4
    column = "代理として入力する"
    assert f"2: {column}: 「たぶん」は使えません。「はい」か「いいえ」を入力してください。" in ran.err
    assert f"3: {column}: 医療機関担当者のほかは空欄にしてください。" in ran.err
    assert f"4: {column}: どの医療機関についてか、医療機関コードを入力してください。" in ran.err
    assert "同じユーザー名の行がほかにあり、内容が違います。" in ran.err
    assert not User.objects.exists()


def test_a_proxy_is_created_by_command(place: Institution) -> None:
    assert create("--institution", place.code, "--as-proxy").code == 0
    assert as_proxy("tanaka") == {place.code: True}
    ran = create("--as-proxy", name="kuni", role="ministry")
    assert (ran.code, ran.err.split(":")[0]) == (4, "--as-proxy")


def test_a_dry_run_writes_nothing(place: Institution, tmp_path: Path) -> None:
    path = people(tmp_path, ("ward", "病棟 一", "ward@example.jp", "institution", "", place.code))
    ran = run("import_users", path, "--dry-run", "--format", "json")
    assert (counts(ran), ran.json["written"]) == ((1, 0, 0, 0, 0), False)
    assert not User.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_what_a_list_changes_and_what_it_never_does(
    place: Institution, other_place: Institution, tmp_path: Path
) -> None:
    ward = factories.member(place, username="Ward", is_active=False)
    officer = factories.user(Role.PREFECTURE, username="officer")
    password = ward.password
    path = people(
        tmp_path,
        ("ward", "新しい名", "new@example.jp", "institution", "", other_place.code),
        ("officer", officer.name, officer.email, "prefecture", "大阪府", ""),
    )
    ran = run("import_users", path, "--format", "json")
    assert (ran.code, counts(ran)) == (0, (0, 2, 0, 0, 0))
    assert ran.json["changed_columns"] == {"氏名": 1, "メールアドレス": 1, "医療機関コード": 1, "都道府県": 1}
    assert (
        f"{path}:2: 注意: ユーザー名: 登録済みのWardの氏名、メールアドレス、医療機関コードが変わります。"
        in ran.err
    )
    assert "Wardは無効にされています" in ran.err
    ward = User.objects.get(pk=ward.pk)
    assert (ward.username, ward.name, ward.email, ward.is_active) == (
        "Ward",
        "新しい名",
        "new@example.jp",
        False,
    )
    assert ward.institution_ids == {place.pk, other_place.pk}
    assert ward.password == password
    assert User.objects.get(pk=officer.pk).prefecture_id == "27"
    assert not OutboxMessage.objects.exists()


def test_a_role_is_never_changed_by_a_list(tmp_path: Path) -> None:
    factories.member(factories.institution(), username="ward")
    path = people(tmp_path, ("ward", "病棟", "w@example.jp", "運用担当者", "", ""))
    ran = run("import_users", path)
    assert ran.code == 4
    assert f"{path}:2: 役割: wardはすでに医療機関担当者です。" in ran.err
    assert User.objects.get().role == Role.INSTITUTION


def test_bad_rows_are_named_and_nothing_is_imported(place: Institution, tmp_path: Path) -> None:
    path = people(
        tmp_path,
        ("good", "よい 人", "g@example.jp", "国", "", ""),
        ("a b", "", "x", "?", "?", "?"),
        ("staff", "職員", "s@example.jp", "institution", "", ""),
        ("same", "同じ", "s@example.jp", "国", "", ""),
        ("SAME", "違う", "s@example.jp", "国", "", ""),
        ("lost", "迷子", "s@example.jp", "institution", "", "1319999999"),
    )
    ran = run("import_users", path, "--format", "json")
    assert (ran.code, ran.json["refused"]) == (4, 5)
    assert [(problem["line"], problem["column"]) for problem in ran.json["problems"]] == [
        *[(3, column) for column in HEADING],
        (4, "医療機関コード"),
        (5, "ユーザー名"),
        (6, "ユーザー名"),
        (7, "医療機関コード"),
    ]
    assert not User.objects.exists()
    assert run("import_users", path, "--skip-bad-rows").code == 5
    assert [user.username for user in User.objects.all()] == ["good"]


def test_rows_that_say_the_same_are_one(place: Institution, other_place: Institution, tmp_path: Path) -> None:
    path = people(
        tmp_path,
        ("ward", "病棟", "w@example.jp", "institution", "", f"{place.code} {other_place.code}"),
        ("ward", "病棟", "w@example.jp", "医療機関", "", f"{other_place.code}/{place.code}"),
    )
    ran = run("import_users", path, "--format", "json")
    assert counts(ran) == (1, 0, 0, 1, 0)


def test_a_password_column_is_ignored(tmp_path: Path) -> None:
    heading = (*HEADING[:4], "パスワード")
    row = ("kuni", "国", "k@example.jp", "国", "Secret-Pass-1")
    run("import_users", write(tmp_path / "people.csv", [row], heading))
    assert not User.objects.get().has_usable_password()


def test_without_mail_none_is_posted(tmp_path: Path) -> None:
    run("import_users", people(tmp_path, ("kuni", "国", "k@example.jp", "国", "", "")), "--no-mail")
    assert User.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_a_name_taken_in_between_is_no_half_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Institution
) -> None:
    path = people(
        tmp_path,
        ("first", "一", "1@example.jp", "国", "", ""),
        ("second", "二", "2@example.jp", "国", "", ""),
    )
    monkeypatch.setattr(module, "_known_people", lambda rows: {})
    factories.user(Role.MINISTRY, username="second")
    ran = run("import_users", path)
    assert ran.code == 6
    assert not User.objects.filter(username="first").exists()
    assert not OutboxMessage.objects.exists()


def test_queries_do_not_grow_with_the_rows_but_for_the_mails(
    tmp_path: Path, django_assert_num_queries: object, place: Institution
) -> None:
    for count in (3, 30):
        rows = [(f"u{count}-{n}", "名", "n@example.jp", "institution", "", place.code) for n in range(count)]
        path = people(tmp_path, *rows)
        with path.open("rb") as binary, django_assert_num_queries(7):  # type: ignore[operator]
            module.import_users(binary, now=clock.now(), mail=False)
