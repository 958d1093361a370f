"""The desk's queue as a file: CSV, XLSX or GeoJSON of what is shown; each is written down."""

from collections.abc import Iterator
from io import BytesIO

from flask import Response, request, send_file, stream_with_context
from openpyxl import Workbook

from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.roles import Role
from civicprobe.audit import record
from civicprobe.db import db, utc_now, writing
from civicprobe.errors import NotFound
from civicprobe.reports.pages.parts import pages
from civicprobe.reports.pages.sheets import COLUMNS, Sheet, geojson, read_sheet
from civicprobe.reports.queue.filters import FILTERS, QueueFilter
from civicprobe.reports.queue.views import VIEWS
from civicprobe.web.files import csv_file, harmless

blueprint = pages("pages_export", "/o")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/export.<kind>")
@requires(Role.OFFICE, Role.ADMIN)
def export(kind: str) -> Response:
    """The queue that this URL's filters show; raises Invalid for a filter that is none."""
    if kind not in ("csv", "xlsx", "geojson"):
        raise NotFound("no_such_page")
    actor, now = current_actor(), utc_now()
    asked = {key: request.args.get(key) or None for key in FILTERS}
    asked["view"] = asked["view"] or next(iter(VIEWS[actor.role]))
    ask = QueueFilter.read(asked)
    ask.view_of(actor.role)
    db.session.rollback()
    with writing():
        filters = {name: text for name, text in asked.items() if text}
        record(db.session(), f"export.{kind}", account_id=actor.account_id, now=now, data=filters)
        db.session.commit()
    rows = read_sheet(db.session(), actor, ask, now)
    name = f"cases-{now:%Y%m%d-%H%M}"
    if kind == "csv":
        return csv_file(name, _lines(rows))
    if kind == "xlsx":
        return _workbook(name, rows)
    return Response(
        stream_with_context(geojson(rows)),
        mimetype="application/geo+json",
        headers={"Content-Disposition": f'attachment; filename="{name}.geojson"'},
    )


def _lines(rows: Iterator[Sheet]) -> Iterator[list[object]]:
    yield list(COLUMNS)
    yield from ([row[column] for column in COLUMNS] for row in rows)


def _workbook(name: str, rows: Iterator[Sheet]) -> Response:
    """A workbook written row by row (openpyxl keeps the rows in a file of its own), then packed."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("cases")
    sheet.freeze_panes = "B2"
    for line in _lines(rows):
        sheet.append([harmless(value) for value in line])
    file = BytesIO()
    book.save(file)
    file.seek(0)
    return send_file(file, XLSX, as_attachment=True, download_name=f"{name}.xlsx")
