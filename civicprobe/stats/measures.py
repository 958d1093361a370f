"""What is measured of one report: how far it came, how long that took, what went wrong. Pure.

A fact is worked out from the report's row and its events alone, so that it can always be worked
out again. Times are whole-case time: plain hours, nights and holidays included.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.reports.lifecycle.table import Action, State

HOURLY_H = 72  # up to three days a time is kept by the hour, above by the day
MOST_H = 24 * 365
GRADES = "ABCD"
WEEK = timedelta(days=7)


class Stage(StrEnum):
    """How far a case came: 上报, 核实, 派遣, 处置, 结案, 满意."""

    REPORTED = "reported"
    VERIFIED = "verified"
    DISPATCHED = "dispatched"
    HANDLED = "handled"
    CLOSED = "closed"
    SATISFIED = "satisfied"


STAGES = tuple(Stage)


@dataclass(frozen=True)
class Step:
    """One event of a report."""

    action: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Marks:
    """What the events of a report say. Hours are whole, from the report's coming in."""

    verified_h: int | None
    dispatched_h: int | None
    handled_h: int | None
    closed_h: int | None
    on_time: bool | None
    satisfied: bool | None
    returns: int
    reworks: int


def read_marks(
    created_at: datetime,
    closed_at: datetime | None,
    due_at: datetime | None,
    steps: Iterable[Step],
) -> Marks:
    """The marks of a report; `due_at` is when the whole case was due.

    `steps` are all of its events in order. A step that was undone counts for nothing. A case that
    is open again is not closed, and has no verdict on its time or its result.
    """
    steps = _that_stand(list(steps))
    first: dict[str, datetime] = {}
    for step in steps:
        first.setdefault(step.action, step.at)
    rated = [step for step in steps if step.action == Action.RATE and closed_at is not None]
    return Marks(
        verified_h=_hours(created_at, first.get(Action.FILE)),
        dispatched_h=_hours(created_at, first.get(Action.DISPATCH)),
        handled_h=_hours(created_at, first.get(Action.PROPOSE)),
        closed_h=_hours(created_at, closed_at),
        on_time=closed_at <= due_at if closed_at and due_at else None,
        satisfied=rated[-1].data.get("answer") == "satisfied" if rated else None,
        returns=_count(steps, Action.RETURN),
        reworks=_count(steps, Action.SEND_BACK) + _count(steps, Action.REOPEN),
    )


def handling_h(found: Marks) -> int | None:
    """From dispatch to the proposal; None of a case that was not handled after it was sent."""
    if found.handled_h is None or found.dispatched_h is None:
        return None
    hours = found.handled_h - found.dispatched_h
    return hours if hours >= 0 else None


def is_closed(state: str) -> bool:
    """Whether a report in this state has come to its end."""
    return state == State.CLOSED


def week_of(at: datetime) -> date:
    """The Monday of the city's week that a moment lies in."""
    day = at.astimezone(CITY_ZONE).date()
    return day - timedelta(days=day.weekday())


def hour_of_week(at: datetime) -> int:
    """0 for Monday from midnight to one on the city's clock, 167 for Sunday's last hour."""
    local = at.astimezone(CITY_ZONE)
    return local.weekday() * 24 + local.hour


def bucket_of(hours: int) -> int:
    """The bucket of a time: its hours up to three days, above that its days after 72."""
    hours = max(0, min(hours, MOST_H))
    return hours if hours < HOURLY_H else HOURLY_H + (hours - HOURLY_H) // 24


def hours_of(bucket: int) -> int:
    """The shortest time in a bucket, in hours."""
    return bucket if bucket < HOURLY_H else HOURLY_H + (bucket - HOURLY_H) * 24


def median_h(buckets: Mapping[int, int]) -> int | None:
    """The median of a histogram of buckets, in hours; the lower of two middle ones."""
    total, passed = sum(buckets.values()), 0
    for bucket in sorted(buckets):
        passed += buckets[bucket]
        if passed * 2 >= total:
            return hours_of(bucket)
    return None


def interval(hits: int, of: int) -> tuple[float, float] | None:
    """Wilson's 95 % interval of a share; None of nothing (Wilson 1927)."""
    if not of:
        return None
    z, share = 1.96, hits / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    reach = z / (1 + z * z / of) * (share * (1 - share) / of + z * z / (4 * of * of)) ** 0.5
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _that_stand(steps: list[Step]) -> list[Step]:
    """The steps that nobody took back; events are numbered from 1 without a gap."""
    undone = {step.data.get("undone") for step in steps if step.action == Action.UNDO}
    return [step for seq, step in enumerate(steps, start=1) if seq not in undone]


def _hours(since: datetime, until: datetime | None) -> int | None:
    return None if until is None else max(0, int((until - since).total_seconds() // 3600))


def _count(steps: Iterable[Step], action: Action) -> int:
    return sum(step.action == action for step in steps)
