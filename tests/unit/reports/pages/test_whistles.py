"""The board of whistles: whom the desk has called, most pressing first, and who has answered."""

from datetime import timedelta

from civicprobe.catalog.models import Unit
from civicprobe.db import db, utc_now
from civicprobe.reports.orders import Whistle
from tests.unit.reports.pages.conftest import DISTRICT, form_for


def call(town, number, units, hours):
    desk, page = town.staff("street"), f"/o/{number}"
    form = form_for(desk.get(page), "whistle")
    until = (utc_now() + timedelta(hours=hours)).isoformat()
    form.fields.setlist("units", units)
    answer = town.send(desk, form, step="call", question="谁的井盖？", until=until)
    assert answer.status_code == 303, answer.text


def test_open_calls_stand_by_unit_with_who_else_was_called(town):
    with town.app.app_context():
        for code in ("drains", "power"):
            db.session.add(Unit(code=code, name_zh=code, name_en=code, area_code=DISTRICT))
        db.session.commit()
    desk = town.staff("street")
    assert "没有等答复的吹哨" in desk.get("/o/whistles").text
    late, soon = town.dispatched(), town.dispatched()
    call(town, late, ["2", "3"], hours=48)
    call(town, soon, ["3"], hours=2)
    page = desk.get("/o/whistles").text.split("<main")[1]
    # power is asked first: its first answer is due in two hours.
    assert page.index('id="unit-3"') < page.index(soon) < page.index('id="unit-2"')
    assert page.count(f'href="/o/{late}"') == 2
    assert page.count(f'href="/o/{soon}"') == 1
    with town.app.app_context():
        answered = db.session.query(Whistle).filter_by(unit_id=2).one()
        answered.state = "answered"
        db.session.commit()
    page = desk.get("/o/whistles").text.split("<main")[1]
    assert 'id="unit-2"' not in page
    assert "已答复" in page, "the other called unit still sees who has answered"


def test_a_board_is_of_offices_alone(town):
    for who in ("member", "unit"):
        assert town.staff(who).get("/o/whistles").status_code == 403
