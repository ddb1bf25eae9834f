"""What goes to the vendor: which lines, which particulars and no other, once, and to the byte again."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from institutions.models import Institution, Role
from requests_app.exceptions import HandOffChanged, NothingToHandOff, NotPermitted, ReasonRequired
from requests_app.models import HandOff, HandOffRow, RequestEvent
from requests_app.models.handing_off import hand_off, plan_correction, plan_whole, rows_again
from requests_app.rules.allocation import Rule
from requests_app.rules.handing_off import CORRECTION_HEADING, HEADING
from requests_app.rules.transitions import Verb
from sosportal.lib.models import OutboxMessage
from sosportal.lib.tabular import FileKind, TableProblem, write
from tests import factories
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries.vendor import HANDED, VENDOR, allocated, corrected, handed

pytestmark = pytest.mark.django_db


def made_again(made: HandOff) -> tuple[bytes, str]:
    binary = io.BytesIO()
    written = write(binary, made.file_kind, made.heading, rows_again(made), geta=bool(made.replaced))
    return binary.getvalue(), written.sha256


# --- which lines --------------------------------------------------------------------------------------------------


def test_accepted_and_allocated_lines_go_out_and_nothing_else() -> None:
    first, second = allocated(4100, 2000)
    declined, undecided = rounds.accepted([500, 700], now=rounds.NOW + timedelta(hours=3))
    assert undecided.number

    plan = plan_whole()

    assert [line.particulars.number for line in plan.lines] == [first.number, second.number]
    assert [line.particulars.quantity for line in plan.lines] == [4100, 2000]
    assert plan.left_out.undecided == 2
    rounds.decide(100, Rule.NEED_FIRST)
    again = plan_whole()
    assert (again.left_out.undecided, again.left_out.declined) == (0, 1)
    assert len(again.lines) == 3
    assert declined.number


def test_who_can_not_be_reached_stays_behind_and_is_named() -> None:
    first, second = allocated(100, 200)
    Institution.objects.filter(pk=second.institution_id).update(telephone="", address="")

    plan = plan_whole()

    assert [line.particulars.number for line in plan.lines] == [first.number]
    (left,) = plan.left_out.incomplete
    assert left.particulars.missing == ["住所", "電話番号"]


def test_a_line_goes_out_in_full_once() -> None:
    (request,) = allocated(4100)
    made = handed()

    assert plan_whole().lines == []
    assert plan_whole().left_out.handed_off == 1
    with pytest.raises(NothingToHandOff):
        handed()
    line = request.lines.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        HandOffRow.objects.create(
            hand_off=made, line=line, position=2, whole=True, quantity=1, particulars=[], cells=[]
        )


# --- which particulars --------------------------------------------------------------------------------------------


def test_only_the_particulars_that_the_terms_name_leave_the_house() -> None:
    """Everything that people typed elsewhere carries a mark; none of it may be in the file or the event."""
    place = factories.institution(name="架空北病院", contact_person="見本 花子")
    (request,) = allocated(4100, places=[place])
    officer = factories.user(Role.MINISTRY, name="秘密 役人")
    request.memo(officer, "秘密の申し送り", now=HANDED)
    request.ask(officer, "秘密の照会", now=HANDED)

    made = handed(by=officer)

    data, _ = made_again(made)
    text = data.decode("utf-8-sig")
    assert text.splitlines()[0] == ",".join(HEADING)
    assert text.splitlines()[1].split(",") == [
        request.number,
        f"{request.number}-5",
        "架空北病院",
        place.code,
        "100-0001",
        "東京都架空市中央1-2-3",
        "03-0000-0000",
        "見本 花子",
        place.email,
        "⑤非滅菌手袋",
        "枚",
        "4100",
    ]
    assert len(text.splitlines()) == 2
    for secret in ("秘密", "意見", "user", officer.username):
        assert secret not in text


def test_no_cell_of_the_file_starts_a_formula() -> None:
    place = factories.institution(name="=HYPERLINK(1)", contact_person="＠見本", address="-1\n=1")
    allocated(100, places=[place])

    data, _ = made_again(handed())

    (row,) = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))[1:]
    assert row[2] == "'=HYPERLINK(1)"
    assert row[7] == "'＠見本"
    assert row[5] == "東京都-1 =1"


# --- the same again -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FileKind)
def test_the_same_file_can_be_made_again_to_the_byte(kind: FileKind) -> None:
    place = factories.institution(name="髙﨑①病院")
    allocated(4100, 2000, places=[place])
    made = handed(kind=kind)
    first = made_again(made)

    Institution.objects.filter(pk=place.pk).update(name="改名病院", telephone="03-9999-9999")

    assert made_again(made) == first
    assert first[1] == made.sha256
    assert (made.line_count, made.row_count, made.size) == (2, 2, len(first[0]))


def test_cp932_goes_on_with_geta_only_when_told_and_keeps_the_list() -> None:
    allocated(100, places=[factories.institution(name="𠮷田病院")])
    assert [each.code_point for each in plan_whole().unwritable] == ["U+20BB7"]

    with pytest.raises(TableProblem):
        handed(kind=FileKind.CP932)
    assert not HandOff.objects.exists()

    made = handed(kind=FileKind.CP932, geta=True)
    assert made.replaced == ["1行目「医療機関名」の「𠮷」（U+20BB7）"]
    assert "〓田病院" in made_again(made)[0].decode("cp932")


# --- what is kept -------------------------------------------------------------------------------------------------


def test_every_request_is_marked_once_and_nobody_is_mailed() -> None:
    first, second = allocated(4100, 2000)
    mails = OutboxMessage.objects.count()

    made = handed()

    events = RequestEvent.objects.filter(verb=Verb.HAND_OFF.value).order_by("request_id")
    assert [event.request_id for event in events] == [first.pk, second.pk]
    assert events[0].content == {
        "hand_off": made.pk,
        "vendor": VENDOR,
        "handed": {str(factories.gloves().pk): 4100},
    }
    assert OutboxMessage.objects.count() == mails


@pytest.mark.parametrize("table", ["handoff", "handoffrow"])
def test_hand_offs_are_never_changed_or_deleted(table: str) -> None:
    allocated(100)
    handed()

    for statement in ("DELETE FROM", "UPDATE"):
        tail = " SET id = id + 1000" if statement == "UPDATE" else ""
        with (
            pytest.raises(DatabaseError, match=r"refused|permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"{statement} requests_app_{table}{tail}")


@pytest.mark.parametrize("role", [Role.INSTITUTION, Role.PREFECTURE, Role.OPERATOR])
def test_only_the_ministry_hands_off(role: Role) -> None:
    allocated(100)

    with pytest.raises(NotPermitted):
        handed(by=factories.user(role))
    assert not HandOff.objects.exists()


def test_a_hand_off_names_its_vendor() -> None:
    allocated(100)

    with pytest.raises(ReasonRequired):
        hand_off(
            factories.user(Role.MINISTRY), vendor=" ", kind=FileKind.UTF8, seen_digest=plan_whole().digest
        )


def test_what_was_not_seen_does_not_go_out() -> None:
    allocated(100)
    seen = plan_whole().digest
    Institution.objects.update(telephone="03-1111-1111")

    with pytest.raises(HandOffChanged):
        hand_off(factories.user(Role.MINISTRY), vendor=VENDOR, kind=FileKind.UTF8, seen_digest=seen)
    assert not HandOff.objects.exists()


# --- corrections --------------------------------------------------------------------------------------------------


def test_a_correction_lists_what_changed_since_old_and_new() -> None:
    first, second = allocated(4100, 2000)
    made = handed()
    assert plan_correction(made).lines == []
    Institution.objects.filter(pk=first.institution_id).update(telephone="03-9999-9999", name="改名病院")

    correction = corrected(made)

    assert (correction.corrects_id, correction.heading) == (made.pk, CORRECTION_HEADING)
    assert list(rows_again(correction)) == [
        [
            first.number,
            f"{first.number}-5",
            first.institution.name,
            "医療機関名",
            first.institution.name,
            "改名病院",
        ],
        [
            first.number,
            f"{first.number}-5",
            first.institution.name,
            "電話番号",
            "03-0000-0000",
            "03-9999-9999",
        ],
    ]
    assert (correction.line_count, correction.row_count) == (1, 2)
    event = first.events().filter(verb=Verb.HAND_OFF.value).first()
    assert event is not None
    assert event.content["changed"] == ["医療機関名", "電話番号"]
    assert second.events().filter(verb=Verb.HAND_OFF.value).count() == 1


def test_the_next_correction_starts_from_what_the_vendor_was_told_last() -> None:
    (request,) = allocated(4100)
    made = handed()
    Institution.objects.filter(pk=request.institution_id).update(telephone="03-1111-1111")
    corrected(made)
    with pytest.raises(NothingToHandOff):
        corrected(made)

    Institution.objects.filter(pk=request.institution_id).update(telephone="03-0000-0000")

    (row,) = rows_again(corrected(made))
    assert row[3:] == ["電話番号", "03-1111-1111", "03-0000-0000"]


def test_a_correction_never_names_a_quantity() -> None:
    (request,) = allocated(4100)
    made = handed()
    Institution.objects.filter(pk=request.institution_id).update(name="改名病院")
    (line,) = plan_correction(made).lines

    assert line.particulars.quantity == 4100
    assert all(row[3] not in {"数量", "単位"} for row in line.cells)


# --- cost ---------------------------------------------------------------------------------------------------------


def queries_of_a_hand_off(count: int, counter: Any) -> int:
    allocated(*[100] * count)
    officer = factories.user(Role.MINISTRY)
    with counter() as made:
        handed(by=officer)
    return len(made.captured_queries)


def test_the_number_of_queries_does_not_depend_on_the_number_of_lines() -> None:
    from django.test.utils import CaptureQueriesContext

    def counter() -> CaptureQueriesContext:
        return CaptureQueriesContext(connection)

    few = queries_of_a_hand_off(2, counter)

    assert queries_of_a_hand_off(9, counter) == few <= 30
