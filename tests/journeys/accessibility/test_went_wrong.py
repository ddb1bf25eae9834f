"""The pages that say what went wrong."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import RequestFactory
from playwright.sync_api import Page

from sosportal.pages import handler500
from tests.journeys.accessibility.walking import Begin
from tests.journeys.scene import Scene
from tests.support.portal import Portal

pytestmark = pytest.mark.browser


def test_pages_that_say_what_went_wrong(scene: Scene, begin: Begin) -> None:
    walk = begin(scene.nurse)
    walk.visit("/nowhere/", "404")
    walk.visit("/requests/?q=%00", "400")
    walk.visit("/admin/", "404 for who is no officer")
    walk.visit(f"/requests/new/{scene.hospital.code}/", "form")
    walk.page.context.clear_cookies(name="csrf")
    walk.press("保存", "403: page too old")
    walk.visit(f"/requests/new/{scene.hospital.code}/", "form again")
    too_long = "input => { input.value = 'x'.repeat(3_000_000); }"
    walk.page.locator("input[name=seen_version]").evaluate(too_long)
    walk.press("保存", "413")
    walk.visit("/accounts/login/", "log-in of who is logged in")
    officer = begin(scene.officer)
    officer.visit("/survey/", "403: not for officers")


def test_pages_of_a_portal_that_is_broken_or_asked_too_often(live_portal: Portal, begin: Begin) -> None:
    walk = begin(None)
    for error, title in (
        (ValueError(), "画面を表示できませんでした"),
        (OperationalError(), "ただいま混み合っています"),
    ):
        put_in_the_place_of(walk.page, f"{live_portal.url}/broken/", error)
        walk.visit("/broken/", title)
        walk.officer.heading(title)
    walk.page.goto(f"{live_portal.url}/accounts/password/reset/")
    for _ in range(100):
        walk.page.get_by_label("ユーザー名").fill("nobody")
        if walk.officer.press("パスワードリセット") == 429:
            break
        walk.page.go_back()
    else:
        raise AssertionError("nobody is ever asked too often")
    walk.look("429")


def put_in_the_place_of(page: Page, address: str, error: Exception) -> None:
    """Answer the address with the page that people get when a view raises `error`."""
    try:
        raise error
    except (ValueError, OperationalError):
        body = handler500(RequestFactory().get("/")).content.decode()
    page.unroute_all()
    page.route(address, lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8"))
