"""Post to an inbox, read it, count what is unread; never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.notices.models import Notice
from civicprobe.notices.outgoing import write_deliveries


@dataclass(frozen=True)
class Person:
    """Whose inbox: one of the two."""

    account_id: int | None = None
    device_id: int | None = None


def post(
    session: Session,
    person: Person,
    *,
    matter: str,
    topic: str,
    number: str,
    now: datetime,
    urgent: bool = False,
) -> bool:
    """Tell one person of one matter, here and by their other ways; False when they had been told.

    What is `urgent` goes out at night too.
    """
    told = select(Notice.id).where(
        Notice.matter == matter,
        Notice.account_id == person.account_id
        if person.account_id is not None
        else Notice.device_id == person.device_id,
    )
    if session.scalar(told) is not None:
        return False
    notice = Notice(
        account_id=person.account_id,
        device_id=person.device_id,
        matter=matter,
        topic=topic,
        number=number,
        created_at=now,
    )
    session.add(notice)
    session.flush()
    write_deliveries(session, notice, urgent=urgent, now=now)
    return True


def list_notices(session: Session, actor: Actor, limit: int = 50) -> Sequence[Notice]:
    """The caller's newest notices."""
    return session.scalars(
        select(Notice).where(_of(actor)).order_by(Notice.id.desc()).limit(limit)
    ).all()


def count_unread(session: Session, actor: Actor) -> int:
    """How many notices the caller has not seen."""
    unread = select(func.count()).where(_of(actor), Notice.read_at.is_(None))
    return session.scalar(unread) or 0


def mark_read(session: Session, actor: Actor, now: datetime) -> None:
    """The caller has seen all that is there."""
    session.execute(update(Notice).where(_of(actor), Notice.read_at.is_(None)).values(read_at=now))


def _of(actor: Actor) -> ColumnElement[bool]:
    if actor.account_id is not None:
        return Notice.account_id == actor.account_id
    return Notice.device_id.in_(actor.device_ids)
