"""The last step is taken back by who took it (撤销): a new event, and the report as it was."""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.db import UtcDateTime
from civicprobe.reports.lifecycle.commands import Undo
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Photo, Report, ReportEvent
from civicprobe.reports.services.enrich import STILL_WEIGHED
from civicprobe.reports.services.merge import bring_back, hold_primary, untie
from civicprobe.reports.standings import find_undoable
from civicprobe.reports.transitions import By, Step, apply


def undo(session: Session, report: Report, _command: Undo, *, by: By) -> ReportEvent:
    """Bring the columns back that the step changed; its notices, still waiting, are not told.

    Raises Conflict `just_done_by_you` after ten seconds, or when the report moved since,
    `primary_busy` while somebody else acts on what it was merged into.
    """
    step = find_undoable(session, report, by.actor, by.now)
    primary_id = report.primary_id
    before = {name: _column(name, value) for name, value in step.before.items()} if step else {}
    if step is not None and primary_id is not None and "primary_id" in step.before:
        hold_primary(session, primary_id)
    event = apply(
        session,
        report,
        TABLE[Action.UNDO],
        by=by,
        step=Step(change=before, data={"undone": step.seq if step else None}),
    )
    if step is not None and primary_id is not None and report.primary_id is None:
        bring_back(session, report, primary_id, step.at, by.now)
        untie(session, report, primary_id)
    if report.state in STILL_WEIGHED:
        # The worker passed it by while it was elsewhere.
        outbox.write(session, "enrich", now=by.now, report_id=report.id)
    _give_back(session, report.id, event.data["undone"])
    session.delete(step)
    session.flush()
    return event


def _give_back(session: Session, report_id: int, seq: object) -> None:
    """The evidence that the step used may be used again."""
    used = Photo.report_id == report_id, Photo.used_seq == seq
    session.execute(update(Photo).where(*used).values(used_seq=None))


def _column(name: str, value: object) -> Any:
    kind = Report.__table__.c[name].type
    if isinstance(kind, UtcDateTime) and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value
