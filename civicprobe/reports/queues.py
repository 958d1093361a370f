"""The queues: one page by keyset, and counts that stop early; selects only."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from math import cos, radians

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.roles import Role
from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.reports.clocks import Lateness
from civicprobe.reports.filters import Near, QueueFilter, level_column
from civicprobe.reports.lifecycle import State
from civicprobe.reports.likeness import METRES_A_DEGREE, cells_within
from civicprobe.reports.models import Clock, Report, SavedView, Snooze
from civicprobe.reports.queries import visible_to
from civicprobe.reports.search import holding
from civicprobe.reports.views import OPEN, VIEWS, Put, View, When

MAX_PAGE = 100
# A badge says 99+ rather than read more: what is counted stays as short as what is shown.
MOST_COUNTED = 100


def list_queue(
    session: Session,
    actor: Actor,
    ask: QueueFilter,
    *,
    now: datetime,
    after: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[Report]:
    """One page of the caller's queue by keyset; one row more than `limit` if there are any.

    Raises Invalid `no_such_view` for a view that is not the caller's.
    """
    view = ask.view_of(actor.role)
    found = select(Report).where(visible_to(actor), *_filters(session, actor, ask, view, now))
    by_due = view is not None and view.by_due
    key = tuple_(Report.due_at if by_due else Report.created_at, Report.id)
    if after:
        found = found.where(key > after if by_due else key < after)
    order = (Report.due_at, Report.id) if by_due else (Report.created_at.desc(), Report.id.desc())
    return list(session.scalars(found.order_by(*order).limit(min(limit, MAX_PAGE) + 1)))


def conditions_of(
    session: Session, actor: Actor, ask: QueueFilter, now: datetime
) -> list[ColumnElement[bool]]:
    """Whose queue it is and every filter of it, as conditions on a report.

    Raises Invalid `no_such_view` for a view that is not the caller's.
    """
    view = ask.view_of(actor.role)
    return [visible_to(actor), *_filters(session, actor, ask, view, now)]


def place_in(report: Report, ask: QueueFilter, role: Role) -> tuple[datetime, int]:
    """Where a report stands in a queue: what the cursor of the page after it holds."""
    view = ask.view_of(role)
    by_due = view is not None and view.by_due and report.due_at is not None
    at = report.due_at if by_due else report.created_at
    return at or report.created_at, report.id


def count_views(session: Session, actor: Actor, now: datetime) -> dict[str, int]:
    """How many wait in each of the caller's counted views, up to MOST_COUNTED."""
    counted = {name: view for name, view in VIEWS[actor.role].items() if view.counted}
    if not counted:
        return {}
    own = visible_to(actor)
    columns = [
        select(func.count())
        .select_from(
            select(Report.id).where(own, *_of_view(view, actor, now)).limit(MOST_COUNTED).subquery()
        )
        .scalar_subquery()
        .label(name)
        for name, view in counted.items()
    ]
    row = session.execute(select(*columns)).one()
    return dict(zip(counted, row, strict=True))


def list_saved(session: Session, actor: Actor) -> Sequence[SavedView]:
    """The views that the caller keeps, in the order they were kept."""
    own = SavedView.account_id == actor.account_id
    return session.scalars(select(SavedView).where(own).order_by(SavedView.id)).all()


def _filters(
    session: Session, actor: Actor, ask: QueueFilter, view: View | None, now: datetime
) -> Iterator[ColumnElement[bool]]:
    if view is not None:
        yield from _of_view(view, actor, now)
    for name, condition in _CONDITIONS.items():
        value = getattr(ask, name)
        if value is not None and value is not False:
            yield condition(value, now)
    if ask.text is not None:
        yield holding(session, ask.text, actor.role)


def _of_view(view: View, actor: Actor, now: datetime) -> Iterator[ColumnElement[bool]]:
    if len(view.states) == 1:
        yield Report.state == next(iter(view.states))
    elif view.states not in (frozenset(State), OPEN):
        yield Report.state.in_(sorted(view.states))
    if view.by_due:
        yield Report.state.not_in(("closed", "merged"))
    if view.when is not None:
        yield _due(view.when, now)
    if view.reopened:
        yield Report.reopened > 0
    if view.snoozed is not None:
        yield _snoozed(view.snoozed, actor, now)


def _snoozed(put: Put, actor: Actor, now: datetime) -> ColumnElement[bool]:
    """Quiet hours do not hold for what is urgent: it is never put aside."""
    own = and_(
        Snooze.account_id == actor.account_id,
        Snooze.report_id == Report.id,
        Snooze.until_at > now,
    )
    if put is Put.ALONE:
        return Report.id.in_(
            select(Snooze.report_id).where(
                Snooze.account_id == actor.account_id, Snooze.until_at > now
            )
        )
    return or_(Report.urgent, ~exists().where(own))


def _due(when: When, now: datetime) -> ColumnElement[bool]:
    if when is When.TODAY:
        today = now.astimezone(CITY_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        return and_(Report.due_at >= now, Report.due_at < today + timedelta(days=1))
    if when is When.THRICE:
        late = and_(Clock.ended_at.is_(None), Clock.told == Lateness.THRICE.value)
        return Report.id.in_(select(Clock.report_id).where(late))
    return Report.due_at < now


def _overdue(_flag: object, now: datetime) -> ColumnElement[bool]:
    return and_(Report.state.not_in(("closed", "merged")), Report.due_at < now)


def _assigned(account_id: int, _now: datetime) -> ColumnElement[bool]:
    return Report.assignee_id == account_id if account_id else Report.assignee_id.is_(None)


def _within(near: Near, _now: datetime) -> ColumnElement[bool]:
    """The cells of each row that the circle reaches, then the circle itself."""
    lat, lon = near.point.lat, near.point.lon
    rows = cells_within(lat, lon, near.radius_m)
    north = (Report.lat - lat) * METRES_A_DEGREE
    east = (Report.lon - lon) * (METRES_A_DEGREE * cos(radians(lat)))
    return and_(
        or_(*(Report.cell.between(first, last) for first, last in rows)),
        north * north + east * east <= near.radius_m**2,
    )


_CONDITIONS: Mapping[str, Callable[..., ColumnElement[bool]]] = {
    "state": lambda state, _: Report.state == state,
    "street": lambda code, _: Report.street_code == code,
    "area": lambda code, _: getattr(Report, level_column(code)) == code,
    "category": lambda code, _: Report.category_code == code,
    "severity": lambda severity, _: Report.severity == severity,
    "grade": lambda grade, _: Report.place["grade"].as_string() == grade,
    "unit": lambda unit, _: Report.unit_id == unit,
    "assignee": _assigned,
    "urgent": lambda _flag, _: Report.urgent.is_(True),
    "overdue": _overdue,
    "older_h": lambda hours, now: Report.created_at <= now - timedelta(hours=hours),
    "newer_h": lambda hours, now: Report.created_at >= now - timedelta(hours=hours),
    "near": _within,
}
