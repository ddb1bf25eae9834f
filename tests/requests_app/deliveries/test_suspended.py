"""What was allocated before its institution was suspended: held back at the hand-off unless the ministry says why."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from institutions.models import Role, Suspension, User
from requests_app.exceptions import HandOffChanged, NothingToHandOff, ReasonRequired
from requests_app.forms.allocation import cutoff_text
from requests_app.models import HandOff, HandOffRow, RequestEvent, SosRequest
from requests_app.models.handing_off import hand_off, plan_whole, rows_again
from requests_app.rules.transitions import Verb
from sosportal.lib.tabular import FileKind
from tests import factories
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries.vendor import HANDED, VENDOR, allocated

pytestmark = pytest.mark.django_db

NEW = "/admin/requests_app/handoff/new/"
PROPOSE = "/admin/requests_app/allocationdecision/propose/"
WHY = "配布した手袋を転売したため"
DESPITE = "転売の前に配布を決めた分で、病棟の在庫がないため"


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(HANDED, tick=False):
        yield


@pytest.fixture
def officer() -> User:
    return factories.user(Role.MINISTRY)


@pytest.fixture
def two(officer: User) -> list[SosRequest]:
    """Two allocated requests; the institution of the first was suspended afterwards."""
    requests = allocated(100, 200)
    Suspension.suspend(officer, requests[0].institution, WHY, now=HANDED - timedelta(hours=1))
    return requests


def made_by(officer: User, *include: int, why: str = "", seen: str = "") -> HandOff:
    return hand_off(
        officer,
        vendor=VENDOR,
        kind=FileKind.UTF8,
        seen_digest=seen or plan_whole().digest,
        include=include,
        include_reason=why,
        now=HANDED,
    )


def numbers(made: HandOff) -> list[Any]:
    return [row[0] for row in rows_again(made)]


def test_it_is_held_back_with_the_reason_and_goes_out_once_the_suspension_is_lifted(
    officer: User, two: list[SosRequest]
) -> None:
    held, free = two
    (line,) = plan_whole().held
    assert (line.line.particulars.number, line.suspension.reason) == (held.number, WHY)

    assert numbers(made_by(officer)) == [free.number]
    with pytest.raises(NothingToHandOff):
        made_by(officer)

    Suspension.objects.get().lift(officer, "確認できたため", now=HANDED)
    assert numbers(made_by(officer)) == [held.number]


def test_the_ministry_includes_it_with_a_reason_that_stays_with_the_record_and_out_of_the_file(
    officer: User, two: list[SosRequest]
) -> None:
    held, free = two
    key = held.lines.get().pk
    for nothing in ("", " 　"):
        with pytest.raises(ReasonRequired):
            made_by(officer, key, why=nothing)
    assert not HandOff.objects.exists()

    made = made_by(officer, key, why=DESPITE)

    assert numbers(made) == [held.number, free.number]
    assert made.despite_suspension == DESPITE
    assert list(HandOffRow.objects.filter(suspended=True).values_list("line", flat=True)) == [key]
    events = RequestEvent.objects.filter(verb=Verb.HAND_OFF.value)
    assert events.get(request_id=held.pk).content["despite_suspension"] == DESPITE
    assert "despite_suspension" not in events.get(request_id=free.pk).content
    assert not any(word in str(list(rows_again(made))) for word in (WHY, DESPITE, "停止"))


def test_a_line_that_is_not_held_is_not_included_and_no_reason_is_kept_for_nothing(
    officer: User, two: list[SosRequest]
) -> None:
    made = made_by(officer, two[1].lines.get().pk, 10**15, why=DESPITE)

    assert numbers(made) == [two[1].number]
    assert made.despite_suspension == ""


def test_a_suspension_that_began_since_the_look_is_shown_first(officer: User) -> None:
    request, _ = allocated(100, 200)
    seen = plan_whole().digest
    Suspension.suspend(officer, request.institution, WHY, now=HANDED)

    with pytest.raises(HandOffChanged):
        made_by(officer, seen=seen)


def test_one_that_is_still_to_begin_holds_nothing_back(officer: User) -> None:
    (request,) = allocated(100)
    Suspension.suspend(officer, request.institution, WHY, starts_at=HANDED + timedelta(days=1), now=HANDED)

    assert not plan_whole().held
    assert numbers(made_by(officer)) == [request.number]


# --- The page -----------------------------------------------------------------------------------------------------


def sent(**more: Any) -> dict[str, Any]:
    form = {"token": str(uuid.uuid4()), "seen": plan_whole().digest, "vendor": VENDOR, "kind": "utf8"}
    return form | more


def test_the_page_shows_it_apart_unticked_and_asks_why(officer: User, two: list[SosRequest]) -> None:
    key = two[0].lines.get().pk
    browser = Client()
    browser.force_login(officer)

    shown = browser.get(NEW).content.decode()
    assert WHY in shown
    assert "checked" not in shown.partition('name="include"')[2].partition(">")[0]

    refused = browser.post(NEW, sent(include=[key]))
    assert refused.status_code == 422
    assert "載せる理由を入力してください" in refused.content.decode()
    assert "checked" in refused.content.decode().partition('name="include"')[2].partition(">")[0]

    form = sent(include=[key], include_reason=DESPITE)
    first, second = browser.post(NEW, form), browser.post(NEW, form)
    made = HandOff.objects.get()
    assert first.headers["Location"] == second.headers["Location"]
    assert (made.line_count, made.despite_suspension) == (2, DESPITE)
    history = browser.get(f"/admin/requests_app/sosrequest/{two[0].pk}/change/").content.decode()
    assert DESPITE in history
    record = browser.get(first.headers["Location"]).content.decode()
    assert DESPITE in record
    assert f"{two[0].number}-5" in record


@pytest.mark.parametrize("bad", ["x", "-1", "９", "\x00", "9" * 40])
def test_what_is_no_line_is_refused_kindly(officer: User, two: list[SosRequest], bad: str) -> None:
    browser = Client()
    browser.force_login(officer)

    assert browser.post(NEW, sent(include=[bad], include_reason=DESPITE)).status_code in {400, 422}
    assert not HandOff.objects.exists()


def test_the_proposals_warn_of_it(officer: User) -> None:
    factories.campaign(now=rounds.NOW)
    (request,) = rounds.accepted([100], now=rounds.NOW)
    assert request.cutoff_at is not None
    Suspension.suspend(officer, request.institution, WHY, now=HANDED)
    browser = Client()
    browser.force_login(officer)
    asked: dict[str, Any] = {"item": factories.gloves().pk, "cutoff": cutoff_text(request.cutoff_at)}
    before = browser.get(PROPOSE, asked).content.decode()
    assert '停止中の医療機関が<span class="num">1件</span>' in before, "before a quantity is given, how many"
    asked |= {"available": "100", "rule_a": "PRO_RATA", "rule_b": "NEED_FIRST"}

    shown = browser.get(PROPOSE, asked).content.decode()

    assert WHY in shown
    assert "要請を停止中の医療機関が" in shown
