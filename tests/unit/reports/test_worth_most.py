"""The guard worth most: from every open state two officers alone can bring a report to closed.

One officer at the street, one above; no member, no unit, a silent rider. Walks the table with the
proposer remembered, since who proposes may not close.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from civicprobe.reports.lifecycle.checks import Standing, outcome_refusal, refusal
from civicprobe.reports.lifecycle.table import (
    TABLE,
    Action,
    Bar,
    Facts,
    Outcome,
    Party,
    State,
    target_of,
)
from civicprobe.reports.services.perform import DOINGS

OFFICERS = {"street": {Party.DESK}, "above": {Party.DESK, Party.DESK_ABOVE}}
BY_THE_WORKER = {Action.PLACE, Action.ASK_PLACE, Action.RESUME, Action.FOLLOW}


@dataclass(frozen=True)
class Walk:
    """A report, and which officer proposed its outcome."""

    facts: Facts
    proposer: str | None = None


def steps(walk: Walk, actions: set[Action]) -> Iterator[Walk]:
    for officer, parties in OFFICERS.items():
        bars = frozenset({Bar.PROPOSER}) if walk.proposer == officer else frozenset()
        standing = Standing(frozenset(parties), bars)
        for action in actions:
            if refusal(TABLE[action], walk.facts, standing) is None:
                yield from after(walk, action, officer)
    for action in actions & BY_THE_WORKER:
        if refusal(TABLE[action], walk.facts, Standing(frozenset({Party.WORKER}))) is None:
            yield from after(walk, action, None)


def after(walk: Walk, action: Action, officer: str | None) -> Iterator[Walk]:
    facts = replace(walk.facts, state=target_of(TABLE[action], walk.facts))
    if action is Action.PROPOSE:
        for outcome in Outcome:
            if outcome_refusal(walk.facts, outcome, [Party.DESK]) is None:
                due = "due" if outcome is Outcome.FIXED else ""
                yield Walk(replace(facts, outcome=outcome, inspection=due), officer)
    elif action is Action.INSPECT:
        for found in ("", "failed"):
            yield Walk(replace(facts, inspection=found), walk.proposer)
    else:
        yield Walk(replace(facts, **CHANGES.get(action, {})), walk.proposer)


CHANGES: dict[Action, dict] = {
    Action.PLACE: {"has_place": True},
    Action.DISPATCH: {"has_unit": True},
    Action.SEND_BACK: {"outcome": None, "inspection": ""},
    Action.UNMERGE: {"before": None},
}


def starts() -> Iterator[Walk]:
    for state in State:
        for placed in (True, False):
            for sent in (True, False):
                for proposer in (*OFFICERS, None):
                    facts = Facts(
                        state=state,
                        has_place=placed,
                        has_unit=sent,
                        outcome=Outcome.NOT_FOUND if state is State.HANDLED else None,
                        before=State.FILED if state is State.MERGED else None,
                    )
                    if state is not State.CLOSED and (placed or state is not State.ASSIGNED):
                        yield Walk(facts, proposer if state is State.HANDLED else None)


def ends(start: Walk, actions: set[Action]) -> bool:
    seen, edge = {start}, [start]
    while edge:
        walk = edge.pop()
        if walk.facts.state is State.CLOSED:
            return True
        new = {step for step in steps(walk, actions) if step not in seen}
        seen |= new
        edge += new
    return False


@pytest.mark.parametrize("start", list(starts()), ids=str)
def test_two_officers_can_end_it_by_the_table(start):
    assert ends(start, set(Action) - {Action.SUBMIT, Action.WITHDRAW, Action.UNDO})


@pytest.mark.parametrize("start", list(starts()), ids=str)
def test_two_officers_can_end_it_with_what_works_now(start):
    assert ends(start, (set(DOINGS) | BY_THE_WORKER) - {Action.WITHDRAW, Action.UNDO})


def test_one_officer_alone_cannot():
    alone = Walk(Facts(state=State.FILED, has_place=True))
    closed = [
        step
        for first in steps(alone, {Action.PROPOSE})
        for step in steps(first, {Action.CLOSE})
        if step.proposer == "street"
    ]
    assert closed
    for first in steps(alone, {Action.PROPOSE}):
        bars = frozenset({Bar.PROPOSER})
        standing = Standing(frozenset(OFFICERS[first.proposer]), bars)
        assert refusal(TABLE[Action.CLOSE], first.facts, standing) is not None
