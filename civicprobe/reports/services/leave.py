"""A rider lets go of a report (不再关联), or only listens to one (关注)."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from civicprobe.reports.bonds import FOLLOWER, WATCHER, Tie
from civicprobe.reports.lifecycle.commands import Leave, Watch
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.transitions import Audience, By, Step, apply


def leave(session: Session, report: Report, _command: Leave, *, by: By) -> ReportEvent:
    """The tie goes, the hazard stays: the oldest follower reports on; raises as `apply`."""
    reports = report.reporter_id in by.actor.device_ids
    heir = _oldest(session, report, by.actor.device_ids) if reports else None
    change = {"reporter_id": heir.device_id if heir else None} if reports else {}
    step = Step(change=change, private=_who(by), audience=Audience.OFFICE)
    event = apply(session, report, TABLE[Action.LEAVE], by=by, step=step)
    if heir is not None:
        _forget(session, report, frozenset({heir.device_id}))
    _forget(session, report, by.actor.device_ids)
    if reports:
        mine = (Tie.via_id == report.id, Tie.device_id.in_(by.actor.device_ids))
        session.execute(delete(Tie).where(*mine))
    return event


def watch(session: Session, report: Report, command: Watch, *, by: By) -> ReportEvent:
    """Tell this phone what becomes of the report, or no longer; raises as `apply`."""
    step = Step(data={"on": command.on}, private=_who(by), audience=Audience.OFFICE)
    event = apply(session, report, TABLE[Action.WATCH], by=by, step=step)
    mine = (Tie.report_id == report.id, Tie.kind == WATCHER)
    session.execute(delete(Tie).where(*mine, Tie.device_id.in_(by.actor.device_ids)))
    if command.on:
        device_id = min(by.actor.device_ids)  # only a rider's action gets here
        session.add(Tie(report_id=report.id, device_id=device_id, kind=WATCHER, since=by.now))
    session.flush()
    return event


def _who(by: By) -> dict[str, object]:
    return {"device": min(by.actor.device_ids, default=None), "for": Audience.OFFICE}


def _oldest(session: Session, report: Report, leaving: frozenset[int]) -> Tie | None:
    return session.scalars(
        select(Tie)
        .where(Tie.report_id == report.id, Tie.kind == FOLLOWER)
        .where(Tie.device_id.not_in(leaving))
        .order_by(Tie.since, Tie.id)
        .limit(1)
    ).first()


def _forget(session: Session, report: Report, device_ids: frozenset[int]) -> None:
    session.execute(
        delete(Tie).where(
            Tie.report_id == report.id, Tie.kind == FOLLOWER, Tie.device_id.in_(device_ids)
        )
    )
