"""The statistics page over HTTP: whose areas, which files, and the way to the list behind."""

from sqlalchemy import select

from civicprobe.db import db, utc_now
from civicprobe.reports.bonds import Naming
from civicprobe.reports.models import Report
from civicprobe.stats.services.roll import roll
from tests.unit.reports.pages.conftest import built, town

__all__ = ["built", "town"]


def rolled(town):
    with town.app.app_context():
        roll(db.session(), utc_now())
        db.session.commit()


def test_a_number_leads_to_its_cases(town):
    number = town.handled()
    rolled(town)
    desk = town.staff("street")
    page = desk.get("/o/stats?weeks=4").text
    assert "/o/stats/behind/funnel/handled?" in page
    behind = desk.get("/o/stats/behind/funnel/handled?weeks=4").text
    assert number in behind
    assert "1 件" in behind
    assert number not in desk.get("/o/stats/behind/funnel/closed?weeks=4").text


def test_no_list_shows_a_street_what_is_about_its_staff(town):
    number = town.handled()
    with town.app.app_context():
        report = db.session().scalars(select(Report)).one()
        report.about_us = True
        db.session().add(Naming(report_id=report.id, area_code=report.street_code))
        db.session.commit()
    rolled(town)
    behind = "/o/stats/behind/funnel/handled?weeks=4"
    street = town.staff("street").get(behind).text
    assert number not in street
    assert "0 件" in street
    assert number in town.staff("district").get(behind).text
    assert "/o/stats/behind/" not in town.staff("street").get("/o/stats?weeks=4").text


def test_nobody_sees_the_statistics_of_others(town):
    assert town.staff("street").get("/o/stats?area=510113").status_code == 400
    assert town.staff("district").get("/o/stats?area=510113001").status_code == 200
    assert town.staff("admin").get("/o/stats").status_code == 200
    for who in ("member", "unit"):
        assert town.staff(who).get("/o/stats").status_code == 403


def test_every_table_is_a_file_that_excel_reads(town):
    town.handled()
    rolled(town)
    desk = town.staff("street")
    for table in ("funnel", "week", "age", "hour", "area", "unit", "grade", "spot"):
        answer = desk.get(f"/o/stats/{table}.csv?weeks=4")
        assert answer.status_code == 200
        assert answer.mimetype == "text/csv"
        assert answer.data.startswith(b"\xef\xbb\xbf")
    assert "派遣,1,100.0" in desk.get("/o/stats/funnel.csv?weeks=4").text
    assert desk.get("/o/stats/nothing.csv").status_code == 404


def test_what_is_no_number_is_refused(town):
    desk = town.staff("street")
    for path in (
        "behind/nothing/1",
        "behind/funnel/nothing",
        "behind/week/2026",
        "behind/age/x.1",
        "behind/age/9.1",
        "behind/spot/99999999999999999999999.x",
        "behind/unit/1.nothing",
    ):
        assert desk.get(f"/o/stats/{path}").status_code == 400, path
    for query in ("weeks=0", "weeks=9999", "since=soon", "since=9999-12-31", "area=1"):
        assert desk.get(f"/o/stats?{query}").status_code == 400, query
