"""Every status × verb against a second, hand-written table; names and meanings to the letter of the manual."""

import pytest

from requests_app.rules import transitions
from requests_app.rules.transitions import (
    BESIDE,
    INTERNAL,
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

# Rows: from where; columns in the order of Verb: save, revise, submit, confirm, accept, withdraw, note, telephone. The
# verbs that leave the request as it is have a table of their own, POSSIBLE_BESIDE.
EXPECTED: dict[Status | None, tuple[set[Status], ...]] = {
    None: ({D}, set(), set(), set(), set(), set(), set(), set()),
    D: (set(), {D}, {U, E}, set(), set(), {D}, set(), set()),
    E: (set(), {E}, {U, E}, set(), set(), {E}, set(), set()),
    U: (set(), {U, E}, set(), {U}, {A}, {U}, {U}, {U}),
    A: (set(), set(), set(), set(), set(), set(), set(), set()),
}


REVIEWED_ONLY = {Verb.ASK, Verb.MEMO, Verb.CLAIM, Verb.RELEASE}
ASKED_ONLY = {Verb.ANSWER, Verb.UNASK}
ACCEPTED_ONLY = {Verb.ALLOCATE, Verb.HAND_OFF, Verb.SHIP, Verb.RECEIVE}
TALK = {Verb.ASK, Verb.UNASK, Verb.MEMO, Verb.CLAIM, Verb.RELEASE}
POSSIBLE_BESIDE: dict[Verb, set[Status]] = {
    **{verb: {U, A} for verb in REVIEWED_ONLY},
    **{verb: {E, U, A} for verb in ASKED_ONLY},
    **{verb: {A} for verb in ACCEPTED_ONLY},
}
MOVING = [verb for verb in Verb if verb not in POSSIBLE_BESIDE]


def test_the_expectation_covers_everything() -> None:
    assert set(EXPECTED) == {None, *Status}
    assert {len(row) for row in EXPECTED.values()} == {len(MOVING)}


@pytest.mark.parametrize("verb", MOVING)
@pytest.mark.parametrize("status", [None, *Status])
def test_every_move(status: Status | None, verb: Verb) -> None:
    expected = EXPECTED[status][MOVING.index(verb)]

    assert targets(status, verb) == expected
    assert is_possible(status, verb) == bool(expected)


@pytest.mark.parametrize("verb", BESIDE)
@pytest.mark.parametrize("status", [None, *Status])
def test_what_is_beside_the_request_leaves_its_status(status: Status | None, verb: Verb) -> None:
    possible = POSSIBLE_BESIDE[verb]

    assert set(BESIDE) == set(POSSIBLE_BESIDE)
    assert targets(status, verb) == ({status} & possible)
    assert is_possible(status, verb) == (status in possible)


def test_institutions_have_no_part_in_what_is_internal() -> None:
    assert {Verb.MEMO, Verb.CLAIM, Verb.RELEASE} == INTERNAL
    assert all(Role.INSTITUTION not in VERB_ROLES[verb] for verb in INTERNAL)


def test_the_table_is_keyed_by_every_status() -> None:
    assert set(MOVES) == set(Status)


def test_nothing_leads_out_of_accepted() -> None:
    assert dict(MOVES[Status.ACCEPTED]) == {}


def test_only_accepting_leads_to_accepted_and_only_from_review() -> None:
    ways = {(status, verb) for status in Status for verb in MOVING if A in targets(status, verb)}

    assert ways == {(U, Verb.ACCEPT)}


def test_every_status_can_be_reached() -> None:
    reached = {status for start in [None, *Status] for verb in Verb for status in targets(start, verb)}

    assert reached == set(Status)


@pytest.mark.parametrize("role", Role)
def test_whose_verbs(role: Role) -> None:
    expected = {
        Role.INSTITUTION: {Verb.SAVE, Verb.REVISE, Verb.SUBMIT, Verb.WITHDRAW, Verb.ANSWER, Verb.RECEIVE},
        Role.PREFECTURE: {Verb.CONFIRM, Verb.NOTE, Verb.TELEPHONE, *TALK},
        Role.MINISTRY: {Verb.ACCEPT, Verb.TELEPHONE, *TALK, Verb.ALLOCATE, Verb.HAND_OFF, Verb.SHIP},
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
        (status.name, target.name) for status in Status for verb in MOVING for target in targets(status, verb)
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
