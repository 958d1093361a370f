"""What the duty pages show of one member or a roster, and how their plain forms are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from civicprobe.accounts.models import Account, Device
from civicprobe.accounts.queries import find_account
from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.catalog.limits import city_calendar
from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.grid.areas import AreaName
from civicprobe.grid.choosing import WhyNot
from civicprobe.grid.duty import Duty, Stretch, stretches, why_away
from civicprobe.grid.duty_text import read_quiet, show_minute, show_spans, week_of
from civicprobe.grid.models import Leave, Member
from civicprobe.grid.people import duty_of, find_member, list_leaves
from civicprobe.grid.queries import area_names, find_active, member_grids
from civicprobe.grid.services.duty import Plan
from civicprobe.grid.services.leave import Days
from civicprobe.reports.services.who import open_load

DAYS_SHOWN, WEEKDAYS = 7, range(7)


@dataclass(frozen=True)
class LeaveLine:
    """One leave, with whoever stands in."""

    id: int
    starts_at: datetime
    last: date
    substitute: str | None


@dataclass(frozen=True)
class DutyView:
    """One member as their duty page shows them. `until` is when the present state changes."""

    member: Member
    username: str
    away: WhyNot | None
    until: datetime | None
    grids: Sequence[AreaName]
    codes: Sequence[str]
    leaves: Sequence[LeaveLine]
    cards: int
    phones: int
    week: Sequence[str]
    quiet: str


@dataclass(frozen=True)
class DayCell:
    """One day of one member: spans on duty as words, and why not where there are none."""

    spans: str
    away: WhyNot | None


@dataclass(frozen=True)
class RosterLine:
    """One member's week in the roster."""

    member: Member
    username: str
    area_code: str
    away: WhyNot | None
    cards: int
    days: Sequence[DayCell]


def read_duty(session: Session, member: Member, account: Account, now: datetime) -> DutyView:
    """Everything a member's page shows."""
    leaves, calendar = list_leaves(session, [member.id], now), city_calendar(session)
    duty = duty_of(member, leaves)
    shown = stretches(duty, now, now + timedelta(days=DAYS_SHOWN), calendar)
    codes = member_grids(session, account.id)
    active = find_active(session)
    named = area_names(session, active.id if active else None, {code: code for code in codes})
    phones = session.scalars(select(Device.id).where(Device.account_id == account.id)).all()
    return DutyView(
        member=member,
        username=account.username,
        away=why_away(duty, now, calendar),
        until=shown[0].end if len(shown) > 1 else None,
        grids=list(named.values()),
        codes=codes,
        leaves=[_leave(session, leave) for leave in leaves],
        cards=open_load(session, [account.id]).get(account.id, 0),
        phones=len(phones),
        week=[show_spans(w[1:] for w in member.windows if w[0] == day) for day in WEEKDAYS],
        quiet=show_spans(member.quiet),
    )


def read_roster(
    session: Session, people: Sequence[tuple[Member, Account]], first: date, now: datetime
) -> list[RosterLine]:
    """The week from `first` on of these members; quiet hours are left out of it, to be readable."""
    start = datetime.combine(first, time(), CITY_ZONE)
    calendar = city_calendar(session)
    leaves = list_leaves(session, [member.id for member, _account in people], min(start, now))
    load = open_load(session, [account.id for _member, account in people])
    lines = []
    for member, account in people:
        duty = duty_of(member, leaves)
        plan = Duty(duty.windows, (), duty.rests_on_holidays, None, None, duty.leaves)
        days = [
            _cell(stretches(plan, day, day + timedelta(days=1), calendar))
            for day in (start + timedelta(days=n) for n in range(DAYS_SHOWN))
        ]
        away = why_away(duty, now, calendar) if member.active else WhyNot.INACTIVE
        cards = load.get(account.id, 0)
        area = account.area_code or ""
        lines.append(RosterLine(member, account.username, area, away, cards, days))
    return lines


def read_plan(form: MultiDict[str, str], member: Member, *, by_desk: bool) -> Plan:
    """The plan that was typed: a field a weekday. A member's cap is the desk's to set.

    Raises Unprocessable naming the day that cannot be read.
    """
    days = {day: form.get(f"day{day}", "")[:200] for day in WEEKDAYS}
    for day, text in days.items():
        week_of({day: text}, f"day{day}")
    return Plan(
        windows=week_of(days, "day0"),
        quiet=read_quiet(form.get("quiet", "")[:200]),
        rests_on_holidays=form.get("rests") == "1",
        cap=_cap(form.get("cap", "").strip()) if by_desk else member.cap,
    )


def read_days(session: Session, form: MultiDict[str, str]) -> Days:
    """The leave that was typed; a substitute by user name. Raises Unprocessable."""
    username, substitute = form.get("substitute", "").strip(), None
    if username:
        account = find_account(session, username)
        found = find_member(session, account.id) if account else None
        if found is None:
            raise Unprocessable("incomplete", FieldFault("substitute", "no_such_member"))
        substitute = found.id
    return Days(_day(form, "first"), _day(form, "last"), substitute)


def read_day(text: str, otherwise: date) -> date:
    """A day of a URL, or the other where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise


def _day(form: MultiDict[str, str], name: str) -> date:
    try:
        return date.fromisoformat(form.get(name, ""))
    except ValueError:
        raise Unprocessable("incomplete", FieldFault(name, "day_malformed")) from None


def _cap(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise Unprocessable("incomplete", FieldFault("cap", "cap_out_of_range"))
    return int(text)


def _leave(session: Session, leave: Leave) -> LeaveLine:
    other = session.get(Member, leave.substitute_id) if leave.substitute_id else None
    last = (leave.ends_at - timedelta(seconds=1)).astimezone(CITY_ZONE).date()
    return LeaveLine(leave.id, leave.starts_at, last, other.alias if other else None)


def _cell(shown: Sequence[Stretch]) -> DayCell:
    on = [each for each in shown if each.away is None]
    if not on:
        return DayCell("", next((each.away for each in shown), None))
    if len(shown) == 1:
        return DayCell("", None)
    return DayCell("、".join(_span(each) for each in on), None)


def _span(stretch: Stretch) -> str:
    start, end = (at.astimezone(CITY_ZONE) for at in (stretch.start, stretch.end))
    last = "24:00" if (end.hour, end.minute) == (0, 0) else show_minute(end.hour * 60 + end.minute)
    return f"{show_minute(start.hour * 60 + start.minute)}–{last}"
