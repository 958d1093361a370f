"""One rider, several phones: a code from one phone links another, or brings everything back.

A code works once. A link code is read out within minutes; a recovery code is written down and
works until it is used or a new one is made. Neither tells who somebody is.
"""

import secrets
import unicodedata
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from civicprobe.accounts.models import Device, PhoneCode
from civicprobe.accounts.tokens import token_hash
from civicprobe.errors import Conflict, Forbidden

Kind = Literal["link", "recovery"]
LINK_LIFE = timedelta(minutes=10)


def issue_code(session: Session, device_id: int, kind: Kind, *, now: datetime) -> str:
    """A one-time code of this phone's rider; an older one of its kind stops working."""
    code = "-".join(f"{secrets.randbelow(10_000):04d}" for _ in range(4))
    session.execute(
        delete(PhoneCode).where(PhoneCode.device_id == device_id, PhoneCode.kind == kind)
    )
    until = now + LINK_LIFE if kind == "link" else None
    row = PhoneCode(device_id=device_id, kind=kind, code_hash=_code_hash(code), until=until)
    session.add(row)
    session.flush()
    return code


def redeem_code(session: Session, code: str, device_id: int, *, now: datetime) -> None:
    """Make this phone one of the rider who holds the code, with all that each had before.

    Raises Forbidden `phone_code_wrong`, Conflict `phones_of_two_people` where both belong to staff.
    """
    row = session.scalar(select(PhoneCode).where(PhoneCode.code_hash == _code_hash(code)))
    if row is None or (row.until is not None and now >= row.until):
        raise Forbidden("phone_code_wrong")
    theirs, mine = session.get_one(Device, row.device_id), session.get_one(Device, device_id)
    root, other = theirs.rider_id or theirs.id, mine.rider_id or mine.id
    if len(_accounts(session, root, other)) > 1:
        raise Conflict("phones_of_two_people")
    session.delete(row)
    if root != other:
        of_other = or_(Device.id == other, Device.rider_id == other)
        for phone in session.scalars(select(Device).where(of_other)):
            phone.rider_id = root
    session.flush()


def _accounts(session: Session, *roots: int) -> set[int | None]:
    """The staff accounts that phones of these riders are linked to."""
    of_them = or_(Device.id.in_(roots), Device.rider_id.in_(roots))
    held = select(Device.account_id).where(of_them, Device.account_id.is_not(None))
    return set(session.scalars(held))


def _code_hash(code: str) -> str:
    """Of the digits alone: a code is read out and typed as it comes."""
    return token_hash("".join(filter(str.isdecimal, unicodedata.normalize("NFKC", code))))
