"""The people of a desk's area: who they are, and a one-time code for a lost password."""

import structlog
from flask import Blueprint, render_template, request
from flask_babel import lazy_pgettext

from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.roles import Role
from civicprobe.db import db, utc_now
from civicprobe.grid.services.recover import give_code, list_below
from civicprobe.web.parts import parts

log = structlog.get_logger()
blueprint = Blueprint("pages_people", __name__, url_prefix="/o/people")

SHOWN = 200
ROLES = {
    Role.MEMBER: lazy_pgettext("role", "网格员"),
    Role.UNIT: lazy_pgettext("role", "承办单位"),
    Role.OFFICE: lazy_pgettext("role", "值守人员"),
    Role.ADMIN: lazy_pgettext("role", "管理员"),
}


@blueprint.get("")
@requires(Role.OFFICE, Role.ADMIN)
def people() -> str:
    """Everybody below this desk."""
    return _people()


@blueprint.post("/<username>/code")
@requires(Role.OFFICE, Role.ADMIN)
def code(username: str) -> str:
    """A new code, shown this once; an older one stops working."""
    actor, city = current_actor(), parts().settings.city_code
    given = give_code(db.session(), actor, username, city_code=city, now=utc_now())
    page = _people(given=given, given_to=username)
    db.session.commit()
    log.info("reset_code_given", by=actor.account_id)
    return page


def _people(*, given: str | None = None, given_to: str = "") -> str:
    named = request.args.get("named", "").strip()[:32]
    found = list_below(
        db.session(), current_actor(), city_code=parts().settings.city_code, named=named
    )
    return render_template(
        "office/people.html",
        here="people",
        people=found[:SHOWN],
        more=len(found) - SHOWN,
        named=named,
        roles=ROLES,
        given=given,
        given_to=given_to,
    )
