"""Notices are carried outside: claimed and committed first, sent with no transaction open, then
ended. What is down is left alone until the next run: a channel, of the webhooks one receiver."""

import time
from collections.abc import Callable
from datetime import datetime

import structlog

from civicprobe.db import db, reading, utc_now
from civicprobe.notices.channels import CHANNELS
from civicprobe.notices.message import Address, ChannelDown, Refused
from civicprobe.notices.outgoing import Parcel, claim, due_contacts, end_failed, end_sent
from civicprobe.reports.letters import letter_of
from civicprobe.web.parts import parts

log = structlog.get_logger()


def send_due(until: float, clock: Callable[[], datetime] = utc_now) -> int:
    """Send until nothing is due or the monotonic clock reads `until`; how many went out."""
    left: set[int] = set()  # contacts that had nothing, are down, or that another sender has
    up, sent = {name for name, way in CHANNELS.items() if way.is_set_up(parts().settings)}, 0
    while True:
        with reading():
            due = due_contacts(db.session(), clock(), sorted(up))
            contacts = [contact for contact in due if contact not in left]
            db.session.rollback()
        for contact_id in contacts:
            parcel = claim(db.session(), contact_id, clock())
            db.session.commit()
            if parcel is None:
                left.add(contact_id)
            else:
                sent += _send(parcel, up, left, clock)
            if time.monotonic() > until:
                return sent
            if parcel is not None and parcel.contact.channel not in up:
                break  # the others of that channel are not claimed in vain
        if not contacts:
            return sent


def _send(parcel: Parcel, up: set[str], left: set[int], clock: Callable[[], datetime]) -> bool:
    """One parcel; a channel that fails is taken out of `up`, a receiver by itself is `left`."""
    settings, contact = parts().settings, parcel.contact
    with reading():
        letter = letter_of(db.session(), parcel, settings.public_url)
        db.session.rollback()
    try:
        CHANNELS[contact.channel].send(letter, Address(contact.address, contact.secret), settings)
    except (ChannelDown, Refused) as fault:
        dead = isinstance(fault, Refused)
        if not dead:
            left.add(contact.id)
            if CHANNELS[contact.channel].shared:
                up.discard(contact.channel)
        log.warning("not_delivered", channel=contact.channel, contact=contact.id, dead=dead)
        end_failed(db.session(), parcel, str(fault), clock(), dead=dead)
        db.session.commit()
        return False
    end_sent(db.session(), parcel, clock())
    db.session.commit()
    return True
