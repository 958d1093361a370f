"""When a message may go out: quiet hours, the pause between two to one person, the wait after a
failure. Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from civicprobe.catalog.calendars import CITY_ZONE

QUIET_FROM, QUIET_UNTIL = time(22), time(7)
BACK_OFF_S = (15, 60, 180, 600)
GIVE_UP_AFTER = timedelta(hours=72)
# How long one sender has a message to itself; a killed one's is taken up by another after it.
LEASE = timedelta(seconds=60)


@dataclass(frozen=True)
class Rate:
    """How a channel treats one person.

    `gap`: the least time between two messages; what comes meanwhile goes into one (`bundle` is how
    many it names). `quiet`: not at night. `urgent_only`: only what cannot wait. `bundle` 1 sends
    each by itself.
    """

    gap: timedelta
    bundle: int = 10
    quiet: bool = True
    urgent_only: bool = False


def first_try(rate: Rate, now: datetime, *, urgent: bool) -> datetime:
    """When a message written now may go out first: in the morning if it is night, but at once if
    it is urgent."""
    if urgent or not rate.quiet:
        return now
    local = now.astimezone(CITY_ZONE)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return now
    day = local.date() + timedelta(days=local.time() >= QUIET_FROM)
    return datetime.combine(day, QUIET_UNTIL, CITY_ZONE)


def next_try(attempts: int, now: datetime) -> datetime:
    """When what failed `attempts` times is tried again: soon at first, then every ten minutes."""
    return now + timedelta(seconds=BACK_OFF_S[min(attempts, len(BACK_OFF_S)) - 1])
