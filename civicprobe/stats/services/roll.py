"""Bring facts and weekly counts to where the reports are; or make all of them anew.

Safe to repeat and to race: a fact is worked out from the report alone, a week's counts from its
facts alone, and a lost race is mended by the next run.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, literal, or_, select
from sqlalchemy.orm import Session

from civicprobe.reports.models import Clock, Report, ReportEvent
from civicprobe.stats.kinds import KINDS
from civicprobe.stats.measures import (
    GRADES,
    Marks,
    Step,
    bucket_of,
    handling_h,
    hour_of_week,
    is_closed,
    read_marks,
    week_of,
)
from civicprobe.stats.models import CaseFact, StatsMark, WeekCount

BATCH = 500
# What is said of a closed case (a rating) is looked for among all reports this often.
COMPARE_ALL = timedelta(hours=1)
_LEVELS = (
    (CaseFact.city_code, literal("")),
    (CaseFact.district_code, CaseFact.city_code),
    (CaseFact.street_code, func.coalesce(CaseFact.district_code, "")),
)


def roll(session: Session, now: datetime) -> int:
    """Take in one batch of changed reports; how many there were. The caller commits."""
    mark = session.get(StatsMark, 1) or StatsMark(id=1, rolled_at=now)
    session.add(mark)
    compares = mark.compared_at is None or now - mark.compared_at >= COMPARE_ALL
    changed = _changed(session, everywhere=compares)
    if compares and len(changed) < BATCH:
        mark.compared_at = now
    mark.rolled_at = now
    session.flush()
    if changed:
        count_weeks(session, keep_facts(session, changed))
    return len(changed)


def rebuild(session: Session, now: datetime) -> Iterator[int]:
    """Forget everything and count again; yields after each batch, for the caller to commit."""
    for table in (WeekCount, CaseFact, StatsMark):
        session.execute(delete(table))
    session.add(StatsMark(id=1, rolled_at=now))
    weeks: set[date] = set()
    after = 0
    while ids := _next_ids(session, after):
        weeks |= keep_facts(session, ids)
        after = ids[-1]
        yield len(ids)
    for week in sorted(weeks):
        count_weeks(session, {week})
        yield 0


def keep_facts(session: Session, report_ids: Sequence[int]) -> set[date]:
    """Work out the facts of these reports; the weeks whose counts are old now."""
    reports = session.scalars(select(Report).where(Report.id.in_(report_ids))).all()
    steps = _steps(session, report_ids)
    due = _due(session, report_ids)
    weeks = set(session.scalars(select(CaseFact.week).where(CaseFact.report_id.in_(report_ids))))
    session.execute(delete(CaseFact).where(CaseFact.report_id.in_(report_ids)))
    rows: list[dict[str, Any]] = []
    for report in reports:
        closed_at = report.closed_at if is_closed(report.state) else None
        found = read_marks(
            report.created_at, closed_at, due.get(report.id), steps.get(report.id, ())
        )
        rows.append(_fact(report, found))
    if rows:
        session.execute(insert(CaseFact), rows)
    session.expunge_all()
    return weeks | {row["week"] for row in rows}


def count_weeks(session: Session, weeks: Collection[date]) -> None:
    """Count these weeks anew from their facts, on every level and in every kind."""
    session.execute(delete(WeekCount).where(WeekCount.week.in_(weeks)))
    columns = ["area_code", "kind", "week", "category", "key", "parent_code", "n"]
    for area, parent in _LEVELS:
        for kind in KINDS:
            counted = (
                select(
                    area,
                    literal(kind.name),
                    CaseFact.week,
                    CaseFact.category,
                    kind.key.label("k"),
                    parent.label("p"),
                    func.count(),
                )
                .where(CaseFact.week.in_(weeks), area.is_not(None), kind.only)
                .group_by(area, CaseFact.week, CaseFact.category, "k", "p")
            )
            session.execute(insert(WeekCount).from_select(columns, counted))


def _changed(session: Session, *, everywhere: bool) -> list[int]:
    """Reports whose fact is not of their last event: among all, or those that are or were open."""
    differs = or_(CaseFact.seq.is_(None), CaseFact.seq != Report.seq)
    found = (
        select(Report.id)
        .outerjoin(CaseFact, CaseFact.report_id == Report.id)
        .where(differs)
        .order_by(Report.id)
        .limit(BATCH)
    )
    if everywhere:
        return list(session.scalars(found))
    now_open = session.scalars(found.where(Report.state.not_in(("closed", "merged"))))
    was_open = session.scalars(found.where(CaseFact.closed_b.is_(None), CaseFact.seq.is_not(None)))
    return sorted({*now_open, *was_open})[:BATCH]


def _next_ids(session: Session, after: int) -> list[int]:
    found = select(Report.id).where(Report.id > after).order_by(Report.id).limit(BATCH)
    return list(session.scalars(found))


def _steps(session: Session, report_ids: Sequence[int]) -> dict[int, list[Step]]:
    rows = session.execute(
        select(ReportEvent.report_id, ReportEvent.action, ReportEvent.at, ReportEvent.data)
        .where(ReportEvent.report_id.in_(report_ids))
        .order_by(ReportEvent.report_id, ReportEvent.seq)
    )
    found: dict[int, list[Step]] = {}
    for report_id, action, at, data in rows:
        found.setdefault(report_id, []).append(Step(action, at, data))
    return found


def _due(session: Session, report_ids: Sequence[int]) -> dict[int, datetime]:
    """When each whole case is or was due."""
    rows = session.execute(
        select(Clock.report_id, func.max(Clock.due_at))
        .where(Clock.report_id.in_(report_ids), Clock.stage == "whole")
        .group_by(Clock.report_id)
    )
    return {report_id: at for report_id, at in rows if at is not None}


def _fact(report: Report, found: Marks) -> dict[str, Any]:
    """What is about a street's own staff left it for the district: it is counted there alone, so
    that a street's numbers are those of the lists that it may see."""
    here = not report.about_us
    grade = str(report.place.get("grade", "")) if report.place else ""
    return {
        "report_id": report.id,
        "seq": report.seq,
        "created_at": report.created_at,
        "week": week_of(report.created_at),
        "hour": hour_of_week(report.created_at),
        "city_code": report.city_code,
        "district_code": report.district_code,
        "street_code": report.street_code if here else None,
        "community_code": report.community_code if here else None,
        "category": report.category_code or "",
        "unit_id": report.unit_id,
        "grade": GRADES.index(grade) if grade in GRADES and grade else None,
        "cell": report.cell,
        "verified_b": _bucket(found.verified_h),
        "dispatched_b": _bucket(found.dispatched_h),
        "handled_b": _bucket(found.handled_h),
        "handling_b": _bucket(handling_h(found)),
        "closed_b": _bucket(found.closed_h),
        "on_time": found.on_time,
        "satisfied": found.satisfied,
        "returns": found.returns,
        "reworks": found.reworks,
    }


def _bucket(hours: int | None) -> int | None:
    return None if hours is None else bucket_of(hours)
