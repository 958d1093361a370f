"""Staff below a desk: hired with a one-time code, moved, suspended and taken back.

An administrator has everybody, an office the members and units of its area and the offices below
it. Every change is written down. Never commits.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Account
from civicprobe.accounts.queries import get_account
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.people import NewAccount, add_account, check_new
from civicprobe.accounts.services.recovery import issue_reset
from civicprobe.audit import record, record_change
from civicprobe.catalog.models import Unit
from civicprobe.errors import Conflict, FieldFault, Forbidden, Unprocessable
from civicprobe.grid.models import Area
from civicprobe.grid.people import find_member
from civicprobe.grid.queries import find_active, within
from civicprobe.grid.services import standing
from civicprobe.grid.services.enrol import assign_grids, enrol

LONGEST_ALIAS = 20


@dataclass(frozen=True)
class Post:
    """Where somebody works: a role at an area, for a unit's staff of that unit."""

    role: Role
    area: str
    unit_id: int | None = None


@dataclass(frozen=True)
class Desk:
    """Who decides, for which city, and when."""

    actor: Actor
    city_code: str
    now: datetime


def hire(
    session: Session, username: str, post: Post, alias: str, *, by: Desk
) -> tuple[Account, str]:
    """An account without a password, and the code by which its person sets one within a day.

    A member serves the area from now on, under the alias. Raises Invalid `username_malformed`,
    Conflict `username_taken`, Unprocessable naming fields, Forbidden `not_below_you`.
    """
    post = _checked(session, post, by)
    if post.role is Role.MEMBER and not 0 < len(alias) <= LONGEST_ALIAS:
        raise Unprocessable("incomplete", FieldFault("alias", "alias_length"))
    new = NewAccount(username, post.role, post.area, "", post.unit_id)
    check_new(session, new)
    account = add_account(session, new, None, now=by.now)
    if post.role is Role.MEMBER:
        member = enrol(session, account.id, alias, now=by.now)
        assign_grids(session, member.id, [post.area])
    _record(session, "person.hired", account, {}, by)
    return account, issue_reset(session, account, now=by.now)


def move(session: Session, username: str, post: Post, *, by: Desk) -> Account:
    """Another role or area; what waited for the person goes to others.

    Raises as `hire`, and Conflict `member_stays` where one of the roles is a grid member's: grids
    are given on the roster, and who leaves the grid leaves it there.
    """
    account = get_below(session, username, by=by)
    post = _checked(session, post, by)
    if Role.MEMBER in {Role(account.role), post.role}:
        raise Conflict("member_stays")
    before = _facts(account)
    account.role, account.area_code, account.unit_id = post.role, post.area, post.unit_id
    session.flush()
    if _record(session, "person.moved", account, before, by):
        _hand_over(session, account, "moved", by)
    return account


def suspend(session: Session, username: str, *, by: Desk) -> Account:
    """No sign-in from now on, every session ends, and what is in hand goes to others; safe to
    repeat. Raises NotFound `no_account`, Forbidden `not_below_you`."""
    account = get_below(session, username, by=by)
    before = _facts(account)
    account.active, account.fs_uniquifier = False, secrets.token_hex(16)
    member = find_member(session, account.id, lock=True)
    if member is not None and member.ended_at is None:
        standing.suspend(session, member, now=by.now)
    elif before["active"]:
        _hand_over(session, account, "suspended", by)
    _record(session, "person.suspended", account, before, by)
    return account


def reinstate(session: Session, username: str, *, by: Desk) -> Account:
    """May sign in and serve again; safe to repeat. Raises as `suspend`, and Conflict
    `enrolment_ended` for a member who has left the grid."""
    account = get_below(session, username, by=by)
    before = _facts(account)
    member = find_member(session, account.id, lock=True)
    if member is not None:
        standing.reinstate(session, member)
    account.active = True
    session.flush()
    _record(session, "person.reinstated", account, before, by)
    return account


def give_code(session: Session, username: str, *, by: Desk) -> str:
    """A one-time code for somebody below; an older one stops working. Raises as `suspend`."""
    account = get_below(session, username, by=by)
    record(session, "person.code", account_id=by.actor.account_id, now=by.now, subject=username)
    return issue_reset(session, account, now=by.now)


def get_below(session: Session, username: str, *, by: Desk) -> Account:
    """An account below the desk; raises NotFound `no_account`, Forbidden `not_below_you`."""
    account = get_account(session, username)
    if account.id == by.actor.account_id:
        raise Forbidden("not_below_you")
    _check_below(session, Role(account.role), account.area_code or "", by)
    return account


def _checked(session: Session, post: Post, by: Desk) -> Post:
    """The post as it will be: a unit's staff work in the unit's area."""
    if post.role is Role.UNIT:
        unit = session.get(Unit, post.unit_id) if post.unit_id is not None else None
        if unit is None or not unit.active:
            raise Unprocessable("incomplete", FieldFault("unit", "missing"))
        post = Post(post.role, unit.area_code, unit.id)
    else:
        post = Post(post.role, post.area)
    check_area(session, post.area, by.city_code)
    _check_below(session, post.role, post.area, by)
    return post


def check_area(session: Session, code: str, city_code: str) -> None:
    """Raises Unprocessable (`area`) for a code that is neither the city's nor on the active map."""
    active = find_active(session)
    known = Area.edition_id == (active.id if active else 0)
    found = session.query(Area.id).filter(known, Area.code == code).first()
    if code != city_code and found is None:
        raise Unprocessable("incomplete", FieldFault("area", "unknown"))


def _check_below(session: Session, role: Role, area: str, by: Desk) -> None:
    own = by.actor.area_code or ""
    if by.actor.role is Role.ADMIN:
        return
    inside = within(session, {area}, own, by.city_code)
    is_below = role in {Role.MEMBER, Role.UNIT} or (role is Role.OFFICE and area != own)
    if by.actor.role is not Role.OFFICE or not inside or not is_below:
        raise Forbidden("not_below_you")


def _hand_over(session: Session, account: Account, why: str, by: Desk) -> None:
    outbox.write(session, "hand_over", now=by.now, account_id=account.id, why=why)
    session.flush()


def _facts(account: Account) -> dict[str, object]:
    names = ("role", "area_code", "unit_id", "active")
    return {name: getattr(account, name) for name in names}


def _record(
    session: Session, what: str, account: Account, before: dict[str, object], by: Desk
) -> bool:
    after, who = _facts(account), by.actor.account_id
    return record_change(session, what, account.username, before, after, by=who, now=by.now)
