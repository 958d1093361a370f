"""A member is on leave, suspended or gone: their cards go to others, an event each.

One card a transaction, reports before members, so that it can be cut off anywhere and never waits
in a circle with somebody who is just choosing.
"""

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from civicprobe.errors import Unprocessable
from civicprobe.grid.choosing import WhyNot
from civicprobe.grid.city import City
from civicprobe.grid.people import roster
from civicprobe.reports.lifecycle.table import TABLE, Action, State
from civicprobe.reports.models import OPEN_STATES, Report, ReportEvent
from civicprobe.reports.queries import get_report_by_id
from civicprobe.reports.services.desks import desk_for
from civicprobe.reports.services.reassign import hand_over
from civicprobe.reports.transitions import WORKER, Audience, By, Step, apply

KEEPS_NO_CARDS = frozenset({WhyNot.ON_LEAVE, WhyNot.SUSPENDED, WhyNot.INACTIVE})


def list_cards(session: Session, account_id: int) -> list[int]:
    """Reports that wait for this member, the oldest first."""
    waiting = select(Report.id).where(
        Report.assignee_id == account_id, Report.state == State.ASSIGNED.value, text(OPEN_STATES)
    )
    return list(session.scalars(waiting.order_by(Report.id)))


def hand_over_card(
    session: Session, report_id: int, account_id: int, why: str, *, city: City | None, now: datetime
) -> ReportEvent | None:
    """Give one card to the next on the ladder, and where nobody is found to the desk.

    None where the member no longer has it, or is back. Safe to repeat and to race.
    """
    report = get_report_by_id(session, report_id, lock=True)
    if report.assignee_id != account_id or report.state != State.ASSIGNED:
        return None
    server = roster(session, (), now=now, accounts=[account_id]).named.get(account_id)
    if server is not None and server.away not in KEEPS_NO_CARDS:
        return None
    by = By(WORKER, now)
    if city is not None:
        try:
            return hand_over(session, report, city, why, by)
        except Unprocessable:  # the map has changed under it
            pass
    change = {
        "assignee_id": None,
        "desk_code": desk_for(session, report),
        "route": {"rule": "street_desk", "reason": "desk_above", "area": report.desk_code},
        "opened_at": None,
    }
    data = {"from": account_id, "rule": "street_desk", "why": why}
    step = Step(change=change, data=data, audience=Audience.STAFF)
    return apply(session, report, TABLE[Action.REASSIGN], by=by, step=step)
