"""Who hears of a step: the topic says which party, the report says who that is."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account
from civicprobe.accounts.roles import Role
from civicprobe.notices.inbox import Person, post
from civicprobe.reports.lifecycle import State, Topic
from civicprobe.reports.models import Report
from civicprobe.reports.queries import get_report_by_id


def tell(session: Session, report_id: int, seq: int, topic: Topic, *, now: datetime) -> int:
    """Put a notice of event `seq` into the inbox of each person it concerns; how many were new."""
    report = get_report_by_id(session, report_id)
    return tell_people(session, report, topic, matter=f"report:{report.id}:{seq}", now=now)


def tell_people(
    session: Session, report: Report, topic: Topic, *, matter: str, now: datetime
) -> int:
    """Put a notice of one matter into the inbox of each person a topic concerns."""
    return sum(
        post(session, person, matter=matter, topic=topic.value, number=report.number, now=now)
        for person in _PEOPLE[topic](session, report)
    )


def _rider(_session: Session, report: Report) -> list[Person]:
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


def _accounts(session: Session, whose: ColumnElement[bool], role: Role) -> list[Person]:
    found = select(Account.id).where(whose, Account.role == role.value, Account.active)
    return [Person(account_id=account_id) for account_id in session.scalars(found)]


_PEOPLE: Mapping[Topic, Callable[[Session, Report], list[Person]]] = {
    Topic.RIDER_RECEIVED: _rider,
    Topic.RIDER_ASKED_PLACE: _rider,
    Topic.RIDER_QUESTION: _rider,
    Topic.RIDER_FILED: _rider,
    Topic.RIDER_HANDLED: _rider,
    Topic.RIDER_CLOSED: _rider,
    Topic.RIDER_REOPENED: _rider,
    Topic.MEMBER_CARD: _member,
    Topic.UNIT_CASE: _unit,
    Topic.DESK_PLACE: _desk,
    Topic.DESK_DISPATCH: _desk,
    Topic.DESK_CHECK: _desk,
    Topic.DESK_RAISED: _desk,
    Topic.DUE_SOON: _holder,
    Topic.OVERDUE: _holder_and_desk,
    Topic.THRICE_OVERDUE: _holder_and_desk,
}
