"""Reports about the same are led by one (并案): joined, following it to its end, parted again."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.accounts.actor import Actor
from civicprobe.errors import Conflict, FieldFault, Invalid, Unprocessable
from civicprobe.reports.bonds import FOLLOWER, Tie
from civicprobe.reports.lifecycle.commands import Merge, Unmerge
from civicprobe.reports.lifecycle.table import OPEN, TABLE, Action, State
from civicprobe.reports.models import EventPrivate, Report, ReportEvent, Resemblance
from civicprobe.reports.numbers import row_id_of
from civicprobe.reports.queries import get_report_by_id, is_visible
from civicprobe.reports.services.desks import desk_for
from civicprobe.reports.services.enrich import STILL_WEIGHED
from civicprobe.reports.transitions import WORKER, Audience, By, Step, apply

LEADS = OPEN - {State.MERGED}


def merge(session: Session, report: Report, command: Merge, *, by: By) -> ReportEvent:
    """Join the report to an open one; its rider follows that one, and so does all it led.

    Raises Unprocessable (`primary`) for one that cannot lead, Conflict `primary_busy` while
    somebody else acts on it, else as `apply`.
    """
    primary = _lock_primary(session, report, command.primary, by.actor)
    led = list(session.scalars(select(Report.id).where(Report.primary_id == report.id)))
    step = Step(
        change={"primary_id": primary.id, "before_state": report.state},
        data={"primary": primary.number},
    )
    event = apply(session, report, TABLE[Action.MERGE], by=by, step=step)
    _tie(session, report, primary)
    for child_id in led:
        _pass(session, child_id, report, primary, by.now)
    _count(session, primary, 1 + len(led))
    if led:
        _count(session, report, -len(led))
    return event


def unmerge(session: Session, report: Report, command: Unmerge, *, by: By) -> ReportEvent:
    """Part the report from its primary: it goes on where the merge found it, and is weighed anew
    where the worker passed it by meanwhile.

    Raises Conflict `primary_busy` while somebody else acts on the primary, else as `apply`.
    """
    primary_id = report.primary_id
    primary = hold_primary(session, primary_id) if primary_id else None
    step = Step(
        change={
            "primary_id": None,
            "before_state": None,
            "closed_at": None,
            "outcome": None,
            "proposer_id": None,
            "desk_code": desk_for(session, report),
        },
        data={"primary": primary.number if primary else None},
        private={"note": command.reason, "for": Audience.TRIAGE},
    )
    event = apply(session, report, TABLE[Action.UNMERGE], by=by, step=step)
    if primary_id is not None:
        untie(session, report, primary_id)
    if report.state in STILL_WEIGHED:
        outbox.write(session, "enrich", now=by.now, report_id=report.id)
    return event


def follow(session: Session, report_id: int, *, now: datetime) -> ReportEvent | None:
    """A merged report ends with its primary, and opens again with it; None when nothing is to do.

    Safe to repeat and to race: looked at again under the lock.
    """
    report = get_report_by_id(session, report_id, lock=True)
    primary = session.get(Report, report.primary_id) if report.primary_id else None
    if primary is None or (primary.state == State.CLOSED) is (report.state == State.CLOSED):
        return None
    ends = primary.state == State.CLOSED
    step = Step(
        change={
            "outcome": primary.outcome if ends else None,
            "closed_at": primary.closed_at if ends else None,
        },
        data={"primary": primary.number, "outcome": primary.outcome if ends else None},
        private=_closing_words(session, primary) if ends else {},
    )
    return apply(session, report, TABLE[Action.FOLLOW], by=By(WORKER, now), step=step)


def hold_primary(session: Session, primary_id: int) -> Report:
    """Lock the report that leads another, which the caller holds. It is never waited for: who
    merges holds one and waits for what that leads, and both would wait for ever.

    Raises Conflict `primary_busy` while somebody else acts on it.
    """
    found = select(Report).where(Report.id == primary_id)
    locked = found.with_for_update(key_share=True, skip_locked=True)
    primary = session.scalar(locked.execution_options(populate_existing=True))
    if primary is None:
        raise Conflict("primary_busy")
    return primary


def untie(session: Session, report: Report, primary_id: int) -> None:
    """Whoever was tied to the primary through this report no longer is."""
    session.execute(delete(Tie).where(Tie.report_id == primary_id, Tie.via_id == report.id))
    primary = session.get(Report, primary_id)
    if primary is not None:
        _count(session, primary, -1)


def bring_back(
    session: Session, report: Report, primary_id: int, merged_at: datetime, now: datetime
) -> None:
    """A merge is undone: what moved along with the report is led by it again."""
    primary = session.get_one(Report, primary_id)
    moved = session.execute(
        select(Report.id, ReportEvent.data)
        .join(ReportEvent, ReportEvent.report_id == Report.id)
        .where(
            Report.primary_id == primary_id,
            ReportEvent.action == Action.FOLLOW.value,
            ReportEvent.at == merged_at,
        )
    ).all()
    led = [child_id for child_id, data in moved if data.get("from") == report.number]
    for child_id in led:
        _pass(session, child_id, primary, report, now)
    session.execute(
        update(Tie)
        .where(Tie.report_id == primary_id, Tie.kind == FOLLOWER, Tie.via_id.in_(led))
        .values(report_id=report.id)
    )
    if led:
        _count(session, primary, -len(led))
        _count(session, report, len(led))


def _lock_primary(session: Session, report: Report, number: str, actor: Actor) -> Report:
    """The report that is to lead, held."""
    try:
        row_id = row_id_of(number)
    except Invalid as fault:
        raise Unprocessable("incomplete", FieldFault("primary", fault.code)) from None
    primary = session.get(Report, row_id)
    if primary is None or primary.id == report.id or not _may_lead(session, report, primary, actor):
        raise Unprocessable("incomplete", FieldFault("primary", "no_such_primary"))
    primary = hold_primary(session, primary.id)
    if primary.state not in LEADS:
        raise Unprocessable("incomplete", FieldFault("primary", "cannot_lead"))
    return primary


def _may_lead(session: Session, report: Report, primary: Report, actor: Actor) -> bool:
    """One that this person may know of, or that was shown to them as alike."""
    shown = exists().where(Resemblance.report_id == report.id, Resemblance.other_id == primary.id)
    same_path = primary.about_us == report.about_us
    return same_path and (
        is_visible(session, primary, actor) or bool(session.scalar(select(shown)))
    )


def _tie(session: Session, report: Report, primary: Report) -> None:
    session.execute(
        update(Tie)
        .where(Tie.report_id == report.id, Tie.kind == FOLLOWER)
        .values(report_id=primary.id)
    )
    if report.reporter_id is not None and report.reporter_id != primary.reporter_id:
        session.add(
            Tie(
                report_id=primary.id,
                device_id=report.reporter_id,
                kind=FOLLOWER,
                via_id=report.id,
                since=report.created_at,
            )
        )
    session.flush()


def _pass(session: Session, child_id: int, leader: Report, primary: Report, now: datetime) -> None:
    """What one report led is led by another now: the depth stays one. Its rider is told nothing,
    since nothing changes for them."""
    child = get_report_by_id(session, child_id, lock=True)
    step = Step(
        change={"primary_id": primary.id},
        data={"primary": primary.number, "from": leader.number},
    )
    row = replace(TABLE[Action.FOLLOW], tells=())
    apply(session, child, row, by=By(WORKER, now), step=step)


def _count(session: Session, primary: Report, more: int) -> None:
    session.execute(
        update(Report)
        .where(Report.id == primary.id)
        .values(followers=Report.followers + more)
        .execution_options(synchronize_session=False)
    )
    session.refresh(primary, ["followers"])


def _closing_words(session: Session, primary: Report) -> dict[str, object]:
    """What the primary's rider was told, for those who follow it."""
    body = session.scalar(
        select(EventPrivate.body)
        .join(
            ReportEvent,
            (ReportEvent.report_id == EventPrivate.report_id)
            & (ReportEvent.seq == EventPrivate.seq),
        )
        .where(ReportEvent.report_id == primary.id, ReportEvent.action == Action.CLOSE.value)
        .order_by(ReportEvent.seq.desc())
        .limit(1)
    )
    return dict(body) if body else {}
