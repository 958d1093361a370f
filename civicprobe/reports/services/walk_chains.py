"""All chains are walked every night, a part at a time: what is found is kept and shown."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.reports.models import Report
from civicprobe.reports.models_proof import ProofWalk
from civicprobe.reports.services.audit import verify_report

PART = 500
MOST_FAULTS = 20


def find_walk(session: Session, now: datetime) -> ProofWalk | None:
    """The walk that goes on, or a new one on a new day; None when today's is done."""
    last = last_walk(session)
    if last is not None and last.ended_at is None:
        return last
    today = now.astimezone(CITY_ZONE).date()
    if last is not None and last.started_at.astimezone(CITY_ZONE).date() == today:
        return None
    walk = ProofWalk(started_at=now, after_id=0, checked=0, broken=0, faults=[])
    session.add(walk)
    session.flush()
    return walk


def last_walk(session: Session) -> ProofWalk | None:
    """The newest walk, ended or not."""
    return session.scalars(select(ProofWalk).order_by(ProofWalk.id.desc()).limit(1)).first()


def walk_on(session: Session, walk: ProofWalk, *, now: datetime) -> bool:
    """Check the next part; False when the end is reached. A part cut off is walked again."""
    reports = session.scalars(
        select(Report).where(Report.id > walk.after_id).order_by(Report.id).limit(PART)
    ).all()
    for report in reports:
        fault = verify_report(session, report)
        if fault is not None:
            walk.broken += 1
            walk.faults = [*walk.faults, {"number": report.number, **asdict(fault)}][:MOST_FAULTS]
    if not reports:
        walk.ended_at = now
        return False
    walk.after_id, walk.checked = reports[-1].id, walk.checked + len(reports)
    session.flush()
    return True
