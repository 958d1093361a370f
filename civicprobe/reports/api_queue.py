"""Queues over HTTP: a page of one, its views with their counts, what one keeps or puts aside,
and one action for many reports."""

from http import HTTPStatus

from apiflask import APIBlueprint
from flask import Response, request
from pydantic import BaseModel

from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.roles import Role
from civicprobe.db import db, utc_now
from civicprobe.errors import Invalid
from civicprobe.reports.doors import act_on_many
from civicprobe.reports.lifecycle.commands_queue import BulkAsk, KeepView, SnoozeCard
from civicprobe.reports.queries import get_report, list_taken_over, list_thumbs
from civicprobe.reports.queue.filters import FILTERS, QueueFilter
from civicprobe.reports.queue.queues import count_views, list_queue, list_saved
from civicprobe.reports.queue.views import VIEWS
from civicprobe.reports.schemas import queue_item
from civicprobe.reports.schemas_queue import (
    BulkBody,
    QueueBody,
    SavedBody,
    SnoozeBody,
    ViewBody,
    ViewsBody,
)
from civicprobe.reports.services.keep_view import drop_view, keep_view
from civicprobe.reports.services.snooze import snooze, wake
from civicprobe.web.etag import tagged
from civicprobe.web.paging import decode_cursor, encode_cursor

blueprint = APIBlueprint("queue_api", __name__, url_prefix="/api/v1", tag="queue")

STAFF = (Role.MEMBER, Role.UNIT, Role.OFFICE)
READERS = (Role.RIDER, *STAFF, Role.ADMIN)


@blueprint.get("/queue")
@requires(*READERS)
@blueprint.output(QueueBody)
def read_queue() -> Response:
    """A page of the caller's queue; every filter is in the URL."""
    actor, limit = current_actor(), _limit()
    after = decode_cursor(request.args.get("cursor"))
    ask = QueueFilter.read({name: request.args.get(name) or None for name in FILTERS})
    page = list_queue(db.session(), actor, ask, now=utc_now(), after=after, limit=limit)
    ids = [row.id for row in page.reports]
    thumbs, taken_over = list_thumbs(db.session(), ids), list_taken_over(db.session(), ids)
    body = QueueBody(
        items=[queue_item(row, thumbs.get(row.id), actor, taken_over) for row in page.reports],
        next=encode_cursor(*page.next) if page.next else None,
    )
    return tagged(body.model_dump_json())


@blueprint.get("/queue/views")
@requires(*READERS)
@blueprint.output(ViewsBody)
def read_views() -> Response:
    """The caller's views, how many wait in each (100 stands for more), and those they keep."""
    actor = current_actor()
    counts = count_views(db.session(), actor, utc_now())
    body = ViewsBody(
        views=[ViewBody(name=name, count=counts.get(name)) for name in VIEWS[actor.role]],
        saved=[
            SavedBody(id=kept.id, name=kept.name, query=kept.query)
            for kept in list_saved(db.session(), actor)
        ],
    )
    return tagged(body.model_dump_json())


@blueprint.post("/queue/views")
@requires(*STAFF, Role.ADMIN)
@blueprint.input(KeepView, arg_name="command")
@blueprint.output(SavedBody, status_code=201)
def post_view(command: KeepView) -> Response:
    """Keep filters under a name; the same name again is overwritten."""
    kept = keep_view(db.session(), command, current_actor(), now=utc_now())
    body = SavedBody(id=kept.id, name=kept.name, query=kept.query)
    db.session.commit()
    return _json(body, HTTPStatus.CREATED)


@blueprint.delete("/queue/views/<int:view_id>")
@requires(*STAFF, Role.ADMIN)
@blueprint.doc(summary="Forget a kept view")
def delete_view(view_id: int) -> Response:
    """Forget a kept view."""
    drop_view(db.session(), view_id, current_actor())
    db.session.commit()
    return Response(status=HTTPStatus.NO_CONTENT)


@blueprint.put("/reports/<number>/snooze")
@requires(*STAFF)
@blueprint.input(SnoozeCard, arg_name="command")
@blueprint.output(SnoozeBody)
def put_snooze(number: str, command: SnoozeCard) -> Response:
    """Put a report aside, for the caller alone."""
    actor = current_actor()
    report = get_report(db.session(), number, visible=actor)
    until_at = snooze(db.session(), report, command, actor, now=utc_now())
    db.session.commit()
    return _json(SnoozeBody(until_at=until_at), HTTPStatus.OK)


@blueprint.delete("/reports/<number>/snooze")
@requires(*STAFF)
@blueprint.doc(summary="Take a report up again")
def delete_snooze(number: str) -> Response:
    """Take a report up again."""
    actor = current_actor()
    wake(db.session(), get_report(db.session(), number, visible=actor), actor)
    db.session.commit()
    return Response(status=HTTPStatus.NO_CONTENT)


@blueprint.post("/reports/actions")
@requires(*STAFF)
@blueprint.input(BulkAsk, arg_name="ask")
@blueprint.output(BulkBody)
def act_on_rows(ask: BulkAsk) -> Response:
    """One action for many reports: each its own transaction and its own answer."""
    return _json(BulkBody(rows=act_on_many(ask)), HTTPStatus.OK)


def _limit() -> int:
    text = request.args.get("limit", "50")
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 100:
        raise Invalid("limit_out_of_range", most=100)
    return int(text)


def _json(body: BaseModel, status: HTTPStatus) -> Response:
    return Response(body.model_dump_json(), status=status, mimetype="application/json")
