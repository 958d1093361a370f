"""A rider's own phone: linked phones, the way back, what is kept, and taking it along."""

import json
from http import HTTPStatus

from flask import Response, after_this_request, flash, redirect, render_template, request
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.identity import current_actor, ensure_device, public, requires
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.phones import Kind, issue_code, redeem_code
from civicprobe.db import db, utc_now
from civicprobe.errors import Fault
from civicprobe.reports.own import list_unmasked
from civicprobe.reports.pages.parts import pages
from civicprobe.reports.queue.filters import QueueFilter
from civicprobe.reports.queue.queues import list_queue
from civicprobe.reports.schemas import report_body
from civicprobe.reports.services.keeping import erase_rider
from civicprobe.web.messages import title_of

blueprint = pages("pages_rider_me")
PAGE = 100
MOST_EXPORTED = 2_000
KINDS: dict[str, Kind] = {"link": "link", "recovery": "recovery"}


@blueprint.get("/r/me")
@public
def me() -> str:
    """This phone, the others of its rider, and what can be done with what we keep."""
    return _me(ensure_device(after_this_request))


@blueprint.post("/r/me/code")
@requires(Role.RIDER)
def make_code() -> str:
    """A code for another phone (ten minutes) or for getting all back (until used), shown once."""
    actor = current_actor()
    kind = KINDS.get(request.form.get("kind", ""), "link")
    code = issue_code(db.session(), min(actor.device_ids), kind, now=utc_now())
    page = _me(actor, code=code, kind=kind)
    db.session.commit()
    return page


@blueprint.post("/r/me/link")
@requires(Role.RIDER)
def link() -> AnyResponse | tuple[str, int]:
    """Bring this phone to the rider whose code is typed."""
    actor = current_actor()
    try:
        redeem_code(
            db.session(), request.form.get("code", ""), min(actor.device_ids), now=utc_now()
        )
    except Fault as fault:
        db.session.rollback()
        return _me(actor, fault=title_of(fault.code)), fault.status
    db.session.commit()
    flash(gettext("好了：两部手机的上报都在这里"), "good")
    return redirect("/r/mine", 303)


@blueprint.get("/r/me/export")
@requires(Role.RIDER)
def export() -> Response:
    """Everything of this rider as a file: each report as its reporter sees it."""
    actor, session, now = current_actor(), db.session(), utc_now()
    bodies: list[dict[str, object]] = []
    after = None
    while len(bodies) < MOST_EXPORTED:
        page = list_queue(session, actor, QueueFilter(), now=now, after=after, limit=PAGE)
        for report in page.reports:
            body = report_body(session, report, seen_by=actor, now=now)
            bodies.append(body.model_dump(mode="json"))
        after = page.next
        if after is None:
            break
    text = json.dumps({"made_at": now.isoformat(), "reports": bodies}, ensure_ascii=False, indent=1)
    answer = Response(text, mimetype="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="my-reports.json"'
    return answer


@blueprint.post("/r/me/erase")
@requires(Role.RIDER)
def erase() -> AnyResponse | tuple[str, int]:
    """Forget this rider, once they have ticked that they mean it."""
    actor = current_actor()
    if request.form.get("sure") != "yes":
        return _me(
            actor, fault=gettext("要删除，请先勾选“我确定”")
        ), HTTPStatus.UNPROCESSABLE_ENTITY
    erased = erase_rider(db.session(), actor.device_ids, now=utc_now())
    db.session.commit()
    done = ngettext(
        "已删除：%(num)d 件上报不再和您有关",
        "已删除：%(num)d 件上报不再和您有关",
        erased.reports,
    )
    if erased.held:
        done += gettext("；有 %(num)d 件依法要保留", num=erased.held)
    flash(done, "good")
    return redirect("/r/me?erased=1", 303)


def _me(actor: Actor, *, code: str = "", kind: str = "", fault: str = "") -> str:
    return render_template(
        "rider/me.html",
        here="me",
        phones=len(actor.device_ids),
        unmasked=list_unmasked(db.session(), actor),
        erased="erased" in request.args,
        code=code,
        kind=kind,
        fault=fault,
    )
