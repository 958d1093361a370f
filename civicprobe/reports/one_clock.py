"""One clock's row: its moments worked out from its limit and pauses; it stands still, it goes on.

Which clocks run is not decided here, see `winding`. Nothing here reads or writes a row.
"""

from collections.abc import Callable
from datetime import datetime

from civicprobe.catalog.calendars import Calendar
from civicprobe.reports.lifecycle.clocks import Due, Lateness, Limit, LimitUnit, Pause, due_of
from civicprobe.reports.models import Clock

Days = Callable[[], Calendar]
QUESTION, STILL = "question", "still"
_LOOKED_AT = (
    (Lateness.SOON, "warn_at"),
    (Lateness.OVERDUE, "due_at"),
    (Lateness.THRICE, "thrice_at"),
)


def due_from(clock: Clock) -> Due:
    """The clock's moments as `lateness` takes them."""
    return Due(clock.warn_at, clock.due_at, clock.thrice_at, clock.provisional)


def next_look(clock: Clock) -> datetime | None:
    """When the clock has to be looked at again: at the next lateness that nobody was told of."""
    order = list(Lateness)
    told = order.index(Lateness(clock.told))
    moments = (getattr(clock, name) for late, name in _LOOKED_AT if order.index(late) > told)
    return next((at for at in moments if at is not None), None)


def work_out(clock: Clock, days: Days) -> None:
    """Its moments, from its limit, its pauses and the calendar."""
    due = due_of(
        Limit(clock.amount, LimitUnit(clock.unit)),
        clock.started_at,
        days(),
        [_pause_of(pause) for pause in clock.pauses],
    )
    _keep(clock, due)


def _keep(clock: Clock, due: Due) -> None:
    clock.warn_at, clock.due_at, clock.thrice_at = due.warn_at, due.at, due.thrice_at
    if clock.until_at is not None:
        _put_off(clock, clock.until_at)
    clock.provisional = due.provisional
    clock.next_at = next_look(clock)


def _put_off(clock: Clock, until_at: datetime) -> None:
    """A desk gave it until then; while it stands still before that, it is due at no moment."""
    stood = next((pause[0] for pause in clock.pauses if pause[1] is None), None)
    stands = stood is not None and datetime.fromisoformat(stood) < until_at
    later = None if stands or clock.due_at is None else until_at - clock.due_at
    for name in ("warn_at", "due_at", "thrice_at"):
        moment = getattr(clock, name)
        setattr(clock, name, moment + later if moment and later is not None else None)


def stand_still(clock: Clock, now: datetime, days: Days) -> None:
    """From now on, until it goes on; twice is once."""
    if not any(pause[1] is None for pause in clock.pauses):
        clock.pauses = [
            *(end_question(pause, now) for pause in clock.pauses),
            [now.isoformat(), None, STILL],
        ]
        work_out(clock, days)


def go_on(clock: Clock, now: datetime, days: Days) -> None:
    """After it stood still; one that runs is left alone."""
    stood = next((pause[0] for pause in clock.pauses if pause[1] is None), None)
    if stood is None:
        return
    since = datetime.fromisoformat(stood)
    if clock.until_at is not None and clock.until_at > since:
        clock.until_at += now - since  # what a desk gave is not eaten by the rest
    clock.pauses = [[pause[0], pause[1] or now.isoformat(), pause[2]] for pause in clock.pauses]
    work_out(clock, days)


def end_question(pause: list[str | None], now: datetime) -> list[str | None]:
    """A pause for a question ends now, if it has not ended before."""
    start, end, why = pause
    if why == QUESTION and end is not None and datetime.fromisoformat(end) > now:
        return [start, max(start or "", now.isoformat()), why]
    return pause


def _pause_of(pause: list[str | None]) -> Pause:
    start, end, _ = pause
    return Pause(datetime.fromisoformat(start or ""), datetime.fromisoformat(end) if end else None)
