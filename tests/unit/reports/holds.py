"""What must hold of any report at any time, asked of its rows alone: one state that its chain leads
to by the table, an owner, its clocks, its primary, and nobody who decided on what is their own."""

from dataclasses import replace
from datetime import datetime
from functools import cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account, Device
from civicprobe.accounts.roles import Role
from civicprobe.catalog.calendars import CITY_ZONE, Calendar
from civicprobe.catalog.limits import own_days
from civicprobe.reports.lifecycle.clocks import Limit, LimitUnit, Pause, due_of
from civicprobe.reports.lifecycle.table import TABLE, Action, Party, State
from civicprobe.reports.models import Clock, Report, ReportEvent
from civicprobe.reports.services.audit import verify_report
from civicprobe.reports.services.perform import DOINGS
from civicprobe.reports.standings import facts_of
from tests.unit.reports.test_worth_most import BY_THE_WORKER, Walk, ends

DECIDING = frozenset({"file", "propose", "merge", "inspect", "close"})
STAGES = {
    State.RECEIVED: {"whole", "acknowledge"},
    State.NEEDS_PLACE: {"whole", "acknowledge", "place"},
    State.ASSIGNED: {"whole", "acknowledge", "triage", "handling"},
    State.FILED: {"whole", "acknowledge", "dispatch", "handling", "whistle"},
    State.DISPATCHED: {"whole", "acknowledge", "accept", "handling", "whistle"},
    State.SUSPENDED: {"whole", "acknowledge", "handling", "whistle"},
    State.HANDLED: {"whole", "acknowledge", "checking", "handling", "whistle"},
}
# The stage whose clock no report in this state may be without.
MUST = {
    State.NEEDS_PLACE: "place",
    State.ASSIGNED: "triage",
    State.FILED: "dispatch",
    State.DISPATCHED: "handling",
    State.HANDLED: "checking",
}


def assert_holds(session: Session, report: Report, now: datetime) -> None:
    """All of it."""
    assert verify_report(session, report) is None
    steps = session.scalars(
        select(ReportEvent).where(ReportEvent.report_id == report.id).order_by(ReportEvent.seq)
    ).all()
    _only_allowed_moves(report, steps)
    _nobody_decides_on_their_own(session, report, steps)
    _somebody_has_it(session, report)
    _clocks_are_right(session, report)
    _followers_follow(session, report)
    _it_can_end(session, report, now)


def _only_allowed_moves(report: Report, steps) -> None:
    """Each step starts where the one before ended, and the table lets its party take it there."""
    state = None
    for step in steps:
        row = TABLE[Action(step.action)]
        assert step.from_state == state, (step.action, step.from_state, state)
        if state is not None:
            assert State(state) in row.by[Party(step.party)], (step.action, step.party, state)
        if not row.is_move:
            assert step.to_state == state, step.action
        elif isinstance(row.target, State):
            assert step.to_state == row.target, step.action
        state = step.to_state
    assert report.state == state


def _nobody_decides_on_their_own(session: Session, report: Report, steps) -> None:
    """Neither who sent it from whichever phone, nor on their own or their unit's proposal."""
    owner = None
    if report.reporter_id is not None:
        owner = session.scalar(select(Device.account_id).where(Device.id == report.reporter_id))
    proposer = None
    for step in steps:
        if step.action in DECIDING and owner is not None:
            assert step.account_id != owner, f"{step.action} on one's own report"
        if step.action == "propose":
            proposer = step.account_id
        if step.action in {"close", "inspect"}:
            assert step.account_id not in {None, proposer}, f"{step.action} of one's own proposal"
            role = session.scalar(select(Account.role).where(Account.id == step.account_id))
            assert role in {Role.OFFICE, Role.MEMBER}, "who handles a case does not close it"


def _somebody_has_it(session: Session, report: Report) -> None:
    """A member or unit where it is theirs to move, and a desk with somebody who is not barred."""
    if report.state == State.CLOSED:
        return
    if report.state in (State.DISPATCHED, State.SUSPENDED):
        assert report.unit_id is not None
    assert report.desk_code in {*report.area_codes.values(), report.city_code}
    reporter = select(Device.account_id).where(
        Device.id == report.reporter_id, Device.account_id.is_not(None)
    )
    at_desk = select(func.count(Account.id)).where(
        Account.role == Role.OFFICE.value,
        Account.active,
        Account.area_code == report.desk_code,
        Account.id.not_in(reporter),
    )
    assert session.scalar(at_desk) or report.desk_code == report.city_code
    if report.state == State.ASSIGNED and report.assignee_id is not None:
        member = session.get_one(Account, report.assignee_id)
        assert member.role == Role.MEMBER


def _clocks_are_right(session: Session, report: Report) -> None:
    """Those of the state run and no others; each moment is what limit, pauses and calendar make
    of it, and the whole case's began with the report and never stood still."""
    clocks = session.scalars(select(Clock).where(Clock.report_id == report.id)).all()
    assert all(clock.next_at is None for clock in clocks if clock.ended_at is not None)
    for clock in clocks:
        if clock.stage == "whole":
            assert (clock.started_at, clock.pauses) == (report.created_at, [])
    running = [clock for clock in clocks if clock.ended_at is None]
    if report.state in (State.CLOSED, State.MERGED):
        assert not running
        return
    state = State(report.state)
    stages = [clock.stage for clock in running if clock.whistle_id is None]
    assert sorted(set(stages)) == sorted(stages), "one clock a stage"
    assert "whole" in stages
    assert set(stages) <= STAGES[state], state
    assert MUST.get(state, "whole") in stages, state
    for clock in running:
        assert clock.due_at == _due(session, clock), clock.stage
    dues = [c.due_at for c in running if c.due_at and c.stage != "whole" and c.whistle_id is None]
    whole = next(clock.due_at for clock in running if clock.stage == "whole")
    assert report.due_at == (whole if report.ranked_last else min(dues, default=whole))


def _due(session: Session, clock: Clock) -> datetime | None:
    pauses = [
        Pause(datetime.fromisoformat(start or ""), datetime.fromisoformat(end) if end else None)
        for start, end, _ in clock.pauses
    ]
    limit = Limit(clock.amount, LimitUnit(clock.unit))
    calendar = Calendar(CITY_ZONE, own=own_days(session))
    due = due_of(limit, clock.started_at, calendar, pauses).at
    if due is None or clock.until_at is None:
        return due
    stands = any(pause.end is None and pause.start < clock.until_at for pause in pauses)
    return None if stands else clock.until_at


def _followers_follow(session: Session, report: Report) -> None:
    led = select(func.count(Report.id)).where(Report.primary_id == report.id)
    assert report.followers == session.scalar(led)
    if report.primary_id is None:
        assert report.state != State.MERGED
        return
    primary = session.get_one(Report, report.primary_id)
    assert primary.primary_id is None, "the depth stays one"
    assert report.state in (State.MERGED, State.CLOSED)
    assert (report.state == State.CLOSED) is (primary.state == State.CLOSED)


def _it_can_end(session: Session, report: Report, now: datetime) -> None:
    """The guard worth most, from where the report stands now."""
    if report.state == State.CLOSED:
        return
    facts = facts_of(session, report, now)
    name = "street" if report.proposer_id is not None else None
    # Of these the walk asks nothing; without them fewer walks are new.
    facts = replace(facts, late=False, reminded=False, undoable=False, closed_days=0)
    assert _can_end(Walk(facts, name)), facts


@cache
def _can_end(walk: Walk) -> bool:
    return ends(walk, (set(DOINGS) | BY_THE_WORKER) - {Action.UNDO, Action.WITHDRAW})
