"""What changes of a campaign, in words: before it is saved, and between two of its versions."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from requests_app.models import Campaign, RuleSettings
from requests_app.models.intake import TEXTS, Texts
from sosportal.lib.jinja import jst_short

BLANK = "（空欄）"


@dataclass(frozen=True)
class Change:
    """One thing that changes: its name, what stands, what will stand, and what that means ("" where it is plain)."""

    name: str
    before: str
    after: str
    meaning: str = ""


@dataclass(frozen=True)
class TextChange:
    """One text that changes, line by line: (sign, line); the sign is −, ＋ or "" for what stays."""

    name: str
    lines: Sequence[tuple[str, str]]


def schedule_changes(
    standing: Campaign | None, name: str, opens_at: datetime, closes_at: datetime | None, now: datetime
) -> Iterator[Change]:
    """Name, opening and stop; `standing` None for a new campaign. Moments are aware."""
    if standing is None or standing.name != name:
        yield Change("名称", standing.name if standing else "", name)
    if standing is None or standing.opens_at != opens_at:
        meaning = "すぐに受付を始めます。"
        if opens_at > now:
            meaning = f"それまで、医療機関のホームと一覧に「{jst_short(opens_at)}から受付」と表示します。"
        yield Change(
            "受付開始", jst_short(standing.opens_at) if standing else "", jst_short(opens_at), meaning
        )
    before = standing.closes_at if standing else None
    if before != closes_at:
        yield Change("受付停止", moment_or_blank(before), moment_or_blank(closes_at), stop_meaning(closes_at))


def stop_meaning(closes_at: datetime | None) -> str:
    """What a stop of the whole intake means to institutions."""
    if closes_at is None:
        return "止めるまで、受付を続けます。"
    return (
        f"ホームと一覧に「受付は{jst_short(closes_at)}までです。」と表示します。"
        "それからは、申請すると「エラー有り」になります。下書きはそのまま残ります。"
    )


def item_changes(
    standing: Mapping[int, datetime | None],
    wanted: Mapping[int, datetime | None],
    names: Mapping[int, str],
    now: datetime,
) -> Iterator[Change]:
    """The items, by id: when their intake stops (aware), None: with the whole. `names` by id."""
    for item_id, stopped_at in wanted.items():
        is_new = item_id not in standing
        if not is_new and standing[item_id] == stopped_at:
            continue
        before = "受け付けていません" if is_new else _taken(standing[item_id], now)
        yield Change(names[item_id], before, _taken(stopped_at, now))


def _taken(stopped_at: datetime | None, now: datetime) -> str:
    if stopped_at is None:
        return "受け付ける"
    return f"{jst_short(stopped_at)}で停止" if stopped_at > now else f"停止（{jst_short(stopped_at)}から）"


def rule_changes(before: RuleSettings | None, after: RuleSettings) -> list[Change]:
    """The rule settings that differ, in words; all of them without a version before."""
    found = []
    for name in RuleSettings.VALUES:
        field: Any = RuleSettings._meta.get_field(name)
        then = rule_text(before, name) if before else ""
        stands = rule_text(after, name)
        if then != stands:
            found.append(Change(str(field.verbose_name), then, stands))
    return found


def rule_text(settings: RuleSettings, name: str) -> str:
    """One setting as people read it."""
    field: Any = RuleSettings._meta.get_field(name)
    value = getattr(settings, name)
    if field.choices:
        return str(dict(field.choices)[value])
    if value is None:
        return "調べない"
    text = f"{value:f}" if hasattr(value, "as_tuple") else str(value)
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text}{'日' if name == 'survey_valid_days' else '週分'}"


def text_changes(before: Texts | None, after: Mapping[str, str]) -> list[TextChange]:
    """The texts that differ, line by line; `after` by the names of TEXTS."""
    found = []
    for name in TEXTS:
        then = getattr(before, name) if before else ""
        if then != after[name]:
            field: Any = Campaign._meta.get_field(name)
            found.append(TextChange(str(field.verbose_name), line_changes(then, after[name])))
    return found


def line_changes(before: str, after: str) -> list[tuple[str, str]]:
    """What goes, what comes and what stays, line by line."""
    signs = {"- ": "−", "+ ": "＋", "  ": ""}
    compared = difflib.ndiff(before.splitlines(), after.splitlines())
    return [(signs[line[:2]], line[2:]) for line in compared if line[:2] in signs]


def moment_or_blank(moment: datetime | None) -> str:
    """`11/25（水）9:00`, or that there is none."""
    return BLANK if moment is None else jst_short(moment)
