"""Accounts are made, and phones are linked to them."""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from flask_security.utils import hash_password
from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account, Device
from civicprobe.accounts.queries import find_account
from civicprobe.accounts.roles import Role
from civicprobe.accounts.tokens import token_hash
from civicprobe.errors import Conflict, FieldFault, Invalid, Unprocessable

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,31}")
MIN_PASSWORD, MAX_PASSWORD = 10, 128


@dataclass(frozen=True)
class NewAccount:
    """A person to be: `area_code` is their desk's or grid's area, `unit_id` a unit's staff only."""

    username: str
    role: Role
    area_code: str
    password: str
    unit_id: int | None = None


def create_account(session: Session, new: NewAccount, *, now: datetime) -> Account:
    """Make an account; needs an app context for the password's hash.

    Raises Invalid `username_malformed`, Unprocessable for a short password or a unit's account
    without a unit, Conflict `username_taken`.
    """
    check_new(session, new)
    return add_account(session, new, hashed(new.password), now=now)


def check_new(session: Session, new: NewAccount) -> None:
    """Raises as `create_account` does, but for the password."""
    _check(new)
    if find_account(session, new.username) is not None:
        raise Conflict("username_taken", name=new.username)


def add_account(
    session: Session, new: NewAccount, password: str | None, *, now: datetime
) -> Account:
    """An account with a password that was hashed before, or with none: its person sets one by a
    one-time code of the desk above. The caller has asked `check_new`."""
    account = Account(
        username=new.username,
        role=new.role.value,
        area_code=new.area_code,
        unit_id=new.unit_id,
        password=password,
        fs_uniquifier=secrets.token_hex(16),
        active=True,
        created_at=now,
    )
    session.add(account)
    session.flush()
    return account


def hashed(password: str) -> str:
    """The argon2 hash of a password in the form that sign-in compares (NFKD).

    Raises Unprocessable for one that is too short or too long.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        code = "too_short" if len(password) < MIN_PASSWORD else "too_long"
        raise Unprocessable("incomplete", FieldFault("password", code))
    return str(hash_password(unicodedata.normalize("NFKD", password)))


def create_device(session: Session, token: str, *, now: datetime) -> Device:
    """A rider's device that holds this token."""
    device = Device(token_hash=token_hash(token), created_at=now)
    session.add(device)
    session.flush()
    return device


def link_device(session: Session, device: Device, account: Account) -> None:
    """The device is this member's phone: what it reports is the member's own (网格员自报)."""
    device.account_id = account.id
    session.flush()


def _check(new: NewAccount) -> None:
    if not USERNAME.fullmatch(new.username):
        raise Invalid("username_malformed", name=new.username)
    if new.role in {Role.RIDER, Role.WORKER}:
        raise Unprocessable("incomplete", FieldFault("role", "no_account_role"))
    if (new.role is Role.UNIT) != (new.unit_id is not None):
        raise Unprocessable("incomplete", FieldFault("unit", "unit_goes_with_role"))
