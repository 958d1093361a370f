"""The grid member's pages: one card, one decision, next."""

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.roles import Role
from civicprobe.db import db, utc_now, writing
from civicprobe.errors import NotFound
from civicprobe.reports.lifecycle.table import Action
from civicprobe.reports.pages.case import CHOICES, read_case
from civicprobe.reports.pages.forms import PageForm, take_action
from civicprobe.reports.pages.lists import read_list
from civicprobe.reports.pages.parts import pages
from civicprobe.reports.pages.sketch import sketch_of
from civicprobe.reports.queries import get_report
from civicprobe.reports.queue.filters import QueueFilter
from civicprobe.reports.queue.queues import list_queue
from civicprobe.reports.queue.tallies import TALLIED, count_deeds, monday_of
from civicprobe.reports.schemas import report_body
from civicprobe.reports.services.open import mark_opened

blueprint = pages("pages_member", "/g")


@blueprint.get("")
@requires(Role.MEMBER)
def queue() -> str:
    """What waits for this member, and what they have done."""
    actor = current_actor()
    session, now = db.session(), utc_now()
    listed = read_list(session, actor)
    monday = monday_of(now)
    return render_template(
        "member/queue.html",
        here="queue",
        tallied=TALLIED,
        week=count_deeds(session, actor.account_id or 0, monday),
        month=count_deeds(session, actor.account_id or 0, monday - timedelta(weeks=3)),
        **vars(listed),
    )


@blueprint.get("/<number>")
@requires(Role.MEMBER)
def card(number: str) -> str:
    """One card with all that is needed to decide; from now on it counts as seen."""
    return _open(number)


@blueprint.post("/<number>")
@requires(Role.MEMBER)
def act(number: str) -> Response | tuple[str, int]:
    """Decide, then on to the next card: by its address, or in the answer itself where a page asks
    so (`X-Part: next`), which on a slow network saves a whole round."""
    form = take_action(number)
    if form is not None:
        return _card(number, form=form), form.status
    _offer_undo(number)
    waiting = list_queue(
        db.session(), current_actor(), QueueFilter(view="new"), now=utc_now(), limit=1
    ).reports
    if not waiting:
        return redirect(url_for(".queue"), 303)
    following = url_for(".card", number=waiting[0].number)
    if request.headers.get("X-Part") != "next":
        return redirect(following, 303)
    return Response(_open(waiting[0].number), mimetype="text/html", headers={"X-Page": following})


def _open(number: str) -> str:
    """The card's page; from now on it counts as seen."""
    page = _card(number)
    db.session.rollback()
    with writing():
        actor = current_actor()
        mark_opened(db.session(), get_report(db.session(), number, visible=actor), actor, utc_now())
        db.session.commit()
    return page


def _offer_undo(number: str) -> None:
    """Say what was done, with the way back where there is one for ten seconds more."""
    actor = current_actor()
    done = gettext("%(number)s 已办好", number=number)
    try:
        report = get_report(db.session(), number, visible=actor)
    except NotFound:  # handed on: it is no longer theirs
        flash(done, "good")
        return
    body = report_body(db.session(), report, seen_by=actor, now=utc_now())
    if Action.UNDO in body.allowed_actions:
        flash(f"{body.number}|{body.version}", "undo")
    else:
        flash(done, "good")


def _card(number: str, *, form: PageForm | None = None) -> str:
    actor = current_actor()
    report = get_report(db.session(), number, visible=actor)
    case = read_case(db.session(), report, seen_by=actor, now=utc_now())
    return render_template(
        "member/card.html",
        here="card",
        case=case,
        form=form,
        sketch=sketch_of(db.session(), report),
        **CHOICES,
    )
