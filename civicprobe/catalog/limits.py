"""Time limits as data: what a city starts with, and which one holds for a case.

Where a source is named the figure is that city's; the rest are starting values of ours, to be
replaced by the city's own table. Units are those of GB/T 30428.8: 工作时, 工作日, and the clock's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from civicprobe.catalog.calendars import CITY_ZONE, Calendar
from civicprobe.catalog.models import CalendarDay, TimeLimit

OURS = "起始值，待本市标准替换"
CITY_A = "某市数字城管立案处置手册（4 工作时、2 工作日一类）"


@dataclass(frozen=True)
class Default:
    """One starting limit."""

    stage: str
    amount: int
    unit: str
    category_code: str | None = None
    severity: str | None = None
    source: str = OURS


DEFAULTS = (
    Default("acknowledge", 5, "clock_minute"),
    Default("place", 48, "clock_hour"),
    Default("triage", 4, "working_hour"),
    Default("triage", 1, "working_hour", severity="serious"),
    Default("triage", 1, "working_hour", severity="grave"),
    Default("dispatch", 2, "working_hour"),
    Default("dispatch", 1, "working_hour", severity="serious"),
    Default("dispatch", 1, "working_hour", severity="grave"),
    Default("accept", 4, "working_hour"),
    Default("accept", 1, "working_hour", severity="grave"),
    Default("handling", 5, "working_day"),
    Default("handling", 1, "working_day", severity="serious"),
    Default("handling", 4, "working_hour", severity="grave"),
    Default("handling", 4, "working_hour", category_code="rubbish", source=CITY_A),
    Default("handling", 4, "working_hour", category_code="standing_water", source=CITY_A),
    Default("handling", 4, "working_hour", category_code="missing_cover"),
    Default("checking", 1, "working_day"),
    Default("whistle", 1, "working_day"),
    Default("whole", 15 * 24, "clock_hour"),
)


def load_default_limits(session: Session, now: datetime) -> int:
    """Add the starting limits to a city that has none; how many were added."""
    if session.scalar(select(TimeLimit.id).limit(1)) is not None:
        return 0
    session.add_all(TimeLimit(**vars(item), since=now) for item in DEFAULTS)
    session.flush()
    return len(DEFAULTS)


def find_limits(
    session: Session, stages: Sequence[str], category: str | None, severity: str | None
) -> dict[str, TimeLimit]:
    """The limit that holds for each stage: the most particular one; severity before category.

    A grave case is never given longer than its severity allows because its category is slow.
    """
    rows = session.scalars(
        select(TimeLimit)
        .where(
            TimeLimit.stage.in_(stages),
            TimeLimit.until.is_(None),
            or_(TimeLimit.category_code.is_(None), TimeLimit.category_code == category),
            or_(TimeLimit.severity.is_(None), TimeLimit.severity == severity),
        )
        .order_by(TimeLimit.id)
    ).all()
    ranked = sorted(rows, key=lambda row: (row.severity is not None, row.category_code is not None))
    return {row.stage: row for row in ranked}


def own_days(session: Session) -> dict[date, bool]:
    """The days that the office set itself."""
    return {row.day: row.worked for row in session.scalars(select(CalendarDay))}


def city_calendar(session: Session) -> Calendar:
    """The city's calendar with the days that the office set itself."""
    return Calendar(CITY_ZONE, own=own_days(session))
