"""The whole way of a request, from a forgotten password to 受付完了 (manual, chapters 2 to 4)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from requests_app.models import RequestEvent
from requests_app.rules.transitions import Verb
from tests.journeys.at_hospital import Nurse
from tests.journeys.at_office import Officer
from tests.journeys.scene import at_work, ready
from tests.support.browser import PC, PHONE, visitor
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

NOTE = "在庫の数から、3,000枚とします。"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("width", [PC, PHONE])
def test_from_log_in_to_acceptance(live_portal: Portal, browser: Browser, width: int, scripts: bool) -> None:
    scene = ready()
    with visitor(browser, width=width, scripts=scripts) as page:
        nurse = Nurse(page, live_portal, scene)
        nurse.comes_back_with_a_new_password()
        nurse.finds_the_survey_unanswered_at_home()
        nurse.goes_to_the_empty_list()
        nurse.saves_a_draft()
        nurse.thinks_better_of_it()
        nurse.fails_for_want_of_a_survey()
        nurse.answers_the_survey()
        nurse.applies()
        nurse.edits_the_quantity()
        nurse.looks_at_the_printed_sheet()

        with at_work(browser, live_portal, scene.officer, width=width, scripts=scripts) as desk:
            officer = Officer(desk, live_portal, scene)
            officer.opens(scene.only_request())
            officer.records_a_telephone_call()
            officer.confirms_less("３０００", NOTE)
        nurse.reads_what_the_prefecture_wrote(NOTE, "3,000枚")

        with at_work(browser, live_portal, scene.ministry, width=width, scripts=scripts) as desk:
            Officer(desk, live_portal, scene).accepts_in_bulk()
        nurse.can_change_nothing_any_more()
        nurse.logs_out()

    verbs = RequestEvent.objects.of(scene.only_request().pk).values_list("verb", flat=True)
    expected = [
        Verb.SAVE,
        Verb.SUBMIT,
        Verb.SUBMIT,
        Verb.REVISE,
        Verb.TELEPHONE,
        Verb.CONFIRM,
        Verb.ACCEPT,
    ]
    assert list(verbs)[::-1] == [verb.value for verb in expected]
