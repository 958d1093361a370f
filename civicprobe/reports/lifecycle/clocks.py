"""When a stage is due: a limit counted from its start, standing still while it is paused.

Pure. Working hours and days follow the city's calendar; clock minutes and hours run day and
night. Nothing resets a clock, and what was late before a pause is late after it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from civicprobe.catalog.calendars import NOTHING, Calendar

WARN_AT = 0.8
THRICE = 3


class Stage(StrEnum):
    """What is waited for; `whole` is the case from submit on, in plain time, and never stops."""

    PLACE = "place"
    TRIAGE = "triage"
    DISPATCH = "dispatch"
    ACCEPT = "accept"
    HANDLING = "handling"
    CHECKING = "checking"
    WHISTLE = "whistle"
    ACKNOWLEDGE = "acknowledge"
    WHOLE = "whole"


class LimitUnit(StrEnum):
    """What a limit is counted in (工作时, 工作日, and the clock's own)."""

    CLOCK_MINUTE = "clock_minute"
    CLOCK_HOUR = "clock_hour"
    WORKING_HOUR = "working_hour"
    WORKING_DAY = "working_day"


@dataclass(frozen=True, slots=True)
class Limit:
    """An amount of time for a stage."""

    amount: int
    unit: LimitUnit


@dataclass(frozen=True, slots=True)
class Pause:
    """From when to when a clock stood still; an open pause has no end yet."""

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """When to warn, when it is overdue and when three times so.

    `provisional` (暂定): the calendar of those days is not announced yet. All are None while the
    clock stands still before them.
    """

    warn_at: datetime | None
    at: datetime | None
    thrice_at: datetime | None
    provisional: bool


class Lateness(StrEnum):
    """How a clock stands at a moment."""

    IN_TIME = "in_time"
    SOON = "soon"
    OVERDUE = "overdue"
    THRICE = "thrice"


def due_of(
    limit: Limit, started_at: datetime, calendar: Calendar, pauses: Sequence[Pause] = ()
) -> Due:
    """When a limit that began at `started_at` is due; pauses in any order, not overlapping."""
    span, tripled = (_span(limit, started_at, calendar, times) for times in (1, THRICE))
    reach = _reacher(limit, started_at, calendar, sorted(pauses, key=lambda pause: pause.start))
    at, thrice_at = reach(span), reach(tripled)
    last = max((moment for moment in (at, thrice_at) if moment), default=started_at)
    return Due(
        warn_at=reach(span * WARN_AT),
        at=at,
        thrice_at=thrice_at,
        provisional=_works(limit) and not calendar.knows(started_at, at or last),
    )


def lateness(due: Due, now: datetime) -> Lateness:
    """How a clock stands at `now`."""
    steps = (
        (due.thrice_at, Lateness.THRICE),
        (due.at, Lateness.OVERDUE),
        (due.warn_at, Lateness.SOON),
    )
    return next((late for at, late in steps if at and now >= at), Lateness.IN_TIME)


def _works(limit: Limit) -> bool:
    return limit.unit in {LimitUnit.WORKING_HOUR, LimitUnit.WORKING_DAY}


def _span(limit: Limit, started_at: datetime, calendar: Calendar, times: int) -> timedelta:
    """The limit as time to be counted: for working days, what is worked until their last closes."""
    amount = limit.amount * times
    match limit.unit:
        case LimitUnit.CLOCK_MINUTE:
            return timedelta(minutes=amount)
        case LimitUnit.CLOCK_HOUR | LimitUnit.WORKING_HOUR:
            return timedelta(hours=amount)
        case LimitUnit.WORKING_DAY:
            return calendar.worked(started_at, calendar.closing(started_at, amount))


def _reacher(
    limit: Limit, started_at: datetime, calendar: Calendar, pauses: Sequence[Pause]
) -> Callable[[timedelta], datetime | None]:
    """A function from counted time to the moment it is reached; None if it stands still before."""
    works = _works(limit)

    def after(start: datetime, span: timedelta) -> datetime:
        return calendar.after(start, span) if works else start + span

    def between(start: datetime, end: datetime) -> timedelta:
        return calendar.worked(start, end) if works else max(NOTHING, end - start)

    def reach(span: timedelta) -> datetime | None:
        cursor, left = started_at, span
        for pause in pauses:
            counted = between(cursor, pause.start)
            if left <= counted:
                break
            left -= counted
            if pause.end is None:
                return None
            cursor = max(cursor, pause.end)
        return after(cursor, left)

    return reach
