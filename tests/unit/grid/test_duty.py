"""When a member may be asked: by hand, by plan, on holidays, past midnight, on the city's clock."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicprobe.catalog.calendars import CITY_ZONE, Calendar
from civicprobe.grid.choosing import WhyNot
from civicprobe.grid.duty import (
    DAY_MINUTES,
    RIDER_QUIET,
    Duty,
    Window,
    off_until,
    on_until,
    stretches,
    why_away,
    windows_overlap,
)

CALENDAR = Calendar(CITY_ZONE)
MONDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 28)
DAYTIME = tuple(Window(day, 8 * 60, 12 * 60) for day in range(5))
NIGHT = (Window(4, 22 * 60, 6 * 60),)  # Friday 22:00 to Saturday 6:00


def at(day, hour, minute=0):
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=CITY_ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("duty", "moment", "away"),
    [
        (Duty(), at(MONDAY, 3), None),
        (Duty(DAYTIME), at(MONDAY, 8), None),
        (Duty(DAYTIME), at(MONDAY, 7, 59), WhyNot.OFF_SHIFT),
        (Duty(DAYTIME), at(MONDAY, 12), WhyNot.OFF_SHIFT),
        (Duty(DAYTIME), at(SATURDAY, 9), WhyNot.OFF_SHIFT),
        (Duty(NIGHT), at(SATURDAY, 5, 59), None),
        (Duty(NIGHT), at(SATURDAY, 6), WhyNot.OFF_SHIFT),
        (Duty(NIGHT), at(SATURDAY, 23), WhyNot.OFF_SHIFT),
        (Duty(quiet=RIDER_QUIET), at(MONDAY, 12, 59), WhyNot.QUIET_HOURS),
        (Duty(quiet=RIDER_QUIET), at(MONDAY, 13), None),
        (Duty(quiet=((23 * 60, 60),)), at(MONDAY, 0, 30), WhyNot.QUIET_HOURS),
        (Duty(DAYTIME, RIDER_QUIET), at(MONDAY, 18), WhyNot.OFF_SHIFT),
        (Duty(DAYTIME, suspended=True), at(MONDAY, 9), WhyNot.SUSPENDED),
        (Duty(leaves=((at(MONDAY, 0), at(MONDAY, 20)),)), at(MONDAY, 19), WhyNot.ON_LEAVE),
        (Duty(leaves=((at(MONDAY, 0), at(MONDAY, 20)),)), at(MONDAY, 20), None),
        (Duty(DAYTIME, tap=False, tap_until=at(MONDAY, 11)), at(MONDAY, 10), WhyNot.OFF_DUTY),
        (Duty(DAYTIME, tap=False, tap_until=at(MONDAY, 11)), at(MONDAY, 11), None),
        (Duty(DAYTIME, tap=True, tap_until=at(MONDAY, 21)), at(MONDAY, 20), None),
        (Duty((), RIDER_QUIET, tap=True, tap_until=at(MONDAY, 13)), at(MONDAY, 12), None),
    ],
)
def test_who_is_away_and_why(duty, moment, away):
    assert why_away(duty, moment, CALENDAR) is away


@pytest.mark.parametrize(
    ("day", "rests", "away"),
    [
        (date(2026, 10, 1), True, WhyNot.HOLIDAY),  # National Day, a Thursday
        (date(2026, 10, 3), True, WhyNot.HOLIDAY),  # its Saturday
        (date(2026, 10, 1), False, None),
        (date(2026, 10, 10), True, None),  # a Saturday that is worked instead (调休)
        (date(2026, 11, 28), True, None),  # any Saturday is no holiday
    ],
)
def test_on_holidays_as_the_roster_says(day, rests, away):
    every_day = tuple(Window(weekday, 8 * 60, 20 * 60) for weekday in range(7))
    assert why_away(Duty(every_day, rests_on_holidays=rests), at(day, 9), CALENDAR) is away
    assert why_away(Duty(rests_on_holidays=rests), at(day, 9), CALENDAR) is away


def test_a_night_that_began_before_the_holiday_is_still_worked():
    duty = Duty((Window(2, 22 * 60, 6 * 60),), rests_on_holidays=True)  # Wednesday night
    assert why_away(duty, at(date(2026, 10, 1), 5), CALENDAR) is None


def test_a_free_day_that_the_office_sets_counts():
    own = Calendar(CITY_ZONE, own={MONDAY: False})
    assert why_away(Duty(rests_on_holidays=True), at(MONDAY, 9), own) is WhyNot.HOLIDAY


def test_one_tap_holds_until_the_shift_ends_or_begins():
    assert off_until(Duty(DAYTIME, RIDER_QUIET), at(MONDAY, 9), CALENDAR) == at(MONDAY, 12)
    assert off_until(Duty(), at(MONDAY, 9), CALENDAR) == at(MONDAY, 21)
    assert on_until(Duty((), RIDER_QUIET), at(MONDAY, 12), CALENDAR) == at(MONDAY, 13)
    assert on_until(Duty(DAYTIME), at(MONDAY, 6), CALENDAR) == at(MONDAY, 8)
    assert on_until(Duty(DAYTIME), at(MONDAY, 13), CALENDAR) == at(MONDAY, 17)


@pytest.mark.parametrize(
    ("windows", "overlap"),
    [
        (DAYTIME, False),
        ((*DAYTIME, Window(0, 11 * 60, 13 * 60)), True),
        ((Window(6, 22 * 60, 6 * 60), Window(0, 5 * 60, 9 * 60)), True),
        ((Window(6, 22 * 60, 6 * 60), Window(0, 6 * 60, 9 * 60)), False),
        ((Window(0, 0, 0), Window(0, 60, 120)), True),
    ],
)
def test_windows_of_a_week_may_not_overlap(windows, overlap):
    assert windows_overlap(windows) is overlap


minutes = st.integers(0, DAY_MINUTES - 1)
moments = st.integers(0, 700 * DAY_MINUTES).map(lambda m: at(MONDAY, 0) + timedelta(minutes=m))
spans = st.tuples(moments, st.timedeltas(timedelta(minutes=1), timedelta(days=9)))
duties = st.builds(
    Duty,
    st.lists(st.builds(Window, st.integers(0, 6), minutes, minutes), max_size=5).map(tuple),
    st.lists(st.tuples(minutes, minutes), max_size=2).map(tuple),
    st.booleans(),
    st.none() | st.booleans(),
    st.none() | moments,
    st.lists(spans.map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=2).map(tuple),
    st.booleans(),
)
zones = st.sampled_from([CITY_ZONE, ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")])


@given(duties, moments, st.integers(0, 3 * DAY_MINUTES), zones)
def test_what_the_calendar_of_a_roster_shows_is_what_choosing_sees(duty, start, later, zone):
    calendar, end = Calendar(zone), start + timedelta(days=3)
    shown = stretches(duty, start, end, calendar)
    assert (shown[0].start, shown[-1].end) == (start, end)
    assert all(one.end == other.start for one, other in pairwise(shown))
    moment = start + timedelta(minutes=later)
    if moment < end:
        (stretch,) = [each for each in shown if each.start <= moment < each.end]
        assert stretch.away is why_away(duty, moment, calendar)
