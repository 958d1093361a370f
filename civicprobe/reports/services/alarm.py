"""An urgent report goes out at once (紧急): to the on-duty member and the duty desks of the place
hinted at, before photos, place or blurred copies; and up a desk every five minutes until somebody
watches over it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account
from civicprobe.accounts.roles import Role
from civicprobe.grid.city import City
from civicprobe.grid.coords import to_wgs84
from civicprobe.reports.bonds import Alarm
from civicprobe.reports.lifecycle.clocks import Stage
from civicprobe.reports.lifecycle.table import OPEN, TABLE, Action, State, Topic
from civicprobe.reports.models import Report
from civicprobe.reports.queries import get_report_by_id
from civicprobe.reports.services.desks import barred_accounts, desk_above
from civicprobe.reports.services.evidence import evidence_of
from civicprobe.reports.services.routing import route
from civicprobe.reports.services.tell import tell_people
from civicprobe.reports.transitions import WORKER, Audience, By, Step, apply, name_street
from civicprobe.reports.winding import restart

# A position this vague still says whose desk to wake.
HINT_M = 500.0


def alarm(session: Session, report_id: int, *, city: City | None, now: datetime) -> int:
    """Call whoever is on duty where the report seems to be; how many had not been called before.

    Safe to repeat: who was called is not called again. Without any hint the city's desk is called.
    A phone that sent abuse before wakes one desk.
    """
    report = get_report_by_id(session, report_id, lock=True)
    if not report.urgent or report.urgent_owner_id is not None or report.state not in OPEN:
        return 0
    if report.state == State.RECEIVED and report.assignee_id is None:
        _hint(session, report, city, now)
    desks = [code for code in (report.street_code, report.district_code) if code]
    desks = [desk for desk in desks if not (report.about_us and desk == report.street_code)]
    if report.ranked_last:
        desks = desks[:1]
    people = set(_officers(session, report, desks or [report.city_code]))
    if not people:
        people = set(_officers(session, report, [report.desk_code, report.city_code]))
    if report.assignee_id is not None and not report.ranked_last:
        people.add(report.assignee_id)
    return _call(session, report, people, now)


def call_next(session: Session, report: Report, now: datetime) -> int:
    """Five minutes and nobody watches over it: the next desk is called, at the top again those who
    sit there; how many were told."""
    above = desk_above(session, report)
    if above is not None:
        step = Step(
            change={"desk_code": above, "raised": True},
            data={"from_desk": report.desk_code, "desk": above, "stage": Stage.ACKNOWLEDGE.value},
            audience=Audience.STAFF,
        )
        row = TABLE[Action.RAISE]
        if report.state in row.sources:
            apply(session, report, row, by=By(WORKER, now), step=step)
    _call(session, report, _officers(session, report, [report.desk_code]), now, tells=False)
    restart(session, report, Stage.ACKNOWLEDGE, now)
    matter = f"urgent:{report.id}:{now.isoformat(timespec='minutes')}"
    return tell_people(session, report, Topic.URGENT, matter=matter, now=now)


def _hint(session: Session, report: Report, city: City | None, now: datetime) -> None:
    """The areas that the first position seems to lie in; the place itself is settled later."""
    evidence = evidence_of(report, ())
    seen = evidence.pin or evidence.fix
    if city is None or seen is None:
        return
    point = to_wgs84(seen.lat, seen.lon, seen.datum)
    routed = route(session, report, city, point, HINT_M, now=now)
    if routed is None:
        return
    names = ("district_code", "street_code", "assignee_id", "desk_code")
    kept: dict[str, Any] = {name: routed.change[name] for name in names}
    session.execute(
        update(Report)
        .where(Report.id == report.id)
        .values(kept)
        .execution_options(synchronize_session=False)
    )
    session.refresh(report)
    if report.about_us:
        name_street(session, report)


def _officers(session: Session, report: Report, desks: Iterable[str]) -> set[int]:
    found = select(Account.id).where(
        Account.role == Role.OFFICE.value,
        Account.active,
        Account.area_code.in_(list(desks)),
        Account.id.not_in(barred_accounts(session, report)),
    )
    return set(session.scalars(found))


def _call(
    session: Session, report: Report, people: Iterable[int], now: datetime, *, tells: bool = True
) -> int:
    called = set(session.scalars(select(Alarm.account_id).where(Alarm.report_id == report.id)))
    new = set(people) - called
    session.add_all(
        Alarm(report_id=report.id, account_id=account, called_at=now) for account in sorted(new)
    )
    session.flush()
    if new and tells:
        tell_people(session, report, Topic.URGENT, matter=f"urgent:{report.id}", now=now)
    return len(new)
