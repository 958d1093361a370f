"""Who hears of a step: the topic says which party, the report says who that is."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account
from civicprobe.accounts.roles import Role
from civicprobe.notices.inbox import Person, post
from civicprobe.reports.lifecycle import Topic
from civicprobe.reports.models import Report
from civicprobe.reports.queries import get_report_by_id


def tell(session: Session, report_id: int, seq: int, topic: Topic, *, now: datetime) -> int:
    """Put a notice of event `seq` into the inbox of each person it concerns; how many were new."""
    report = get_report_by_id(session, report_id)
    people = _PEOPLE[topic](session, report)
    return sum(
        post(
            session,
            person,
            matter=f"report:{report.id}:{seq}",
            topic=topic.value,
            number=report.number,
            now=now,
        )
        for person in people
    )


def _rider(_session: Session, report: Report) -> list[Person]:
    return [] if report.reporter_id is None else [Person(device_id=report.reporter_id)]


def _member(_session: Session, report: Report) -> list[Person]:
    return [] if report.assignee_id is None else [Person(account_id=report.assignee_id)]


def _unit(session: Session, report: Report) -> list[Person]:
    return _accounts(session, Account.unit_id == report.unit_id, Role.UNIT)


def _desk(session: Session, report: Report) -> list[Person]:
    return _accounts(session, Account.area_code == report.desk_code, Role.OFFICE)


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
}
