"""ユーザー基礎情報登録: what staff keep, who may, what is told to whom, and that no list overwrites it."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from institutions.exceptions import NotPermitted, ProxyReasonMissing, StaleParticulars
from institutions.models import Institution, Particulars, Proxy, Role, User
from sosportal.lib.audit.tracking import tracked
from sosportal.lib.clock import JST
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.institutions.lists import HEADING, code, run, write

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=JST)
GIVEN = Particulars("06-1111-2222", "新 担当", "new@example.jp")
COMMAND = "import_institutions"
ALL = (*HEADING, "電話番号", "担当者氏名", "メールアドレス")


@pytest.fixture
def place() -> Institution:
    return factories.institution(code=code(1), email="old@example.jp")


@pytest.fixture
def nurse(place: Institution) -> User:
    return factories.member(place, name="見本 花子")


def fresh(place: Institution) -> Institution:
    return Institution.objects.get(pk=place.pk)


def history(place: Institution) -> list[Any]:
    rows: Any = tracked[Institution]._default_manager
    return list(rows.filter(pgh_obj_id=place.pk).order_by("pgh_id"))


def mailed() -> list[str]:
    return sorted(OutboxMessage.objects.values_list("to", flat=True))


# --- The verb ---------------------------------------------------------------------------------------------------------


def test_staff_keep_their_particulars_and_nothing_else(place: Institution, nurse: User) -> None:
    before = fresh(place)
    assert place.keep_particulars(nurse, GIVEN, seen=place.particulars.mark, now=NOW)
    after = fresh(place)
    assert after.particulars == GIVEN
    assert (after.particulars_kept_at, after.updated_at) == (NOW, NOW)
    locked = ("code", "name", "kind", "prefecture_id", "postal_code", "address", "has_agreement")
    assert [getattr(after, name) for name in locked] == [getattr(before, name) for name in locked]
    *_, last = history(place)
    assert set(last.pgh_before) == {"telephone", "contact_person", "email"}
    assert last.pgh_before["telephone"] == before.telephone


def test_confirming_them_unchanged_writes_no_history_and_no_mail(place: Institution, nurse: User) -> None:
    events = len(history(place))
    same = place.particulars
    assert not place.keep_particulars(nurse, same, seen=same.mark, now=NOW)
    assert fresh(place).particulars_kept_at == NOW
    assert len(history(place)) == events
    assert mailed() == []


def test_a_stale_page_is_refused_with_what_stands(place: Institution, nurse: User) -> None:
    seen = place.particulars.mark
    place.keep_particulars(nurse, GIVEN, seen=seen, now=NOW)
    with pytest.raises(StaleParticulars) as refused:
        place.keep_particulars(nurse, replace(GIVEN, telephone="03-9999-9999"), seen=seen, now=NOW)
    assert refused.value.current.particulars == GIVEN
    assert fresh(place).particulars == GIVEN


@pytest.mark.parametrize(
    ("role", "where"), [(Role.INSTITUTION, "other"), (Role.OPERATOR, ""), (Role.PREFECTURE, "27")]
)
def test_nobody_else_may(place: Institution, role: Role, where: str) -> None:
    if role == Role.INSTITUTION:
        person = factories.member(factories.institution())
    elif role == Role.PREFECTURE:
        person = factories.user(role, prefecture_id=where)
    else:
        person = factories.user(role)
    with pytest.raises(NotPermitted):
        place.keep_particulars(person, GIVEN, seen=place.particulars.mark, now=NOW)
    assert fresh(place).particulars == place.particulars


def test_a_member_who_was_switched_off_may_not(place: Institution, nurse: User) -> None:
    nurse.is_active = False
    with pytest.raises(NotPermitted):
        place.keep_particulars(nurse, GIVEN, seen=place.particulars.mark, now=NOW)


def test_a_new_address_is_told_to_the_old_one_and_the_new(place: Institution, nurse: User) -> None:
    place.keep_particulars(nurse, GIVEN, seen=place.particulars.mark, now=NOW)
    assert mailed() == ["new@example.jp", "old@example.jp"]
    body = OutboxMessage.objects.values_list("body", flat=True)[0]
    assert "メールアドレス：old@example.jp → new@example.jp" in body
    assert "変更した人：見本 花子" in body


def test_a_new_telephone_number_is_mailed_to_nobody(place: Institution, nurse: User) -> None:
    given = replace(place.particulars, telephone="06-1111-2222")
    place.keep_particulars(nurse, given, seen=place.particulars.mark, now=NOW)
    assert mailed() == []


def test_a_proxy_says_why_and_the_institution_is_told(place: Institution, nurse: User) -> None:
    officer = factories.user(Role.PREFECTURE, name="見本 一郎")
    seen = place.particulars.mark
    with pytest.raises(ProxyReasonMissing):
        place.keep_particulars(officer, GIVEN, seen=seen, now=NOW)
    officer.proxies = {place.pk: Proxy(place.pk, place.code, place.name, "電話で依頼")}
    officer.turn_to(place)
    given = replace(place.particulars, telephone="06-1111-2222")
    assert place.keep_particulars(officer, given, seen=seen, now=NOW)
    assert mailed() == sorted(["old@example.jp", nurse.email])
    body = OutboxMessage.objects.values_list("body", flat=True)[0]
    assert "変更した人：代理：東京都 見本 一郎\n理由：電話で依頼\n" in body


# --- The register's list ----------------------------------------------------------------------------------------------


def told(place: Institution, folder: Path, **says: str) -> Any:
    """Read in a list that says this of the place."""
    cells = asdict(place.particulars) | says
    row = (place.code, place.name, "1000002", place.address, *cells.values())
    return run(COMMAND, write(folder / "list.csv", [row], ALL), "--format", "json")


def test_what_staff_kept_no_list_overwrites(place: Institution, nurse: User, tmp_path: Path) -> None:
    place.keep_particulars(nurse, GIVEN, seen=place.particulars.mark, now=NOW)
    ran = told(place, tmp_path, telephone="03-0000-9999", email="list@example.jp", contact_person="")
    assert (ran.code, ran.json["changed_columns"]) == (0, {"郵便番号": 1})
    assert [each["column"] for each in ran.json["warnings"]] == ["電話番号", "メールアドレス"]
    assert fresh(place).particulars == GIVEN
    assert fresh(place).postal_code == "1000002"
    again = told(place, tmp_path, telephone="03-0000-9999", email="list@example.jp")
    assert (again.json["unchanged"], again.json["changed"]) == (1, 0)


def test_what_staff_only_confirmed_no_list_overwrites(
    place: Institution, nurse: User, tmp_path: Path
) -> None:
    place.keep_particulars(nurse, place.particulars, seen=place.particulars.mark, now=NOW)
    told(place, tmp_path, telephone="03-0000-9999")
    assert fresh(place).particulars == place.particulars


def test_what_nobody_kept_a_list_still_fills(place: Institution, tmp_path: Path) -> None:
    assert told(place, tmp_path, telephone="03-0000-9999").json["changed_columns"]["電話番号"] == 1
    assert fresh(place).telephone == "03-0000-9999"


def test_what_was_kept_and_is_blank_a_list_fills(place: Institution, tmp_path: Path) -> None:
    Institution.objects.filter(pk=place.pk).update(telephone="", particulars_kept_at=NOW - timedelta(days=1))
    ran = told(place, tmp_path, telephone="03-0000-9999", email="list@example.jp")
    assert [each["column"] for each in ran.json["warnings"]] == ["メールアドレス"]
    assert fresh(place).telephone == "03-0000-9999"
    assert fresh(place).email == place.email
