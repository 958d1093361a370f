"""The desk's pages: the table of cases, one case with its action bar; and everybody's messages."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.roles import Role
from civicprobe.db import db, utc_now, writing
from civicprobe.grid.queries import list_streets
from civicprobe.notices.inbox import list_notices, mark_read
from civicprobe.reports.page_case import CHOICES, Case, name_categories, read_case
from civicprobe.reports.page_forms import PageForm, take_action
from civicprobe.reports.page_lists import read_list
from civicprobe.reports.page_parts import pages
from civicprobe.reports.page_sketch import sketch_of
from civicprobe.reports.queries import get_report

blueprint = pages("pages_office")

# What a desk came for, in the order it is looked for.
MAIN_ACTIONS = ("close", "place", "dispatch", "file")


@blueprint.get("/o")
@requires(Role.OFFICE, Role.ADMIN)
def desk() -> str | Response:
    """The table; every filter is in the URL. A number leads straight to its case."""
    actor, find = current_actor(), request.args.get("find", "").strip()
    if find:
        return redirect(url_for(".case", number=find))
    listed = read_list(db.session(), actor)
    return render_template(
        "office/desk.html",
        here="queue",
        categories=list(name_categories(db.session()).values()),
        streets=list_streets(db.session(), actor.area_code),
        asked={name: request.args.get(name, "") for name in ("category", "street", "find")},
        **vars(listed),
    )


@blueprint.get("/o/<number>")
@requires(Role.OFFICE, Role.ADMIN)
def case(number: str) -> str:
    """One case: pictures, facts, every step, and what may be done now."""
    return _case(number)


@blueprint.post("/o/<number>")
@requires(Role.OFFICE)
def act(number: str) -> Response | tuple[str, int]:
    """Take one action of the bar."""
    form = take_action(number)
    if form is not None:
        return _case(number, form=form), form.status
    flash(gettext("%(number)s 已办好", number=number), "good")
    return redirect(url_for(".case", number=number), 303)


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


def _case(number: str, *, form: PageForm | None = None) -> str:
    actor = current_actor()
    report = get_report(db.session(), number, visible=actor)
    found = read_case(db.session(), report, seen_by=actor, now=utc_now())
    return render_template(
        "office/case.html",
        here="case",
        case=found,
        form=form,
        sketch=sketch_of(db.session(), report),
        main_action=_main_action,
        **CHOICES,
    )


def _main_action(case: Case) -> str:
    return next((action for action in MAIN_ACTIONS if case.allows(action)), "")
