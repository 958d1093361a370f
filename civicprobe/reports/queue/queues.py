"""The queues: one page by keyset, and counts that stop early; selects only.

What has an index narrows the walk; every other filter is asked of the rows on the way, of MOST_READ
at most: a page costs the same whatever is asked, and says where to go on where it came back short.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, radians
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from civicprobe.accounts.actor import Actor
from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.reports.lifecycle.clocks import Lateness
from civicprobe.reports.lifecycle.table import State
from civicprobe.reports.likeness import METRES_A_DEGREE, cells_within
from civicprobe.reports.models import Clock, Report
from civicprobe.reports.models_queue import SavedView, Snooze
from civicprobe.reports.queries import visible_to
from civicprobe.reports.queue.filters import Near, QueueFilter, level_column
from civicprobe.reports.queue.search import Loose, holding
from civicprobe.reports.queue.views import OPEN, VIEWS, Put, View, When

MAX_PAGE = 100
# A badge says 99+ rather than read more: what is counted stays as short as what is shown.
MOST_COUNTED = 100
MOST_READ = 2_000
# Filters that an index answers, in a queue of what is open and in one of what has been.
_NARROW_OPEN = frozenset({"street", "area", "category", "unit", "assignee", "near", "state"})
_NARROW_PAST = frozenset({"street", "area", "unit", "near", "older_h", "newer_h"})
Key = tuple[datetime, int]


@dataclass(frozen=True)
class Page:
    """Reports of a queue in their order; `next` is the key after which it goes on, None at its end.

    With `next`, a page may hold fewer reports than asked for, even none: so many were looked at.
    """

    reports: list[Report]
    next: Key | None


def list_queue(
    session: Session,
    actor: Actor,
    ask: QueueFilter,
    *,
    now: datetime,
    after: Key | None = None,
    limit: int = 50,
) -> Page:
    """One page of the caller's queue by keyset.

    Raises Invalid `no_such_view` for a view that is not the caller's.
    """
    view = ask.view_of(actor.role)
    by_due = view is not None and view.by_due
    narrow, loose = _filters(session, actor, ask, view, now)
    limit = min(limit, MAX_PAGE)
    walk = select(Report).where(visible_to(actor), *narrow).order_by(*_order(Report, by_due))
    if after:
        key = tuple_(Report.due_at if by_due else Report.created_at, Report.id)
        walk = walk.where(key > after if by_due else key < after)
    if not loose:
        found = list(session.scalars(walk.limit(limit + 1)))
        return Page(found[:limit], _key(found[limit - 1], by_due) if len(found) > limit else None)
    seen = aliased(Report, walk.limit(MOST_READ).subquery())
    asked = [condition(seen) for condition in loose]
    rows = select(seen).where(*asked).order_by(*_order(seen, by_due)).limit(limit + 1)
    found = list(session.scalars(rows))
    if len(found) > limit:
        return Page(found[:limit], _key(found[limit - 1], by_due))
    last = session.scalar(walk.offset(MOST_READ - 1).limit(1))
    return Page(found, _key(last, by_due) if last is not None else None)


def conditions_of(
    session: Session, actor: Actor, ask: QueueFilter, now: datetime
) -> list[ColumnElement[bool]]:
    """Whose queue it is and every filter of it, as conditions on a report: of them all at once.

    Raises Invalid `no_such_view` for a view that is not the caller's.
    """
    view = ask.view_of(actor.role)
    narrow, loose = _filters(session, actor, ask, view, now)
    return [visible_to(actor), *narrow, *(asked(Report) for asked in loose)]


def _order(seen: type[Report], by_due: bool) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    if by_due:
        return seen.due_at.asc(), seen.id.asc()
    return seen.created_at.desc(), seen.id.desc()


def _key(report: Report, by_due: bool) -> Key:
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
) -> tuple[list[ColumnElement[bool]], list[Loose]]:
    """What an index answers, and what is asked of each row that is read."""
    by_due = view is not None and view.by_due
    narrow = list(_of_view(view, actor, now)) if view is not None else []
    loose: list[Loose] = []
    by_index = _NARROW_OPEN if by_due else _NARROW_PAST
    for name, condition in _CONDITIONS.items():
        value = getattr(ask, name)
        if value is None or value is False:
            continue
        asked = _asking(condition, value, now)
        if name in by_index:
            narrow.append(asked(Report))
        else:
            loose.append(asked)
    if ask.text is not None:
        words = holding(session, ask.text, actor.role)
        narrow += words.narrow
        loose += words.loose
    return narrow, loose


def _asking(condition: Callable[..., ColumnElement[bool]], value: object, now: datetime) -> Loose:
    return lambda seen: condition(seen, value, now)


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


def _overdue(seen: type[Report], _flag: object, now: datetime) -> ColumnElement[bool]:
    return and_(seen.state.not_in(("closed", "merged")), seen.due_at < now)


def _assigned(seen: type[Report], account_id: int, _now: datetime) -> ColumnElement[bool]:
    return seen.assignee_id == account_id if account_id else seen.assignee_id.is_(None)


def _within(seen: type[Report], near: Near, _now: datetime) -> ColumnElement[bool]:
    """The cells of each row that the circle reaches, then the circle itself."""
    lat, lon = near.point.lat, near.point.lon
    rows = cells_within(lat, lon, near.radius_m)
    north = (seen.lat - lat) * METRES_A_DEGREE
    east = (seen.lon - lon) * (METRES_A_DEGREE * cos(radians(lat)))
    return and_(
        or_(*(seen.cell.between(first, last) for first, last in rows)),
        north * north + east * east <= near.radius_m**2,
    )


_CONDITIONS: Mapping[str, Callable[..., ColumnElement[bool]]] = {
    "state": lambda seen, value, _: seen.state == value,
    "street": lambda seen, value, _: seen.street_code == value,
    "area": lambda seen, value, _: getattr(seen, level_column(value)) == value,
    "category": lambda seen, value, _: seen.category_code == value,
    "severity": lambda seen, value, _: seen.severity == value,
    "grade": lambda seen, value, _: seen.place["grade"].as_string() == value,
    "unit": lambda seen, value, _: seen.unit_id == value,
    "assignee": _assigned,
    "urgent": lambda seen, _flag, _: seen.urgent.is_(True),
    "overdue": _overdue,
    "older_h": lambda seen, hours, now: seen.created_at <= now - timedelta(hours=hours),
    "newer_h": lambda seen, hours, now: seen.created_at >= now - timedelta(hours=hours),
    "near": _within,
}
