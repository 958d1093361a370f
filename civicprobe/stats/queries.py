"""Selects over the weekly counts and the facts; typed rows, nothing is written."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from civicprobe.reports.models import Report
from civicprobe.stats.models import CaseFact, StatsMark, WeekCount

SPOT_DAYS, SPOT_LEAST = 90, 3
MOST_SPOTS = 20
AGES_D = (1, 3, 7, 14)


@dataclass(frozen=True)
class Scope:
    """What is counted: an area's reports that came in from the Monday `since` to before `until`."""

    area: str
    level: str
    since: date
    until: date
    category: str | None = None


@dataclass(frozen=True)
class Spot:
    """One place with several reports of one category."""

    cell: int
    category: str
    n: int
    lat: float
    lon: float
    last_at: datetime


def count_keys(session: Session, scope: Scope, kind: str) -> Counter[int]:
    """Key to how many, of one kind."""
    rows = session.execute(
        select(WeekCount.key, func.sum(WeekCount.n))
        .where(*_of(scope, kind))
        .group_by(WeekCount.key)
    )
    return Counter({key: int(n) for key, n in rows})


def count_by_week(session: Session, scope: Scope, kind: str) -> dict[date, Counter[int]]:
    """The same for each week in which there was any."""
    rows = session.execute(
        select(WeekCount.week, WeekCount.key, func.sum(WeekCount.n))
        .where(*_of(scope, kind))
        .group_by(WeekCount.week, WeekCount.key)
        .order_by(WeekCount.week)
    )
    found: dict[date, Counter[int]] = {}
    for week, key, n in rows:
        found.setdefault(week, Counter())[key] = int(n)
    return found


def count_children(session: Session, scope: Scope) -> dict[str, int]:
    """How many reports came in from each area right below; a street's from its facts."""
    if scope.level == "street":
        column: ColumnElement[str | None] = CaseFact.community_code.expression
        found = select(column, func.count()).where(*facts_of(scope), column.is_not(None))
        return {str(code): n for code, n in session.execute(found.group_by(column))}
    rows = session.execute(
        select(WeekCount.area_code, func.sum(WeekCount.n))
        .where(
            WeekCount.parent_code == scope.area,
            WeekCount.kind == "reached",
            WeekCount.key == 0,
            *_when(scope),
        )
        .group_by(WeekCount.area_code)
    )
    return {code: int(n) for code, n in rows}


def count_ages(session: Session, scope: Scope, now: datetime) -> dict[tuple[int, int | None], int]:
    """Open cases by age (the index in AGES_D of what it is below, then 4) and unit; of now."""
    whens = [
        (Report.created_at > now - timedelta(days=days), index) for index, days in enumerate(AGES_D)
    ]
    age = case(*whens, else_=len(AGES_D))
    found = (
        select(age.label("age"), Report.unit_id, func.count())
        .where(*open_in(scope))
        .group_by("age", Report.unit_id)
    )
    return {(index, unit): n for index, unit, n in session.execute(found)}


def list_spots(session: Session, scope: Scope, now: datetime) -> list[Spot]:
    """Places with SPOT_LEAST or more reports of one category within SPOT_DAYS, the most first."""
    found = (
        select(
            CaseFact.cell,
            CaseFact.category,
            func.count().label("n"),
            func.avg(Report.lat),
            func.avg(Report.lon),
            func.max(CaseFact.created_at),
        )
        .join(Report, Report.id == CaseFact.report_id)
        .where(*recent_in(scope, now))
        .group_by(CaseFact.cell, CaseFact.category)
        .having(func.count() >= SPOT_LEAST)
        .order_by(func.count().desc(), CaseFact.cell)
        .limit(MOST_SPOTS)
    )
    return [Spot(*row) for row in session.execute(found)]


def rolled_at(session: Session) -> datetime | None:
    """When the worker last counted."""
    return session.scalar(select(StatsMark.rolled_at))


def facts_of(scope: Scope) -> list[ColumnElement[bool]]:
    """The facts that a scope counts."""
    wanted = [
        getattr(CaseFact, f"{scope.level}_code") == scope.area,
        CaseFact.week >= scope.since,
        CaseFact.week < scope.until,
    ]
    if scope.category:
        wanted.append(CaseFact.category == scope.category)
    return wanted


def open_in(scope: Scope) -> list[ColumnElement[bool]]:
    """The open reports of an area, whenever they came in; a street's without what is about it."""
    wanted = [
        getattr(Report, f"{scope.level}_code") == scope.area,
        Report.state.not_in(("closed", "merged")),
    ]
    if scope.level == "street":
        wanted.append(Report.about_us.is_(False))
    if scope.category:
        wanted.append(Report.category_code == scope.category)
    return wanted


def recent_in(scope: Scope, now: datetime) -> list[ColumnElement[bool]]:
    """The facts among which recurring spots are looked for: those of the last 90 days."""
    wanted = [
        getattr(CaseFact, f"{scope.level}_code") == scope.area,
        CaseFact.created_at >= now - timedelta(days=SPOT_DAYS),
        CaseFact.cell.is_not(None),
        CaseFact.category != "",
    ]
    if scope.category:
        wanted.append(CaseFact.category == scope.category)
    return wanted


def list_behind(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    *,
    after: int | None,
    limit: int,
) -> list[Report]:
    """The reports behind a number, the newest first; one more than `limit` if there are any."""
    found = (
        select(Report)
        .outerjoin(CaseFact, CaseFact.report_id == Report.id)
        .where(*conditions)
        .order_by(Report.id.desc())
        .limit(limit + 1)
    )
    return list(session.scalars(found if after is None else found.where(Report.id < after)))


def count_behind(session: Session, conditions: Sequence[ColumnElement[bool]]) -> int:
    """How many reports are behind a number."""
    found = (
        select(func.count())
        .select_from(Report)
        .outerjoin(CaseFact, CaseFact.report_id == Report.id)
    )
    return session.scalar(found.where(*conditions)) or 0


def _of(scope: Scope, kind: str) -> list[ColumnElement[bool]]:
    return [WeekCount.area_code == scope.area, WeekCount.kind == kind, *_when(scope)]


def _when(scope: Scope) -> list[ColumnElement[bool]]:
    wanted = [WeekCount.week >= scope.since, WeekCount.week < scope.until]
    if scope.category:
        wanted.append(WeekCount.category == scope.category)
    return wanted
