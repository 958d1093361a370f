"""Moments of a clock that was extended and stands still."""

from datetime import UTC, datetime, timedelta

from civicprobe.reports.models import Clock
from civicprobe.reports.winding import reckon

START, HOUR = datetime(2026, 6, 10, 1, tzinfo=UTC), timedelta(hours=1)


def test_an_extended_clock_that_stands_still_has_no_third_moment(session):
    """Paused after it was due and before three times that: the last is never reached as it is."""
    pause = [(START + 2 * HOUR).isoformat(), None, "question"]
    clock = Clock(stage="handling", amount=1, unit="clock_hour", started_at=START, pauses=[pause])
    clock.told, clock.until_at = "in_time", START + 9 * HOUR
    reckon(session, clock)
    assert clock.due_at == START + 9 * HOUR
    assert clock.warn_at is not None
    assert clock.thrice_at is None
