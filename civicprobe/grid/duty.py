"""When a member may be asked: weekly windows, leave, one tap, quiet hours, holidays.

Pure; all of it on the city's wall clock, so that a window means what people read off a watch.
A member without a window is on duty at any hour (ADR 20).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from civicprobe.catalog.calendars import Calendar
from civicprobe.grid.choosing import WhyNot

DAY = timedelta(days=1)
DAY_MINUTES = 24 * 60
# A tap holds until the present stretch ends, at most this long where none does.
LONGEST_OFF = timedelta(hours=12)
LONGEST_ON = timedelta(hours=4)
# 高峰免打扰: when riders are on the road with meals.
RIDER_QUIET = ((11 * 60, 13 * 60), (17 * 60, 19 * 60))
RIDER_CAP = 10


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A stretch of every week: weekday (0 is Monday) and minutes from its midnight.

    One that ends at or before its start runs past midnight; equal ends are 24 hours.
    """

    weekday: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Duty:
    """All that decides when one member may be asked.

    `quiet` are minutes of every day, past midnight as windows are. `tap` is a hand-set word that
    holds until `tap_until`: True is on duty, False is off. `leaves` are from-to moments.
    """

    windows: Sequence[Window] = ()
    quiet: Sequence[tuple[int, int]] = ()
    rests_on_holidays: bool = False
    tap: bool | None = None
    tap_until: datetime | None = None
    leaves: Sequence[tuple[datetime, datetime]] = ()
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time through which a member is on duty (`away` is None) or away for one reason."""

    start: datetime
    end: datetime
    away: WhyNot | None


def why_away(duty: Duty, at: datetime, calendar: Calendar) -> WhyNot | None:
    """Why this member cannot be asked at this moment; None when they can.

    What a person set by hand outweighs the weekly plan; quiet hours come last, so that an urgent
    report, which passes over them, never rouses somebody who is off duty.
    """
    if duty.suspended:
        return WhyNot.SUSPENDED
    if any(start <= at < end for start, end in duty.leaves):
        return WhyNot.ON_LEAVE
    if duty.tap is not None and duty.tap_until is not None and at < duty.tap_until:
        return None if duty.tap else WhyNot.OFF_DUTY
    local = at.astimezone(calendar.zone).replace(tzinfo=None)
    return _by_plan(duty, local, calendar)


def stretches(duty: Duty, start: datetime, end: datetime, calendar: Calendar) -> list[Stretch]:
    """From `start` to `end`, where one state follows another; nothing where that is no time."""
    turns = sorted({start, *(turn for turn in _turns(duty, start, end, calendar))})
    found: list[Stretch] = []
    for begin, until in zip(turns, [*turns[1:], end], strict=True):
        away = why_away(duty, begin, calendar)
        if found and found[-1].away == away:
            found[-1] = Stretch(found[-1].start, until, away)
        elif begin < until:
            found.append(Stretch(begin, until, away))
    return found


def off_until(duty: Duty, now: datetime, calendar: Calendar) -> datetime:
    """Until when one tap on 下岗 holds: the end of the present stretch, within twelve hours."""
    plan = Duty(duty.windows, (), duty.rests_on_holidays)
    return stretches(plan, now, now + LONGEST_OFF, calendar)[0].end


def on_until(duty: Duty, now: datetime, calendar: Calendar) -> datetime:
    """Until when one tap on 上岗 holds: until duty begins by itself, within four hours."""
    plan = Duty(duty.windows, duty.quiet, duty.rests_on_holidays)
    return stretches(plan, now, now + LONGEST_ON, calendar)[0].end


def windows_overlap(windows: Iterable[Window]) -> bool:
    """Whether two windows of a week cover the same minute."""
    spans = sorted(
        (first := each.weekday * DAY_MINUTES + each.start, first + _length(each))
        for each in windows
    )
    week = 7 * DAY_MINUTES
    again = [*spans, *((start + week, end + week) for start, end in spans[:1])]
    return any(one[1] > other[0] for one, other in pairwise(again))


def _by_plan(duty: Duty, local: datetime, calendar: Calendar) -> WhyNot | None:
    """By the weekly plan alone: a window belongs to the day on which it begins."""
    open_days = [day for day, window in _around(duty, local.date()) if _holds(day, window, local)]
    if not duty.windows:
        open_days = [local.date()]
    if not open_days:
        return WhyNot.OFF_SHIFT
    if duty.rests_on_holidays and all(calendar.is_holiday(day) for day in open_days):
        return WhyNot.HOLIDAY
    minute = local.hour * 60 + local.minute
    if any(_in_span(span, minute) for span in duty.quiet):
        return WhyNot.QUIET_HOURS
    return None


def _around(duty: Duty, day: date) -> Iterator[tuple[date, Window]]:
    for begun in (day - DAY, day):
        for window in duty.windows:
            if window.weekday == begun.weekday():
                yield begun, window


def _holds(day: date, window: Window, local: datetime) -> bool:
    begins = datetime.combine(day, time()) + timedelta(minutes=window.start)
    return begins <= local < begins + timedelta(minutes=_length(window))


def _length(window: Window) -> int:
    return (window.end - window.start - 1) % DAY_MINUTES + 1


def _in_span(span: tuple[int, int], minute: int) -> bool:
    start, end = span
    return start <= minute < end if start < end else minute >= start or minute < end


def _turns(duty: Duty, start: datetime, end: datetime, calendar: Calendar) -> Iterator[datetime]:
    """Every moment between at which something may change."""
    fixed = [moment for leave in duty.leaves for moment in leave]
    fixed += [duty.tap_until] if duty.tap_until else []
    yield from (moment for moment in fixed if start < moment < end)
    minutes = {0, *(m for span in duty.quiet for m in span)}
    minutes |= {m for window in duty.windows for m in (window.start, window.end)}
    day, last = start.astimezone(calendar.zone).date(), end.astimezone(calendar.zone).date()
    while day <= last:
        for minute in minutes:
            wall = datetime.combine(day, time(), calendar.zone) + timedelta(minutes=minute)
            moment = wall.astimezone(start.tzinfo)
            if start < moment < end:
                yield moment
        day += DAY
