"""Leave by days, with or without somebody who stands in; the cards in hand go to others at once."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.errors import FieldFault, NotFound, Unprocessable
from civicprobe.grid.models import Leave, Member
from civicprobe.grid.people import list_leaves

LONGEST, FARTHEST, MOST_AHEAD = timedelta(days=366), timedelta(days=731), 20
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Days:
    """From the first day to the last, both included; `substitute_id` is a member."""

    first: date
    last: date
    substitute_id: int | None = None


def take_leave(
    session: Session, member: Member, days: Days, *, by_id: int | None, now: datetime
) -> Leave:
    """Put a member on leave; one that begins today begins now.

    Raises Unprocessable naming the field: days in the past or out of order, leave at that time
    already, a substitute who is not there or away themselves. The same leave again is the first.
    """
    starts_at, ends_at = max(_midnight(days.first), now), _midnight(days.last + ONE_DAY)
    known = list_leaves(session, [member.id], now)
    again = [x for x in known if (x.ends_at, x.substitute_id) == (ends_at, days.substitute_id)]
    if any(x.starts_at <= starts_at for x in again):
        return again[0]
    _check_days(days, now, known, starts_at, ends_at)
    _check_substitute(session, member, days.substitute_id, starts_at, ends_at)
    leave = Leave(
        member_id=member.id,
        starts_at=starts_at,
        ends_at=ends_at,
        substitute_id=days.substitute_id,
        set_by_id=by_id,
        set_at=now,
    )
    session.add(leave)
    outbox.write(
        session,
        "hand_over",
        now=now,
        due_at=starts_at,
        account_id=member.account_id,
        why="on_leave",
    )
    session.flush()
    return leave


def end_leave(session: Session, member: Member, leave_id: int, *, now: datetime) -> None:
    """Come back early, or not go at all; raises NotFound `no_leave`. Safe to repeat."""
    leave = session.scalar(select(Leave).where(Leave.id == leave_id, Leave.member_id == member.id))
    if leave is None:
        raise NotFound("no_leave")
    if leave.starts_at >= now:
        session.delete(leave)
    else:
        leave.ends_at = min(leave.ends_at, now)
    session.flush()


def _check_days(
    days: Days, now: datetime, known: list[Leave], starts_at: datetime, ends_at: datetime
) -> None:
    if ends_at <= now or days.last < days.first:
        raise Unprocessable("incomplete", FieldFault("last", "days_out_of_order"))
    if ends_at - starts_at > LONGEST or ends_at - now > FARTHEST:
        raise Unprocessable("incomplete", FieldFault("last", "days_too_many"))
    overlapping = any(x.starts_at < ends_at and starts_at < x.ends_at for x in known)
    if overlapping or len(known) >= MOST_AHEAD:
        raise Unprocessable("incomplete", FieldFault("first", "on_leave_already"))


def _check_substitute(
    session: Session,
    member: Member,
    substitute_id: int | None,
    starts_at: datetime,
    ends_at: datetime,
) -> None:
    if substitute_id is None:
        return
    other = session.get(Member, substitute_id)
    gone = other is None or not other.active or other.ended_at or other.suspended_at
    if gone or substitute_id == member.id:
        raise Unprocessable("incomplete", FieldFault("substitute", "no_such_member"))
    away = list_leaves(session, [substitute_id], starts_at)
    if any(leave.starts_at < ends_at for leave in away):
        raise Unprocessable("incomplete", FieldFault("substitute", "substitute_away"))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CITY_ZONE)
