"""What one report's events say, and the arithmetic of buckets, medians and intervals."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicprobe.stats.measures import (
    MOST_H,
    Step,
    bucket_of,
    handling_h,
    hour_of_week,
    hours_of,
    interval,
    median_h,
    read_marks,
    week_of,
)

START = datetime(2026, 3, 2, 1, tzinfo=UTC)  # a Monday, nine in the morning in Chengdu


def step(action, hours, **data):
    return Step(action, START + timedelta(hours=hours), data)


def test_a_whole_case():
    steps = [
        step("submit", 0),
        step("file", 2.9),
        step("dispatch", 3),
        step("return", 4),
        step("dispatch", 5),
        step("propose", 30),
        step("send_back", 31),
        step("propose", 40),
        step("close", 41),
        step("rate", 50, answer="unsatisfied"),
        step("rate", 51, answer="satisfied"),
    ]
    closed, due = START + timedelta(hours=41), START + timedelta(hours=41)
    found = read_marks(START, closed, due, steps)
    assert (found.verified_h, found.dispatched_h, found.handled_h, found.closed_h) == (2, 3, 30, 41)
    assert (found.on_time, found.satisfied, found.returns, found.reworks) == (True, True, 1, 1)


def test_what_is_open_again_has_no_verdict():
    steps = [step("submit", 0), step("rate", 5, answer="satisfied"), step("reopen", 6)]
    found = read_marks(START, None, START, steps)
    assert (found.closed_h, found.on_time, found.satisfied, found.reworks) == (None, None, None, 1)


def test_what_was_undone_counts_for_nothing():
    steps = [step("submit", 0), step("file", 5), step("undo", 5, undone=2), step("file", 9)]
    assert read_marks(START, None, None, steps).verified_h == 9
    assert read_marks(START, None, None, steps[:3]).verified_h is None


def test_a_time_that_would_be_negative_is_none():
    steps = [step("submit", 0), step("propose", 2), step("dispatch", 8)]
    assert handling_h(read_marks(START, None, None, steps)) is None
    assert handling_h(read_marks(START, None, None, [*steps[:1], step("dispatch", 1)])) is None


def test_a_second_too_late_is_late():
    late = START + timedelta(seconds=1)
    assert read_marks(START, late, START, []).on_time is False


@pytest.mark.parametrize(
    ("at", "monday", "hour"),
    [
        (START, date(2026, 3, 2), 9),
        (datetime(2026, 3, 1, 15, 59, tzinfo=UTC), date(2026, 2, 23), 167),
        (datetime(2026, 3, 1, 16, 0, tzinfo=UTC), date(2026, 3, 2), 0),
    ],
)
def test_weeks_begin_on_the_citys_monday(at, monday, hour):
    assert (week_of(at), hour_of_week(at)) == (monday, hour)


@given(st.integers(0, MOST_H))
def test_a_bucket_holds_its_time_to_the_hour_and_later_to_the_day(hours):
    least = hours_of(bucket_of(hours))
    assert least <= hours < least + (1 if hours < 72 else 24)


@given(st.lists(st.integers(0, 71), min_size=1))
def test_the_median_is_that_of_the_sorted_list(hours):
    counted = {hour: hours.count(hour) for hour in hours}
    assert median_h(counted) == sorted(hours)[(len(hours) - 1) // 2]


def test_of_nothing_there_is_no_median_and_no_interval():
    assert median_h({}) is None
    assert interval(0, 0) is None


@given(st.integers(1, 10_000), st.data())
def test_an_interval_holds_its_share(of, data):
    hits = data.draw(st.integers(0, of))
    low, high = interval(hits, of) or (2, -1)
    assert 0 <= low <= hits / of + 1e-9
    assert hits / of - 1e-9 <= high <= 1


def test_few_cases_make_a_wide_interval():
    low, high = interval(9, 10) or (0, 0)
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)  # Wilson, worked out by hand
