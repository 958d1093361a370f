"""Post to an inbox, read it, count what is unread; never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.db import inserting
from civicprobe.notices.models import Notice
from civicprobe.notices.outgoing import Written, write_deliveries


@dataclass(frozen=True)
class Person:
    """Whose inbox: one of the two."""

    account_id: int | None = None
    device_id: int | None = None


@dataclass(frozen=True)
class Letter:
    """What one person is told of one matter. What is `urgent` goes out at night too."""

    person: Person
    matter: str
    topic: str
    number: str
    urgent: bool = False


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
    """Tell one person of one matter, here and by their other ways; False if they had been told."""
    return post_all(session, [Letter(person, matter, topic, number, urgent)], now=now) == 1


def post_all(session: Session, letters: Sequence[Letter], *, now: datetime) -> int:
    """Tell each person of each matter once, as `post`; how many had not been told before.

    The table itself keeps a second notice of one matter out, also while another worker writes it.
    """
    if not letters:
        return 0
    rows = {(letter.person, letter.matter): letter for letter in letters}
    session.flush()
    written = session.execute(
        inserting(session, Notice)
        .on_conflict_do_nothing()
        .returning(Notice.id, Notice.account_id, Notice.device_id, Notice.matter),
        [
            {
                **vars(letter.person),
                "matter": letter.matter,
                "topic": letter.topic,
                "number": letter.number,
                "created_at": now,
            }
            for _, letter in sorted(rows.items(), key=_in_one_order)
        ],
    ).all()
    new = [
        Written(id_, account_id, rows[Person(account_id, device_id), matter].urgent)
        for id_, account_id, device_id, matter in written
    ]
    write_deliveries(session, new, now=now)
    return len(new)


def _in_one_order(item: tuple[tuple[Person, str], Letter]) -> tuple[int, int, str]:
    """Two workers never wait for each other in a ring."""
    (person, matter), _ = item
    return person.account_id or 0, person.device_id or 0, matter


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
