"""The page on the state machine says what the code does, and a stale page is found out."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from institutions.models import Role as UserRole
from requests_app import notifications
from requests_app.management.commands.draw_state_machine import page
from requests_app.rules import transitions
from requests_app.rules.transitions import Role, Status, Verb


def _draw(*arguments: str) -> str:
    out = StringIO()
    call_command("draw_state_machine", *arguments, stdout=out)
    return out.getvalue()


def test_the_page_in_the_repository_is_up_to_date() -> None:
    assert "up to date" in _draw("--check")


def test_a_stale_or_missing_page_is_refused_and_written(tmp_path: Path) -> None:
    output = tmp_path / "page.md"
    for text in (None, page().replace("受付完了", "完了", 1)):
        if text is not None:
            output.write_text(text, encoding="utf-8")
        with pytest.raises(CommandError, match="stale"):
            _draw("--check", "--output", str(output))
        assert (output.read_text(encoding="utf-8") if output.exists() else None) == text
    assert "written" in _draw("--output", str(output))
    assert output.read_text(encoding="utf-8") == page()
    assert "up to date" in _draw("--check", "--output", str(output))


def test_every_status_verb_role_and_mail_is_on_the_page() -> None:
    text = page()
    assert transitions.diagram() in text
    for status in Status:
        assert f"| `{status.name}` | {status.label} | {status.meaning} |" in text
    for role in UserRole:
        assert role.label in text
    for wordings in notifications.TEXTS.values():
        assert all(wording[0] in text for wording in wordings if wording)


def test_roles_stand_in_their_columns() -> None:
    rows = page().split("## Whose verb it is")[1].split("##")[0].strip().splitlines()[2:]
    heading, _rule, *verbs = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    labels = {UserRole(role.value).label: role for role in Role}
    told = {
        (verb, labels[label])
        for verb, row in zip(Verb, verbs, strict=True)
        for label, cell in zip(heading[1:], row[1:], strict=True)
        if cell == "yes"
    }
    assert told == {(verb, role) for verb in Verb for role in transitions.VERB_ROLES[verb]}


def test_every_move_has_its_row_and_every_mail_its_reader() -> None:
    rows = page().split("## What is recorded")[1].strip().splitlines()
    moves = [row for row in rows if row.startswith("| ")][2:]
    assert len(moves) == sum(
        len(transitions.targets(start, verb)) for start in (None, *Status) for verb in Verb
    )
    (applied,) = [
        row for row in moves if row.startswith("| システムチェック&申請 | 未申請 | 都道府県・国確認中 |")
    ]
    assert "緊急配布要請を受け付けました | 都道府県：緊急配布要請の申請がありました" in applied
    (confirmed,) = [row for row in moves if row.startswith("| 都道府県の確認 |")]
    assert "国：都道府県の確認が終わった要請があります" in confirmed
