"""The whistle board: which units a desk has called, who has answered, and how long is left."""

from flask import render_template

from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.roles import Role
from civicprobe.db import db
from civicprobe.reports.calls import MOST, list_calls
from civicprobe.reports.numbers import number_of
from civicprobe.reports.pages.case import name_categories, name_units
from civicprobe.reports.pages.parts import pages

blueprint = pages("pages_whistles")


@blueprint.get("/o/whistles")
@requires(Role.OFFICE, Role.ADMIN)
def board() -> str:
    """All open calls of the desk, a table a unit, the most pressing first."""
    session = db.session()
    calls = list_calls(session, current_actor())
    return render_template(
        "office/whistles.html",
        here="whistles",
        calls=calls,
        most=MOST,
        shown=sum(len(rows) for rows in calls.values()),
        units=name_units(session),
        categories=name_categories(session),
        number_of=number_of,
    )
