"""When a member may be asked: the weekly plan, and one tap on or off."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from civicprobe.catalog.limits import city_calendar
from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.grid.duty import Window, off_until, on_until, windows_overlap
from civicprobe.grid.models import Member
from civicprobe.grid.people import duty_of, list_leaves

MOST_CARDS = 200


@dataclass(frozen=True)
class Plan:
    """A member's week; without a window they are on duty at any hour, without a cap hold any
    number of cards."""

    windows: tuple[Window, ...] = ()
    quiet: tuple[tuple[int, int], ...] = ()
    rests_on_holidays: bool = False
    cap: int | None = None


def set_plan(session: Session, member: Member, plan: Plan) -> None:
    """Set the whole plan; a tap of before is forgotten.

    Raises Unprocessable for overlapping windows or a cap that is out of range.
    """
    if windows_overlap(plan.windows):
        raise Unprocessable("incomplete", FieldFault("windows", "spans_overlap"))
    if plan.cap is not None and not 1 <= plan.cap <= MOST_CARDS:
        raise Unprocessable("incomplete", FieldFault("cap", "cap_out_of_range"))
    member.windows = [[each.weekday, each.start, each.end] for each in plan.windows]
    member.quiet = [list(span) for span in plan.quiet]
    member.rests_on_holidays = plan.rests_on_holidays
    member.cap = plan.cap
    member.tap = member.tap_until = None
    session.flush()


def tap(session: Session, member: Member, *, on: bool, now: datetime) -> None:
    """Off duty or on again, at once; the plan takes over when the present shift would have ended
    or the next begins. Safe to repeat."""
    duty = duty_of(member, list_leaves(session, [member.id], now))
    calendar = city_calendar(session)
    member.tap = on
    member.tap_until = (on_until if on else off_until)(duty, now, calendar)
    session.flush()
