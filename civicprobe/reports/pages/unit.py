"""The handling unit's pages: its cases, accept, hand in with a photo. Never the rider's words."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.roles import Role
from civicprobe.db import db, utc_now
from civicprobe.reports.lifecycle.table import Action
from civicprobe.reports.pages.case import CHOICES, read_case
from civicprobe.reports.pages.forms import PageForm, take_action
from civicprobe.reports.pages.lists import read_list
from civicprobe.reports.pages.parts import pages
from civicprobe.reports.pages.sketch import sketch_of
from civicprobe.reports.queries import get_report

blueprint = pages("pages_unit", "/h")


@blueprint.get("")
@requires(Role.UNIT)
def cases() -> str:
    """The unit's cases."""
    actor = current_actor()
    listed = read_list(db.session(), actor)
    return render_template("unit/list.html", here="queue", **vars(listed))


@blueprint.get("/<number>")
@requires(Role.UNIT)
def case(number: str) -> str:
    """One case."""
    return _case(number)


@blueprint.post("/<number>")
@requires(Role.UNIT)
def act(number: str) -> Response | tuple[str, int]:
    """Accept it, hand in what came of it, or add to it."""
    form = take_action(number)
    if form is not None:
        return _case(number, form=form), form.status
    flash(gettext("%(number)s 已办好", number=number), "good")
    if request.form.get("action") == Action.RETURN:  # it is not this unit's any more
        return redirect(url_for(".cases"), 303)
    return redirect(url_for(".case", number=number), 303)


def _case(number: str, *, form: PageForm | None = None) -> str:
    actor = current_actor()
    report = get_report(db.session(), number, visible=actor)
    found = read_case(db.session(), report, seen_by=actor, now=utc_now())
    return render_template(
        "unit/case.html",
        here="case",
        case=found,
        form=form,
        sketch=sketch_of(db.session(), report),
        **CHOICES,
    )
