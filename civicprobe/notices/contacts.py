"""Where else somebody is told: add, list and remove an address. Never commits."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account
from civicprobe.errors import Conflict, Invalid, NotFound
from civicprobe.notices.channels import CHANNELS
from civicprobe.notices.models import Contact, Delivery
from civicprobe.notices.outgoing import DEAD, WAITING

MOST_CONTACTS = 5


def add_contact(
    session: Session, account: Account, channel: str, address: str, *, locale: str, now: datetime
) -> Contact:
    """Tell an account by this address too; an address that was removed is taken up again.

    A webhook gets a secret of its own. Raises Invalid `no_such_channel` or `address_malformed`,
    Conflict `contacts_full` beyond five.
    """
    if channel not in CHANNELS:
        raise Invalid("no_such_channel", channel=channel)
    if not CHANNELS[channel].check(address):
        raise Invalid("address_malformed", channel=channel)
    known = session.scalars(select(Contact).where(Contact.account_id == account.id)).all()
    if sum(contact.active for contact in known) >= MOST_CONTACTS:
        raise Conflict("contacts_full", most=MOST_CONTACTS)
    same = (c for c in known if (c.channel, c.address) == (channel, address))
    contact = next(same, None) or Contact(
        account_id=account.id, channel=channel, address=address, created_at=now
    )
    contact.active, contact.locale = True, locale
    contact.secret = secrets.token_urlsafe(32) if channel == "webhook" else ""
    session.add(contact)
    session.flush()
    return contact


def remove_contact(session: Session, contact_id: int, *, now: datetime) -> None:
    """Tell nobody there any more, not even of what waits; raises NotFound `no_contact`."""
    contact = session.get(Contact, contact_id)
    if contact is None or not contact.active:
        raise NotFound("no_contact")
    contact.active = False
    session.execute(
        update(Delivery)
        .where(Delivery.contact_id == contact_id, Delivery.state == WAITING)
        .values(state=DEAD, ended_at=now, error="contact_removed")
    )


def list_contacts(session: Session) -> Sequence[tuple[Contact, str]]:
    """All addresses in use, with whose they are."""
    rows = session.execute(
        select(Contact, Account.username)
        .join(Account, Account.id == Contact.account_id)
        .where(Contact.active)
        .order_by(Account.username, Contact.id)
    )
    return [(contact, username) for contact, username in rows]
