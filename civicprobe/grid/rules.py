"""Declared rules of routing: which report goes where before the ladder is asked.

Pure. A rule is data: conditions, all of which must hold, and an aim. A wider desk's rules come
before a narrower one's, each desk's in its own order; the first that holds decides.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from civicprobe.grid.choosing import AimKind

MOST_RULES = 200


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must hold of a report; an empty one holds of every report.

    `areas` are codes of any level, dedicated grids among them; `weekdays` count from Monday as 0;
    `hours` are minutes of the city's day, past midnight where the end is not after the start.
    `component` asks for a component (部件: owner first) or an event (事件: territory first).
    """

    categories: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    hours: tuple[int, int] | None = None
    urgent: bool | None = None
    component: bool | None = None

    def as_json(self) -> dict[str, object]:
        """Only what was set, as it is stored."""
        set_ones = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in set_ones.items()
            if value not in ((), None)
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> "Conditions":
        """The conditions as they were stored."""
        known = {name: stored[name] for name in cls.__slots__ if name in stored}
        return cls(**{n: tuple(v) if isinstance(v, list) else v for n, v in known.items()})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Rule:
    """One declared rule; `scope` is the area of the desk that set it, where alone it holds."""

    id: int
    name: str
    scope: str
    conditions: Conditions
    aim: AimKind
    area_code: str | None = None
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What rules look at of a report: `local` is the city's wall clock, `areas` every code that
    holds it, the city's and the dedicated grid's among them."""

    areas: frozenset[str]
    local: datetime
    category: str | None = None
    component: bool | None = None
    severity: str | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """One rule that was looked at: `failed` names the first condition that does not hold, or why
    its aim cannot be reached (`target_gone`, `no_owner`); it is empty where the rule decides."""

    rule_id: int
    name: str
    failed: str = ""


# In the order in which they are named to people.
_HOLDS: Mapping[str, Callable[[Conditions, Case], bool]] = {
    "area": lambda of, case: not of.areas or not case.areas.isdisjoint(of.areas),
    "category": lambda of, case: not of.categories or case.category in of.categories,
    "component": lambda of, case: of.component is None or of.component is case.component,
    "severity": lambda of, case: not of.severities or case.severity in of.severities,
    "urgent": lambda of, case: of.urgent is None or of.urgent is case.urgent,
    "time": lambda of, case: _in_time(of, case.local),
}
FAILED = (*_HOLDS, "target_gone", "no_owner")


def why_not(conditions: Conditions, case: Case) -> str:
    """The first condition that does not hold of a report; empty where all do."""
    return next((name for name, holds in _HOLDS.items() if not holds(conditions, case)), "")


def first_match(
    rules: Iterable[Rule], case: Case, why_gone: Callable[[Rule], str]
) -> tuple[Rule | None, tuple[Tried, ...]]:
    """The first rule that holds and whose aim is there, and every rule looked at on the way."""
    tried: list[Tried] = []
    for rule in rules:
        failed = why_not(rule.conditions, case) or why_gone(rule)
        tried.append(Tried(rule.id, rule.name, failed))
        if not failed:
            return rule, tuple(tried)
    return None, tuple(tried)


def _in_time(of: Conditions, local: datetime) -> bool:
    """Past midnight it is still the day before: Friday 22 to 6 holds on Saturday at 5."""
    minute, weekday = local.hour * 60 + local.minute, local.weekday()
    if of.hours is not None:
        start, end = of.hours
        past = end <= start
        if not (start <= minute < end or (past and (minute >= start or minute < end))):
            return False
        if past and minute < end:
            weekday = (weekday - 1) % 7
    return not of.weekdays or weekday in of.weekdays
