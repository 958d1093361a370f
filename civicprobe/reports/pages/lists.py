"""Queues as their pages show them: rows with names, counts by view, the link to what is older."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from flask import request
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.roles import Role
from civicprobe.db import utc_now
from civicprobe.grid.queries import aliases_of, area_names
from civicprobe.reports.lifecycle.clocks import Lateness
from civicprobe.reports.lifecycle.table import State
from civicprobe.reports.models import Report
from civicprobe.reports.pages.case import Named, name_categories, name_units
from civicprobe.reports.queries import list_taken_over, list_thumbs, list_updates
from civicprobe.reports.queue.filters import FILTERS, QueueFilter
from civicprobe.reports.queue.queues import count_views, list_queue
from civicprobe.reports.queue.views import VIEWS
from civicprobe.reports.schemas import QueueItem, queue_item
from civicprobe.web.paging import decode_cursor, encode_cursor

PAGE = 30


@dataclass(frozen=True)
class Row:
    """One report in a list: its category, place and whoever has it, by name.

    `days` is how long it has been open, in whole days; `updated_at` when something last happened.
    """

    item: QueueItem
    category: str | None
    place: str
    holder: str
    unit: str
    member: str
    days: int
    updated_at: datetime
    late: Lateness
    show_due: bool


@dataclass(frozen=True)
class Listed:
    """A page of a queue for a template, with the names that its filters choose from as well."""

    rows: Sequence[Row]
    view: str
    views: Sequence[str]
    counts: Mapping[str, int]
    next: str | None
    categories: Mapping[str, Named]
    units: Mapping[int, Named]


def read_list(
    session: Session, actor: Actor, *, limit: int = PAGE, path: str | None = None
) -> Listed:
    """The page of the caller's queue that this request's URL asks for; raises Invalid.

    `path` is where what is older is asked for; by default where this was.
    """
    views = list(VIEWS[actor.role])
    asked = {key: request.args.get(key) or None for key in FILTERS}
    asked["view"] = asked["view"] or views[0]
    after = decode_cursor(request.args.get("cursor"))
    ask, now = QueueFilter.read(asked), utc_now()
    page = list_queue(session, actor, ask, now=now, after=after, limit=limit)
    categories, units = name_categories(session), name_units(session)
    return Listed(
        rows=_rows(session, actor, page.reports, categories, units),
        categories=categories,
        units=units,
        view=str(asked["view"]),
        views=views,
        counts=count_views(session, actor, now),
        next=_older(path, page.next) if page.next else None,
    )


def read_rows(session: Session, actor: Actor, reports: Sequence[Report]) -> list[Row]:
    """Rows of these reports, with names."""
    return _rows(session, actor, reports, name_categories(session), name_units(session))


def _rows(
    session: Session,
    actor: Actor,
    reports: Sequence[Report],
    categories: Mapping[str, Named],
    units: Mapping[int, Named],
) -> list[Row]:
    now = utc_now()
    ids = [report.id for report in reports]
    thumbs, taken_over = list_thumbs(session, ids), list_taken_over(session, ids)
    places = _places(session, reports)
    aliases = aliases_of(session, {r.assignee_id for r in reports if r.assignee_id is not None})
    updates = list_updates(session, ids)
    return [
        Row(
            item=queue_item(report, thumbs.get(report.id), actor, taken_over),
            category=_name_of(categories.get(report.category_code or "")),
            place=places[report.id],
            holder=_holder(report, units, aliases),
            unit=_name_of(units.get(report.unit_id or 0)) or "",
            member=aliases.get(report.assignee_id or 0, ""),
            days=((report.closed_at or now) - report.created_at).days,
            updated_at=updates.get(report.id, report.created_at),
            late=_late(report, now),
            show_due=actor.role is not Role.RIDER,
        )
        for report in reports
    ]


def _places(session: Session, reports: Sequence[Report]) -> dict[int, str]:
    """The street and what lies within it, as people say it, by report."""
    wanted = ("street", "micro")
    names: dict[tuple[int | None, str], str] = {}
    for edition in {report.edition_id for report in reports}:
        codes = {
            code: code
            for report in reports
            if report.edition_id == edition
            for code in report.area_codes.values()
        }
        for code, area in area_names(session, edition, codes).items():
            names[edition, code] = area.name
    return {
        report.id: " ".join(
            name
            for level in wanted
            if (name := names.get((report.edition_id, report.area_codes.get(level, ""))))
        )
        for report in reports
    }


def _late(report: Report, now: datetime) -> Lateness:
    """Late or not: how late is told where its clocks are."""
    late = report.due_at is not None and now >= report.due_at
    return Lateness.OVERDUE if late else Lateness.IN_TIME


def _name_of(named: Named | None) -> str | None:
    return named.name if named else None


def _holder(report: Report, units: Mapping[int, Named], aliases: Mapping[int, str]) -> str:
    """Who has it now, by name; nobody is named where it waits for a desk."""
    if report.state == State.ASSIGNED:
        return aliases.get(report.assignee_id or 0, "")
    with_unit = report.state in {State.DISPATCHED, State.HANDLED}
    return _name_of(units.get(report.unit_id or 0)) or "" if with_unit else ""


def _older(path: str | None, last: tuple[datetime, int]) -> str:
    asked = request.args.to_dict() | {"cursor": encode_cursor(*last)}
    return f"{path or request.path}?{urlencode(asked)}"
