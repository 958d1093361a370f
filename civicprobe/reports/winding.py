"""Clocks are wound with every step: which stages run in a state, which stand still, which end.

Called by `apply` in the same transaction, so that no report is ever open without its clock.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from civicprobe import outbox
from civicprobe.catalog.limits import city_calendar, find_limits
from civicprobe.catalog.queries import find_unit
from civicprobe.reports.lifecycle.clocks import (
    THRICE,
    WARN_AT,
    Lateness,
    LimitUnit,
    Stage,
)
from civicprobe.reports.lifecycle.table import ROWS, Action, Party, State
from civicprobe.reports.models import Clock, Report, ReportEvent
from civicprobe.reports.one_clock import (
    QUESTION,
    STILL,
    Days,
    end_question,
    go_on,
    next_look,
    stand_still,
    work_out,
)
from civicprobe.reports.orders import Undoable, Whistle

QUESTION_STOPS = timedelta(hours=24)
MOST_QUESTIONS = 2
WITHOUT_LIMITS = timedelta(days=15)
# Handling adds up over return, rework and redispatch: it stands still and is never begun anew.
_STANDS_STILL = frozenset({Stage.HANDLING})
_STAGES: Mapping[State, frozenset[Stage]] = {
    State.RECEIVED: frozenset(),
    State.NEEDS_PLACE: frozenset({Stage.PLACE}),
    State.ASSIGNED: frozenset({Stage.TRIAGE}),
    State.FILED: frozenset({Stage.DISPATCH}),
    State.DISPATCHED: frozenset({Stage.ACCEPT, Stage.HANDLING}),
    State.SUSPENDED: frozenset(),
    State.HANDLED: frozenset({Stage.CHECKING}),
}
# Whose turn it is changes without the state changing: the next one gets the whole time.
_BEGUN_ANEW: Mapping[Action, Stage] = {
    Action.PLACE: Stage.TRIAGE,
    Action.REASSIGN: Stage.TRIAGE,
    Action.DISPATCH: Stage.ACCEPT,
}
_WINDS = frozenset(row.action for row in ROWS if row.is_move) | {
    *_BEGUN_ANEW,
    Action.ACCEPT,
    Action.ACKNOWLEDGE,
}


def wind(session: Session, report: Report, action: Action, party: Party, now: datetime) -> None:
    """Bring the clocks of a report to where this step leaves it, and its `due_at` with them."""
    if action is Action.ASK:
        _stop_for_question(session, report, now)
    elif action is Action.ADD and party is Party.REPORTER:
        _go_on_after_answer(session, report, now)
    elif action is Action.RECLASSIFY:
        take_new_limits(session, report, now)
        _turn(session, report, action, now)
    elif action in _WINDS:
        _turn(session, report, action, now)


def _turn(session: Session, report: Report, action: Action, now: datetime) -> None:
    wanted = stages_of(report)
    if action is Action.UNDO:
        _revive(session, report)
    if report.state not in _STAGES:
        _stop_all(session, report, now)
        _note_due(session, report, [], wanted)
        return
    running, days = _running(session, report.id), _days_of(session)
    anew = _BEGUN_ANEW.get(action)
    with session.no_autoflush:
        for stage, clock in list(running.items()):
            if stage in wanted and stage is not anew:
                go_on(clock, now, days)
            elif stage in _STANDS_STILL:
                stand_still(clock, now, days)
            else:
                clock.ended_at, clock.next_at = now, None
                del running[stage]
    session.flush()  # what ends makes room for what begins
    started = _start(session, report, wanted - running.keys(), now, days)
    _note_due(session, report, [*running.values(), *started], wanted)


def _days_of(session: Session) -> Days:
    """The city's calendar, read when a clock first asks for it and not again in the same step."""
    return cache(lambda: city_calendar(session))


def _revive(session: Session, report: Report) -> None:
    """A step is undone: the clocks that it ended run on, those that it started never did."""
    step = session.get(Undoable, report.id, populate_existing=True)
    if step is None:
        return
    for clock in _running(session, report.id).values():
        if clock.started_at == step.at and clock.stage != Stage.WHOLE:
            clock.ended_at, clock.next_at = step.at, None
    session.flush()
    ended = session.scalars(
        select(Clock).where(
            Clock.report_id == report.id,
            Clock.ended_at == step.at,
            Clock.started_at < step.at,
        )
    )
    for clock in ended:
        clock.ended_at = None
        clock.next_at = next_look(clock)
    _call_again(session, report, step.at)
    session.flush()


def _call_again(session: Session, report: Report, at: datetime) -> None:
    """The whistles that the undone step stopped are where their units had brought them."""
    mine = Whistle.report_id == report.id, Whistle.state == "cancelled", Whistle.changed_at == at
    for call in session.scalars(select(Whistle).where(*mine)):
        steps = session.execute(
            select(ReportEvent.at, ReportEvent.data)
            .where(
                ReportEvent.report_id == report.id,
                ReportEvent.action == Action.WHISTLE.value,
                ReportEvent.at >= call.called_at,
            )
            .order_by(ReportEvent.seq.desc())
        )
        unit = find_unit(session, call.unit_id)
        seen = [at for at, said in steps if unit and said.get("unit") == unit.code]
        call.state = "acknowledged" if seen else "called"
        call.changed_at = seen[0] if seen else call.called_at


def _stop_all(session: Session, report: Report, now: datetime) -> None:
    """What is over has no time that runs, and calls nobody any more."""
    session.execute(
        update(Clock)
        .where(Clock.report_id == report.id, Clock.ended_at.is_(None))
        .values(ended_at=now, next_at=None)
    )
    session.execute(
        update(Whistle)
        .where(Whistle.report_id == report.id, Whistle.state.in_(("called", "acknowledged")))
        .values(state="cancelled", changed_at=now)
    )


def stages_of(report: Report) -> frozenset[Stage]:
    """The stages whose clocks run for a report as it stands."""
    state = State(report.state)
    if state not in _STAGES:
        return frozenset()
    stages = _STAGES[state] | {Stage.WHOLE}
    if state is State.FILED and report.dispatched_at is not None:
        stages |= {Stage.HANDLING}  # 首接负责: it runs on until the next unit has it
    if report.accepted_at is not None:
        stages -= {Stage.ACCEPT}
    if report.urgent and report.urgent_owner_id is None:
        stages |= {Stage.ACKNOWLEDGE}
    return stages


def _stop_for_question(session: Session, report: Report, now: datetime) -> None:
    """Let the running stage stand still until the answer, for at most 24 hours, twice a case."""
    clocks = list(session.scalars(select(Clock).where(Clock.report_id == report.id)))
    asked = {pause[0] for clock in clocks for pause in clock.pauses if pause[2] == QUESTION}
    if len(asked) >= MOST_QUESTIONS:
        return
    end, days = now + QUESTION_STOPS, _days_of(session)
    for clock in clocks:
        if clock.ended_at is None and clock.stage != Stage.WHOLE:
            clock.pauses = [*clock.pauses, [now.isoformat(), end.isoformat(), QUESTION]]
            work_out(clock, days)
    _note_due(session, report, _running(session, report.id).values(), stages_of(report))


def _go_on_after_answer(session: Session, report: Report, now: datetime) -> None:
    """The answer has come: what stood still for the question goes on at once."""
    days = _days_of(session)
    for clock in _running(session, report.id).values():
        cut = [end_question(pause, now) for pause in clock.pauses]
        if cut != clock.pauses:
            clock.pauses = cut
            work_out(clock, days)
    _note_due(session, report, _running(session, report.id).values(), stages_of(report))


def reckon(session: Session, clock: Clock) -> None:
    """Work the clock's moments out from its limit, its pauses and the calendar."""
    work_out(clock, _days_of(session))


def take_new_limits(session: Session, report: Report, now: datetime) -> None:
    """Another category or severity has other limits; what is late already gets no longer one."""
    running, days = _running(session, report.id), _days_of(session)
    stages = sorted(running.keys() - {Stage.WHOLE})
    limits = find_limits(session, stages, report.category_code, report.severity)
    for stage, limit in limits.items():
        clock = running[Stage(stage)]
        before, due_at = (clock.amount, clock.unit), clock.due_at
        clock.amount, clock.unit = limit.amount, limit.unit
        work_out(clock, days)
        longer = due_at is not None and (clock.due_at is None or clock.due_at > due_at)
        if due_at is not None and due_at <= now and longer:
            clock.amount, clock.unit = before
            work_out(clock, days)
    _note_due(session, report, running.values(), stages_of(report))


def list_running(session: Session, report_id: int) -> list[Clock]:
    """The clocks that run for a report, in the order of its stages."""
    order = list(Stage)
    return sorted(_running(session, report_id).values(), key=lambda c: order.index(Stage(c.stage)))


def _running(session: Session, report_id: int) -> dict[Stage, Clock]:
    rows = session.scalars(
        select(Clock).where(
            Clock.report_id == report_id, Clock.ended_at.is_(None), Clock.whistle_id.is_(None)
        )
    )
    return {Stage(row.stage): row for row in rows}


def _start(
    session: Session, report: Report, stages: Iterable[Stage], now: datetime, days: Days
) -> list[Clock]:
    names = sorted(stages)
    if not names:
        return []
    limits = find_limits(session, names, report.category_code, report.severity)
    earlier = {stage: _earlier(session, report, Stage(stage), now, days) for stage in limits}
    started = [clock for clock in earlier.values() if clock is not None]
    for stage, limit in limits.items():
        if earlier[stage] is not None:
            continue
        clock = Clock(
            report_id=report.id,
            stage=stage,
            amount=limit.amount,
            unit=limit.unit,
            started_at=report.created_at if stage == Stage.WHOLE else now,
            pauses=[],
            told=Lateness.IN_TIME.value,
        )
        work_out(clock, days)
        session.add(clock)
        started.append(clock)
    session.flush()
    for clock in started:
        if clock.stage == Stage.ACKNOWLEDGE and clock.due_at is not None:
            # To the second: the sweep alone would be up to half a minute late.
            outbox.write(session, "look", now=now, due_at=clock.due_at, clock_id=clock.id)
    return started


def restart(session: Session, report: Report, stage: Stage, now: datetime) -> None:
    """Somebody else is asked: the stage begins anew."""
    clock = _running(session, report.id).get(stage)
    if clock is not None:
        clock.ended_at, clock.next_at = now, None
        session.flush()
    _start(session, report, {stage} & stages_of(report), now, _days_of(session))
    _note_due(session, report, _running(session, report.id).values(), stages_of(report))


def set_until(
    session: Session, report: Report, stage: Stage, until: datetime, now: datetime
) -> None:
    """A desk gives a stage until a later moment; what is late already stays late."""
    clock = _running(session, report.id).get(stage)
    if clock is None or clock.due_at is None or clock.due_at <= now or until <= clock.due_at:
        return
    clock.until_at, clock.told = until, Lateness.IN_TIME.value
    reckon(session, clock)
    _note_due(session, report, _running(session, report.id).values(), stages_of(report))


def start_whistle(session: Session, report: Report, call: Whistle, now: datetime) -> None:
    """A whistle has its own clock, until the moment that the desk set."""
    limits = find_limits(session, [Stage.WHISTLE], report.category_code, report.severity)
    limit = limits.get(Stage.WHISTLE)
    clock = Clock(
        report_id=report.id,
        stage=Stage.WHISTLE.value,
        amount=limit.amount if limit else 1,
        unit=limit.unit if limit else LimitUnit.WORKING_DAY.value,
        started_at=now,
        pauses=[],
        told=Lateness.IN_TIME.value,
        until_at=call.due_at,
        whistle_id=call.id,
    )
    reckon(session, clock)
    clock.warn_at = clock.next_at = now + (call.due_at - now) * WARN_AT
    clock.thrice_at = now + (call.due_at - now) * THRICE
    session.add(clock)
    session.flush()


def end_whistle(session: Session, call: Whistle, now: datetime) -> None:
    """The unit has answered, or need not any more."""
    session.execute(
        update(Clock)
        .where(Clock.whistle_id == call.id, Clock.ended_at.is_(None))
        .values(ended_at=now, next_at=None)
    )


def _earlier(
    session: Session, report: Report, stage: Stage, now: datetime, days: Days
) -> Clock | None:
    """A stage that adds up goes on where it ended when the case was closed or merged."""
    if stage not in _STANDS_STILL:
        return None
    clock = session.scalar(
        select(Clock)
        .where(Clock.report_id == report.id, Clock.stage == stage, Clock.ended_at.is_not(None))
        .order_by(Clock.id.desc())
        .limit(1)
    )
    if clock is None or clock.ended_at is None:
        return None
    if not any(pause[1] is None for pause in clock.pauses):
        clock.pauses = [*clock.pauses, [clock.ended_at.isoformat(), None, STILL]]
    clock.ended_at = None
    go_on(clock, now, days)
    return clock


def _note_due(
    session: Session, report: Report, clocks: Iterable[Clock], wanted: frozenset[Stage]
) -> None:
    """The nearest due time of the present stages, else the whole case's: a queue has an order."""
    clocks = list(clocks)
    dues = [
        clock.due_at
        for clock in clocks
        if clock.due_at is not None and clock.stage in wanted - {Stage.WHOLE}
    ]
    whole = [clock.due_at for clock in clocks if clock.stage == Stage.WHOLE]
    last = whole[0] if whole else report.created_at + WITHOUT_LIMITS
    # What a phone that sent abuse reports later is looked at last, and never refused.
    due_at = last if report.ranked_last else min(dues, default=last)
    if due_at != report.due_at:
        session.execute(
            update(Report)
            .where(Report.id == report.id)
            .values(due_at=due_at)
            .execution_options(synchronize_session=False)
        )
        set_committed_value(report, "due_at", due_at)
