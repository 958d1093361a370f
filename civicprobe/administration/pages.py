"""Administration's pages: the checklist with the doors, and one list, form and history for every
register. What is changed is written down in the same transaction by the services."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, send_file, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from civicprobe import outbox
from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.models import Account
from civicprobe.accounts.roles import Role
from civicprobe.administration.checklist import list_steps
from civicprobe.administration.register import (
    ROWS,
    Ask,
    Register,
    Said,
    Values,
    read_form,
)
from civicprobe.administration.registers import REGISTERS
from civicprobe.audit import AuditFilter, AuditRow, search
from civicprobe.db import db, utc_now
from civicprobe.errors import Conflict, Fault, Forbidden, NotFound, TooLarge
from civicprobe.reports.lifecycle.word_faults import field_words
from civicprobe.reports.pages.forms import PageForm
from civicprobe.reports.pages.parts import pages
from civicprobe.web.parts import parts

blueprint = pages("pages_registers", "/o/admin")

HISTORY = 20
MOST_BYTES = 40_000_000
MOST_FAULTS = 50


@dataclass(frozen=True)
class Past:
    """What was changed of a register or a line, the newest first, and who they are."""

    rows: list[AuditRow]
    names: Mapping[int, str]


@blueprint.get("")
@requires(Role.OFFICE, Role.ADMIN)
def index() -> str:
    """What is still to be set up, and the doors."""
    ask = _ask()
    waiting = outbox.counts(db.session()) if ask.actor.role is Role.ADMIN else {}
    return render_template(
        "admin/index.html",
        here="admin",
        work=waiting,
        registers=REGISTERS.values(),
        steps=list_steps(ask),
    )


@blueprint.get("/<key>")
@requires(Role.OFFICE, Role.ADMIN)
def lines(key: str) -> str:
    """A register: its lines, its file, and what was changed."""
    return _list(_register(key))


@blueprint.post("/<key>")
@requires(Role.OFFICE, Role.ADMIN)
def take(key: str) -> str | tuple[str, int]:
    """Read a file into a register: all of it or nothing."""
    register, ask = _register(key, change=True), _ask()
    if register.file is None:
        raise NotFound("no_such_page")
    try:
        values = read_form(ask, register.file.fields, request.form)
        said = register.file.read(ask, _uploaded(), values)
    except Fault as fault:
        if fault.status == Forbidden.status:
            raise
        db.session.rollback()
        form = PageForm.of(fault)
        faults = [_line_words(item.field, item.code) for item in fault.fields[:MOST_FAULTS]]
        return _list(register, form=form, faults=faults), form.status
    page = _list(register, said=said)
    db.session.commit()
    return page, 200 if said.kind == "good" else 422


@blueprint.get("/<key>/file")
@requires(Role.OFFICE, Role.ADMIN)
def file(key: str) -> Response:
    """The register as a file that can be read in again."""
    register = _register(key)
    if register.file is None or register.file.write is None:
        raise NotFound("no_such_page")
    data = io.BytesIO(register.file.write(_ask()))
    return send_file(data, "text/csv", as_attachment=True, download_name=f"{key}.csv")


@blueprint.get("/<key>/new")
@requires(Role.OFFICE, Role.ADMIN)
def new(key: str) -> str:
    """The form for a new line."""
    return _form(_register(key, change=True), None)


@blueprint.post("/<key>/new")
@requires(Role.OFFICE, Role.ADMIN)
def make(key: str) -> Response | str | tuple[str, int]:
    """Keep a new line."""
    return _save(_register(key, change=True), None)


@blueprint.get("/<key>/at/<line>")
@requires(Role.OFFICE, Role.ADMIN)
def at(key: str, line: str) -> str:
    """One line: its form, what may be done, what was changed."""
    return _form(_register(key), line)


@blueprint.post("/<key>/at/<line>")
@requires(Role.OFFICE, Role.ADMIN)
def change(key: str, line: str) -> Response | str | tuple[str, int]:
    """Change one line."""
    return _save(_register(key, change=True), line)


@blueprint.post("/<key>/at/<line>/<deed>")
@requires(Role.OFFICE, Role.ADMIN)
def do(key: str, line: str, deed: str) -> Response | str | tuple[str, int]:
    """Do one of the things that may be done with a line."""
    register, ask = _register(key, change=True), _ask()
    values = register.find(ask, line)
    found = next((d for d in register.deeds if d.name == deed and d.shown(ask, values)), None)
    if found is None:
        raise NotFound("no_such_page")
    try:
        said = found.run(ask, line)
    except Fault as fault:
        if fault.status == Forbidden.status:
            raise
        db.session.rollback()
        form = PageForm.of(fault)
        return _form(register, line, form=form), form.status
    return _done(register, line, said)


def _ask() -> Ask:
    return Ask(db.session(), current_actor(), parts().settings, utc_now())


def _register(key: str, *, change: bool = False) -> Register:
    """Raises NotFound for none, Forbidden for one that is not the caller's to see or to change."""
    register, role = REGISTERS.get(key), current_actor().role
    if register is None:
        raise NotFound("no_such_page")
    if role not in register.sees or (change and not register.may_change(_ask())):
        raise Forbidden("forbidden", role=role.value)
    return register


def _save(register: Register, line: str | None) -> Response | str | tuple[str, int]:
    ask = _ask()
    if register.save is None:
        raise NotFound("no_such_page")
    kept = register.find(ask, line) if line is not None else {}
    try:
        if request.form.get("seen", "") not in ("", _seen(kept)):
            raise Conflict("changed_meanwhile")
        fields = [field for field in register.fields if line is None or not field.fixed]
        known = {field.name: kept.get(field.name, "") for field in register.fields}
        values = known | read_form(ask, fields, request.form)
        made, said = register.save(ask, line, values)
    except Fault as fault:
        if fault.status == Forbidden.status:
            raise
        db.session.rollback()
        form = PageForm.of(fault)
        return _form(register, line, form=form), form.status
    return _done(register, made, said)


def _done(register: Register, line: str, said: Said) -> Response | str | tuple[str, int]:
    """What is a secret, or needs reading, is shown with this answer; all else on the next page."""
    if said.secret or said.kind == "bad":
        db.session.flush()
        page = _form(register, line, said=said)
        db.session.commit()
        return page, 200
    db.session.commit()
    flash(said.words, said.kind)
    for words in said.faults:
        flash(words, "warn")
    try:
        register.find(_ask(), line)
    except NotFound:
        return redirect(url_for(".lines", key=register.key), 303)
    return redirect(url_for(".at", key=register.key, line=line), 303)


def _list(
    register: Register,
    *,
    form: PageForm | None = None,
    said: Said | None = None,
    faults: list[str] | None = None,
) -> str:
    ask, named = _ask(), request.args.get("named", "").strip()[:64]
    page = max(0, min(request.args.get("page", 0, type=int), 10_000))
    found = register.lines(ask, named, page * ROWS)
    paged = register.searched
    return render_template(
        "admin/list.html",
        here="admin",
        register=register,
        lines=found[:ROWS] if paged else found,
        more=paged and len(found) > ROWS,
        page=page,
        named=named,
        ask=ask,
        may=register.may_change(ask),
        form=form,
        said=said,
        faults=faults or (),
        past=_past(register.audit, None) if register.city_wide else None,
    )


def _form(
    register: Register,
    line: str | None,
    *,
    form: PageForm | None = None,
    said: Said | None = None,
) -> str:
    ask = _ask()
    values = register.find(ask, line) if line is not None else {}
    return render_template(
        "admin/form.html",
        here="admin",
        register=register,
        line=line,
        values=values,
        seen=_seen(values) if values else "",
        ask=ask,
        may=register.may_change(ask),
        form=form,
        said=said,
        past=_past(register.audit, line) if line is not None else None,
    )


def _past(what: str, subject: str | None) -> Past:
    rows = list(search(db.session(), AuditFilter(what=what, subject=subject), limit=HISTORY))
    return Past(rows[:HISTORY], names_of({row.account_id for row in rows if row.account_id}))


def names_of(ids: set[int]) -> dict[int, str]:
    """User names by account."""
    rows = db.session.execute(select(Account.id, Account.username).where(Account.id.in_(ids)))
    return {row.id: row.username for row in rows}


def _seen(values: Values) -> str:
    """What the person was shown, so that nothing is overwritten unseen."""
    return hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()[:16]


def _uploaded() -> bytes:
    upload = request.files.get("file")
    data = upload.read(MOST_BYTES + 1) if upload else b""
    if len(data) > MOST_BYTES:
        raise TooLarge("body_too_large")
    return data


def _line_words(field: str, code: str) -> str:
    """Of a fault such as `12.amount`: where it is, and what is wrong."""
    return f"{field}：{field_words(field.rpartition('.')[2], code)}"
