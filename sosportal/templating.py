"""What templates may ask of the guides: the way from a message to its entry in the メッセージ一覧."""

from __future__ import annotations

from typing import Any

from django import template
from jinja2 import BaseLoader, Environment

from sosportal.guide.messages.chapter import SLUG, entry_of, entry_of_rule
from sosportal.guide.shelf import GUIDES
from sosportal.lib import jinja

register = template.Library()

HOSPITAL, OFFICE = "hospital", "office"


def environment(*, loader: BaseLoader, **options: Any) -> Environment:
    """The environment of the portal's own pages (`sosportal.lib.jinja`), which can ask what a message means."""
    env = jinja.environment(loader=loader, **options)
    env.globals.update(meaning_of=meaning_of, meaning_of_rule=meaning_of_rule)
    return env


def meaning_of(message: object, guide: str = HOSPITAL) -> str:
    """Where the guide says what a message means; "" where it says nothing. No query."""
    entry = entry_of(str(message), guide)
    return _address(guide, entry.anchor) if entry else ""


def meaning_of_rule(rule: str) -> str:
    """Where the guide of hospitals says what a finding of this rule (R1 …) means."""
    return _address(HOSPITAL, entry_of_rule(rule).anchor)


@register.filter(name="meaning")
def meaning_for_officers(message: object) -> str:
    """For the admin's templates: where the officers' guide says what a message means; "" where it says nothing."""
    return meaning_of(message, OFFICE)


def _address(guide: str, anchor: str) -> str:
    found = next(each for each in GUIDES if each.slug == guide)
    return f"{found.at(SLUG)}#message-{anchor}"
