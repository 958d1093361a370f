"""The table of actions tests itself."""

import pytest

from civicprobe.reports.lifecycle.checks import CHECKS, Standing, allowed_actions, refusal
from civicprobe.reports.lifecycle.table import (
    ROWS,
    TABLE,
    Action,
    Bar,
    Facts,
    Outcome,
    Party,
    State,
    Target,
    Topic,
    target_of,
)
from civicprobe.reports.services.late import _TOPICS
from civicprobe.reports.services.perform import DOINGS
from civicprobe.reports.services.tell import _PEOPLE

OPEN = [state for state in State if state is not State.CLOSED]


ENDS = {Action.APPEAL: Outcome.ABUSE, Action.RESULT: Outcome.TRANSFERRED}


def everything(row, state):
    """Facts under which no named check of this row stands in the way."""
    return Facts(
        state=state,
        urgent=Action.WITHDRAW is not row.action,
        has_place=True,
        self_service=True,
        outcome=ENDS.get(row.action, Outcome.FIXED),
        before=State.FILED if row.action in {Action.UNMERGE, Action.FOLLOW} else None,
        late=True,
        undoable=True,
        raised=True,
        unmask_to_grant=True,
    )


def pairs(possible):
    return [
        pytest.param(row, state, party, id=f"{row.action}-{state}-{party}")
        for row in ROWS
        if row.action is not Action.SUBMIT
        for state in State
        for party in Party
        if (state in row.by.get(party, ())) is possible
    ]


def test_each_action_has_exactly_one_row():
    assert [row.action for row in ROWS] == list(TABLE)
    assert set(TABLE) == set(Action)


@pytest.mark.parametrize(("row", "state", "party"), pairs(possible=True))
def test_takes_what_the_table_lists(row, state, party):
    assert refusal(row, everything(row, state), Standing(frozenset({party}))) is None


@pytest.mark.parametrize(("row", "state", "party"), pairs(possible=False))
def test_refuses_what_the_table_does_not_list(row, state, party):
    refused = refusal(row, everything(row, state), Standing(frozenset({party})))
    assert refused is not None
    assert refused.forbidden == (party not in row.by or state in row.sources)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.action.value)
def test_bars_hold_for_every_deciding_action(row):
    for bar in Bar:
        for party, states in row.by.items():
            for state in states:
                standing = Standing(frozenset({party}), frozenset({bar}))
                refused = refusal(row, everything(row, state), standing)
                assert (refused is not None and refused.code == "recused") == (bar in row.bars)


def test_who_sent_it_never_decides_on_it():
    deciding = {Action.FILE, Action.PROPOSE, Action.MERGE, Action.INSPECT, Action.CLOSE}
    assert {row.action for row in ROWS if Bar.TIED in row.bars} == deciding


def test_who_handles_a_case_does_not_close_it():
    assert TABLE[Action.CLOSE].bars == frozenset(Bar)
    assert set(TABLE[Action.CLOSE].by) == {Party.DESK}


def test_every_state_is_reachable_and_every_open_state_is_left():
    reached = {State.RECEIVED}
    facts = [
        Facts(state=state, has_place=place, has_unit=sent, before=before)
        for state in State
        for place in (True, False)
        for sent in (True, False)
        for before in (None, *OPEN)
    ]
    moves = [row for row in ROWS if row.is_move and row.action is not Action.SUBMIT]
    for _ in State:
        reached |= {
            target_of(row, fact)
            for row in moves
            for fact in facts
            if fact.state in reached and fact.state in row.sources
        }
    assert reached == set(State)
    for state in OPEN:
        assert any(state in row.sources for row in moves), state


def test_entries_stay_and_moves_move():
    for row in ROWS:
        for state in row.sources:
            stays = target_of(row, everything(row, state)) is state
            assert not (row.target is Target.STAY and not stays)


def test_every_named_check_exists_and_is_used():
    assert {name for row in ROWS for name in row.only_if} == set(CHECKS)


def test_every_topic_has_its_people():
    assert set(_PEOPLE) == set(Topic)
    by_clocks = set(_TOPICS.values()) | {Topic.DESK_RESULT, Topic.URGENT}
    by_whistles = {Topic.UNIT_WHISTLE, Topic.DESK_ANSWERED}
    told = {topic for row in ROWS for topic in row.tells}
    assert told | by_clocks | by_whistles == set(Topic)


def test_what_is_performed_by_people_is_in_the_table_for_people():
    for action in DOINGS:
        assert set(TABLE[action].by) - {Party.WORKER}


@pytest.mark.parametrize("state", OPEN)
@pytest.mark.parametrize("party", [Party.REPORTER, Party.MEMBER, Party.DESK])
def test_whoever_sees_an_open_report_has_an_action(state, party):
    facts = Facts(state=state, has_place=True, has_unit=True)
    assert allowed_actions(facts, Standing(frozenset({party})), DOINGS)


def test_a_unit_always_has_an_action_on_its_case():
    for state in (State.DISPATCHED, State.SUSPENDED, State.HANDLED):
        facts = Facts(state=state, has_unit=True)
        assert allowed_actions(facts, Standing(frozenset({Party.UNIT})), DOINGS)
