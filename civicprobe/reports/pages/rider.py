"""The rider's pages: snap, receipt, my reports. Plain forms; every one works without a script."""

from collections.abc import Sequence

from flask import after_this_request, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.identity import current_actor, ensure_device, public, requires
from civicprobe.accounts.roles import Role
from civicprobe.db import db, utc_now, writing
from civicprobe.errors import Fault, TooMany
from civicprobe.notices.inbox import list_notices, mark_read
from civicprobe.notices.models import Notice
from civicprobe.reports.doors import read_uuid, submit_with_photos
from civicprobe.reports.lifecycle.commands import SubmitReport
from civicprobe.reports.lifecycle.table import Action
from civicprobe.reports.own import list_watched
from civicprobe.reports.pages.case import STAGES, name_categories, read_case
from civicprobe.reports.pages.forms import PageForm, take_action
from civicprobe.reports.pages.lists import read_list, read_rows
from civicprobe.reports.pages.parts import pages
from civicprobe.reports.queries import get_report
from civicprobe.reports.queue.filters import QueueFilter
from civicprobe.reports.queue.queues import list_queue

blueprint = pages("pages_rider")
RECENT = 3
MOST_NEWS = 6
TILES = 8


@blueprint.get("/r")
@public
def home() -> str:
    """The one big button, and below it what became of the last reports."""
    return _home(ensure_device(after_this_request))


@blueprint.get("/r/words")
@public
def words_only() -> str:
    """The same form, open at once: for what has no photo."""
    return _home(ensure_device(after_this_request), words_only=True)


@blueprint.post("/r/reports")
@requires(Role.RIDER)
def submit() -> Response | tuple[str, int]:
    """Take the whole form in at once; the same form sent twice is one report."""
    try:
        uuid = read_uuid(request.form.get("uuid", ""))
        command = SubmitReport.model_validate(_report_of(request.form))
        taken = submit_with_photos(uuid, command, request.files.getlist("photo"))
    except TooMany:
        raise
    except Fault as fault:
        db.session.rollback()
        form = PageForm.of(fault)
        return _home(current_actor(), form=form), fault.status
    return redirect(url_for(".report", key=taken.number, sent=1), 303)


@blueprint.get("/r/privacy")
@public
def privacy() -> str:
    """What becomes of what riders send, in plain words."""
    ensure_device(after_this_request)
    return render_template("rider/privacy.html", here="privacy")


@blueprint.get("/r/mine")
@public
def mine() -> str:
    """All reports of this phone, and the news since the last look."""
    actor = ensure_device(after_this_request)
    news = [notice for notice in list_notices(db.session(), actor) if notice.read_at is None]
    watched = list_watched(db.session(), actor)
    page = render_template(
        "rider/mine.html",
        here="mine",
        news=_newest_of_each(news),
        watched=read_rows(db.session(), actor, watched),
        **vars(read_list(db.session(), actor)),
    )
    if news:
        db.session.rollback()
        with writing():
            mark_read(db.session(), actor, utc_now())
            db.session.commit()
    return page


@blueprint.post("/r/watch/<number>")
@requires(Role.RIDER)
def watch(number: str) -> Response:
    """Listen to somebody else's report, or no longer."""
    form = take_action(number)
    if form is not None:
        flash(form.title, "bad")
    return redirect(url_for(".mine", _anchor="watched"), 303)


@blueprint.get("/r/reports/<key>")
@public
def report(key: str) -> str:
    """One report like a parcel: who has it now, and every step so far."""
    actor = ensure_device(after_this_request)
    return _report(key, actor, just_sent="sent" in request.args)


@blueprint.post("/r/reports/<key>")
@requires(Role.RIDER)
def act(key: str) -> Response | tuple[str, int]:
    """What its reporter may still do: say where, add, take back, reopen."""
    form = take_action(key)
    if form is not None:
        return _report(key, current_actor(), form=form), form.status
    if request.form["action"] == Action.LEAVE:  # it is not theirs to look at any more
        flash(gettext("好了：这一件不再和您有关"), "good")
        return redirect(url_for(".mine"), 303)
    return redirect(url_for(".report", key=key), 303)


def _newest_of_each(news: Sequence[Notice]) -> list[Notice]:
    """One notice a report, and not too many."""
    newest: dict[str, Notice] = {}
    for notice in news:
        newest.setdefault(notice.number, notice)
    return list(newest.values())[:MOST_NEWS]


def _home(actor: Actor, *, form: PageForm | None = None, words_only: bool = False) -> str:
    recent = list_queue(db.session(), actor, QueueFilter(), now=utc_now(), limit=RECENT).reports
    categories = list(name_categories(db.session()).values())[:TILES]
    return render_template(
        "rider/home.html",
        here="home",
        form=form,
        words_only=words_only,
        go="go" in request.args,
        recent=read_rows(db.session(), actor, recent),
        categories=[(item.code, item.name, item.icon) for item in categories],
    )


def _report(
    key: str, actor: Actor, *, form: PageForm | None = None, just_sent: bool = False
) -> str:
    found = get_report(db.session(), key, visible=actor)
    case = read_case(db.session(), found, seen_by=actor, now=utc_now())
    return render_template(
        "rider/report.html",
        here="report",
        case=case,
        form=form,
        just_sent=just_sent and form is None,
        stages=STAGES,
    )


def _report_of(form: MultiDict[str, str]) -> dict[str, object]:
    """The fields of the form as a report; what is empty is left out."""
    names = ("note", "category", "landmark", "urgent", "discreet", "about_us")
    return {name: text for name in names if (text := form.get(name, "").strip())}
