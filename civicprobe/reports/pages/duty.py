"""A member's own duty: on or off in one tap, the week, leave, handing over, phones; and the door
through which somebody invited comes in."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from flask import after_this_request, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from civicprobe.accounts.identity import (
    COOKIE,
    current_actor,
    ensure_device,
    public,
    requires,
)
from civicprobe.accounts.models import Account
from civicprobe.accounts.queries import find_device
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.people import link_device
from civicprobe.db import db, utc_now
from civicprobe.errors import Conflict, Fault, Unprocessable
from civicprobe.grid.city import active_city
from civicprobe.grid.models import Member
from civicprobe.grid.people import get_member
from civicprobe.grid.services import duty as duties
from civicprobe.grid.services.invite import Person, ask_to_join, find_invitation
from civicprobe.grid.services.leave import end_leave, take_leave
from civicprobe.reports.lifecycle.commands import Reassign
from civicprobe.reports.pages.duty_parts import read_days, read_duty, read_plan
from civicprobe.reports.pages.forms import PageForm
from civicprobe.reports.pages.parts import pages
from civicprobe.reports.queries import get_report_by_id
from civicprobe.reports.services.hand_over import list_cards
from civicprobe.reports.services.reassign import reassign
from civicprobe.reports.transitions import By
from civicprobe.web.parts import parts

blueprint = pages("pages_duty", "/g")
Change = Callable[[Session, Member, datetime], str]


@blueprint.get("/duty")
@requires(Role.MEMBER)
def duty() -> str:
    """My duty."""
    return _page()


def _changing(change: Change) -> Callable[..., Response | tuple[str, int]]:
    """A form of the page: the member is locked, so that nobody chooses them meanwhile."""

    @wraps(change)
    def view() -> Response | tuple[str, int]:
        session, now = db.session(), utc_now()
        try:
            member = get_member(session, _me(), lock=True)
            said = change(session, member, now)
        except Unprocessable as fault:
            session.rollback()
            form = PageForm.of(fault)
            return _page(form), form.status
        session.commit()
        flash(said, "good")
        return redirect(url_for(".duty"), 303)

    return view


@blueprint.post("/duty/tap")
@requires(Role.MEMBER)
@_changing
def tap(session: Session, member: Member, now: datetime) -> str:
    """On or off, at once."""
    on = request.form.get("on") == "1"
    duties.tap(session, member, on=on, now=now)
    return str(gettext("已上岗") if on else gettext("已下岗，新的上报会给别人"))


@blueprint.post("/duty/plan")
@requires(Role.MEMBER)
@_changing
def plan(session: Session, member: Member, _now: datetime) -> str:
    """The week."""
    duties.set_plan(session, member, read_plan(request.form, member, by_desk=False))
    return str(gettext("值班安排已保存"))


@blueprint.post("/duty/leave")
@requires(Role.MEMBER)
@_changing
def leave(session: Session, member: Member, now: datetime) -> str:
    """Leave, from a day to a day."""
    take_leave(session, member, read_days(session, request.form), by_id=_me(), now=now)
    return str(gettext("请假已记下，手上的待办会转给别人"))


@blueprint.post("/duty/back")
@requires(Role.MEMBER)
@_changing
def back(session: Session, member: Member, now: datetime) -> str:
    """A leave is taken back, or ends today."""
    end_leave(session, member, request.form.get("leave", 0, type=int), now=now)
    return str(gettext("请假已取消"))


@blueprint.post("/duty/phone")
@requires(Role.MEMBER)
@_changing
def phone(session: Session, member: Member, _now: datetime) -> str:
    """This phone is mine: what it reports counts as my own, and I decide nothing on it."""
    token = request.cookies.get(COOKIE)
    device = find_device(session, token) if token else None
    account = session.get(Account, member.account_id)
    if device is None or account is None:
        return str(gettext("这部手机没有用来上报过，不用登记"))
    if device.account_id not in (None, account.id):
        raise Conflict("phone_of_another")
    link_device(session, device, account)
    return str(gettext("这部手机已登记为您的；它的上报会由别人来核实"))


@blueprint.post("/duty/hand-over")
@requires(Role.MEMBER)
def hand_over() -> Response:
    """All my cards go to whoever is next, each in its own step."""
    session, actor = db.session(), current_actor()
    city, done = active_city(session, parts().settings), 0
    reason = gettext("网格员转出全部待办")
    for card in list_cards(session, _me()):
        try:
            report = get_report_by_id(session, card, lock=True)
            if report.assignee_id == actor.account_id:
                by = By(actor, utc_now())
                reassign(session, report, Reassign(reason=reason), by=by, city=city)
                done += 1
            session.commit()
        except Fault:  # it moved meanwhile, or the map has changed under it
            session.rollback()
    flash(ngettext("已转出 %(num)d 张", "已转出 %(num)d 张", done), "good")
    return redirect(url_for(".duty"), 303)


@blueprint.get("/join")
@public
def join() -> str:
    """What the QR of an invitation opens: who are you?"""
    ensure_device(after_this_request)
    return _join(request.args.get("code", "")[:40])


@blueprint.post("/join")
@requires(Role.RIDER)
def ask() -> Response | tuple[str, int]:
    """The person says who they are; the desk will decide."""
    session, form = db.session(), request.form
    code = form.get("code", "")[:40]
    person = Person(
        form.get("username", "").strip().lower()[:64],
        form.get("password", "")[:200],
        form.get("alias", "")[:64],
    )
    device_id = min(current_actor(Role.RIDER).device_ids)
    try:
        ask_to_join(session, code, person, device_id=device_id, now=utc_now())
    except Fault as fault:
        session.rollback()
        refused = PageForm.of(fault)
        return _join(code, refused), refused.status
    session.commit()
    return redirect(url_for(".join", asked=1), 303)


def _join(code: str, form: PageForm | None = None) -> str:
    row, fault = None, None
    if code and form is None:
        try:
            row = find_invitation(db.session(), code, utc_now())
        except Fault as refused:
            fault = PageForm.of(refused, typed=request.args)
    return render_template(
        "member/join.html",
        here="join",
        code=code,
        invitation=row,
        form=form or fault,
        asked="asked" in request.args,
    )


def _me() -> int:
    account_id = current_actor().account_id
    return account_id or 0


def _page(form: PageForm | None = None) -> str:
    session, now = db.session(), utc_now()
    member = get_member(session, _me())
    account = session.get(Account, member.account_id)
    view = read_duty(session, member, account, now) if account else None
    return render_template("member/duty.html", here="duty", duty=view, form=form)
