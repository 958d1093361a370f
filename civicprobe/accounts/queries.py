"""Selects over people; typed, never commits."""

from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Account, ApiToken, Device
from civicprobe.accounts.roles import Role
from civicprobe.accounts.tokens import token_hash
from civicprobe.errors import NotFound

_OF_RIDER = aliased(Device)
_FIRST = func.coalesce(_OF_RIDER.rider_id, _OF_RIDER.id)


def find_account(session: Session, username: str) -> Account | None:
    """The account of this user name, active or not."""
    return session.scalar(select(Account).where(Account.username == username))


def get_account(session: Session, username: str) -> Account:
    """The account of this user name; raises NotFound `no_account`."""
    account = find_account(session, username)
    if account is None:
        raise NotFound("no_account", name=username)
    return account


def has_accounts(session: Session) -> bool:
    """Whether anybody of the staff can exist: false in an installation that was never set up."""
    return session.scalar(select(Account.id).limit(1)) is not None


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
    """The caller that an account is, with the phones linked to it, and those linked to them."""
    linked = select(_FIRST).where(_OF_RIDER.account_id == account.id)
    return Actor(
        role=Role(account.role),
        account_id=account.id,
        device_ids=_phones(session, linked),
        area_code=account.area_code,
        unit_id=account.unit_id,
        token_id=token_id,
    )


def actor_of_rider(session: Session, device: Device, token_id: int | None = None) -> Actor:
    """The caller that a phone is: its rider, with every phone linked to it."""
    roots = select(_FIRST).where(_OF_RIDER.id == device.id)
    return Actor(role=Role.RIDER, device_ids=_phones(session, roots), token_id=token_id)


def _phones(session: Session, roots: Select[int]) -> frozenset[int]:
    """The first phone of each rider, and those that point to it: by two indexes, for one question
    with an `or` in it is answered by reading every phone there is."""
    first = roots.cte("roots")
    here = select(first.c[0])
    pointing = select(Device.id).where(Device.rider_id.in_(here))
    return frozenset(session.scalars(here.union(pointing)))


def actor_of_device(device_id: int, token_id: int | None = None) -> Actor:
    """The caller that one device alone is."""
    return Actor(role=Role.RIDER, device_ids=frozenset({device_id}), token_id=token_id)
