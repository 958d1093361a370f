"""The clocks are looked at: who is warned, who hears that it is late, and what goes a rung up.

Some clocks a transaction, so that a sweep can be cut off anywhere: what was not committed is due
still. A worker that slept tells each person once how late it is now, not of every hour it missed.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.grid.city import City
from civicprobe.reports.lifecycle.clocks import Lateness, Stage, lateness
from civicprobe.reports.lifecycle.table import TABLE, Action, Outcome, State, Topic
from civicprobe.reports.models import Clock, Report
from civicprobe.reports.one_clock import due_from, next_look
from civicprobe.reports.queries import get_report_by_id
from civicprobe.reports.services.alarm import call_next
from civicprobe.reports.services.desks import desk_for
from civicprobe.reports.services.raise_case import raise_late
from civicprobe.reports.services.reassign import pass_on_late
from civicprobe.reports.services.tell import Telling, tell_all, tell_people
from civicprobe.reports.transitions import WORKER, By, Step, apply

BATCH = 200
AGAIN_AFTER = timedelta(minutes=10)
_TOPICS: Mapping[Lateness, Topic] = {
    Lateness.SOON: Topic.DUE_SOON,
    Lateness.OVERDUE: Topic.OVERDUE,
    Lateness.THRICE: Topic.THRICE_OVERDUE,
}


def list_due(session: Session, now: datetime, limit: int = BATCH) -> list[int]:
    """Clocks that have to be looked at, the longest waiting first."""
    found = select(Clock.id).where(Clock.next_at <= now, Clock.next_at.is_not(None))
    return list(session.scalars(found.order_by(Clock.next_at, Clock.id).limit(limit)))


def look(session: Session, clock_id: int, *, city: City | None, now: datetime) -> Lateness | None:
    """Look at one clock: tell who has to know how late it is, and take the step that follows.

    Safe to repeat and to race: the report is locked, and a clock that somebody else looked at in
    the meantime is left alone (None).
    """
    clock = session.get(Clock, clock_id)
    if clock is None:
        return None
    report = get_report_by_id(session, clock.report_id, lock=True)
    session.refresh(clock)
    if not _is_due(clock, now):
        return None
    late = _note(clock, now)
    session.flush()
    tell_all(session, _tellings(report, clock, late), now=now)
    step = _STEPS.get((Stage(clock.stage), late))
    if step is not None:
        step(session, report, clock, city, By(WORKER, now))
    return late


def look_together(session: Session, clock_ids: Sequence[int], *, now: datetime) -> list[int]:
    """Look at several clocks in one transaction; the ids of those looked at.

    Left for `look` or for later: whose next step locks more than its own report, and whose report
    somebody acts on just now, so that nobody ever waits here with other reports in hand.
    """
    wanted = select(Clock.report_id).where(Clock.id.in_(clock_ids))
    reports = {
        report.id: report
        for report in session.scalars(
            select(Report)
            .where(Report.id.in_(wanted))
            .order_by(Report.id)
            .with_for_update(key_share=True, skip_locked=True)
            .execution_options(populate_existing=True)
        )
    }
    clocks = session.scalars(
        select(Clock)
        .where(Clock.id.in_(clock_ids), Clock.report_id.in_(reports))
        .order_by(Clock.next_at, Clock.id)
        .execution_options(populate_existing=True)
    )
    # One of each report: what a step does to its others shows when they are read anew.
    first = {clock.report_id: clock for clock in reversed(clocks.all()) if _is_due(clock, now)}
    looked = [clock for clock in first.values() if not _goes_further(clock, now)]
    told = [(reports[clock.report_id], clock, _note(clock, now)) for clock in looked]
    session.flush()
    tell_all(session, [telling for item in told for telling in _tellings(*item)], now=now)
    for report, clock, late in told:
        step = _STEPS.get((Stage(clock.stage), late))
        if step is not None:
            step(session, report, clock, None, By(WORKER, now))
    return [clock.id for clock in looked]


def _is_due(clock: Clock, now: datetime) -> bool:
    return clock.ended_at is None and clock.next_at is not None and clock.next_at <= now


def _goes_further(clock: Clock, now: datetime) -> bool:
    """Whether the step that follows holds members or wakes people: it is taken by itself."""
    step = _STEPS.get((Stage(clock.stage), lateness(due_from(clock), now)))
    return step in (_pass_on, _call_next)


def _note(clock: Clock, now: datetime) -> Lateness:
    late = lateness(due_from(clock), now)
    clock.told = late.value
    clock.next_at = next_look(clock)
    return late


def _tellings(report: Report, clock: Clock, late: Lateness) -> list[Telling]:
    """Who is told how late it is: whose move it is, and of a whistle the unit that was called."""
    if late not in _TOPICS:
        return []
    matter = f"clock:{clock.id}:{late.value}"
    topics = [_TOPICS[late], *([Topic.UNIT_WHISTLE] if clock.whistle_id is not None else [])]
    return [Telling(report, topic, matter) for topic in topics]


def postpone(session: Session, clock_id: int, now: datetime) -> None:
    """A clock that could not be looked at comes again in ten minutes."""
    clock = session.get(Clock, clock_id)
    if clock is not None and clock.next_at is not None:
        clock.next_at = now + AGAIN_AFTER


_Next = Callable[[Session, Report, Clock, City | None, By], object]


def _raise(session: Session, report: Report, clock: Clock, _city: City | None, by: By) -> object:
    return raise_late(session, report, clock.stage, by)


def _pass_on(session: Session, report: Report, clock: Clock, city: City | None, by: By) -> object:
    """To the next member on the ladder; where there is none, the desk has it."""
    if report.assignee_id is None:
        return raise_late(session, report, clock.stage, by)
    return city is not None and pass_on_late(session, report, city, by)


def _no_place(
    session: Session, report: Report, _clock: Clock, _city: City | None, by: By
) -> object:
    """Nobody said where it is: the desk is asked to close it as 无法定位."""
    if report.state != State.NEEDS_PLACE:
        return None
    outcome = Outcome.NO_PLACE.value
    step = Step(
        change={"outcome": outcome, "desk_code": desk_for(session, report)},
        data={"outcome": outcome, "photos": [], "destination": None},
    )
    return apply(session, report, TABLE[Action.PROPOSE], by=by, step=step)


def _call_next(
    session: Session, report: Report, _clock: Clock, _city: City | None, by: By
) -> object:
    """Nobody watches over what is urgent: the next desk is called."""
    return call_next(session, report, by.now)


def _ask_result(
    session: Session, report: Report, clock: Clock, _city: City | None, by: By
) -> object:
    """The whole case's time is over: its desk is asked what became of it."""
    matter = f"clock:{clock.id}:result"
    return tell_people(session, report, Topic.DESK_RESULT, matter=matter, now=by.now)


# What a miss leads to, one rung at a time; where nothing stands, being told is all.
_STEPS: Mapping[tuple[Stage, Lateness], _Next] = {
    (Stage.PLACE, Lateness.OVERDUE): _no_place,
    (Stage.PLACE, Lateness.THRICE): _no_place,
    (Stage.TRIAGE, Lateness.OVERDUE): _pass_on,
    (Stage.TRIAGE, Lateness.THRICE): _pass_on,
    (Stage.ACKNOWLEDGE, Lateness.OVERDUE): _call_next,
    (Stage.ACKNOWLEDGE, Lateness.THRICE): _call_next,
    (Stage.WHOLE, Lateness.OVERDUE): _ask_result,
    (Stage.DISPATCH, Lateness.OVERDUE): _raise,
    (Stage.DISPATCH, Lateness.THRICE): _raise,
    (Stage.ACCEPT, Lateness.THRICE): _raise,
    (Stage.HANDLING, Lateness.THRICE): _raise,
    (Stage.CHECKING, Lateness.OVERDUE): _raise,
    (Stage.CHECKING, Lateness.THRICE): _raise,
}
