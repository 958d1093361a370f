"""What goes outside, from the notice to the handing over: written with the notice, claimed by one
sender at a time, and sent, put off or given up. Never commits; nothing here speaks to a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, and_, cast, func, select, update
from sqlalchemy.orm import Session

from civicprobe.notices.channels import CHANNELS
from civicprobe.notices.models import Contact, Delivery, Notice
from civicprobe.notices.rules import GIVE_UP_AFTER, LEASE, first_try, next_try

AT_ONCE = 50
WAITING, SENT, DEAD = "waiting", "sent", "dead"


@dataclass(frozen=True)
class Parcel:
    """What one contact is sent at once: its deliveries, the oldest first, with their notices."""

    contact: Contact
    items: tuple[tuple[Delivery, Notice], ...]

    @property
    def id(self) -> str:
        """The same whenever the same deliveries are sent again, so that a receiver keeps one."""
        first, last = self.items[0][0], self.items[-1][0]
        return f"d{first.id}" if len(self.items) == 1 else f"d{first.id}-{last.id}"


@dataclass(frozen=True)
class Written:
    """A notice that was written just now."""

    id: int
    account_id: int | None
    urgent: bool


def write_deliveries(session: Session, notices: Sequence[Written], *, now: datetime) -> int:
    """A delivery of each notice for each way outside that its person has; how many."""
    people = {notice.account_id for notice in notices if notice.account_id is not None}
    if not people:
        return 0
    own = select(Contact).where(Contact.account_id.in_(people), Contact.active).order_by(Contact.id)
    contacts = session.scalars(own).all()
    deliveries = [
        Delivery(
            notice_id=notice.id,
            contact_id=contact.id,
            urgent=notice.urgent,
            created_at=now,
            due_at=first_try(CHANNELS[contact.channel].rate, now, urgent=notice.urgent),
        )
        for notice in notices
        for contact in contacts
        if contact.account_id == notice.account_id
        and (notice.urgent or not CHANNELS[contact.channel].rate.urgent_only)
    ]
    session.add_all(deliveries)
    return len(deliveries)


def due_contacts(session: Session, now: datetime, channels: Sequence[str]) -> list[int]:
    """Contacts of these channels that something waits for, the urgent and the longest first."""
    found = (
        select(Delivery.contact_id)
        .join(Contact, Contact.id == Delivery.contact_id)
        .where(
            Delivery.state == WAITING,
            Delivery.due_at <= now,
            Contact.channel.in_(channels),
            Contact.active,
        )
        .group_by(Delivery.contact_id)
        .order_by(func.max(cast(Delivery.urgent, Integer)).desc(), func.min(Delivery.due_at))
        .limit(AT_ONCE)
    )
    return list(session.scalars(found))


def claim(session: Session, contact_id: int, now: datetime) -> Parcel | None:
    """What is to be sent to a contact now, nobody else's for a minute; commit before sending.

    A parcel claimed before and not ended (its sender was killed) is claimed again as it was, so
    that it keeps its id. None when there is nothing, or the contact was sent something just now.
    """
    contact = session.scalar(
        select(Contact).where(Contact.id == contact_id).with_for_update(skip_locked=True)
    )
    if contact is None or not contact.active:
        return None
    items = _due(session, contact, now)
    if not items:
        return None
    free_at = _free_at(session, contact)
    if free_at > now and not any(delivery.urgent for delivery, _ in items):
        _put_off(session, items, free_at)
        return None
    ids = [delivery.id for delivery, _ in items]
    for delivery, _ in items:
        delivery.attempts += 1
        delivery.due_at = now + LEASE
        delivery.parcel = ids[0]
    session.flush()
    return Parcel(contact, items)


def _free_at(session: Session, contact: Contact) -> datetime:
    """When a contact may be sent the next: after the gap, and after the parcel now tried."""
    tried = session.scalar(
        select(func.max(Delivery.due_at)).where(
            Delivery.contact_id == contact.id,
            Delivery.state == WAITING,
            Delivery.parcel.is_not(None),
        )
    )
    gap = CHANNELS[contact.channel].rate.gap
    sent = contact.sent_at + gap if contact.sent_at is not None else contact.created_at
    return max(tried or sent, sent)


def _due(session: Session, contact: Contact, now: datetime) -> tuple[tuple[Delivery, Notice], ...]:
    waiting = and_(Delivery.contact_id == contact.id, Delivery.state == WAITING)
    oldest = session.scalar(
        select(Delivery)
        .where(waiting, Delivery.due_at <= now)
        .order_by(Delivery.urgent.desc(), Delivery.id)
        .limit(1)
    )
    if oldest is None:
        return ()
    one = CHANNELS[contact.channel].rate.bundle == 1
    if oldest.parcel is not None:
        wanted = and_(waiting, Delivery.parcel == oldest.parcel)
    elif one:
        wanted = Delivery.id == oldest.id
    else:
        wanted = and_(waiting, Delivery.parcel.is_(None), Delivery.due_at <= now)
    rows = session.execute(
        select(Delivery, Notice)
        .join(Notice, Notice.id == Delivery.notice_id)
        .where(wanted)
        .order_by(Delivery.id)
    )
    return tuple((delivery, notice) for delivery, notice in rows)


def end_sent(session: Session, parcel: Parcel, now: datetime) -> bool:
    """It went out; False if another sender has ended it meanwhile."""
    ended = session.execute(
        update(Delivery)
        .where(Delivery.id.in_(_ids(parcel)), Delivery.state == WAITING)
        .values(state=SENT, ended_at=now, error=None)
        .returning(Delivery.id)
    ).all()
    session.execute(update(Contact).where(Contact.id == parcel.contact.id).values(sent_at=now))
    return len(ended) == len(parcel.items)


def end_failed(session: Session, parcel: Parcel, error: str, now: datetime, *, dead: bool) -> None:
    """It did not: tried again later, or kept as a dead letter, refused or three days old."""
    for delivery, _ in parcel.items:
        too_old = delivery.created_at < now - GIVE_UP_AFTER
        over = dead or too_old
        session.execute(
            update(Delivery)
            .where(Delivery.id == delivery.id, Delivery.state == WAITING)
            .values(
                state=DEAD if over else WAITING,
                ended_at=now if over else None,
                due_at=next_try(delivery.attempts, now),
                error=error[:200],
            )
        )


def list_dead(session: Session, limit: int = 200) -> Sequence[Delivery]:
    """The newest dead letters."""
    dead = select(Delivery).where(Delivery.state == DEAD).order_by(Delivery.id.desc())
    return session.scalars(dead.limit(limit)).all()


def revive(session: Session, now: datetime) -> int:
    """Send every dead letter again; how many there are."""
    again = session.execute(
        update(Delivery)
        .where(Delivery.state == DEAD)
        .values(state=WAITING, due_at=now, created_at=now, attempts=0, ended_at=None, parcel=None)
        .returning(Delivery.id)
    )
    return len(again.all())


def _put_off(session: Session, items: Sequence[tuple[Delivery, Notice]], until: datetime) -> None:
    for delivery, _ in items:
        delivery.due_at = until
    session.flush()


def _ids(parcel: Parcel) -> list[int]:
    return [delivery.id for delivery, _ in parcel.items]
