"""A form of the admin whose row somebody else saved meanwhile: 409 with the difference, nothing typed lost, and the
next press does what is shown. The rows below count too."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from institutions.models import Institution, Membership, Role, User
from sosportal.lib.admin_stale import ABSENT, ADDED, BLANK, NO, TAKEN_AWAY, YES
from surveys.models import Item
from tests import factories

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/institutions/user/{}/change/"
INSTITUTIONS = "/admin/institutions/institution/{}/change/"


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(factories.user(Role.OPERATOR))
    return client


def fields_of(page: Any) -> dict[str, str]:
    """What a browser would post of the page as it was shown."""
    forms = [page.context["adminform"].form]
    for each in page.context["inline_admin_formsets"]:
        forms += [each.formset.management_form, *each.formset.forms]
    data = {"_seen": page.context["seen_digest"]}
    for form in forms:
        for bound in form:
            value = bound.value()
            if bound.field.disabled or value in (None, False):
                continue
            data[bound.html_name] = "on" if value is True else str(value)
    return data


def differing(refused: Any) -> list[tuple[str, str, str]]:
    assert refused.status_code == 409
    assert "ほかの人が先に更新しました" in refused.content.decode()
    return [(each.name, each.typed, each.stands) for each in refused.context["differences"]]


def test_a_person_renamed_and_disabled_meanwhile(operator: Client) -> None:
    nurse = factories.member(factories.institution(), name="見本 花子", email="a@example.jp")
    path = PEOPLE.format(nurse.pk)
    sent = fields_of(operator.get(path)) | {"name": "見本 はな子"}
    User.objects.filter(pk=nurse.pk).update(is_active=False, email="")

    refused = operator.post(path, sent)
    assert differing(refused) == [
        ("氏名", "見本 はな子", "見本 花子"),
        ("メールアドレス", "a@example.jp", BLANK),
        ("有効", YES, NO),
    ]
    assert 'value="見本 はな子"' in refused.content.decode()
    assert not User.objects.get(pk=nurse.pk).is_active

    knowing = fields_of(refused)
    assert knowing["name"] == "見本 はな子"
    assert operator.post(path, knowing).status_code == 302
    assert User.objects.get(pk=nurse.pk).name == "見本 はな子"


def test_a_password_set_meanwhile_is_nobodys_business(operator: Client) -> None:
    nurse = factories.member(factories.institution())
    path = PEOPLE.format(nurse.pk)
    sent = fields_of(operator.get(path)) | {"name": "別の 人"}
    nurse.set_password("Another-Pass-2026")
    nurse.save()
    assert operator.post(path, sent).status_code == 302
    assert User.objects.get(pk=nurse.pk).check_password("Another-Pass-2026")


@pytest.fixture
def clerk() -> User:
    return factories.member(*(factories.institution(name=f"架空{n}医院") for n in "一二三"), name="会員 係")


def rows(clerk: User) -> list[Membership]:
    return list(clerk.memberships.order_by("pk"))


def test_memberships_added_and_taken_away_meanwhile(operator: Client, clerk: User) -> None:
    path = PEOPLE.format(clerk.pk)
    first, second, third = rows(clerk)
    new = factories.institution(name="架空四医院")
    page = operator.get(path)
    sent = fields_of(page) | {
        "memberships-2-as_proxy": "on",
        "memberships-3-institution": new.code,
        "memberships-3-as_proxy": "on",
    }
    first.delete()
    Membership.objects.filter(pk=second.pk).update(as_proxy=True)
    fifth = factories.join(clerk, factories.institution(name="架空五医院"))
    Membership.objects.filter(pk=fifth.pk).update(as_proxy=True)

    refused = operator.post(path, sent)
    assert set(differing(refused)) == {
        (f"{second}：代理として入力する", NO, YES),
        (f"{third}：代理として入力する", YES, NO),
        ("所属の追加", f"医療機関コード：{new}、代理として入力する：{YES}", ABSENT),
        (f"所属：{first}", YES, TAKEN_AWAY),
        (f"所属：{fifth}", ABSENT, ADDED),
    }
    assert not clerk.memberships.filter(institution=new).exists()

    assert operator.post(path, fields_of(refused)).status_code == 302
    stands = {each.institution.name: each.as_proxy for each in rows(clerk)}
    assert stands == {"架空二医院": False, "架空三医院": True, "架空四医院": True, "架空五医院": True}


def test_a_row_ticked_to_go_that_somebody_took_away_already(operator: Client, clerk: User) -> None:
    path = INSTITUTIONS.format(rows(clerk)[0].institution_id)
    sent = fields_of(operator.get(path)) | {"memberships-0-DELETE": "on"}
    gone = rows(clerk)[0]
    name = str(gone)
    gone.delete()
    refused = operator.post(path, sent)
    assert differing(refused) == [(f"所属：{name}", YES, TAKEN_AWAY)]
    assert operator.post(path, fields_of(refused)).status_code == 302


def test_the_name_of_a_foreign_row_is_not_told(operator: Client, clerk: User) -> None:
    """A key of another person's membership, posted as if it had stood here."""
    other = rows(factories.member(factories.institution(name="秘密病院")))[0]
    other.delete()
    path = PEOPLE.format(clerk.pk)
    sent = fields_of(operator.get(path)) | {"memberships-0-id": str(other.pk), "_seen": "x"}
    refused = operator.post(path, sent)
    assert refused.status_code == 409
    assert "秘密病院" not in refused.content.decode()


@pytest.mark.parametrize("count", ["", "-1", "１", "10000", "9" * 30, "x", "\0"])
def test_rows_that_cannot_be_counted_are_no_error_of_ours(operator: Client, clerk: User, count: str) -> None:
    path = PEOPLE.format(clerk.pk)
    for name in ("TOTAL", "INITIAL"):
        sent = fields_of(operator.get(path)) | {f"memberships-{name}_FORMS": count, "_seen": "x"}
        assert operator.post(path, sent).status_code in {400, 409}
    assert len(rows(clerk)) == 3


def test_an_item_of_the_survey() -> None:
    client = Client()
    client.force_login(factories.user(Role.MINISTRY))
    item = factories.gloves()
    path = f"/admin/surveys/item/{item.pk}/change/"
    sent = fields_of(client.get(path)) | {"pack_size": "２００"}
    Item.objects.filter(pk=item.pk).update(is_active=False)
    assert differing(client.post(path, sent)) == [
        ("1箱の数", "200", f"{item.pack_size:,}"),
        ("調査に表示する", YES, NO),
    ]


def test_the_same_said_by_both(operator: Client) -> None:
    place: Institution = factories.institution()
    path = INSTITUTIONS.format(place.pk)
    sent = fields_of(operator.get(path)) | {"telephone": "03-1111-1111"}
    Institution.objects.filter(pk=place.pk).update(telephone="03-1111-1111")
    refused = operator.post(path, sent)
    assert differing(refused) == []
    assert "いまの内容と同じです" in refused.content.decode()
