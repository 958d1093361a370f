"""The desk's pages: the table of cases, one case with its action bar; and everybody's messages."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.roles import Role
from civicprobe.db import db, utc_now, writing
from civicprobe.grid.queries import find_active, list_streets
from civicprobe.notices.inbox import list_notices, mark_read
from civicprobe.reports.lifecycle.table import Action, State
from civicprobe.reports.lifecycle.word_codes import word
from civicprobe.reports.numbers import is_number
from civicprobe.reports.pages.case import (
    CHOICES,
    Case,
    Named,
    read_case,
    severities,
)
from civicprobe.reports.pages.forms import PageForm, take_action
from civicprobe.reports.pages.lists import read_list
from civicprobe.reports.pages.parts import pages
from civicprobe.reports.pages.sketch import sketch_of
from civicprobe.reports.queries import get_report
from civicprobe.reports.queue.filters import FILTERS
from civicprobe.reports.queue.queues import list_saved
from civicprobe.reports.services.perform import DOINGS
from civicprobe.web.etag import tagged

blueprint = pages("pages_office")

# What a desk came for, in the order it is looked for.
MAIN_ACTIONS = ("close", "place", "dispatch", "file")
IN_BULK = (Action.CLOSE, Action.DISPATCH, Action.REMIND)
ROWS = 50
OLDER_D = (1, 3, 7, 14)


@blueprint.get("/o")
@requires(Role.OFFICE, Role.ADMIN)
def desk() -> str | Response:
    """The table; every filter is in the URL. A number leads straight to its case."""
    words = request.args.get("text", "").strip()
    if is_number(words):
        return redirect(url_for(".case", number=words))
    session, opened = db.session(), request.args.get("open")
    shown = _read(opened) if opened else {}
    table = _table()
    return render_template(
        "office/desk.html",
        here="queue",
        choices=_choices(session, current_actor(), table["categories"], table["units"]),
        bulk=[action for action in IN_BULK if action in DOINGS],
        closing=word("closing", "fixed"),
        open=opened,
        query=request.query_string.decode(),
        unset=find_active(session) is None,
        rows_url=f"{url_for('.rows')}?{request.query_string.decode()}",
        bulk_query=urlencode(
            {name: text for name, text in table["asked"].items() if text} | {"view": table["view"]}
        ),
        **shown,
        **table,
    )


@blueprint.get("/o/rows")
@requires(Role.OFFICE, Role.ADMIN)
def rows() -> Response:
    """The table and the counts alone, with a tag: what an open desk asks for again and again."""
    return tagged(render_template("office/again.html", **_table()), "text/html")


@blueprint.get("/o/<number>")
@requires(Role.OFFICE, Role.ADMIN)
def case(number: str) -> str:
    """One case: pictures, facts, every step, and what may be done now."""
    return render_template("office/case.html", here="case", **_read(number))


@blueprint.get("/o/<number>/preview")
@requires(Role.OFFICE, Role.ADMIN)
def preview(number: str) -> str:
    """The same beside the table."""
    return render_template("office/preview.html", **_read(number))


@blueprint.post("/o/<number>")
@requires(Role.OFFICE)
def act(number: str) -> Response | tuple[str, int] | str:
    """Take one action of the bar; the preview is answered with itself."""
    form = take_action(number)
    beside = request.headers.get("X-Part") == "preview"
    page = "office/preview.html" if beside else "office/case.html"
    if form is not None:
        return render_template(page, here="case", **_read(number, form=form)), form.status
    if beside:
        return render_template(page, done=True, **_read(number))
    if request.form.get("action") == Action.OPEN_ORIGINAL:
        return redirect(url_for("photos.original", photo_id=request.form["photo"]), 303)
    flash(gettext("%(number)s 已办好", number=number), "good")
    return redirect(url_for(".case", number=number), 303)


@blueprint.get("/to/<number>")
@requires(Role.MEMBER, Role.UNIT, Role.OFFICE, Role.ADMIN)
def follow(number: str) -> Response:
    """Where a message leads: the case, on the pages of whoever reads it."""
    homes = {Role.MEMBER: "pages_member.card", Role.UNIT: "pages_unit.case"}
    return redirect(url_for(homes.get(current_actor().role, ".case"), number=number))


@blueprint.get("/inbox")
@requires(Role.MEMBER, Role.UNIT, Role.OFFICE, Role.ADMIN)
def inbox() -> str:
    """What this person was told, newest first; from now on it counts as read."""
    actor = current_actor()
    page = render_template(
        "layout/inbox.html", here="inbox", notices=list_notices(db.session(), actor)
    )
    db.session.rollback()
    with writing():
        mark_read(db.session(), actor, utc_now())
        db.session.commit()
    return page


def _choices(
    session: Session, actor: Actor, categories: Mapping[str, Named], units: Mapping[int, Named]
) -> dict[str, list[tuple[object, str]]]:
    """What each filter of the desk can be set to."""
    streets = list_streets(session, actor.area_code)
    return {
        "category": [(item.code, item.name) for item in categories.values()],
        "street": [(item.code, item.name) for item in streets],
        "severity": [(code, name) for code, name, _ in severities()],
        "unit": [(id_, unit.name) for id_, unit in units.items()],
        "older_h": [
            (days * 24, ngettext("%(num)d 天以上", "%(num)d 天以上", days)) for days in OLDER_D
        ],
        "urgent": [(1, gettext("只看紧急"))],
    }


def _table() -> dict[str, Any]:
    """The page of the queue that this request's URL asks for, and what it asks."""
    asked = {name: request.args.get(name, "") for name in FILTERS if name != "view"}
    listed = read_list(db.session(), current_actor(), limit=ROWS, path="/o")
    saved = list_saved(db.session(), current_actor())
    return {"asked": asked, "filtered": any(asked.values()), "saved": saved, **vars(listed)}


def _read(number: str, *, form: PageForm | None = None) -> dict[str, Any]:
    """What the page of a case is made of."""
    actor = current_actor()
    report = get_report(db.session(), number, visible=actor)
    return {
        "case": read_case(db.session(), report, seen_by=actor, now=utc_now()),
        "form": form,
        "sketch": sketch_of(db.session(), report),
        "main_action": _main_action,
        **CHOICES,
    }


def _main_action(case: Case) -> str:
    """What stands open: what the case waits for, not what could be done over."""
    again = {Action.DISPATCH} if case.unit and case.body.state == State.DISPATCHED else set()
    return next(
        (action for action in MAIN_ACTIONS if case.allows(action) and action not in again), ""
    )
