"""Selects only: one report, its photos and timeline. Nothing here writes or commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.roles import Role
from civicprobe.errors import NotFound
from civicprobe.grid.areas import Level, level_of
from civicprobe.reports.bonds import FOLLOWER, Naming, Tie
from civicprobe.reports.lifecycle.table import Action, Party
from civicprobe.reports.models import EventPrivate, Photo, Report, ReportEvent
from civicprobe.reports.numbers import row_id_of
from civicprobe.reports.orders import Whistle

# What any rider may do to a report that they pass by, knowing its number alone.
BY_PASSERS = frozenset({Action.WATCH, Action.CONFIRM})

# The answer that ends the asking for the result of a hand-over.
RECEIVED = "received"

DESKS = (Level.STREET, Level.DISTRICT, Level.CITY)


@dataclass(frozen=True)
class TimelineEntry:
    """One event with the erasable words beside it, if they are still there."""

    event: ReportEvent
    private: dict[str, Any]


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The reports that are this caller's own affair, as a condition: what queues hold.

    What is about the caller (涉及本单位) is nobody's own affair.
    """
    match actor.role:
        case Role.WORKER | Role.ADMIN:
            return true()
        case Role.RIDER:
            return Report.reporter_id.in_(actor.device_ids)
        case Role.MEMBER:
            return and_(Report.assignee_id == actor.account_id, _not_about(actor))
        case Role.UNIT:
            mine = and_(Report.unit_id == actor.unit_id, Report.dispatched_at.is_not(None))
            return and_(mine, _not_about(actor))
        case Role.OFFICE:
            return and_(_of_desk(actor.area_code), _not_about(actor))


def _of_desk(area_code: str | None) -> ColumnElement[bool]:
    """A code's length says its level, so that one index answers; of a strange one any may be."""
    level = level_of(area_code or "")
    levels = (level,) if level in DESKS else DESKS
    return or_(*(getattr(Report, f"{desk}_code") == area_code for desk in levels))


def known_to(actor: Actor) -> ColumnElement[bool]:
    """The reports this caller may know of, as a condition: their own affair, what a rider follows,
    what a unit was called to."""
    own = visible_to(actor)
    if actor.role is Role.RIDER:
        followed = exists().where(
            Tie.report_id == Report.id, Tie.kind == FOLLOWER, Tie.device_id.in_(actor.device_ids)
        )
        return or_(own, and_(Report.followers > 0, followed))
    if actor.role is Role.UNIT:
        called = exists().where(
            Whistle.report_id == Report.id,
            Whistle.unit_id == actor.unit_id,
            Whistle.state != "cancelled",
        )
        return or_(own, and_(called, _not_about(actor)))
    return own


def is_named(session: Session, report: Report, actor: Actor) -> bool:
    """Whether the report is about this caller, their unit or their area's staff."""
    named = exists().where(Naming.report_id == report.id, _names(actor))
    return bool(session.scalar(select(named)))


def _not_about(actor: Actor) -> ColumnElement[bool]:
    named = exists().where(Naming.report_id == Report.id, _names(actor))
    return or_(Report.about_us.is_(False), ~named)


def _names(actor: Actor) -> ColumnElement[bool]:
    whom = [
        column == value
        for column, value in (
            (Naming.area_code, actor.area_code),
            (Naming.unit_id, actor.unit_id),
            (Naming.account_id, actor.account_id),
        )
        if value is not None
    ]
    return or_(false(), *whom)


def get_report(session: Session, key: str, *, visible: Actor, lock: bool = False) -> Report:
    """The report of this number, or of this UUID for the one who sent it.

    With `lock`, waits for whoever is acting on it. Raises NotFound `no_report` also where it
    exists and the caller may not know; Invalid `number_malformed` when the key is neither.
    """
    report = session.scalar(_locked(select(Report).where(_key(key, visible)), lock))
    if report is None or not is_visible(session, report, visible):
        raise NotFound("no_report")
    return report


def get_report_to_act(session: Session, key: str, action: Action, *, actor: Actor) -> Report:
    """The report that this caller means to act on, locked; raises as `get_report`.

    A rider passing by may watch or confirm what is no secret and has a place, by its number.
    """
    if actor.role is Role.RIDER and action in BY_PASSERS:
        open_to_all = and_(
            Report.lat.is_not(None),
            Report.sensitive.is_(False),
            Report.discreet.is_(False),
            Report.about_us.is_(False),
        )
        report = session.scalar(_locked(select(Report).where(_key(key, actor), open_to_all), True))
        if report is not None:
            return report
    return get_report(session, key, visible=actor, lock=True)


def get_report_by_id(session: Session, report_id: int, *, lock: bool = False) -> Report:
    """The report of this row, for the worker; raises NotFound `no_report`."""
    report = session.scalar(_locked(select(Report).where(Report.id == report_id), lock))
    if report is None:
        raise NotFound("no_report")
    return report


def find_own(session: Session, uuid: UUID, actor: Actor, *, lock: bool = False) -> Report | None:
    """The caller's own report of this UUID."""
    found = select(Report).where(Report.uuid == uuid, Report.reporter_id.in_(actor.device_ids))
    return session.scalar(_locked(found, lock))


def is_visible(session: Session, report: Report, actor: Actor) -> bool:
    """Whether this caller may know of the report."""
    found = select(Report.id).where(Report.id == report.id, known_to(actor))
    return session.scalar(found) is not None


def list_photos(session: Session, report_id: int) -> Sequence[Photo]:
    """The photos of a report: the rider's by number, then evidence by time."""
    rows = select(Photo).where(Photo.report_id == report_id)
    return session.scalars(rows.order_by(Photo.kind.desc(), Photo.n, Photo.received_at)).all()


def list_thumbs(session: Session, report_ids: Sequence[int]) -> dict[int, Photo]:
    """The first picture with a ready thumbnail of each of these reports."""
    rows = session.scalars(
        select(Photo)
        .where(Photo.report_id.in_(report_ids), Photo.kind == "hazard", Photo.state == "ready")
        .order_by(Photo.report_id, Photo.n.desc())
    )
    return {photo.report_id: photo for photo in rows}


def list_updates(session: Session, report_ids: Sequence[int]) -> dict[int, datetime]:
    """When something last happened to each of these reports."""
    rows = session.execute(
        select(ReportEvent.report_id, ReportEvent.at)
        .join(Report, and_(Report.id == ReportEvent.report_id, Report.seq == ReportEvent.seq))
        .where(ReportEvent.report_id.in_(report_ids))
    )
    return {report_id: at for report_id, at in rows}


def get_photo(session: Session, photo_id: UUID) -> Photo:
    """One photo; raises NotFound `no_photo`."""
    photo = session.get(Photo, photo_id)
    if photo is None:
        raise NotFound("no_photo")
    return photo


def list_timeline(session: Session, report_id: int) -> list[TimelineEntry]:
    """All events of a report in their order, with the words beside them."""
    rows = session.execute(
        select(ReportEvent, EventPrivate.body)
        .outerjoin(
            EventPrivate,
            and_(
                EventPrivate.report_id == ReportEvent.report_id,
                EventPrivate.seq == ReportEvent.seq,
            ),
        )
        .where(ReportEvent.report_id == report_id)
        .order_by(ReportEvent.seq)
    )
    return [TimelineEntry(event, body or {}) for event, body in rows]


def left_by(session: Session, report_id: int) -> frozenset[int]:
    """The phones that let go of a report (不再关联): it stays their riders' own affair."""
    said = session.scalars(
        select(EventPrivate.body)
        .join(
            ReportEvent,
            and_(
                ReportEvent.report_id == EventPrivate.report_id,
                ReportEvent.seq == EventPrivate.seq,
            ),
        )
        .where(EventPrivate.report_id == report_id, ReportEvent.action == Action.LEAVE.value)
    )
    devices = (body.get("device") for body in said)
    return frozenset(device for device in devices if isinstance(device, int))


def list_taken_over(session: Session, report_ids: Sequence[int]) -> dict[int, int]:
    """Of these reports those whose first rider let go, with the number of that (last) step: who
    reports on since then knows nothing of what was said before."""
    rows = session.execute(
        select(ReportEvent.report_id, func.max(ReportEvent.seq))
        .where(
            ReportEvent.report_id.in_(report_ids),
            ReportEvent.action == Action.LEAVE.value,
            ReportEvent.party == Party.REPORTER.value,
        )
        .group_by(ReportEvent.report_id)
    )
    return {report_id: int(seq) for report_id, seq in rows}


def find_event(session: Session, report_id: int, seq: int) -> ReportEvent | None:
    """One event of a report."""
    return session.scalar(
        select(ReportEvent).where(ReportEvent.report_id == report_id, ReportEvent.seq == seq)
    )


def is_undone(session: Session, report_id: int, seq: int) -> bool:
    """Whether the step of this number was taken back by who took it."""
    undone = session.scalars(
        select(ReportEvent.data).where(
            ReportEvent.report_id == report_id,
            ReportEvent.action == Action.UNDO.value,
            ReportEvent.seq > seq,
        )
    )
    return any(data.get("undone") == seq for data in undone)


def find_result(session: Session, report: Report) -> ReportEvent | None:
    """What its desk wrote last of a closed case that another body has: RECEIVED, or that it waits
    still; None where it wrote nothing since it was closed."""
    return session.scalar(
        select(ReportEvent)
        .where(
            ReportEvent.report_id == report.id,
            ReportEvent.action == Action.RESULT.value,
            ReportEvent.at >= report.closed_at,
        )
        .order_by(ReportEvent.seq.desc())
        .limit(1)
    )


def _key(key: str, caller: Actor) -> ColumnElement[bool]:
    try:
        uuid = UUID(key)
    except ValueError:
        return Report.id == row_id_of(key)
    return and_(Report.uuid == uuid, Report.reporter_id.in_(caller.device_ids))


def _locked(found: Select[Report], lock: bool) -> Select[Report]:
    if not lock:
        return found
    return found.with_for_update(key_share=True).execution_options(populate_existing=True)
