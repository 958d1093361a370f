"""Whether a member serves at all: suspended, reinstated, or the end of their enrolment (出格)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.accounts.models import Account
from civicprobe.errors import Conflict
from civicprobe.grid.models import Member, MemberGrid, RoutingRule


def suspend(session: Session, member: Member, *, now: datetime) -> None:
    """No new cards from now on, and those in hand go to others; safe to repeat.

    Raises Conflict `enrolment_ended`.
    """
    _check(member)
    if member.suspended_at is None:
        member.suspended_at = now
        _hand_over(session, member, "suspended", now)


def reinstate(session: Session, member: Member) -> None:
    """Serve again; raises Conflict `enrolment_ended`. Safe to repeat."""
    _check(member)
    member.suspended_at = None
    session.flush()


def end_enrolment(session: Session, member: Member, *, now: datetime) -> Sequence[str]:
    """The member leaves the grid for good: cards go to others, grids are free, the account can no
    longer sign in. Phones stay linked: what they reported is still theirs (回避).

    Gives the names of active rules that still send reports to them. Safe to repeat.
    """
    if member.ended_at is None:
        member.ended_at, member.active = now, False
        session.execute(delete(MemberGrid).where(MemberGrid.member_id == member.id))
        account = session.get(Account, member.account_id)
        if account is not None:
            account.active = False
        _hand_over(session, member, "ended", now)
    rules = select(RoutingRule.name).where(
        RoutingRule.active, RoutingRule.aim_account_id == member.account_id
    )
    return session.scalars(rules).all()


def _check(member: Member) -> None:
    if member.ended_at is not None:
        raise Conflict("enrolment_ended")


def _hand_over(session: Session, member: Member, why: str, now: datetime) -> None:
    outbox.write(session, "hand_over", now=now, account_id=member.account_id, why=why)
    session.flush()
