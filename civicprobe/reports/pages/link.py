"""The page behind a signed one-case link: accept, return, feed back; nothing else, no login."""

from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from civicprobe.accounts.identity import act_as, current_actor, public, requires
from civicprobe.accounts.roles import Role
from civicprobe.db import db, utc_now
from civicprobe.errors import Forbidden, NotFound
from civicprobe.reports.case_link import LASTS, LINK_ACTIONS, make_link, read_link
from civicprobe.reports.models import Report
from civicprobe.reports.pages.case import CHOICES, Case, read_case
from civicprobe.reports.pages.forms import PageForm, take_action
from civicprobe.reports.pages.parts import pages
from civicprobe.reports.pages.photos import answer_with, copy_for
from civicprobe.reports.queries import get_photo, get_report
from civicprobe.web.parts import parts

blueprint = pages("pages_link")


@blueprint.post("/h/<number>/link")
@requires(Role.UNIT)
def give(number: str) -> AnyResponse:
    """Make a link to this case for whoever does the work; it is shown once."""
    actor = current_actor()
    report = get_report(db.session(), number, visible=actor)
    token = make_link(parts().settings.secret_key, report, actor)
    address = f"{parts().settings.public_url}{url_for('.case', token=token)}"
    words = gettext("%(days)d 天内有效，只能办这一件：", days=LASTS.days)
    flash(f"{words} {address}", "good")
    return redirect(f"/h/{number}", 303)


@blueprint.get("/c/<token>")
@public
def case(token: str) -> str:
    """The case, for whoever holds the link."""
    return render_template("unit/link.html", **_read(token, _open(token)))


@blueprint.post("/c/<token>")
@public
def act(token: str) -> AnyResponse | tuple[str, int] | str:
    """One of the three actions; raises Forbidden for any other."""
    report = _open(token)
    if request.form.get("action") not in LINK_ACTIONS:
        raise Forbidden("not_yours_to_do")
    form = take_action(report.number)
    if form is not None:
        return render_template("unit/link.html", **_read(token, report, form=form)), form.status
    if request.form["action"] == "accept":
        return redirect(url_for(".case", token=token), 303)
    return render_template("unit/link_done.html", number=report.number)


@blueprint.get("/c/<token>/photos/<uuid:photo_id>/<any(screen, thumb):size>")
@public
def photo(token: str, photo_id: UUID, size: str) -> Response:
    """A picture of this case, and of no other."""
    report = _open(token)
    if get_photo(db.session(), photo_id).report_id != report.id:
        raise NotFound("no_photo")
    digest = copy_for(current_actor(), photo_id, size)
    if digest is None:
        raise NotFound("no_photo")
    return answer_with(digest)


def _open(token: str) -> Report:
    actor, report = read_link(db.session(), parts().settings.secret_key, token)
    act_as(actor)
    return report


def _read(token: str, report: Report, *, form: PageForm | None = None) -> dict[str, Any]:
    found = read_case(db.session(), report, seen_by=current_actor(), now=utc_now())
    return {"case": _through(found, token), "form": form, "here_url": f"/c/{token}", **CHOICES}


def _through(case: Case, token: str) -> Case:
    """The same case with its pictures behind the link, allowing what a link may do."""
    for photo in (*case.before, *case.after, *case.added):
        if photo.screen_url and photo.thumb_url:
            photo.screen_url = f"/c/{token}{photo.screen_url}"
            photo.thumb_url = f"/c/{token}{photo.thumb_url}"
    case.body.allowed_actions = [a for a in case.body.allowed_actions if a in LINK_ACTIONS]
    return case
