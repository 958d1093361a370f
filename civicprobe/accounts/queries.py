"""Selects over people; typed, never commits."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Account, ApiToken, Device
from civicprobe.accounts.roles import Role
from civicprobe.accounts.tokens import token_hash
from civicprobe.errors import NotFound


def find_account(session: Session, username: str) -> Account | None:
    """The account of this user name, active or not."""
    return session.scalar(select(Account).where(Account.username == username))


def get_account(session: Session, username: str) -> Account:
    """The account of this user name; raises NotFound `no_account`."""
    account = find_account(session, username)
    if account is None:
        raise NotFound("no_account", name=username)
    return account


def find_device(session: Session, token: str) -> Device | None:
    """The rider's device of this cookie."""
    return session.scalar(select(Device).where(Device.token_hash == token_hash(token)))


def find_token(session: Session, token: str, now: datetime) -> ApiToken | None:
    """The API token, if it is neither revoked nor expired."""
    return session.scalar(
        select(ApiToken).where(
            ApiToken.token_hash == token_hash(token),
            ApiToken.revoked_at.is_(None),
            or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now),
        )
    )


def actor_of_account(session: Session, account: Account, token_id: int | None = None) -> Actor:
    """The caller that an account is, with the phones linked to it."""
    linked = session.scalars(select(Device.id).where(Device.account_id == account.id))
    return Actor(
        role=Role(account.role),
        account_id=account.id,
        device_ids=frozenset(linked),
        area_code=account.area_code,
        unit_id=account.unit_id,
        token_id=token_id,
    )


def actor_of_device(device_id: int, token_id: int | None = None) -> Actor:
    """The caller that a rider's device is."""
    return Actor(role=Role.RIDER, device_ids=frozenset({device_id}), token_id=token_id)
