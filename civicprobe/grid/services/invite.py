"""The way into the grid (进网入格): a street invites by code or QR, a person asks, a desk approves.

The person's phone is linked to their account when they are let in, so that what it reports counts
as their own (lifecycle.md, 'Recusal').
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Device
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.people import (
    NewAccount,
    add_account,
    check_new,
    hashed,
    link_device,
)
from civicprobe.accounts.tokens import token_hash
from civicprobe.errors import Conflict, FieldFault, Forbidden, NotFound, Unprocessable
from civicprobe.grid.duty import RIDER_CAP, RIDER_QUIET
from civicprobe.grid.models import (
    APPROVED,
    ASKED,
    FULL_TIME,
    INVITED,
    PART_TIME,
    REFUSED,
    WITHDRAWN,
    Enrolment,
    Member,
)
from civicprobe.grid.queries import within
from civicprobe.grid.services.enrol import assign_grids, check_grids, enrol

VALID_FOR = timedelta(days=14)
MOST_GRIDS, MOST_OPEN = 50, 200
# Without letters and digits that are taken for one another; ten are 50 bits.
_ALPHABET, _LENGTH = "23456789ABCDEFGHJKMNPQRSTVWXYZ", 10


@dataclass(frozen=True)
class Invitation:
    """What the desk offers: the grids, and whether it is a rider (骑手), who keeps quiet hours."""

    grids: Sequence[str]
    kind: str = PART_TIME
    rider: bool = True
    alias: str = ""


@dataclass(frozen=True)
class Person:
    """What the person brings: how they sign in, and what others call them."""

    username: str
    password: str
    alias: str


def invite(
    session: Session, invitation: Invitation, *, by: Actor, city_code: str, now: datetime
) -> tuple[Enrolment, str]:
    """The invitation and its code, which is shown this once and holds for 14 days and one person.

    Raises Unprocessable (`grids`) for areas that are none or not below the desk, Conflict
    `too_many_invitations`.
    """
    grids = sorted(set(invitation.grids))
    if not 1 <= len(grids) <= MOST_GRIDS or invitation.kind not in (PART_TIME, FULL_TIME):
        raise Unprocessable("incomplete", FieldFault("grids", "missing"))
    check_grids(session, grids)
    own = by.area_code or ""
    if within(session, grids, own, city_code) != set(grids):
        raise Unprocessable("incomplete", FieldFault("grids", "not_below_you"))
    waiting = select(Enrolment.id).where(
        Enrolment.area_code == own, Enrolment.state == INVITED, Enrolment.expires_at > now
    )
    if len(session.scalars(waiting.limit(MOST_OPEN)).all()) >= MOST_OPEN:
        raise Conflict("too_many_invitations")
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    row = Enrolment(
        code_hash=token_hash(code),
        state=INVITED,
        area_code=own,
        grids=grids,
        kind=invitation.kind,
        rider=invitation.rider,
        alias=invitation.alias,
        invited_by_id=by.account_id,
        invited_at=now,
        expires_at=now + VALID_FOR,
    )
    session.add(row)
    session.flush()
    return row, code


def find_invitation(session: Session, code: str, now: datetime) -> Enrolment:
    """The invitation of a code, typed with or without gaps; raises NotFound `no_invitation` for
    one that is unknown, used up or too old."""
    plain = "".join(char for char in code.upper() if char in _ALPHABET)
    row = session.scalar(select(Enrolment).where(Enrolment.code_hash == token_hash(plain)))
    if row is None or row.state not in (INVITED, ASKED) or row.expires_at <= now:
        raise NotFound("no_invitation")
    return row


def ask_to_join(
    session: Session, code: str, person: Person, *, device_id: int, now: datetime
) -> Enrolment:
    """The person says who they are, from their own phone; the desk sees it and decides.

    Safe to repeat from the same phone until then. Raises NotFound `no_invitation`, Conflict when
    another phone used it, and as `check_new` and `hashed`.
    """
    row = find_invitation(session, code, now)
    session.refresh(row, with_for_update={"key_share": True})
    if row.state == ASKED and row.device_id != device_id:
        raise Conflict("invitation_used")
    if not person.alias.strip() or len(person.alias.strip()) > 20:
        raise Unprocessable("incomplete", FieldFault("alias", "alias_length"))
    check_new(session, NewAccount(person.username, Role.MEMBER, row.grids[0], ""))
    row.username, row.alias = person.username, person.alias.strip()
    row.password = hashed(person.password)
    row.device_id, row.state, row.asked_at = device_id, ASKED, now
    session.flush()
    return row


def approve(
    session: Session, enrolment_id: int, *, by: Actor, city_code: str, now: datetime
) -> Member:
    """Let the person in: account, grids, duty as riders keep it, and their phone linked.

    Raises NotFound `no_invitation`, Forbidden `not_below_you`, Conflict `username_taken` or
    `invitation_not_asked`.
    """
    row = _own(session, enrolment_id, by, city_code)
    if row.state != ASKED or row.username is None:
        raise Conflict("invitation_not_asked")
    new = NewAccount(row.username, Role.MEMBER, row.grids[0], "")
    check_new(session, new)
    account = add_account(session, new, row.password, now=now)
    member = enrol(session, account.id, row.alias, now=now, kind=row.kind)
    assign_grids(session, member.id, row.grids)
    if row.rider:
        member.quiet, member.cap = [list(span) for span in RIDER_QUIET], RIDER_CAP
    device = session.get(Device, row.device_id)
    if device is not None:
        link_device(session, device, account)
    row.account_id = account.id
    _close(row, APPROVED, by, now)
    session.flush()
    return member


def refuse(
    session: Session, enrolment_id: int, *, by: Actor, city_code: str, now: datetime
) -> None:
    """Turn somebody down, or take an invitation back; safe to repeat. Raises as `approve`."""
    row = _own(session, enrolment_id, by, city_code)
    if row.state == APPROVED:
        raise Conflict("invitation_used")
    if row.state in (INVITED, ASKED):
        _close(row, REFUSED if row.state == ASKED else WITHDRAWN, by, now)
    session.flush()


def list_enrolments(
    session: Session, actor: Actor, *, city_code: str, now: datetime
) -> list[Enrolment]:
    """What waits for this desk: people who asked first, then codes that nobody has used yet."""
    rows = session.scalars(
        select(Enrolment)
        .where(
            (Enrolment.state == ASKED)
            | ((Enrolment.state == INVITED) & (Enrolment.expires_at > now))
        )
        .order_by(Enrolment.state, Enrolment.invited_at.desc())
        .limit(2 * MOST_OPEN)
    ).all()
    areas = within(session, {row.area_code for row in rows}, actor.area_code or "", city_code)
    return [row for row in rows if row.area_code in areas]


def _own(session: Session, enrolment_id: int, by: Actor, city_code: str) -> Enrolment:
    row = session.get(Enrolment, enrolment_id)
    if row is None:
        raise NotFound("no_invitation")
    session.refresh(row, with_for_update={"key_share": True})
    if row.area_code not in within(session, {row.area_code}, by.area_code or "", city_code):
        raise Forbidden("not_below_you")
    return row


def _close(row: Enrolment, state: str, by: Actor, now: datetime) -> None:
    """What the person typed is an account's by now, or nobody's."""
    row.state, row.decided_by_id, row.decided_at = state, by.account_id, now
    row.username = row.password = row.device_id = None
