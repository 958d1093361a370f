"""Due times worked out by hand from the State Council's notices for 2026, office hours 9-12, 13-17.

Off: 1-3 Jan, 15-23 Feb, 4-6 Apr, 1-5 May, 19-21 Jun, 25-27 Sep, 1-7 Oct. Worked all the same:
4 Jan (Sun), 14 and 28 Feb (Sat), 9 May (Sat), 20 Sep (Sun), 10 Oct (Sat).
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicprobe.catalog.calendars import Calendar
from civicprobe.reports.lifecycle.clocks import Lateness, Limit, LimitUnit, Pause, due_of, lateness

CHENGDU = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar(CHENGDU)
UNITS = {
    "min": LimitUnit.CLOCK_MINUTE,
    "h": LimitUnit.CLOCK_HOUR,
    "wh": LimitUnit.WORKING_HOUR,
    "wd": LimitUnit.WORKING_DAY,
}


def moment(text):
    year = "" if text.startswith("20") else "2026-"
    return datetime.fromisoformat(f"{year}{text}").replace(tzinfo=CHENGDU)


def limit(text):
    amount, unit = text.split()
    return Limit(int(amount), UNITS[unit])


def stopped(text):
    start, end = (part.strip() for part in text.split("to"))
    return Pause(moment(start), moment(end) if end else None)


CASES = """
# within a day, over noon and over night (24 November is a Tuesday)
11-24 09:00 | 2 wh | 11-24 11:00
11-24 10:30 | 2 wh | 11-24 13:30
11-24 11:00 | 1 wh | 11-24 12:00
11-24 12:00 | 1 wh | 11-24 14:00
11-24 12:30 | 1 wh | 11-24 14:00
11-24 16:00 | 1 wh | 11-24 17:00
11-24 16:00 | 2 wh | 11-25 10:00
11-24 17:00 | 1 wh | 11-25 10:00
11-24 22:15 | 4 wh | 11-25 14:00
11-24 03:00 | 4 wh | 11-24 14:00
11-24 00:00 | 1 wh | 11-24 10:00
11-24 23:59 | 1 wh | 11-25 10:00
# over a weekend
11-27 16:00 | 4 wh | 11-30 12:00
11-28 10:00 | 2 wh | 11-30 11:00
11-29 23:59 | 7 wh | 11-30 17:00
11-27 09:00 | 14 wh | 11-30 17:00
# holidays and make-up days
2025-12-31 16:00 | 2 wh | 01-04 10:00
01-03 12:00 | 4 wh | 01-04 14:00
01-04 09:00 | 7 wh | 01-04 17:00
02-13 16:00 | 4 wh | 02-14 12:00
02-14 16:00 | 2 wh | 02-24 10:00
02-16 09:00 | 7 wh | 02-24 17:00
02-27 15:00 | 4 wh | 02-28 11:00
02-28 17:00 | 1 wh | 03-02 10:00
04-03 16:30 | 1 wh | 04-07 09:30
04-30 16:00 | 2 wh | 05-06 10:00
05-08 16:00 | 3 wh | 05-09 11:00
06-18 13:00 | 5 wh | 06-22 10:00
09-19 10:00 | 1 wh | 09-20 10:00
09-24 15:30 | 2 wh | 09-28 09:30
09-30 16:00 | 8 wh | 10-08 17:00
10-09 16:00 | 2 wh | 10-10 10:00
10-10 16:00 | 2 wh | 10-12 10:00
# working days: the first is not counted, the last ends with office hours
11-24 09:00 | 1 wd | 11-25 17:00
11-24 23:00 | 1 wd | 11-25 17:00
11-24 00:00 | 1 wd | 11-25 17:00
11-27 10:00 | 1 wd | 11-30 17:00
11-28 10:00 | 1 wd | 11-30 17:00
11-29 10:00 | 1 wd | 11-30 17:00
11-24 10:00 | 5 wd | 12-01 17:00
02-13 10:00 | 1 wd | 02-14 17:00
02-13 10:00 | 2 wd | 02-24 17:00
04-30 10:00 | 1 wd | 05-06 17:00
04-30 10:00 | 4 wd | 05-09 17:00
09-30 10:00 | 2 wd | 10-09 17:00
09-30 10:00 | 3 wd | 10-10 17:00
2025-12-31 12:00 | 1 wd | 01-04 17:00
06-18 10:00 | 1 wd | 06-22 17:00
12-29 10:00 | 2 wd | 12-31 17:00
# the clock's own time knows no holiday
11-24 03:00 | 5 min | 11-24 03:05
10-01 03:00 | 24 h | 10-02 03:00
12-31 23:58 | 5 min | 2027-01-01 00:03
02-28 23:00 | 2 h | 03-01 01:00
# stop and resume
11-24 09:00 | 4 wh | 11-24 15:00 | 11-24 10:00 to 11-24 11:00
11-24 15:00 | 4 wh | 11-25 12:00 | 11-24 16:00 to 11-25 09:00
11-24 09:00 | 4 wh | 11-26 14:00 | 11-24 10:00 to 11-26 10:00
11-24 11:00 | 2 wh | 11-24 14:00 | 11-24 12:10 to 11-24 12:50
11-24 09:00 | 5 wh | 11-24 17:00 | 11-24 10:00 to 11-24 11:00 | 11-24 14:00 to 11-24 15:00
11-24 09:00 | 5 wh | 11-24 17:00 | 11-24 14:00 to 11-24 15:00 | 11-24 10:00 to 11-24 11:00
11-24 09:00 | 1 wh | 11-24 10:00 | 11-24 11:00 to 11-24 16:00
11-24 09:00 | 1 wh | 11-24 10:00 | 11-24 10:00 to
11-24 09:00 | 4 wh | - | 11-24 10:00 to
11-24 09:00 | 2 wh | 11-24 12:00 | 11-24 08:00 to 11-24 10:00
11-24 10:00 | 3 wd | 11-30 17:00 | 11-25 09:00 to 11-26 09:00
11-24 10:00 | 3 wd | - | 11-25 09:00 to
11-27 16:00 | 4 wh | 11-30 12:00 | 11-27 17:00 to 11-30 09:00
02-14 16:00 | 4 wh | 02-24 14:00 | 02-14 16:30 to 02-24 09:30
11-24 10:00 | 48 h | 11-27 10:00 | 11-24 20:00 to 11-25 20:00
12-31 23:58 | 5 min | 2027-01-01 00:33 | 2027-01-01 00:00 to 2027-01-01 00:30
"""
ROWS = [line for line in CASES.strip().splitlines() if not line.startswith("#")]


def test_there_are_enough_of_them():
    assert len(ROWS) >= 60


@pytest.mark.parametrize("row", ROWS)
def test_worked_out_by_hand(row):
    start, amount, expected, *pauses = (part.strip() for part in row.split("|"))
    due = due_of(limit(amount), moment(start), CALENDAR, [stopped(text) for text in pauses])
    assert due.at == (None if expected == "-" else moment(expected))
    assert not due.provisional


def test_warned_at_four_fifths_and_three_times_late():
    due = due_of(limit("4 wh"), moment("11-24 09:00"), CALENDAR)
    assert due.warn_at == moment("11-24 13:12")
    assert due.thrice_at == moment("11-25 15:00")
    due = due_of(limit("1 wd"), moment("11-27 17:00"), CALENDAR)
    assert due.warn_at == moment("11-30 15:36"), "of seven hours, 5.6"
    assert due.thrice_at == moment("12-02 17:00")


@pytest.mark.parametrize(
    ("start", "amount", "own", "expected", "provisional"),
    [
        ("12-31 10:00", "1 wd", {}, "2027-01-01 17:00", True),
        ("12-31 10:00", "1 wd", {date(2027, 1, 1): False}, "2027-01-04 17:00", False),
        ("12-31 16:00", "2 wh", {}, "2027-01-01 10:00", True),
        ("12-31 16:00", "1 wh", {}, "12-31 17:00", False),
        ("2031-05-02 16:00", "2 wh", {}, "2031-05-05 10:00", True),
        ("11-24 16:00", "2 wh", {date(2026, 11, 25): False}, "11-26 10:00", False),
        ("11-27 16:00", "2 wh", {date(2026, 11, 28): True}, "11-28 10:00", False),
    ],
)
def test_past_the_announced_years_it_is_provisional(start, amount, own, expected, provisional):
    due = due_of(limit(amount), moment(start), Calendar(CHENGDU, own=own))
    assert (due.at, due.provisional) == (moment(expected), provisional)


def test_how_late_it_is():
    due = due_of(limit("4 wh"), moment("11-24 09:00"), CALENDAR)
    at = [
        ("11-24 13:11", Lateness.IN_TIME),
        ("11-24 13:12", Lateness.SOON),
        ("11-24 14:00", Lateness.OVERDUE),
        ("11-25 14:59", Lateness.OVERDUE),
        ("11-25 15:00", Lateness.THRICE),
    ]
    assert [lateness(due, moment(text)) for text, _ in at] == [late for _, late in at]
    open_pause = [Pause(moment("11-24 10:00"))]
    still = due_of(limit("4 wh"), moment("11-24 09:00"), CALENDAR, open_pause)
    assert lateness(still, moment("12-24 09:00")) is Lateness.IN_TIME


moments = st.integers(0, 360 * 24 * 60).map(
    lambda minutes: datetime(2025, 12, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
spans = st.integers(1, 60 * 60).map(lambda minutes: timedelta(minutes=minutes))


@given(moments, spans)
def test_what_is_added_is_what_is_counted(start, span):
    end = CALENDAR.after(start, span)
    assert CALENDAR.worked(start, end) == span
    assert CALENDAR.worked(start, end - timedelta(seconds=1)) < span


@given(moments, spans, spans)
def test_time_counted_in_two_parts_is_the_same(start, one, two):
    middle = start + two
    whole = CALENDAR.worked(start, middle + one)
    assert CALENDAR.worked(start, middle) + CALENDAR.worked(middle, middle + one) == whole


@given(moments, st.sampled_from(list(LimitUnit)), st.integers(1, 9), spans, spans)
def test_a_pause_never_shortens_and_costs_what_it_took(start, unit, amount, wait, length):
    bound = Limit(amount, unit)
    plain = due_of(bound, start, CALENDAR)
    pause = Pause(start + wait, start + wait + length)
    paused = due_of(bound, start, CALENDAR, [pause])
    assert plain.at
    assert paused.at
    assert pause.end
    assert paused.at >= plain.at
    if unit in (LimitUnit.WORKING_HOUR, LimitUnit.WORKING_DAY):
        counted = CALENDAR.worked(start, paused.at) - CALENDAR.worked(pause.start, pause.end)
        if pause.start < plain.at:
            assert counted == CALENDAR.worked(start, plain.at)
