"""Pages of people: where each role begins, and a new password with a desk's code."""

from collections.abc import Mapping

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from civicprobe.accounts.identity import current_actor, public, requires
from civicprobe.accounts.queries import has_accounts
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.recovery import reset_password
from civicprobe.db import db, utc_now
from civicprobe.errors import Fault
from civicprobe.web.messages import title_of
from civicprobe.web.parts import parts

blueprint = Blueprint("pages_staff", __name__)

HOMES: Mapping[Role, str] = {
    Role.MEMBER: "/g",
    Role.UNIT: "/h",
    Role.OFFICE: "/o",
    Role.ADMIN: "/o",
}


@blueprint.get("/")
@public
def front() -> AnyResponse | str:
    """Riders are the most, and sign in nowhere: the front door is theirs. Before there is any
    account, it says how to begin."""
    if not has_accounts(db.session()):
        city = parts().settings.city_code
        return render_template("layout/begin.html", city=city)
    return redirect("/r")


@blueprint.get("/start")
@requires(*HOMES)
def start() -> AnyResponse:
    """After signing in: to the work of one's role."""
    return redirect(HOMES[current_actor().role])


@blueprint.get("/login/reset")
@public
def ask_reset() -> str:
    """The form for a new password."""
    return render_template("security/reset.html", fault=None, name="")


@blueprint.post("/login/reset")
@public
def reset() -> AnyResponse | tuple[str, int] | Response:
    """Set a new password with the code that a desk above gave."""
    said = {key: request.form.get(key, "").strip() for key in ("username", "code")}
    password = request.form.get("password", "")
    try:
        reset_password(db.session(), **said, password=password, now=utc_now())
    except Fault as fault:
        db.session.rollback()
        code = fault.fields[0].code if fault.fields else fault.code
        page = render_template("security/reset.html", fault=title_of(code), name=said["username"])
        return page, fault.status
    db.session.commit()
    flash(gettext("密码已改好，请登录"), "good")
    return redirect("/login", 303)
