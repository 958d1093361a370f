"""The last step is taken back by who took it (撤销): a new event, and the report as it was."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from civicprobe.db import UtcDateTime
from civicprobe.reports.commands import Undo
from civicprobe.reports.lifecycle import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.services.merge import untie
from civicprobe.reports.standings import find_undoable
from civicprobe.reports.transitions import By, Step, apply


def undo(session: Session, report: Report, _command: Undo, *, by: By) -> ReportEvent:
    """Bring the columns back that the step changed; its notices, still waiting, are not told.

    Raises Conflict `just_done_by_you` after ten seconds, or when the report moved since.
    """
    step = find_undoable(session, report, by.actor, by.now)
    primary_id = report.primary_id
    before = {name: _column(name, value) for name, value in step.before.items()} if step else {}
    event = apply(
        session,
        report,
        TABLE[Action.UNDO],
        by=by,
        step=Step(change=before, data={"undone": step.seq if step else None}),
    )
    if primary_id is not None and report.primary_id is None:
        untie(session, report, primary_id)
    session.delete(step)
    session.flush()
    return event


def _column(name: str, value: object) -> Any:
    kind = Report.__table__.c[name].type
    if isinstance(kind, UtcDateTime) and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value
