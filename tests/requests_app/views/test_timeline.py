"""これまでの動き: every verb in people's words, officers as their office."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from institutions.models import Institution, InstitutionKind, Role, User
from requests_app.models import Content, SosRequest
from requests_app.presenters.timeline import TELLING
from requests_app.rules.transitions import Status, Verb
from surveys.models import Item
from tests import factories
from tests.requests_app.views.pages import NOON, words

pytestmark = pytest.mark.django_db


def shown(client: Client, request: SosRequest, page: str = "") -> str:
    answer = client.get(f"/requests/{request.number}/{page}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def timeline(page: str) -> str:
    return words(page.split("これまでの動き")[1].split("</ol>")[0].split(">", 1)[1])


class TestTimeline:
    def test_every_verb_can_be_told(self) -> None:
        assert set(TELLING) == set(Verb)

    def test_what_happened_in_peoples_words_and_officers_as_their_office(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        gloves = factories.gloves()
        request = factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON - timedelta(hours=5))
        officer = factories.user(Role.PREFECTURE, name="都庁 一郎")
        request = request.note(
            officer, "確認します", seen_revision=request.revision, now=NOON - timedelta(hours=4)
        )
        request = request.log_telephone(
            officer, whom="院長 秘密", what="内緒の話", now=NOON - timedelta(hours=3, minutes=30)
        )
        request = request.confirm(
            officer,
            {gloves.pk: 3500},
            "減らします",
            seen_revision=request.revision,
            now=NOON - timedelta(hours=3),
        )
        change = Content(True, {gloves.pk: 3000}, "Sサイズです")
        request = request.revise(person, change, seen_version=1, now=NOON - timedelta(hours=2))
        ministry = factories.user(Role.MINISTRY, name="霞が関 次郎")
        request = request.accept(
            ministry, seen_revision=request.revision, reason="内輪の理由", now=NOON - timedelta(hours=1)
        )
        page = shown(client, request)
        assert timeline(page) == (
            "11/24（火）11:00受付完了3,000枚国"
            "11/24（火）10:00内容を編集見本花子さん⑤非滅菌手袋4,100枚→3,000枚、ご意見"
            "システムチェックは満たしています都道府県の確認は、やり直しになります"
            "11/24（火）9:00都道府県の確認3,500枚東京都"
            "11/24（火）8:30電話で状況確認東京都"
            "11/24（火）8:00都道府県入力欄に記入東京都"
            "11/24（火）7:00都道府県・国確認中見本花子さんが申請（4,100枚）"
            "11/24（火）7:00未申請見本花子さんが保存"
        ).replace("）9:", "）09:").replace("）8:", "）08:").replace("）7:", "）07:")
        for secret in ("都庁", "霞が関", "秘密", "内緒", "内輪"):
            assert secret not in page

    def test_a_fulfilled_check_tells_of_its_warnings(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        request = factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON - timedelta(hours=2))
        request.revise(person, Content(True, {factories.gloves().pk: 3050}), seen_version=1, now=NOON)
        assert "システムチェックは満たしています（注意1件）" in timeline(shown(client, request))

    def test_a_failed_check_and_a_failed_edit(
        self, client: Client, person: User, place: Institution, campaign: Any
    ) -> None:
        request = factories.request_in(Status.ERROR, person, place, now=NOON - timedelta(hours=2))
        assert "エラー有り見本花子さんがシステムチェック&申請システムチェック：足りないもの1件" in timeline(
            shown(client, request)
        )
        factories.answer(person, place, now=NOON - timedelta(hours=1))
        request = request.submit(person, seen_version=1, now=NOON - timedelta(hours=1))
        masks = Item.objects.get(order=1)
        request.revise(person, Content(True, {masks.pk: None}), seen_version=1, now=NOON)
        told = timeline(shown(client, request))
        assert "内容を編集し、エラー有り" in told
        assert "①医療用(サージカル)マスクを追加（数量は空欄）、⑤非滅菌手袋を取りやめ" in told


def test_a_clinic_in_another_prefecture_is_told_of_its_own(client: Client, campaign: Any) -> None:
    place = factories.institution(prefecture="22", kind=InstitutionKind.CLINIC)
    person = factories.member(place)
    request = factories.confirm(factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON))
    own = Client()
    own.force_login(person)
    assert "静岡県" in timeline(shown(own, request))
