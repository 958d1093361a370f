"""Whom a desk may give a new password: the people of its area and the desks below it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Account
from civicprobe.accounts.queries import get_account
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.recovery import issue_reset
from civicprobe.errors import Forbidden
from civicprobe.grid.queries import within


@dataclass(frozen=True)
class Person:
    """An account as the desk above sees it."""

    id: int
    username: str
    role: Role
    area_code: str


def list_below(session: Session, actor: Actor, *, city_code: str, named: str = "") -> list[Person]:
    """Active accounts below an officer, by area and name; an admin's are all but their own.

    Below is who works in the desk's area or under it, and every desk strictly under it. `named`
    is how the user name begins.
    """
    rows = session.execute(
        select(Account.id, Account.username, Account.role, Account.area_code)
        .where(Account.active, Account.id != actor.account_id)
        .where(Account.username.startswith(named, autoescape=True))
        .order_by(Account.area_code, Account.username)
    )
    people = [Person(row.id, row.username, Role(row.role), row.area_code or "") for row in rows]
    if actor.role is Role.ADMIN:
        return people
    own = actor.area_code or ""
    under = within(session, {person.area_code for person in people}, own, city_code)
    return [person for person in people if person.area_code in under and _is_below(person, own)]


def give_code(
    session: Session, actor: Actor, username: str, *, city_code: str, now: datetime
) -> str:
    """A one-time code for somebody below.

    Raises NotFound `no_account`, Forbidden `not_below_you`.
    """
    account = get_account(session, username)
    below = list_below(session, actor, city_code=city_code, named=username)
    if account.id not in {person.id for person in below}:
        raise Forbidden("not_below_you")
    return issue_reset(session, account, now=now)


def _is_below(person: Person, own: str) -> bool:
    if person.role in {Role.MEMBER, Role.UNIT}:
        return True
    return person.role is Role.OFFICE and person.area_code != own
