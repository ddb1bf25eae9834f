"""Receipts of forms: kept as long as somebody may send the form again."""

import uuid
from datetime import timedelta

import pytest

from sosportal.lib import clock, once, tasks
from sosportal.lib.models import FormReceipt

pytestmark = pytest.mark.django_db


def test_old_receipts_are_forgotten_and_new_ones_kept() -> None:
    now = clock.now()
    ages = {days: uuid.uuid4() for days in (0, 29, 31)}
    for days, token in ages.items():
        once.run_once(token, actor_id=1, body={}, now=now - timedelta(days=days), act=lambda: "答え")
    assert tasks.forget_receipts() == 1
    assert set(FormReceipt.objects.values_list("token", flat=True)) == {ages[0], ages[29]}
