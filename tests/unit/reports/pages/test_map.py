"""The map of the desks: windows, where a point is and who would get it, who covers what."""

import re
from datetime import datetime, timedelta

from civicprobe.accounts.queries import get_account
from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.db import db, utc_now
from civicprobe.grid.models import RoutingRule
from civicprobe.grid.people import get_member
from civicprobe.grid.rules import Conditions
from tests.unit.reports.pages.conftest import DISTRICT, GENERAL, STREET


def ask(town, path, name="street"):
    return town.staff(name).get(f"/o/map/{path}")


def change_member(town, **columns):
    """The one member, otherwise than before."""
    with town.app.app_context():
        member = get_member(db.session(), get_account(db.session(), "member").id)
        for column, value in columns.items():
            setattr(member, column, value)
        db.session.commit()


def test_where_a_point_is_and_who_would_get_it(town):
    page = ask(town, "locate?point=30.605,104.005&radius_m=100").text
    assert "小李" in page
    assert "这是示例地图" in page
    assert '<circle class="radius" cx="0.0" cy="0.0" r="100.0">' in page
    climbed = ask(town, "locate?point=30.605,104.015").text
    assert "没有网格员" in climbed
    assert "街道值守" in climbed
    assert "全部网格之外" in ask(town, "locate?point=39.9,116.4").text


def test_the_candidates_say_how_much_of_the_circle_they_cover(town):
    page = ask(town, "locate?point=30.605,104.01&radius_m=100").text
    assert page.count("占 50%") == 2
    assert "就在边界上，归编码小的一格" in page


def test_what_is_no_question_is_told_beside_its_field(town):
    for query, field in (
        ("point=nowhere", "point"),
        ("point=30.6,104.005&at=soon", "at"),
        ("point=30.6,104.005&category=dragons", "category"),
        ("point=30.6,104.005&severity=huge", "severity"),
        ("point=30.6,104.005&at=1999-01-01T10:00", "at"),
    ):
        answer = ask(town, f"locate?{query}")
        assert answer.status_code == 422
        assert f'id="{field}-fault"' in answer.text
        assert '<svg class="map"' in answer.text


def test_another_time_has_another_member(town):
    morning = datetime.now(CITY_ZONE).replace(hour=9, minute=0) + timedelta(days=1)
    change_member(town, windows=[[day, 8 * 60, 12 * 60] for day in range(7)])
    here = "locate?point=30.605,104.005&at="
    at_nine = ask(town, here + morning.strftime("%Y-%m-%dT%H:%M")).text
    at_night = ask(town, here + morning.replace(hour=23).strftime("%Y-%m-%dT%H:%M")).text
    assert "微网格网格员" in at_nine
    assert "不在值班时段" not in at_nine
    assert "不在值班时段" in at_night
    assert "街道值守" in at_night


def test_another_category_or_severity_follows_another_rule(town):
    with town.app.app_context():
        for place, (name, of) in enumerate(
            (
                ("井盖归区", Conditions(categories=("missing_cover",))),
                ("重的归区", Conditions(severities=("grave",), urgent=True)),
            )
        ):
            row = RoutingRule(area_code=STREET, position=place, name=name, aim="desk")
            row.aim_area, row.conditions, row.set_at = DISTRICT, of.as_json(), utc_now()
            db.session.add(row)
        db.session.commit()
    here = "locate?point=30.605,104.005"
    assert "先看派发规则" in ask(town, here).text
    cover = ask(town, f"{here}&category=missing_cover").text
    assert ("区城运中心" in cover, "井盖归区</a> 符合" in cover) == (True, True)
    assert '<option value="missing_cover" selected>' in cover
    assert "category=missing_cover" in cover.split('class="area')[0].rsplit("<a href", 1)[1]
    assert "重的归区</a> 符合" not in ask(town, f"{here}&severity=grave").text
    assert "重的归区</a> 符合" in ask(town, f"{here}&severity=grave&urgent=1").text


def test_a_window_shows_the_grids_and_who_serves_them(town):
    page = ask(town, "locate").text
    assert page.count('<path class="area is-on"') == 1
    assert page.count('<path class="area is-none"') == 1
    change_member(town, active=False)
    assert ask(town, "locate").text.count('<path class="area is-away"') == 1


def test_a_window_is_sent_once(town):
    desk = town.staff("street")
    path = "/o/map/window?see=30.605,104.005&span=900"
    first = desk.get(path)
    assert first.status_code == 200
    assert "<html" not in first.text
    again = desk.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.text) == (304, "")
    assert (
        desk.get("/o/map/window?see=30.605,104.005&span=901").headers["ETag"]
        != (first.headers["ETag"])
    )


def test_a_window_that_is_none_is_refused(town):
    for query in (
        "see=here",
        "see=30.6,104&span=wide",
        "see=30.6,104&span=nan",
        "see=30.6,104&span=1",
    ):
        assert ask(town, f"window?{query}").status_code == 422
    assert ask(town, "window?see=95,104&span=900").status_code == 400


def test_a_window_leads_on_without_a_script(town):
    page = ask(town, "locate?point=30.605,104.005&datum=wgs84").text
    assert 'data-move="in"' in page
    kept = "point=30.605,104.005&amp;datum=wgs84"
    assert f"/o/map/locate?{kept}&amp;see=30.605000,104.005000&amp;span=750" in page


def test_who_covers_what(town):
    page = ask(town, "coverage").text
    assert "小李" in page
    assert "在岗 24.0 小时" in page
    assert "1 个微网格今后 24 小时没有任何网格员在岗" in page
    only = ask(town, "coverage?show=nobody").text
    assert f"{GENERAL}002" in only
    assert f"{GENERAL}001" not in only


def test_hours_of_a_window_and_a_leave_are_counted(town):
    change_member(town, windows=[[day, 8 * 60, 12 * 60] for day in range(7)])
    assert "在岗 4.0 小时" in ask(town, "coverage").text
    change_member(town, windows=[], suspended_at=utc_now())
    assert "2 个微网格今后 24 小时没有任何网格员在岗" in ask(town, "coverage").text


def test_wide_areas_name_those_below_them(town):
    for name in ("district", "admin"):
        page = ask(town, "coverage", name).text
        assert "1 <span" in page
        assert f"area={STREET}" in page or f"area={DISTRICT}" in page
        assert re.findall(r'number">(\d+) <span', page) == ["1", "1"], "own members, 24 hours"
    change_member(town, suspended_at=utc_now())
    page = ask(town, "coverage", "district").text
    assert re.findall(r'number">(\d+) <span', page) == ["2", "2"]
    change_member(town, suspended_at=None, tap=False, tap_until=utc_now() + timedelta(hours=30))
    page = ask(town, "coverage", "district").text
    assert re.findall(r'number">(\d+) <span', page) == ["1", "2"], "enrolled, yet away all day"


def test_coverage_of_another_area_is_not_for_everybody(town):
    assert ask(town, f"coverage?area={DISTRICT}").status_code == 403
    assert ask(town, "coverage?area=999999").status_code == 404
    assert ask(town, f"coverage?area={STREET}", "district").status_code == 200


def test_the_map_is_not_for_members(town):
    for path in ("locate", "window", "coverage"):
        assert ask(town, path, "member").status_code == 403
