"""Every status × verb against a second, hand-written table; names and meanings to the letter of the manual."""

import pytest

from requests_app.rules import transitions
from requests_app.rules.transitions import (
    MOVES,
    VERB_ROLES,
    Role,
    Status,
    Verb,
    diagram,
    is_possible,
    targets,
)

D, E, U, A = Status.DRAFT, Status.ERROR, Status.UNDER_REVIEW, Status.ACCEPTED

# Rows: from where; columns in the order of Verb: save, revise, submit, confirm, accept, note, telephone.
EXPECTED: dict[Status | None, tuple[set[Status], ...]] = {
    None: ({D}, set(), set(), set(), set(), set(), set()),
    D: (set(), {D}, {U, E}, set(), set(), set(), set()),
    E: (set(), {E}, {U, E}, set(), set(), set(), set()),
    U: (set(), {U, E}, set(), {U}, {A}, {U}, {U}),
    A: (set(), set(), set(), set(), set(), set(), set()),
}


def test_the_expectation_covers_everything() -> None:
    assert set(EXPECTED) == {None, *Status}
    assert {len(row) for row in EXPECTED.values()} == {len(Verb)}


@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize("status", [None, *Status])
def test_every_move(status: Status | None, verb: Verb) -> None:
    expected = EXPECTED[status][list(Verb).index(verb)]

    assert targets(status, verb) == expected
    assert is_possible(status, verb) == bool(expected)


def test_the_table_is_keyed_by_every_status() -> None:
    assert set(MOVES) == set(Status)


def test_nothing_leads_out_of_accepted() -> None:
    assert dict(MOVES[Status.ACCEPTED]) == {}


def test_only_accepting_leads_to_accepted_and_only_from_review() -> None:
    ways = {(status, verb) for status in Status for verb in Verb if A in targets(status, verb)}

    assert ways == {(U, Verb.ACCEPT)}


def test_every_status_can_be_reached() -> None:
    reached = {status for start in [None, *Status] for verb in Verb for status in targets(start, verb)}

    assert reached == set(Status)


@pytest.mark.parametrize("role", Role)
def test_whose_verbs(role: Role) -> None:
    expected = {
        Role.INSTITUTION: {Verb.SAVE, Verb.REVISE, Verb.SUBMIT},
        Role.PREFECTURE: {Verb.CONFIRM, Verb.NOTE, Verb.TELEPHONE},
        Role.MINISTRY: {Verb.ACCEPT, Verb.TELEPHONE},
        Role.OPERATOR: set(),
    }

    assert set(VERB_ROLES) == set(Verb)
    assert {verb for verb in Verb if role in VERB_ROLES[verb]} == expected[role]


def test_the_tables_can_not_be_changed() -> None:
    with pytest.raises(TypeError):
        MOVES[Status.ACCEPTED] = {}  # type: ignore[index]
    with pytest.raises(TypeError):
        MOVES[Status.ACCEPTED][Verb.REVISE] = frozenset({D})  # type: ignore[index]
    with pytest.raises(TypeError):
        VERB_ROLES[Verb.ACCEPT] = frozenset(Role)  # type: ignore[index]


def test_names_and_meanings_are_the_manuals() -> None:
    assert [(str(status), status.label, status.meaning) for status in Status] == [
        ("DRAFT", "未申請", "申請前の状態。「システムチェック&申請」ボタンをクリック前の表示。"),
        ("ERROR", "エラー有り", "申請の条件を満たしていない状態。"),
        (
            "UNDER_REVIEW",
            "都道府県・国確認中",
            "要請内容について都道府県または国で確認作業中の状態。",
        ),
        ("ACCEPTED", "受付完了", "都道府県、国による受付が完了した状態。"),
    ]


def test_the_diagram_shows_every_move_once() -> None:
    arrows = [line.split(" : ")[0].strip() for line in diagram().splitlines() if " : " in line]
    moves = {("[*]", "DRAFT")} | {
        (status.name, target.name) for status in Status for verb in Verb for target in targets(status, verb)
    }

    assert sorted(arrows) == sorted(f"{source} --> {target}" for source, target in moves)
    assert diagram().startswith("stateDiagram-v2\n")
    assert "    ACCEPTED --> [*]\n" in diagram()
    assert all(f'state "{status.label}" as {status.name}' in diagram() for status in Status)


def test_the_diagram_follows_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    before = diagram()
    assert before == diagram()

    monkeypatch.setattr(transitions, "MOVES", {**MOVES, A: {Verb.NOTE: frozenset({A})}})

    assert "ACCEPTED --> ACCEPTED : 都道府県入力欄の記入" in diagram()
    assert diagram() != before
