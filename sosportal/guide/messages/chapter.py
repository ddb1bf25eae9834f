"""The chapter メッセージ一覧 of each guide, and the way from a message on a page to its entry there."""

from __future__ import annotations

from collections.abc import Mapping

from sosportal.guide.messages.entries import Entry, Topic, entry_among
from sosportal.guide.messages.hospital import HOSPITAL_TOPICS
from sosportal.guide.messages.office import OFFICE_TOPICS
from sosportal.guide.parts import Chapter

SLUG = "messages"
TOPICS: Mapping[str, tuple[Topic, ...]] = {"hospital": HOSPITAL_TOPICS, "office": OFFICE_TOPICS}
"""The topics of each guide that has such a chapter, by its slug."""


def chapter_of(guide: str) -> Chapter:
    """The chapter of that guide."""
    return Chapter(
        SLUG,
        "メッセージ一覧",
        "画面に出るメッセージの意味と、どうすればよいかです。",
        tuple(topic.section for topic in TOPICS[guide]),
    )


def entry_of(message: str, guide: str) -> Entry | None:
    """What explains a message in that guide; None where nothing does."""
    return entry_among(TOPICS[guide], message)


def entry_of_rule(rule: str) -> Entry:
    """What explains a finding of this rule of the system check. Raises KeyError for a rule that there is not."""
    for topic in HOSPITAL_TOPICS:
        for entry in topic.entries:
            if rule in entry.rules:
                return entry
    raise KeyError(rule)
