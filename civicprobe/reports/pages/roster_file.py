"""The desk's roster as a spreadsheet: out, and in again after a look at what it would do."""

import io
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.roles import Role
from civicprobe.db import db, utc_now
from civicprobe.errors import Fault, FieldFault, NotFound, Unprocessable
from civicprobe.grid.roster_table import COLUMNS
from civicprobe.grid.services.roster_file import (
    MOST_BYTES,
    Brought,
    export_roster,
    import_roster,
    write_csv,
    write_xlsx,
)
from civicprobe.reports.lifecycle.word_codes import word
from civicprobe.reports.lifecycle.word_faults import field_words
from civicprobe.reports.pages.forms import PageForm
from civicprobe.reports.pages.parts import pages
from civicprobe.web.parts import parts

blueprint = pages("pages_roster_file", "/o/roster/file")

MOST_HERE = 1_000  # rows; a whole city's come by the command line


@dataclass(frozen=True)
class Wrong:
    """What is wrong with one cell, in words; a fault of the whole file has no row."""

    row: str
    column: str
    words: str


@blueprint.get("")
@requires(Role.OFFICE)
def ask() -> str:
    """Where a file is brought."""
    return _page()


@blueprint.post("")
@requires(Role.OFFICE)
def bring() -> Response | str | tuple[str, int]:
    """Look at what a file would do, or do it: all of its lines or none."""
    session, dry = db.session(), request.form.get("do") != "keep"
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise Unprocessable("incomplete", FieldFault("file", "missing"))
        found = import_roster(
            session,
            file.stream.read(MOST_BYTES + 1),
            now=utc_now(),
            top=current_actor().area_code or "",
            city_code=parts().settings.city_code,
            most=MOST_HERE,
        )
    except Fault as fault:
        session.rollback()
        form = PageForm.of(fault)
        return _page(form=form, wrong=[_wrong(each) for each in fault.fields]), form.status
    if dry:
        session.rollback()
        return _page(found=found)
    session.commit()
    said = gettext("名册已导入：新增 %(made)d 人，修改 %(changed)d 人", **vars(found))
    flash(said, "good")
    return redirect(url_for("pages_roster.roster"), 303)


@blueprint.get("/<kind>")
@requires(Role.OFFICE, Role.ADMIN)
def take(kind: str) -> Response:
    """Everybody below this desk, as a spreadsheet."""
    writing = {"csv": write_csv, "xlsx": write_xlsx}.get(kind)
    if writing is None:
        raise NotFound("no_such_page")
    actor, city_code = current_actor(), parts().settings.city_code
    top = None if actor.role is Role.ADMIN else actor.area_code or ""
    data = writing(export_roster(db.session(), top, city_code))
    return send_file(io.BytesIO(data), as_attachment=True, download_name=f"roster.{kind}")


def _wrong(fault: FieldFault) -> Wrong:
    row, _dot, column = fault.field.partition(".")
    if not row.isdigit():
        return Wrong("", "", field_words(fault.field, fault.code))
    return Wrong(row, word("roster_column", column), field_words(column, fault.code))


def _page(
    *, form: PageForm | None = None, wrong: list[Wrong] | None = None, found: Brought | None = None
) -> str:
    return render_template(
        "office/roster_file.html",
        here="people",
        form=form,
        wrong=wrong or [],
        found=found,
        columns=[(name, word("roster_column", name)) for name in COLUMNS],
    )
