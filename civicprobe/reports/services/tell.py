"""Who hears of a step: the topic says which party, the report says who that is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account
from civicprobe.accounts.roles import Role
from civicprobe.notices.inbox import Letter, Person, post_all
from civicprobe.reports.bonds import FOLLOWER, WATCHER, Alarm, Tie, Unmasking
from civicprobe.reports.lifecycle.table import State, Topic
from civicprobe.reports.models import Report
from civicprobe.reports.orders import Whistle
from civicprobe.reports.queries import find_result, get_report_by_id, is_undone
from civicprobe.reports.services.desks import desk_above


@dataclass(frozen=True)
class Telling:
    """One matter of one report, and who hears of it: those whom its topic concerns."""

    report: Report
    topic: Topic
    matter: str


class Roll:
    """Who sits where, asked once: a sweep tells one desk of many cases."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._known: dict[tuple[str, str | int | None], list[Person]] = {}

    def of_units(self, units: Iterable[int | None]) -> list[Person]:
        """The people of these units."""
        return self._each("unit_id", units, Role.UNIT)

    def of_desks(self, areas: Iterable[str]) -> list[Person]:
        """The officers of these areas' desks."""
        return self._each("area_code", areas, Role.OFFICE)

    def _each(self, column: str, codes: Iterable[str | int | None], role: Role) -> list[Person]:
        return [person for code in codes for person in self._at(column, code, role)]

    def _at(self, column: str, code: str | int | None, role: Role) -> list[Person]:
        if (column, code) not in self._known:
            found = select(Account.id).where(
                getattr(Account, column) == code, Account.role == role.value, Account.active
            )
            self._known[column, code] = [Person(id_) for id_ in self.session.scalars(found)]
        return self._known[column, code]


def tell(session: Session, report_id: int, seq: int, topic: Topic, *, now: datetime) -> int:
    """Put a notice of event `seq` into the inbox of each person it concerns; how many were new."""
    report = get_report_by_id(session, report_id)
    if is_undone(session, report_id, seq) or _is_past(session, report, seq, topic):
        return 0
    return tell_people(session, report, topic, matter=f"report:{report.id}:{seq}", now=now)


def _is_past(session: Session, report: Report, seq: int, topic: Topic) -> bool:
    """Whether a notice written long before has nothing to ask any more: the case is open again,
    or its desk said since what came of it, or that it waits, and is asked 15 days after that."""
    if topic is not Topic.DESK_RESULT:
        return False
    if report.state != State.CLOSED:
        return True
    said = find_result(session, report)
    return said is not None and said.seq > seq


def tell_people(
    session: Session, report: Report, topic: Topic, *, matter: str, now: datetime
) -> int:
    """Put a notice of one matter into the inbox of each person a topic concerns."""
    return tell_all(session, [Telling(report, topic, matter)], now=now)


def tell_all(session: Session, tellings: Sequence[Telling], *, now: datetime) -> int:
    """Each of these matters, as `tell_people`, in a few statements for all of them."""
    roll = Roll(session)
    letters = [
        Letter(person, telling.matter, telling.topic, telling.report.number, telling.report.urgent)
        for telling in tellings
        for person in _PEOPLE[telling.topic](roll, telling.report)
    ]
    return post_all(session, letters, now=now)


def _rider(roll: Roll, report: Report) -> list[Person]:
    """The reporter, and those tied by a merge."""
    reporter = [] if report.reporter_id is None else [Person(device_id=report.reporter_id)]
    return reporter + (_tied(roll, report, FOLLOWER) if report.followers else [])


def _listeners(roll: Roll, report: Report) -> list[Person]:
    """The riders, and whoever only listens."""
    people = [*_rider(roll, report), *_tied(roll, report, WATCHER)]
    return list(dict.fromkeys(people))


def _tied(roll: Roll, report: Report, kind: str) -> list[Person]:
    found = select(Tie.device_id).where(Tie.report_id == report.id, Tie.kind == kind)
    return [Person(device_id=device_id) for device_id in roll.session.scalars(found)]


def _reporter(_roll: Roll, report: Report) -> list[Person]:
    return [] if report.reporter_id is None else [Person(device_id=report.reporter_id)]


def _member(_roll: Roll, report: Report) -> list[Person]:
    return [] if report.assignee_id is None else [Person(account_id=report.assignee_id)]


def _unit(roll: Roll, report: Report) -> list[Person]:
    return roll.of_units([report.unit_id])


def _desk(roll: Roll, report: Report) -> list[Person]:
    return roll.of_desks([report.desk_code])


def _holder(roll: Roll, report: Report) -> list[Person]:
    """Whose move it is."""
    match State(report.state):
        case State.ASSIGNED if report.assignee_id is not None:
            return _member(roll, report)
        case State.DISPATCHED:
            return _unit(roll, report)
    return _desk(roll, report)


def _holder_and_desk(roll: Roll, report: Report) -> list[Person]:
    people = [*_holder(roll, report), *_desk(roll, report)]
    return list(dict.fromkeys(people))


def _desk_above(roll: Roll, report: Report) -> list[Person]:
    """The next desk up, or at the top those who sit there."""
    code = desk_above(roll.session, report) or report.desk_code
    return roll.of_desks([code])


def _called(roll: Roll, report: Report) -> list[Person]:
    """Everybody called to an urgent report but who watches over it now."""
    found = select(Alarm.account_id).where(
        Alarm.report_id == report.id, Alarm.account_id != (report.urgent_owner_id or 0)
    )
    return [Person(account_id=account_id) for account_id in roll.session.scalars(found)]


def _whistled(roll: Roll, report: Report) -> list[Person]:
    called = select(Whistle.unit_id).where(
        Whistle.report_id == report.id, Whistle.state == "called"
    )
    return roll.of_units(roll.session.scalars(called).all())


def _unmaskers(roll: Roll, report: Report) -> list[Person]:
    """The desks above those that ask who sent it."""
    asked = roll.session.scalars(
        select(Unmasking.area_code).where(
            Unmasking.report_id == report.id, Unmasking.granted_by_id.is_(None)
        )
    )
    codes = list(report.area_codes.values())
    above = {code for area in asked if area in codes for code in codes[: codes.index(area)]}
    return roll.of_desks(above or {report.city_code})


_PEOPLE: Mapping[Topic, Callable[[Roll, Report], list[Person]]] = {
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
    Topic.RIDER_RESULT: _listeners,
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
