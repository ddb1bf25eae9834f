"""What the pages of the decision are sent, as they carry it."""

from __future__ import annotations

import uuid
from typing import Any

from requests_app.forms.allocation import cutoff_text, seen_text
from requests_app.rules.allocation import Rule
from tests import factories
from tests.requests_app.allocation import rounds
from tests.requests_app.allocation.rounds import CUTOFF, waiting

LIST = "/admin/requests_app/allocationdecision/"
PROPOSE, DECIDE = f"{LIST}propose/", f"{LIST}decide/"


def asked(**more: object) -> dict[str, Any]:
    """The address of two proposals."""
    return {"item": factories.gloves().pk, "cutoff": cutoff_text(CUTOFF)} | more


def form(rule: Rule = Rule.PRO_RATA, available: object = 500, **more: object) -> dict[str, Any]:
    """The hidden fields as the page of the proposals carries them, of what waits now."""
    seen = seen_text(waiting())
    carried = {"rule": rule.value, "rule_a": "PRO_RATA", "rule_b": "NEED_FIRST", "available": available}
    return asked(seen=seen, token=str(uuid.uuid4()), **carried) | more


def reasons(rule: Rule = Rule.PRO_RATA) -> dict[str, str]:
    return {f"reason_{cause.value}": said for cause, said in rounds.reasons(rule).items() if said}
