"""What people and machines throw at every page: refused with a page, never a 500."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from institutions.models import Role
from sosportal import middleware
from sosportal.lib.logs import OneLineFormatter
from tests import factories

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
NUL_COOKIE = '"\\000aaaaaaaaaaaaaaaa"'
REFUSED = "送られた内容を読み取れませんでした"
TOO_BIG = "送られた内容が大きすぎます"


@pytest.fixture
def quiet(client: Client) -> Client:
    client.raise_request_exception = False
    return client


def is_refused(response: Any, status: int = 400, said: str = REFUSED) -> bool:
    return response.status_code == status and said in response.content.decode()


# --- Unreadable characters -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/guide/%00",
        "/%00/",
        "/guide/?q=%00",
        "/guide/?%00=q",
        "/guide/?q=a&q=b%00c",
        "/nowhere/?q=%00",
        "/static/%00",
        "/admin/?username__exact=%00",
        "/admin/institutions/user/?username__exact=%00",
        "/admin/login/?next=%00",
        "/accounts/password/reset/key/1-%00/",
    ],
)
def test_nul_in_an_address_is_refused(quiet: Client, path: str) -> None:
    assert is_refused(quiet.get(path))


def test_nul_in_the_admin_is_refused_to_officers_too(quiet: Client) -> None:
    quiet.force_login(factories.user(Role.MINISTRY))
    assert is_refused(quiet.get("/admin/institutions/user/?username__exact=%00"))


@pytest.mark.parametrize(
    "form",
    [
        {"login": "a\x00b", "password": "x"},
        {"login": "a", "password": "\x00"},
        {"login\x00": "a"},
        {"login": ["fine", "b\x00"]},
    ],
)
def test_nul_in_a_form_is_refused(quiet: Client, form: dict[str, Any]) -> None:
    assert is_refused(quiet.post(LOGIN, form))
    body = "&".join(f"{k}={v}" for k, vs in form.items() for v in (vs if isinstance(vs, list) else [vs]))
    assert is_refused(
        quiet.post(LOGIN, body.replace("\x00", "%00"), content_type="application/x-www-form-urlencoded")
    )


def test_nul_in_a_cookie_is_refused(quiet: Client) -> None:
    assert is_refused(quiet.get("/", headers={"Cookie": f"session={NUL_COOKIE}"}))


def test_without_the_middleware_that_cookie_is_a_500(quiet: Client, settings: Any) -> None:
    settings.MIDDLEWARE = [
        name for name in settings.MIDDLEWARE if not name.endswith("refuse_unreadable_input")
    ]
    assert quiet.get("/", headers={"Cookie": f"session={NUL_COOKIE}"}).status_code == 500


@pytest.mark.parametrize("charset", ["utf-7", "UTF-7"])
def test_lone_surrogates_smuggled_in_by_a_charset_are_refused(quiet: Client, charset: str) -> None:
    assert is_refused(quiet.get("/guide/?q=%2B2AA-", CONTENT_TYPE=f"text/plain; charset={charset}"))


@pytest.mark.parametrize("text", ["\u202e\u200b", "\ufeff", "髙﨑𠮷", "①", "\x01\x1f", "'\"<>&;--"])
def test_everything_else_comes_through(quiet: Client, text: str) -> None:
    assert quiet.get("/guide/", {"q": text}).status_code == 200
    assert quiet.post(LOGIN, {"login": text, "password": text}).status_code == 422


@pytest.mark.parametrize("garbled", ["%ff%fe", "%ed%a0%80", "%83A%83%8B", "%c3%28", "%ef%bf%bd"])
def test_bytes_that_are_no_utf_8_are_refused_and_not_kept_as_something_else(
    quiet: Client, garbled: str
) -> None:
    assert is_refused(quiet.get(f"/guide/?q={garbled}"))
    assert is_refused(quiet.get(f"/guide/?{garbled}=1"))
    form = "application/x-www-form-urlencoded"
    assert is_refused(quiet.post(LOGIN, f"login={garbled}&password=x", content_type=form))
    assert quiet.get(f"/{garbled}/").status_code in {400, 404}


def test_a_body_of_undeclared_length_is_refused_and_not_taken_for_empty(quiet: Client) -> None:
    response = quiet.generic("POST", LOGIN, b"", CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked")
    assert is_refused(response)


# --- Too much ------------------------------------------------------------------------------------------------------


def test_too_many_fields_are_refused(quiet: Client) -> None:
    assert is_refused(quiet.post(LOGIN, {f"f{n}": "1" for n in range(10_000)}))
    body = "&".join(f"f{n}=1" for n in range(10_000))
    assert is_refused(quiet.post(LOGIN, body, content_type="application/x-www-form-urlencoded"))
    assert is_refused(quiet.get("/guide/?" + body))


def test_too_many_files_are_refused(quiet: Client) -> None:
    files = {f"f{n}": SimpleUploadedFile(f"{n}.txt", b"x") for n in range(1_000)}
    assert is_refused(quiet.post(LOGIN, files))


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "application/json", "text/plain", "application/octet-stream"],
)
def test_ten_megabytes_are_too_much(quiet: Client, content_type: str) -> None:
    response = quiet.post(LOGIN, b"a" * 10_000_000, content_type=content_type)
    assert is_refused(response, 413, TOO_BIG)


def test_ten_megabytes_as_a_file_are_too_much(quiet: Client) -> None:
    response = quiet.post(LOGIN, {"file": SimpleUploadedFile("big.bin", b"a" * 10_000_000)})
    assert is_refused(response, 413, TOO_BIG)


def test_a_broken_multipart_body_is_refused(quiet: Client) -> None:
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=\x01"):
        assert is_refused(quiet.post(LOGIN, b"--x\r\nbroken", content_type=content_type))


def test_a_form_in_another_encoding_is_refused(quiet: Client) -> None:
    content_type = "application/x-www-form-urlencoded; charset=shift_jis"
    assert is_refused(quiet.post(LOGIN, b"login=a", content_type=content_type))


def test_a_client_that_goes_away_is_no_500() -> None:
    class GoesAway(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError("connection reset")

    request = RequestFactory().post(LOGIN, {"login": "a"})
    request._stream = GoesAway()  # type: ignore[assignment]
    response = middleware.refuse_unreadable_input(lambda request: HttpResponse("in"))(request)
    assert is_refused(response)


@pytest.mark.parametrize(
    ("declared", "size"), [("", 0), ("12", 12), ("-1", 0), ("１２", 0), ("1e9", 0), (None, 0)]
)
def test_the_declared_size_is_read_with_care(declared: str | None, size: int) -> None:
    request = HttpRequest()
    if declared is not None:
        request.META["CONTENT_LENGTH"] = declared
    assert middleware.declared_size(request) == size


# --- Headers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/guide/", "/nowhere/", "/?q=%00", "/", "/admin/", LOGIN, "/health/"])
def test_nothing_is_kept_by_a_cache(quiet: Client, path: str) -> None:
    response = quiet.get(path)
    assert "no-store" in response["Cache-Control"]
    assert "geolocation=()" in response["Permissions-Policy"]


def test_static_files_are_kept_by_a_cache(quiet: Client) -> None:
    response = quiet.get("/static/css/portal.css")
    assert response.status_code == 200
    assert "no-store" not in response["Cache-Control"]
    response.close()


def test_a_pages_own_word_on_caches_stands() -> None:
    def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Cache-Control": "private, no-store"})

    response = middleware.keep_out_of_caches(page)(HttpRequest())
    assert response["Cache-Control"] == "private, no-store"


# --- Names of requests ---------------------------------------------------------------------------------------------


def test_the_log_line_bears_the_id_of_the_answer_and_who_asked(
    quiet: Client, caplog: pytest.LogCaptureFixture
) -> None:
    officer = factories.user(Role.MINISTRY)
    quiet.force_login(officer)
    with caplog.at_level(logging.WARNING):
        first, second = quiet.get("/nowhere/"), quiet.get("/nowhere/")
    assert first["X-Request-ID"] != second["X-Request-ID"]
    lines = [json.loads(OneLineFormatter().format(record)) for record in caplog.records]
    assert [line["request_id"] for line in lines] == [first["X-Request-ID"], second["X-Request-ID"]]
    assert {line["actor_id"] for line in lines} == {officer.pk}


def test_an_id_sent_by_the_client_is_not_taken_over(quiet: Client) -> None:
    assert quiet.get("/guide/", headers={"X-Request-ID": "mine\r\nx: y"})["X-Request-ID"].isalnum()
