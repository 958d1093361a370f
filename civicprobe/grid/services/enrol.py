"""Bring a person into the grid (进网入格) and say which grids they serve."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from civicprobe.errors import Conflict, FieldFault, NotFound, Unprocessable
from civicprobe.grid.models import PART_TIME, Area, Member, MemberGrid
from civicprobe.grid.queries import find_active


def enrol(
    session: Session, account_id: int, alias: str, *, now: datetime, kind: str = PART_TIME
) -> Member:
    """Make an account a grid member; raises Conflict `already_member`."""
    known = session.scalars(select(Member.id).where(Member.account_id == account_id)).first()
    if known is not None:
        raise Conflict("already_member", account_id=account_id)
    member = Member(account_id=account_id, alias=alias, kind=kind, active=True, enrolled_at=now)
    session.add(member)
    session.flush()
    return member


def assign_grids(session: Session, member_id: int, codes: Iterable[str]) -> None:
    """Let a member serve these areas and no others.

    Raises NotFound `no_member`, and Unprocessable `area_unknown` for codes the active map lacks.
    """
    if session.get(Member, member_id) is None:
        raise NotFound("no_member", member_id=member_id)
    wanted = sorted(set(codes))
    check_grids(session, wanted)
    session.execute(delete(MemberGrid).where(MemberGrid.member_id == member_id))
    session.add_all(MemberGrid(member_id=member_id, area_code=code) for code in wanted)
    session.flush()


def check_grids(session: Session, codes: Iterable[str]) -> None:
    """Raises Unprocessable `area_unknown` for codes the active map lacks."""
    wanted = set(codes)
    active = find_active(session)
    held = select(Area.code).where(Area.code.in_(wanted))
    if active is not None:
        held = held.where(Area.edition_id == active.id)
    unknown = wanted - set(session.scalars(held))
    if unknown:
        raise Unprocessable(
            "area_unknown", *(FieldFault(code, "unknown") for code in sorted(unknown))
        )


def set_active(session: Session, member_id: int, *, active: bool) -> Member:
    """Let a member rest or serve again; raises NotFound `no_member`."""
    member = session.get(Member, member_id)
    if member is None:
        raise NotFound("no_member", member_id=member_id)
    member.active = active
    session.flush()
    return member
