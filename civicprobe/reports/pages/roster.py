"""The desk's people on duty: who is on when, one member's plan and standing, and who may enter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.models import Account
from civicprobe.accounts.queries import get_account
from civicprobe.accounts.roles import Role
from civicprobe.audit import record_change
from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.db import db, utc_now
from civicprobe.errors import Fault, Forbidden, NotFound, Unprocessable
from civicprobe.grid.models import FULL_TIME, PART_TIME, Member
from civicprobe.grid.people import get_member, list_members
from civicprobe.grid.queries import member_grids, within
from civicprobe.grid.services import duty as duties
from civicprobe.grid.services import invite as inviting
from civicprobe.grid.services import standing
from civicprobe.grid.services.enrol import assign_grids, check_grids
from civicprobe.grid.services.leave import end_leave, take_leave
from civicprobe.reports.pages.duty_parts import (
    DAYS_SHOWN,
    read_day,
    read_days,
    read_duty,
    read_plan,
    read_roster,
)
from civicprobe.reports.pages.forms import PageForm
from civicprobe.reports.pages.parts import pages
from civicprobe.reports.pages.qr import Qr, draw_qr
from civicprobe.web.parts import parts

blueprint = pages("pages_roster", "/o/roster")

ROWS = 50


@dataclass(frozen=True)
class Given:
    """A code that was just made, and what its QR leads to."""

    code: str
    url: str
    qr: Qr


@blueprint.get("")
@requires(Role.OFFICE, Role.ADMIN)
def roster() -> str:
    """Who is on when: a week of everybody below this desk."""
    session, now, actor = db.session(), utc_now(), current_actor()
    today = now.astimezone(CITY_ZONE).date()
    first = read_day(request.args.get("from", ""), today)
    named = request.args.get("named", "").strip()[:32]
    page = max(0, min(request.args.get("page", 0, type=int), 10_000))
    top = None if actor.role is Role.ADMIN else actor.area_code or ""
    city_code = parts().settings.city_code
    found = list_members(session, top, city_code, named=named, first=page * ROWS, limit=ROWS + 1)
    return render_template(
        "office/roster.html",
        here="people",
        lines=read_roster(session, found[:ROWS], first, now),
        days=[first + timedelta(days=n) for n in range(DAYS_SHOWN)],
        today=today,
        earlier=first - timedelta(days=DAYS_SHOWN),
        later=first + timedelta(days=DAYS_SHOWN),
        first=first,
        named=named,
        page=page,
        more=len(found) > ROWS,
        may_import=actor.role is Role.OFFICE,
    )


@blueprint.get("/joining")
@requires(Role.OFFICE)
def joining() -> str:
    """Who asks to come in, and the codes that nobody has used yet."""
    return _joining()


@blueprint.post("/joining")
@requires(Role.OFFICE)
def invite() -> str | tuple[str, int]:
    """A new code, shown this once with its QR."""
    session, form = db.session(), request.form
    wanted = inviting.Invitation(
        grids=form.get("grids", "")[:2_000].replace("，", ",").replace("\n", ",").split(","),
        kind=FULL_TIME if form.get("kind") == FULL_TIME else PART_TIME,
        rider=form.get("rider") == "1",
    )
    wanted = inviting.Invitation(
        [code.strip() for code in wanted.grids if code.strip()], wanted.kind, wanted.rider
    )
    city_code = parts().settings.city_code
    try:
        _row, code = inviting.invite(
            session, wanted, by=current_actor(), city_code=city_code, now=utc_now()
        )
    except Fault as fault:
        session.rollback()
        refused = PageForm.of(fault)
        return _joining(form=refused), refused.status
    url = parts().settings.public_url.rstrip("/") + url_for("pages_duty.join", code=code)
    page = _joining(given=Given(f"{code[:5]}-{code[5:]}", url, draw_qr(url)))
    session.commit()
    return page


@blueprint.post("/joining/<int:number>")
@requires(Role.OFFICE)
def decide(number: int) -> Response | tuple[str, int]:
    """Let somebody in, or not."""
    session, actor, now = db.session(), current_actor(), utc_now()
    city_code = parts().settings.city_code
    try:
        if request.form.get("answer") == "yes":
            member = inviting.approve(session, number, by=actor, city_code=city_code, now=now)
            said = gettext("%(alias)s 已进网入格，手机已登记", alias=member.alias)
        else:
            inviting.refuse(session, number, by=actor, city_code=city_code, now=now)
            said = gettext("已办好，这个邀请不再有效")
    except Fault as fault:
        session.rollback()
        refused = PageForm.of(fault)
        return _joining(form=refused), refused.status
    session.commit()
    flash(said, "good")
    return redirect(url_for(".joining"), 303)


@blueprint.get("/<username>")
@requires(Role.OFFICE, Role.ADMIN)
def member(username: str) -> str:
    """One member: plan, leave, grids, standing."""
    return _member(username)


@blueprint.post("/<username>/<what>")
@requires(Role.OFFICE)
def change(username: str, what: str) -> Response | tuple[str, int]:
    """Change one thing about a member; locked meanwhile, so that nobody chooses them."""
    session, now = db.session(), utc_now()
    doing = _CHANGES.get(what)
    if doing is None:
        raise NotFound("no_such_page")
    try:
        account = _below(session, username)
        changed = get_member(session, account.id, lock=True)
        before = _facts(session, changed)
        said = doing(session, changed, now)
        _record(session, username, before, _facts(session, changed), now)
    except Unprocessable as fault:
        session.rollback()
        form = PageForm.of(fault)
        return _member(username, form, what), form.status
    session.commit()
    flash(said, "good")
    where = url_for(".roster") if what == "end" else url_for(".member", username=username)
    return redirect(where, 303)


def _facts(session: Session, member: Member) -> dict[str, object]:
    """What a desk sets of a member; leave is in rows of its own, with who set it."""
    names = ("windows", "quiet", "rests_on_holidays", "cap")
    said = {name: getattr(member, name) for name in names}
    gone = {"suspended": member.suspended_at is not None, "ended": member.ended_at is not None}
    return {**said, **gone, "grids": member_grids(session, member.account_id)}


def _record(
    session: Session,
    username: str,
    before: dict[str, object],
    after: dict[str, object],
    now: datetime,
) -> None:
    by = current_actor().account_id
    record_change(session, "member.changed", username, before, after, by=by, now=now)


def _plan(session: Session, member: Member, _now: datetime) -> str:
    duties.set_plan(session, member, read_plan(request.form, member, by_desk=True))
    return str(gettext("值班安排已保存"))


def _grids(session: Session, member: Member, _now: datetime) -> str:
    text = request.form.get("grids", "")[:2_000].replace("，", ",").replace("\n", ",")
    codes = sorted({code.strip() for code in text.split(",") if code.strip()})
    check_grids(session, codes)
    own, city_code = current_actor().area_code or "", parts().settings.city_code
    if within(session, codes, own, city_code) != set(codes):
        raise Forbidden("not_below_you")
    assign_grids(session, member.id, codes)
    return str(gettext("负责的网格已保存"))


def _leave(session: Session, member: Member, now: datetime) -> str:
    by_id = current_actor().account_id
    take_leave(session, member, read_days(session, request.form), by_id=by_id, now=now)
    return str(gettext("请假已记下，手上的待办会转给别人"))


def _back(session: Session, member: Member, now: datetime) -> str:
    end_leave(session, member, request.form.get("leave", 0, type=int), now=now)
    return str(gettext("请假已取消"))


def _suspend(session: Session, member: Member, now: datetime) -> str:
    standing.suspend(session, member, now=now)
    return str(gettext("已停用，手上的待办会转给别人"))


def _reinstate(session: Session, member: Member, _now: datetime) -> str:
    standing.reinstate(session, member)
    return str(gettext("已恢复"))


def _end(session: Session, member: Member, now: datetime) -> str:
    rules = standing.end_enrolment(session, member, now=now)
    if rules:
        flash(gettext("还有规则指向他：%(rules)s", rules="、".join(rules)), "warn")
    return str(gettext("%(alias)s 已出格，手上的待办会转给别人", alias=member.alias))


_CHANGES: Mapping[str, Callable[[Session, Member, datetime], str]] = {
    "plan": _plan,
    "grids": _grids,
    "leave": _leave,
    "back": _back,
    "suspend": _suspend,
    "reinstate": _reinstate,
    "end": _end,
}


def _below(session: Session, username: str) -> Account:
    """The account of a member of this desk's area; raises NotFound, Forbidden `not_below_you`."""
    account, actor = get_account(session, username), current_actor()
    if actor.role is Role.ADMIN:
        return account
    city_code, area = parts().settings.city_code, account.area_code or ""
    if not within(session, {area}, actor.area_code or "", city_code):
        raise Forbidden("not_below_you")
    return account


def _member(username: str, form: PageForm | None = None, what: str = "") -> str:
    session, now = db.session(), utc_now()
    account = _below(session, username)
    view = read_duty(session, get_member(session, account.id), account, now)
    return render_template(
        "office/member.html",
        here="people",
        duty=view,
        form=form,
        what=what,
        may_change=current_actor().role is Role.OFFICE,
    )


def _joining(*, given: Given | None = None, form: PageForm | None = None) -> str:
    session, now = db.session(), utc_now()
    rows = inviting.list_enrolments(
        session, current_actor(), city_code=parts().settings.city_code, now=now
    )
    return render_template(
        "office/joining.html",
        here="people",
        asked=[row for row in rows if row.state == "asked"],
        open=[row for row in rows if row.state == "invited"],
        given=given,
        form=form,
    )
