"""What people do to their own queue: put a card aside, take it up again, keep a view."""

from urllib.parse import urlencode

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.roles import Role
from civicprobe.db import db, utc_now
from civicprobe.reports.lifecycle.commands_queue import KeepView, SnoozeCard
from civicprobe.reports.pages.parts import HOMES, exact_moment, pages
from civicprobe.reports.queries import get_report
from civicprobe.reports.queue.filters import FILTERS
from civicprobe.reports.services.keep_view import drop_view, keep_view
from civicprobe.reports.services.snooze import snooze, wake

blueprint = pages("pages_queue", "/queue")
STAFF = (Role.MEMBER, Role.UNIT, Role.OFFICE)


@blueprint.post("/snooze/<number>")
@requires(*STAFF)
def put_aside(number: str) -> Response:
    """Put a card aside for as long as the form says, or (`wake`) take it up again."""
    actor = current_actor()
    report = get_report(db.session(), number, visible=actor)
    if request.form.get("until") == "wake":
        wake(db.session(), report, actor)
        db.session.commit()
        return redirect(f"{HOMES[actor.role]}/{number}", 303)
    command = SnoozeCard.model_validate({"until": request.form.get("until", "")})
    until_at = snooze(db.session(), report, command, actor, now=utc_now())
    db.session.commit()
    at = exact_moment(until_at)
    flash(gettext("%(number)s 稍后再看，%(at)s 回来", number=number, at=at), "good")
    return redirect(HOMES[actor.role], 303)


@blueprint.post("/views")
@requires(Role.OFFICE, Role.ADMIN)
def keep() -> Response:
    """Keep the filters of the desk under a name."""
    asked = {name: text for name in FILTERS if (text := request.form.get(name, ""))}
    command = KeepView.model_validate({"name": request.form.get("name", ""), "query": asked})
    keep_view(db.session(), command, current_actor(), now=utc_now())
    db.session.commit()
    return redirect(f"{url_for('pages_office.desk')}?{urlencode(asked)}", 303)


@blueprint.post("/views/<int:view_id>/drop")
@requires(Role.OFFICE, Role.ADMIN)
def drop(view_id: int) -> Response:
    """Forget a kept view."""
    drop_view(db.session(), view_id, current_actor())
    db.session.commit()
    return redirect(url_for("pages_office.desk"), 303)
