"""The queues: views by role, filters, pages by keyset, and counts; selects only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.roles import Role
from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.errors import Invalid
from civicprobe.reports.clocks import Lateness
from civicprobe.reports.lifecycle import State
from civicprobe.reports.models import Clock, Report
from civicprobe.reports.queries import visible_to

MAX_PAGE = 100
_OPEN = frozenset(State) - {State.CLOSED, State.MERGED}


class When(StrEnum):
    """Which due times a view holds."""

    TODAY = "today"
    OVERDUE = "overdue"
    THRICE = "thrice"


@dataclass(frozen=True)
class View:
    """Part of a queue: which states, and which due times if not any.

    What is open stands in the order in which it is due, what is over the newest first. `counted`:
    it waits for somebody, so that its number is worth showing.
    """

    states: frozenset[State]
    when: When | None = None
    counted: bool = False

    @property
    def by_due(self) -> bool:
        """Whether its rows stand in the order in which they are due."""
        return self.states <= _OPEN


def _view(*states: State, when: When | None = None, counted: bool = False) -> View:
    return View(frozenset(states), when, counted)


VIEWS: Mapping[Role, Mapping[str, View]] = {
    Role.RIDER: {
        "mine": View(frozenset(State)),
        "open": View(_OPEN),
        "closed": _view(State.CLOSED),
    },
    Role.MEMBER: {
        "new": _view(State.ASSIGNED, counted=True),
        "done": View(frozenset(State) - {State.ASSIGNED}),
    },
    Role.UNIT: {
        "to_handle": _view(State.DISPATCHED, counted=True),
        "overdue": _view(State.DISPATCHED, when=When.OVERDUE, counted=True),
        "handed_in": _view(State.HANDLED, State.CLOSED),
    },
    Role.OFFICE: {
        "to_dispatch": _view(State.FILED, counted=True),
        "to_check": _view(State.HANDLED, counted=True),
        "due_today": View(_OPEN, When.TODAY, counted=True),
        "overdue": View(_OPEN, When.OVERDUE, counted=True),
        "thrice": View(_OPEN, When.THRICE, counted=True),
        "no_place": _view(State.NEEDS_PLACE, counted=True),
        "with_members": _view(State.ASSIGNED),
        "with_units": _view(State.DISPATCHED, State.SUSPENDED),
        "open": View(_OPEN),
        "closed": _view(State.CLOSED, State.MERGED),
        "all": View(frozenset(State)),
    },
    Role.ADMIN: {"open": View(_OPEN), "all": View(frozenset(State))},
}


@dataclass(frozen=True)
class QueueFilter:
    """What the caller asks of a queue; each None or False asks nothing."""

    view: str | None = None
    state: State | None = None
    street: str | None = None
    category: str | None = None
    overdue: bool = False

    @classmethod
    def read(cls, asked: Mapping[str, str | None]) -> Self:
        """The filter in a URL's words; raises Invalid `no_such_state`."""
        state = asked.get("state")
        if state is not None and state not in frozenset(State):
            raise Invalid("no_such_state", state=state)
        return cls(
            view=asked.get("view"),
            state=State(state) if state else None,
            street=asked.get("street"),
            category=asked.get("category"),
            overdue=(asked.get("overdue") or "0") not in {"0", "false"},
        )

    def view_of(self, role: Role) -> View | None:
        """The view asked for; raises Invalid `no_such_view` for one that is not the role's."""
        if self.view is None:
            return None
        view = VIEWS.get(role, {}).get(self.view)
        if view is None:
            raise Invalid("no_such_view", view=self.view)
        return view


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
    found = select(Report).where(visible_to(actor), *_filters(ask, view, now))
    by_due = view is not None and view.by_due
    column = Report.due_at if by_due else Report.created_at
    if after and by_due:
        found = found.where(_beyond(Report.due_at > after[0], Report.due_at == after[0], after))
    elif after:
        at, row_id = after
        older = and_(Report.created_at == at, Report.id < row_id)
        found = found.where(or_(Report.created_at < at, older))
    order = (column, Report.id) if by_due else (column.desc(), Report.id.desc())
    return list(session.scalars(found.order_by(*order).limit(min(limit, MAX_PAGE) + 1)))


def place_in(report: Report, ask: QueueFilter, role: Role) -> tuple[datetime, int]:
    """Where a report stands in a queue: what the cursor of the page after it holds."""
    view = ask.view_of(role)
    by_due = view is not None and view.by_due and report.due_at is not None
    at = report.due_at if by_due else report.created_at
    return at or report.created_at, report.id


def count_views(session: Session, actor: Actor, now: datetime) -> dict[str, int]:
    """How many wait in each of the caller's counted views; what is over is never read."""
    counted = {name: view for name, view in VIEWS[actor.role].items() if view.counted}
    if not counted:
        return {}
    columns = [
        func.count().filter(and_(*_of_view(view, now))).label(name)
        for name, view in counted.items()
    ]
    is_open = Report.state.not_in(("closed", "merged"))
    row = session.execute(select(*columns).where(visible_to(actor), is_open)).one()
    return dict(zip(counted, row, strict=True))


def _beyond(
    later: ColumnElement[bool], same: ColumnElement[bool], after: tuple[datetime, int]
) -> ColumnElement[bool]:
    return or_(later, and_(same, Report.id > after[1]))


def _filters(ask: QueueFilter, view: View | None, now: datetime) -> list[ColumnElement[bool]]:
    wanted = [] if view is None else _of_view(view, now)
    if ask.state is not None:
        wanted.append(Report.state == ask.state)
    if ask.street is not None:
        wanted.append(Report.street_code == ask.street)
    if ask.category is not None:
        wanted.append(Report.category_code == ask.category)
    if ask.overdue:
        wanted += [Report.state.not_in(("closed", "merged")), Report.due_at < now]
    return wanted


def _of_view(view: View, now: datetime) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if view.states != frozenset(State) and view.states != _OPEN:
        wanted.append(Report.state.in_(sorted(view.states)))
    if view.states <= _OPEN:
        wanted.append(Report.state.not_in(("closed", "merged")))
    if view.when is not None:
        wanted.append(_due(view.when, now))
    return wanted


def _due(when: When, now: datetime) -> ColumnElement[bool]:
    if when is When.TODAY:
        today = now.astimezone(CITY_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        return and_(Report.due_at >= now, Report.due_at < today + timedelta(days=1))
    if when is When.THRICE:
        running = and_(Clock.report_id == Report.id, Clock.ended_at.is_(None))
        return exists().where(running, Clock.told == Lateness.THRICE.value)
    return Report.due_at < now
