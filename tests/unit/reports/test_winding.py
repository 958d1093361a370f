"""Moments of a clock that was extended and stands still."""

from datetime import UTC, datetime, timedelta

from civicprobe.reports.models import Clock
from civicprobe.reports.winding import reckon

START, HOUR = datetime(2026, 6, 10, 1, tzinfo=UTC), timedelta(hours=1)


def test_an_extended_clock_that_stands_still_has_no_moment(session):
    """Paused after its first limit and before what a desk gave: none is reached while it rests."""
    pause = [(START + 2 * HOUR).isoformat(), None, "question"]
    clock = Clock(stage="handling", amount=1, unit="clock_hour", started_at=START, pauses=[pause])
    clock.told, clock.until_at = "in_time", START + 9 * HOUR
    reckon(session, clock)
    assert (clock.warn_at, clock.due_at, clock.thrice_at) == (None, None, None)
