"""Quiet hours and the waits after failures, on the city's clock."""

from datetime import UTC, datetime, timedelta

import pytest

from civicprobe.notices.channels import CHANNELS
from civicprobe.notices.rules import Rate, first_try, next_try

RATE = Rate(gap=timedelta(minutes=5))


@pytest.mark.parametrize(
    ("written", "goes"),
    [  # hours of Chengdu: UTC and eight
        ("2026-11-25T13:59", "2026-11-25T13:59"),  # 21:59
        ("2026-11-25T14:00", "2026-11-25T23:00"),  # 22:00 waits until 7 the next morning
        ("2026-11-25T16:30", "2026-11-25T23:00"),  # 00:30
        ("2026-11-25T22:59", "2026-11-25T23:00"),  # 06:59
        ("2026-11-25T23:00", "2026-11-25T23:00"),  # 07:00
        ("2026-12-31T15:00", "2026-12-31T23:00"),  # into the new year
    ],
)
def test_nobody_is_woken_but_for_what_is_urgent(written, goes):
    at, then = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (written, goes))
    assert first_try(RATE, at, urgent=False) == then
    assert first_try(RATE, at, urgent=True) == at
    assert first_try(CHANNELS["webhook"].rate, at, urgent=False) == at


def test_a_failure_is_tried_again_soon_and_then_every_ten_minutes():
    now = datetime(2026, 11, 25, tzinfo=UTC)
    waits = [(next_try(attempts, now) - now).total_seconds() for attempts in (1, 2, 3, 4, 5, 99)]
    assert waits == [15, 60, 180, 600, 600, 600]


def test_each_channel_knows_its_addresses():
    for name, good, bad in [
        ("email", "desk@example.org", "desk@ex ample"),
        ("email", "a.b+c@xn--fiqs8s.cn", "a@b@c"),
        ("webhook", "https://example.org/hook?x=1", "ftp://example.org"),
        ("sms", "+8613800000000", "one two"),
    ]:
        assert CHANNELS[name].check(good)
        assert not CHANNELS[name].check(bad)
    assert not CHANNELS["email"].check("a@b.c\nBcc: x@y.z")
