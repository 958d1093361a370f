"""Who hears of a step: the topic says which party, the report says who that is."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account
from civicprobe.accounts.roles import Role
from civicprobe.notices.inbox import Person, post
from civicprobe.reports.bonds import FOLLOWER, WATCHER, Alarm, Tie, Unmasking
from civicprobe.reports.lifecycle import State, Topic
from civicprobe.reports.models import Report
from civicprobe.reports.orders import Whistle
from civicprobe.reports.queries import get_report_by_id, is_undone
from civicprobe.reports.services.desks import desk_above


def tell(session: Session, report_id: int, seq: int, topic: Topic, *, now: datetime) -> int:
    """Put a notice of event `seq` into the inbox of each person it concerns; how many were new."""
    report = get_report_by_id(session, report_id)
    if is_undone(session, report_id, seq):
        return 0
    return tell_people(session, report, topic, matter=f"report:{report.id}:{seq}", now=now)


def tell_people(
    session: Session, report: Report, topic: Topic, *, matter: str, now: datetime
) -> int:
    """Put a notice of one matter into the inbox of each person a topic concerns."""
    return sum(
        post(
            session,
            person,
            matter=matter,
            topic=topic.value,
            number=report.number,
            now=now,
            urgent=report.urgent,
        )
        for person in _PEOPLE[topic](session, report)
    )


def _rider(session: Session, report: Report) -> list[Person]:
    """The reporter, and those tied by a merge."""
    reporter = [] if report.reporter_id is None else [Person(device_id=report.reporter_id)]
    return reporter + (_tied(session, report, FOLLOWER) if report.followers else [])


def _listeners(session: Session, report: Report) -> list[Person]:
    """The riders, and whoever only listens."""
    people = [*_rider(session, report), *_tied(session, report, WATCHER)]
    return list(dict.fromkeys(people))


def _tied(session: Session, report: Report, kind: str) -> list[Person]:
    found = select(Tie.device_id).where(Tie.report_id == report.id, Tie.kind == kind)
    return [Person(device_id=device_id) for device_id in session.scalars(found)]


def _reporter(_session: Session, report: Report) -> list[Person]:
    return [] if report.reporter_id is None else [Person(device_id=report.reporter_id)]


def _member(_session: Session, report: Report) -> list[Person]:
    return [] if report.assignee_id is None else [Person(account_id=report.assignee_id)]


def _unit(session: Session, report: Report) -> list[Person]:
    return _accounts(session, Account.unit_id == report.unit_id, Role.UNIT)


def _desk(session: Session, report: Report) -> list[Person]:
    return _accounts(session, Account.area_code == report.desk_code, Role.OFFICE)


def _holder(session: Session, report: Report) -> list[Person]:
    """Whose move it is."""
    match State(report.state):
        case State.ASSIGNED if report.assignee_id is not None:
            return _member(session, report)
        case State.DISPATCHED:
            return _unit(session, report)
    return _desk(session, report)


def _holder_and_desk(session: Session, report: Report) -> list[Person]:
    people = [*_holder(session, report), *_desk(session, report)]
    return list(dict.fromkeys(people))


def _desk_above(session: Session, report: Report) -> list[Person]:
    """The next desk up, or at the top those who sit there."""
    code = desk_above(session, report) or report.desk_code
    return _accounts(session, Account.area_code == code, Role.OFFICE)


def _called(session: Session, report: Report) -> list[Person]:
    """Everybody called to an urgent report but who watches over it now."""
    found = select(Alarm.account_id).where(
        Alarm.report_id == report.id, Alarm.account_id != (report.urgent_owner_id or 0)
    )
    return [Person(account_id=account_id) for account_id in session.scalars(found)]


def _whistled(session: Session, report: Report) -> list[Person]:
    called = select(Whistle.unit_id).where(
        Whistle.report_id == report.id, Whistle.state == "called"
    )
    return _accounts(session, Account.unit_id.in_(called), Role.UNIT)


def _unmaskers(session: Session, report: Report) -> list[Person]:
    """The desks above those that ask who sent it."""
    asked = session.scalars(
        select(Unmasking.area_code).where(
            Unmasking.report_id == report.id, Unmasking.granted_by_id.is_(None)
        )
    )
    codes = list(report.area_codes.values())
    above = {code for area in asked if area in codes for code in codes[: codes.index(area)]}
    return _accounts(session, Account.area_code.in_(above or {report.city_code}), Role.OFFICE)


def _accounts(session: Session, whose: ColumnElement[bool], role: Role) -> list[Person]:
    found = select(Account.id).where(whose, Account.role == role.value, Account.active)
    return [Person(account_id=account_id) for account_id in session.scalars(found)]


_PEOPLE: Mapping[Topic, Callable[[Session, Report], list[Person]]] = {
    Topic.RIDER_RECEIVED: _rider,
    Topic.RIDER_ASKED_PLACE: _rider,
    Topic.RIDER_QUESTION: _rider,
    Topic.RIDER_FILED: _listeners,
    Topic.RIDER_HANDLED: _listeners,
    Topic.RIDER_CLOSED: _listeners,
    Topic.RIDER_REOPENED: _listeners,
    Topic.RIDER_SUSPENDED: _listeners,
    Topic.RIDER_MERGED: _reporter,
    Topic.RIDER_FOLLOWS: _reporter,
    Topic.RIDER_UNMASKED: _reporter,
    Topic.MEMBER_CARD: _member,
    Topic.UNIT_CASE: _unit,
    Topic.DESK_PLACE: _desk,
    Topic.DESK_DISPATCH: _desk,
    Topic.DESK_CHECK: _desk,
    Topic.DESK_RAISED: _desk,
    Topic.DUE_SOON: _holder,
    Topic.OVERDUE: _holder_and_desk,
    Topic.THRICE_OVERDUE: _holder_and_desk,
    Topic.UNMERGED: _holder,
    Topic.REMINDED: _holder,
    Topic.URGENT: _called,
    Topic.URGENT_TAKEN: _called,
    Topic.UNIT_WHISTLE: _whistled,
    Topic.DESK_ANSWERED: _desk,
    Topic.DESK_REQUEST: _desk,
    Topic.DESK_APPEAL: _desk_above,
    Topic.DESK_UNMASK: _unmaskers,
    Topic.DESK_RESULT: _desk,
}
