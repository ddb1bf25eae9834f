"""Every file that leaves the portal: whatever people typed, no cell begins a formula, no character is lost unsaid."""

from __future__ import annotations

import csv
import io
import re
import uuid
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest
import time_machine
from django.test import Client

from institutions.models import Institution
from requests_app.models import SosRequest
from requests_app.progress.refreshing import refresh_progress
from requests_app.rules.transitions import Status
from sosportal.lib.tabular import FileKind
from tests import factories
from tests.requests_app.deliveries import vendor
from tests.sosportal.stranger import EXPORTS
from tests.sosportal.test_audience import NOW, World, build_world

pytestmark = pytest.mark.django_db

STARTS = tuple("=+-@\t\r\n＝＋－＠")
FIGURE = re.compile(r"[+-]?[0-9][0-9,.]*")
RARE = "𠮷髙①"
TYPED = {
    "name": f"＝1+1{RARE}病院",
    "address": "@SUM(1)町1-2-3",
    "contact_person": "＠山田 花子",
    "telephone": "+81-3-0000-0000",
    "email": "=x@example.jp",
}
HOLDS_NAMES = [route for route in EXPORTS if "progress" not in route]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = factories.institution

    def as_typed(prefecture: str = factories.TOKYO, **fields: Any) -> Institution:
        return made(prefecture, **(TYPED | fields))

    monkeypatch.setattr(factories, "institution", as_typed)
    with time_machine.travel(NOW, tick=False):
        world = build_world()
        refresh_progress()
        yield world


@pytest.fixture
def ministry(world: World) -> Client:
    client = Client()
    client.force_login(world.users["ministry"])
    return client


def sent(client: Client, world: World, route: str, kind: FileKind, **more: str) -> Any:
    method, query, name = EXPORTS[route]
    send = client.get if method == "GET" else client.post
    path = world.path(route, world.own, "1") + query
    return send(path, {name: kind.value, **more})


def cells(response: Any) -> list[str]:
    """All texts of the file, as another program reads them."""
    assert "attachment" in response["Content-Disposition"], response.status_code
    data = b"".join(response.streaming_content) if response.streaming else response.content
    if data.startswith(b"PK"):
        rows = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].iter_rows()
        assert b"<f>" not in data
        return [cell.value for row in rows for cell in row if isinstance(cell.value, str)]
    text = data.decode("cp932" if "Shift_JIS" in response["Content-Type"] else "utf-8-sig")
    return [cell for row in csv.reader(io.StringIO(text)) for cell in row]


def formulas(found: list[str]) -> list[str]:
    return [cell for cell in found if cell.startswith(STARTS) and not FIGURE.fullmatch(cell)]


@pytest.mark.parametrize("route", EXPORTS)
def test_no_cell_of_any_file_begins_a_formula(ministry: Client, world: World, route: str) -> None:
    kinds = 0
    for kind in FileKind:
        response = sent(ministry, world, route, kind, geta="1")
        if "Content-Disposition" in response:
            kinds += 1
            found = cells(response)
            assert len(found) > 10
            assert formulas(found) == []
    assert kinds >= 1


@pytest.mark.parametrize("route", HOLDS_NAMES)
def test_rare_characters_survive_utf8_and_excel(ministry: Client, world: World, route: str) -> None:
    for kind in (FileKind.UTF8, FileKind.XLSX):
        assert any(RARE in cell for cell in cells(sent(ministry, world, route, kind)))


def test_what_shift_jis_can_not_hold_is_listed_first(ministry: Client, world: World) -> None:
    asked = sent(ministry, world, "admin/requests_app/sosrequest/export/", FileKind.CP932)
    assert asked.status_code == 422
    assert "U+20BB7" in asked.content.decode()
    asked = ministry.get("/admin/requests_app/handoff/new/")
    assert "Content-Disposition" not in asked


@pytest.mark.parametrize("kind", FileKind)
def test_a_hand_off_and_its_correction(ministry: Client, world: World, kind: FileKind) -> None:
    vendor.allocated(500, now=NOW)
    made = vendor.handed(kind=kind, geta=True)
    Institution.objects.update(contact_person="－担当")
    for each in (made, vendor.corrected(made, kind=kind, geta=True)):
        found = cells(ministry.post(f"/admin/requests_app/handoff/{each.pk}/file/"))
        assert len(found) > 10
        assert formulas(found) == []


@pytest.mark.parametrize("kind", FileKind)
def test_the_report_of_work_on_many(world: World, kind: FileKind) -> None:
    request = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    client = Client()
    client.force_login(world.users["tokyo"])
    row = f"{request.pk}:{request.revision}:{request.version}"
    form = {"row": row, "token": str(uuid.uuid4()), "file": kind.value}
    response = client.post("/admin/requests_app/sosrequest/bulk/confirm/", form)
    assert SosRequest.objects.get(pk=request.pk).confirmed_at
    if kind is FileKind.CP932:  # not offered: it would have to be asked about
        assert "Content-Disposition" not in response
        assert request.number in response.content.decode()
        return
    found = cells(response)
    assert any(request.number in cell for cell in found)
    assert formulas(found) == []


def test_control_a_formula_is_found() -> None:
    assert formulas(["=1+1", "＝1+1", "-x", "-5", "+81-3", "'=1", "a=1", "\tx"]) == [
        "=1+1",
        "＝1+1",
        "-x",
        "+81-3",
        "\tx",
    ]
