"""A month of a street's life in fast time, through the real services: riders report, people act by
their habits, clocks run, and at the end nothing may be stuck."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from random import Random
from typing import Any
from uuid import UUID

import shapely
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Account
from civicprobe.accounts.queries import actor_of_account, actor_of_device
from civicprobe.accounts.services.people import create_device
from civicprobe.accounts.tokens import new_token
from civicprobe.catalog.calendars import CITY_ZONE, Calendar
from civicprobe.catalog.models import Category
from civicprobe.demo.crowd import Crowd
from civicprobe.demo.follow_up import advance
from civicprobe.demo.habits import act
from civicprobe.grid.areas import Level
from civicprobe.grid.city import City
from civicprobe.grid.coords import Point
from civicprobe.grid.models import Area
from civicprobe.reports.lifecycle.checks import allowed_actions
from civicprobe.reports.lifecycle.commands import SubmitReport
from civicprobe.reports.lifecycle.table import Action, State
from civicprobe.reports.models import Clock, Report, ReportEvent
from civicprobe.reports.services.audit import verify_report
from civicprobe.reports.services.perform import DOINGS
from civicprobe.reports.services.submit import Intake, submit
from civicprobe.reports.standings import facts_of, standing_of
from civicprobe.reports.transitions import By

RIDERS = 40
# How many come in each hour of the day, beside the others.
HOURS = (*(0.2,) * 6, 1, 2, 3, 3, 3, 4, 4, 3, 3, 3, 4, 5, 5, 4, 3, 2, 1, 0.5)
NOTES = (
    "井盖松动",
    "路面有坑",
    "消防通道被堵",
    "路灯不亮",
    "垃圾成堆",
    "积水",
    "飞线充电",
    "乱停车",
)
# Moved by hand alone: what a person still has to be able to do with what is open.
MOVES = frozenset(Action) - {Action.ADD, Action.REMIND, Action.WATCH, Action.LEAVE}
Say = Callable[[int, int], None]


@dataclass(frozen=True)
class Plan:
    """What to simulate: how many reports over how many days from `start`, and after that how many
    more days without new ones; the same seed gives the same month."""

    start: datetime
    reports: int = 3_000
    days: int = 30
    after_days: int = 0
    seed: int = 7


@dataclass
class Outcome:
    """What became of it: reports by state and outcome, steps by action, and what is stuck."""

    reports: int
    states: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    late: int = 0
    hours_to_close: float | None = None
    stuck: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def funnel(self) -> list[tuple[str, int]]:
        """How many reports came as far as each stage."""
        return [(name, self.steps[f"reached:{name}"]) for name in FUNNEL]


FUNNEL = ("submit", "place", "file", "dispatch", "accept", "propose", "close")


def simulate(
    session: Session,
    city: City,
    spots: Sequence[Point],
    pictures: Sequence[dict[str, Any]],
    plan: Plan,
    *,
    say: Say = lambda *_: None,
) -> Outcome:
    """Live through the plan at these places; commits as it goes. `say` hears how many reports have
    come, of how many."""
    month = _Month(
        session, city, list(spots), plan, _crowd(session, city, pictures, plan), plan.start
    )
    month.run(say)
    return judge(session, month.now, since=plan.start)


def spots_of(session: Session, city: City, near: Point, most: int = 60) -> list[Point]:
    """A point in each micro grid of the street that holds `near`: where its riders ride."""
    street = city.locator.locate(near, nearest_limit_m=city.nearest_limit_m).at(Level.STREET)
    rows = session.scalars(
        select(Area.polygon)
        .where(
            Area.edition_id == city.edition.id,
            Area.level == Level.MICRO.value,
            Area.code.startswith(street.code if street else ""),
        )
        .order_by(Area.code)
        .limit(most)
    )
    points = (shapely.from_wkb(polygon).representative_point() for polygon in rows)
    return [Point(round(point.y, 6), round(point.x, 6)) for point in points]


def judge(session: Session, now: datetime, *, since: datetime) -> Outcome:
    """Count what happened to the reports since a moment, and name those that are stuck: open, and
    nobody could move them, or no clock runs for them; and those whose record is broken."""
    reports = session.scalars(select(Report).where(Report.created_at >= since)).all()
    found = Outcome(len(reports))
    for report in reports:
        found.states[report.state] += 1
        found.outcomes[report.outcome or "-"] += 1
        if report.state != State.CLOSED:
            found.late += report.due_at is not None and report.due_at < now
            if is_stuck(session, report, now):
                found.stuck.append(report.number)
        if verify_report(session, report) is not None:
            found.broken.append(report.number)
    ids = select(Report.id).where(Report.created_at >= since)
    steps = session.execute(
        select(ReportEvent.action, func.count(), func.count(func.distinct(ReportEvent.report_id)))
        .where(ReportEvent.report_id.in_(ids))
        .group_by(ReportEvent.action)
    )
    for action, times, distinct in steps:
        found.steps[action] = times
        found.steps[f"reached:{action}"] = distinct
    took = [
        (report.closed_at - report.created_at).total_seconds() / 3600
        for report in reports
        if report.closed_at is not None
    ]
    found.hours_to_close = sorted(took)[len(took) // 2] if took else None
    return found


def is_stuck(session: Session, report: Report, now: datetime) -> bool:
    """Whether an open report has no running clock, or nobody who could move it on; one that was
    merged, whether it missed the end of its primary."""
    if report.state == State.MERGED:
        return facts_of(session, report, now).primary_closed
    clocks = select(Clock.id).where(Clock.report_id == report.id, Clock.ended_at.is_(None))
    if session.scalar(clocks.limit(1)) is None:
        return True
    areas = or_(
        Account.area_code.in_(report.area_codes.values()), Account.unit_id == report.unit_id
    )
    found = select(Account).where(Account.active, or_(areas, Account.id == report.assignee_id))
    people = [actor_of_account(session, account) for account in session.scalars(found)]
    return not any(_moves(session, report, actor, now) for actor in people)


def _moves(session: Session, report: Report, actor: Actor, now: datetime) -> bool:
    facts, standing = facts_of(session, report, now, actor), standing_of(session, report, actor)
    return bool(MOVES & set(allowed_actions(facts, standing, DOINGS)))


def _crowd(session: Session, city: City, pictures: Sequence[dict[str, Any]], plan: Plan) -> Crowd:
    made = [create_device(session, new_token(), now=plan.start) for _ in range(RIDERS)]
    session.flush()
    # The dice of a simulation need no secrecy, but the same throws each time.
    dice = Random(plan.seed)  # noqa: S311
    return Crowd(session, city, dice, tuple(pictures), [device.id for device in made])


@dataclass
class _Month:
    session: Session
    city: City
    spots: list[Point]
    plan: Plan
    crowd: Crowd
    now: datetime
    _coming: list[tuple[datetime, int, int | None]] = field(default_factory=list)
    _turn: int = 0

    def run(self, say: Say) -> None:
        """Everything in its order until the plan's end."""
        plan = self.plan
        end = plan.start + timedelta(days=plan.days + plan.after_days)
        self.now, came = plan.start, 0
        for at in self._arrivals():
            self._push(at, None)
        while self._coming and self._coming[0][0] <= end:
            at, _, report_id = heappop(self._coming)
            self._pass_to(at)
            if report_id is None:
                self._report(at)
                came += 1
                if came % 100 == 0:
                    say(came, plan.reports)
            else:
                self._go_on(report_id, at)
            self.session.commit()
        self._pass_to(end)
        self.session.commit()

    def _arrivals(self) -> list[datetime]:
        """When reports come: more at noon and in the evening, on the city's clock."""
        dice, day0 = self.crowd.dice, self.plan.start.astimezone(CITY_ZONE).replace(minute=0)
        found = []
        for _ in range(self.plan.reports):
            hour = dice.choices(range(24), HOURS)[0]
            at = day0.replace(hour=hour, second=0, microsecond=0)
            at += timedelta(days=dice.randrange(self.plan.days), seconds=dice.randrange(3600))
            found.append(max(at.astimezone(UTC), self.plan.start))
        return sorted(found)

    def _push(self, at: datetime, report_id: int | None) -> None:
        self._turn += 1
        heappush(self._coming, (at, self._turn, report_id))

    def _pass_to(self, at: datetime) -> None:
        advance(self.session, self.city, at)
        self.now = max(self.now, at)

    def _report(self, at: datetime) -> None:
        dice, session = self.crowd.dice, self.session
        spot, codes = dice.choice(self.spots), list(session.scalars(select(Category.code)))
        far = 4e-4
        pin = {"lat": spot.lat + dice.uniform(-far, far), "lon": spot.lon + dice.uniform(-far, far)}
        said: dict[str, Any] = {"note": dice.choice(NOTES), "urgent": dice.random() < 0.03}
        if dice.random() < 0.95:
            said["pin"] = pin
        if dice.random() < 0.7:
            said["category"] = dice.choice(sorted(codes))
        by = By(actor_of_device(dice.choice(self.crowd.devices)), at)
        receipt = submit(
            session,
            UUID(int=dice.getrandbits(128), version=4),
            SubmitReport.model_validate(said),
            intake=Intake(self.city.city_code, 0),
            by=by,
        )
        if self.crowd.pictures and dice.random() < 0.8:
            self.crowd.snap(receipt.report, at)
        session.commit()
        soon = timedelta(minutes=3) if receipt.report.urgent else timedelta(minutes=20)
        self._push(at + soon, receipt.report.id)

    def _go_on(self, report_id: int, at: datetime) -> None:
        """Somebody does the next thing; then the report waits for the one after it."""
        report = self.session.get_one(Report, report_id, populate_existing=True)
        over = report.state in (State.CLOSED, State.MERGED)
        done = act(self.crowd, report, at)
        if over and (done is None or self.crowd.dice.random() < 0.7):
            return
        self._push(self._next(at, report), report_id)

    def _next(self, at: datetime, report: Report) -> datetime:
        """When somebody looks again: hours later in working time, minutes when it is urgent."""
        dice = self.crowd.dice
        if report.urgent and report.urgent_owner_id is None:
            return at + timedelta(minutes=dice.uniform(2, 6))
        later = at + timedelta(hours=dice.expovariate(1 / 9))
        return _at_work(later)


def _at_work(at: datetime) -> datetime:
    """The same moment if it lies in office hours, else the next morning of work."""
    calendar, local = Calendar(CITY_ZONE), at.astimezone(CITY_ZONE)
    for _ in range(20):
        if calendar.is_worked(local.date()) and local.hour < 18:
            return max(local, local.replace(hour=9, minute=local.minute % 50)).astimezone(UTC)
        local = (local + timedelta(days=1)).replace(hour=9)
    return at
