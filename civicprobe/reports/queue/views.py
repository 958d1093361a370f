"""The views of a queue by role: which reports each holds. Pure: a table, read by `queues`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from civicprobe.accounts.roles import Role
from civicprobe.reports.lifecycle.table import State

OPEN = frozenset(State) - {State.CLOSED, State.MERGED}


class When(StrEnum):
    """Which due times a view holds."""

    TODAY = "today"
    OVERDUE = "overdue"
    THRICE = "thrice"


class Put(StrEnum):
    """What a view does with cards that its viewer snoozed: hide them, or show those alone."""

    ASIDE = "aside"
    ALONE = "alone"


@dataclass(frozen=True)
class View:
    """Part of a queue: which states, and which due times if not any.

    What is open stands in the order in which it is due, what is over the newest first. `counted`:
    it waits for somebody, so that its number is worth showing. `reopened`: only what came back.
    """

    states: frozenset[State]
    when: When | None = None
    counted: bool = False
    snoozed: Put | None = None
    reopened: bool = False

    @property
    def by_due(self) -> bool:
        """Whether its rows stand in the order in which they are due."""
        return self.states <= OPEN


def _waiting(*states: State) -> View:
    return View(frozenset(states), counted=True, snoozed=Put.ASIDE)


def _late(when: When, states: frozenset[State] = OPEN) -> View:
    """What is late is shown although it was snoozed."""
    return View(states, when, counted=True)


SNOOZED = View(OPEN, snoozed=Put.ALONE)
ALL = View(frozenset(State))
VIEWS: Mapping[Role, Mapping[str, View]] = {
    Role.RIDER: {
        "mine": ALL,
        "open": View(OPEN),
        "closed": View(frozenset({State.CLOSED})),
    },
    Role.MEMBER: {
        "new": _waiting(State.ASSIGNED),
        "to_check": _waiting(State.HANDLED),
        "snoozed": SNOOZED,
        "done": View(frozenset(State) - {State.ASSIGNED}),
    },
    Role.UNIT: {
        "to_handle": _waiting(State.DISPATCHED),
        "overdue": _late(When.OVERDUE, frozenset({State.DISPATCHED})),
        "snoozed": SNOOZED,
        "handed_in": View(frozenset({State.HANDLED, State.CLOSED})),
    },
    Role.OFFICE: {
        "to_dispatch": _waiting(State.FILED),
        "to_check": _waiting(State.HANDLED),
        "due_today": _late(When.TODAY),
        "overdue": _late(When.OVERDUE),
        "thrice": _late(When.THRICE),
        "no_place": _waiting(State.NEEDS_PLACE),
        "reopened": View(OPEN, counted=True, reopened=True),
        "with_members": View(frozenset({State.ASSIGNED})),
        "with_units": View(frozenset({State.DISPATCHED, State.SUSPENDED})),
        "snoozed": SNOOZED,
        "open": View(OPEN),
        "closed": View(frozenset({State.CLOSED, State.MERGED})),
        "all": ALL,
    },
    Role.ADMIN: {"open": View(OPEN), "all": ALL},
}
