"""Whether one person may take one action on one report now, and the code of the refusal if not.

Pure: the table's columns, then the named checks, then recusal. `allowed_actions` is the same
question asked of every row, so that a button and the door behind it cannot disagree.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from civicprobe.reports.lifecycle.table import (
    OUTCOMES_WITHOUT_PLACE,
    ROWS,
    Action,
    Bar,
    Facts,
    Outcome,
    Party,
    State,
    Transition,
)

REOPEN_DAYS = 14
REOPENS_BY_RIDERS = 2
MOST_SUSPENSIONS = 2
_RIDERS = frozenset({Party.RIDER, Party.REPORTER, Party.FOLLOWER})


@dataclass(frozen=True)
class Standing:
    """What the caller is to the report, and what bars them from deciding on it."""

    parties: frozenset[Party]
    bars: frozenset[Bar] = frozenset()


@dataclass(frozen=True)
class Refusal:
    """Why not: `forbidden` when it is about the person, else about the report's present state."""

    code: str
    forbidden: bool = False


def refusal(row: Transition, facts: Facts, standing: Standing) -> Refusal | None:
    """None when the action may be taken; else why not."""
    acting = standing.parties & row.by.keys()
    if not acting:
        return Refusal("not_yours_to_do", forbidden=True)
    if row.action is not Action.SUBMIT:
        if facts.state not in row.sources:
            return Refusal("not_in_this_state")
        acting = frozenset(party for party in acting if facts.state in row.by[party])
        if not acting:
            return Refusal("not_yours_to_do", forbidden=True)
    if row.bars & standing.bars:
        return Refusal("recused", forbidden=True)
    return next(
        (Refusal(name) for name in row.only_if if not CHECKS[name](facts, acting)),
        None,
    )


def allowed_actions(
    facts: Facts, standing: Standing, performed: Iterable[Action]
) -> tuple[Action, ...]:
    """The actions of `performed` that this person may take now, in the table's order."""
    works = frozenset(performed)
    return tuple(
        row.action for row in ROWS if row.action in works and not refusal(row, facts, standing)
    )


def outcome_refusal(facts: Facts, outcome: Outcome, acting: Iterable[Party]) -> str | None:
    """Why this outcome cannot be proposed here, or None (`withdrawn` is never proposed)."""
    if outcome is Outcome.WITHDRAWN:
        return "outcome_not_proposable"
    if facts.state is State.NEEDS_PLACE and outcome not in OUTCOMES_WITHOUT_PLACE:
        return "outcome_needs_place"
    if set(acting) == {Party.WORKER} and outcome is not Outcome.NO_PLACE:
        return "outcome_not_yours"
    return None


def _urgent_or_late(facts: Facts, _acting: frozenset[Party]) -> bool:
    return facts.urgent or facts.state in {State.FILED, State.DISPATCHED}


def _may_dispatch(facts: Facts, acting: frozenset[Party]) -> bool:
    return facts.self_service or Party.DESK in acting


def _may_handle(facts: Facts, acting: frozenset[Party]) -> bool:
    return facts.self_service or facts.state is not State.DISPATCHED or acting != {Party.MEMBER}


def _reopen_in_time(facts: Facts, acting: frozenset[Party]) -> bool:
    return Party.DESK in acting or facts.closed_days < REOPEN_DAYS


def _by_riders(acting: frozenset[Party]) -> bool:
    return acting <= _RIDERS


CHECKS: dict[str, Callable[[Facts, frozenset[Party]], bool]] = {
    "early_only_if_urgent": _urgent_or_late,
    "member_dispatches_self_service": _may_dispatch,
    "member_handles_self_service": _may_handle,
    "merged_before": lambda facts, _: facts.state is State.MERGED or facts.before is not None,
    "within_14_days": lambda facts, _: facts.closed_days < REOPEN_DAYS,
    "within_14_days_unless_desk": _reopen_in_time,
    "third_by_desk": lambda facts, acting: (
        Party.DESK in acting or facts.reopened < REOPENS_BY_RIDERS
    ),
    "not_withdrawn_or_merged": lambda facts, _: (
        facts.outcome is not Outcome.WITHDRAWN and facts.before is None
    ),
    "unopened": lambda facts, _: facts.state is not State.ASSIGNED or not facts.opened,
    "unfollowed": lambda facts, _: not facts.followed,
    "not_urgent": lambda facts, _: not facts.urgent,
    "urgent": lambda facts, _: facts.urgent,
    "unowned": lambda facts, _: not facts.owned,
    "just_done_by_you": lambda facts, _: facts.undoable,
    "suspended_once_at_most": lambda facts, _: facts.suspensions < MOST_SUSPENSIONS,
    "again_by_desk_above": lambda facts, acting: not facts.extensions or Party.DESK_ABOVE in acting,
    "inspected_if_due": lambda facts, _: facts.inspection != "due",
    "inspection_passed": lambda facts, _: facts.inspection != "failed",
    "riders_when_late": lambda facts, acting: facts.late or not _by_riders(acting),
    "riders_once_a_day": lambda facts, acting: not facts.reminded or not _by_riders(acting),
    "raised": lambda facts, _: facts.raised,
    "not_ruled": lambda facts, _: not facts.ruled,
    "appealed_once": lambda facts, _: not facts.appealed,
    "asked_to_unmask": lambda facts, _: facts.unmask_to_grant,
    "not_asked_to_unmask": lambda facts, _: not facts.unmask_asked,
    "closed_as_abuse": lambda facts, _: facts.outcome is Outcome.ABUSE,
    "closed_as_transferred": lambda facts, _: (
        facts.outcome is Outcome.TRANSFERRED and facts.before is None
    ),
    "result_not_known": lambda facts, _: not facts.result_known,
}
