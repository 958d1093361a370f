"""Exports: what one sees, in three forms, harmless in a spreadsheet, without the rider."""

import csv
import json
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from civicprobe.audit import AuditFilter, search
from civicprobe.db import db
from civicprobe.grid.coords import Datum, Point, from_wgs84
from civicprobe.reports.pages import sheets
from civicprobe.web.files import csv_lines, harmless

from .conftest import HERE, THERE


def as_rows(answer):
    return list(csv.DictReader(StringIO(answer.data.decode("utf-8-sig"))))


def test_the_file_holds_what_the_filters_show(town, monkeypatch):
    monkeypatch.setattr(sheets, "MAX_PAGE", 1)
    numbers = {town.report(town.rider(), category="rubbish", note="我是老王") for _ in range(3)}
    town.report(town.rider(), at=THERE, category="road_damage")
    desk = town.staff("street")
    answer = desk.get("/o/export.csv?view=all&category=rubbish")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = as_rows(answer)
    assert {row["number"] for row in rows} == numbers
    assert "老王" not in answer.text
    assert all(row["reported_at"].endswith(":00") for row in rows)


def test_both_datums_stand_under_their_names(town):
    town.report(town.rider(), at=HERE)
    body = json.loads(town.staff("street").get("/o/export.geojson?view=all").text)
    (feature,) = body["features"]
    lon, lat = feature["geometry"]["coordinates"]
    assert (lat, lon) == pytest.approx((HERE.lat, HERE.lon), abs=1e-4)
    shifted = from_wgs84(Point(lat, lon), Datum.GCJ02)
    given = feature["properties"]
    assert (given["lat_gcj02"], given["lon_gcj02"]) == pytest.approx(shifted, abs=1e-5)


def test_a_workbook_opens_with_each_states_time(town):
    number = town.handled()
    answer = town.staff("street").get("/o/export.xlsx?view=all")
    rows = list(load_workbook(BytesIO(answer.data), read_only=True)["cases"].values)
    found = dict(zip(rows[0], rows[1], strict=True))
    assert found["number"] == number
    assert found["dispatch_at"]
    assert found["close_at"] is None or found["close_at"] == ""


def test_every_export_is_written_down(town):
    desk = town.staff("street")
    desk.get("/o/export.csv?view=all&category=rubbish")
    with town.app.app_context():
        (row,) = search(db.session(), AuditFilter(what="export"))
        assert (row.what, row.data) == ("export.csv", {"view": "all", "category": "rubbish"})
        assert row.account_id is not None


def test_nobody_exports_what_is_not_theirs(town):
    assert town.staff("unit").get("/o/export.csv").status_code == 403
    assert town.staff("street").get("/o/export.doc").status_code == 404
    assert town.staff("street").get("/o/export.csv?view=nonsense").status_code == 400


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "\r=1"])
def test_no_cell_is_a_formula(text):
    assert harmless(text) == f"'{text}"
    assert "".join(csv_lines([[text]])).lstrip("\ufeff").lstrip('"').startswith("'")


def test_numbers_stay_numbers():
    assert (harmless(-1), harmless(None), harmless("路")) == (-1, "", "路")
