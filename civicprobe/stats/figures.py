"""The figures of the statistics page, each a table of rows; every number names its own list.

A chart draws the table beside it, so the two cannot differ; a row's `links` lead to the reports
behind each of its numbers.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from civicprobe.stats.kinds import (
    JUDGED,
    ON_TIME,
    RETURNED,
    REWORKED,
    SENT,
    SPAN,
    UNIT_COLUMNS,
)
from civicprobe.stats.measures import GRADES, STAGES, Stage, interval, median_h
from civicprobe.stats.queries import (
    AGES_D,
    Scope,
    Spot,
    count_ages,
    count_by_week,
    count_children,
    count_keys,
    list_spots,
)

LEAST = 3  # an area with fewer is not told apart
Share = tuple[float, float] | None


@dataclass(frozen=True)
class FunnelRow:
    """A stage: how many came to it, what share of those before, and how long it took from the
    start at the median."""

    stage: Stage
    n: int
    of_before: float | None
    median_h: int | None


@dataclass(frozen=True)
class WeekRow:
    """A week's closed cases: how many could be judged, how many of them were in time."""

    week: str
    judged: int
    on_time: int
    share: Share


@dataclass(frozen=True)
class UnitRow:
    """A unit: cases sent to it, judged and in time with the interval, handling time, returns."""

    unit: int
    sent: int
    judged: int
    on_time: int
    share: Share
    median_h: int | None
    returned: int
    reworked: int


@dataclass(frozen=True)
class Figures:
    """Everything of the page."""

    funnel: Sequence[FunnelRow]
    weeks: Sequence[WeekRow]
    ages: Sequence[tuple[int, dict[int | None, int]]]
    hours: Sequence[Sequence[int]]
    areas: Sequence[tuple[str, int | None]]
    units: Sequence[UnitRow]
    grades: Sequence[tuple[str, int]]
    spots: Sequence[Spot]
    hour_most: int = 0
    area_most: int = field(default=0)


def read_figures(session: Session, scope: Scope, now: datetime) -> Figures:
    """All figures of a scope: from weekly counts, ages and spots as of now."""
    hours = count_keys(session, scope, "hour")
    areas = count_children(session, scope)
    grades = count_keys(session, scope, "grade")
    return Figures(
        funnel=_funnel(session, scope),
        weeks=_weeks(session, scope),
        ages=_ages(session, scope, now),
        hours=[[hours[day * 24 + hour] for hour in range(24)] for day in range(7)],
        areas=_areas(areas),
        units=_units(session, scope),
        grades=[(grade, grades[index]) for index, grade in enumerate(GRADES)],
        spots=list_spots(session, scope, now),
        hour_most=max(hours.values(), default=0),
        area_most=max(areas.values(), default=0),
    )


def _funnel(session: Session, scope: Scope) -> list[FunnelRow]:
    reached = count_keys(session, scope, "reached")
    times: dict[int, Counter[int]] = {}
    for key, n in count_keys(session, scope, "time").items():
        times.setdefault(key // SPAN, Counter())[key % SPAN] += n
    rows: list[FunnelRow] = []
    for index, stage in enumerate(STAGES):
        before = rows[-1].n if rows else 0
        share = reached[index] / before if before else None
        rows.append(FunnelRow(stage, reached[index], share, median_h(times.get(index, {}))))
    return rows


def _weeks(session: Session, scope: Scope) -> list[WeekRow]:
    """Every week of the scope, those without a case as well: a gap is told, not hidden."""
    counted = count_by_week(session, scope, "on_time")
    rows, week = [], scope.since
    while week < scope.until:
        found = counted.get(week, Counter())
        judged = found[0] + found[1]
        rows.append(WeekRow(week.isoformat(), judged, found[1], interval(found[1], judged)))
        week += timedelta(days=7)
    return rows


def _ages(session: Session, scope: Scope, now: datetime) -> list[tuple[int, dict[int | None, int]]]:
    counted = count_ages(session, scope, now)
    return [
        (age, {unit: n for (index, unit), n in counted.items() if index == age})
        for age in range(len(AGES_D) + 1)
    ]


def _areas(counted: dict[str, int]) -> list[tuple[str, int | None]]:
    """The most first; how many in a place with fewer than LEAST nobody is told."""
    rows = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return [(code, n if n >= LEAST else None) for code, n in rows]


def _units(session: Session, scope: Scope) -> list[UnitRow]:
    counted = count_keys(session, scope, "unit")
    times: dict[int, Counter[int]] = {}
    for key, n in count_keys(session, scope, "unit_time").items():
        times.setdefault(key // SPAN, Counter())[key % SPAN] += n
    rows = []
    for unit in {key // UNIT_COLUMNS for key in counted}:
        part = [counted[unit * UNIT_COLUMNS + index] for index in range(UNIT_COLUMNS)]
        rows.append(
            UnitRow(
                unit=unit,
                sent=part[SENT],
                judged=part[JUDGED],
                on_time=part[ON_TIME],
                share=interval(part[ON_TIME], part[JUDGED]),
                median_h=median_h(times.get(unit, {})),
                returned=part[RETURNED],
                reworked=part[REWORKED],
            )
        )
    return sorted(rows, key=lambda row: -row.sent)
