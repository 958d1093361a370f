"""The main job over HTTP: each step, what each person sees, and who may not."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from civicprobe.db import db
from civicprobe.demo.story import Caller, tell
from civicprobe.notices.models import Notice
from civicprobe.reports.services.audit import verify


def test_from_the_snap_to_closed(live, rows):
    said: list[str] = []
    caller = Caller(live.city.settings.public_url, live.city.sample.tokens)
    report = tell(caller, live.city.sample, said.append)
    assert [step["action"] for step in report["timeline"]] == [
        "submit", "place", "file", "dispatch", "accept", "propose", "inspect", "close",
    ]  # fmt: skip
    assert report["state"] == "closed"
    assert report["outcome"] == "fixed"
    assert report["place"]["source"] == "exif"
    assert [photo["kind"] for photo in report["photos"]] == ["hazard", "evidence", "evidence"]
    assert all(photo["screen_url"] for photo in report["photos"])
    assert len(said) == 10
    assert report["urgent"], "a missing cover is an emergency from when it is filed"
    live.until(report["uuid"], lambda _: len(told(report["number"])) >= 10, 90)
    assert sorted(told(report["number"])) == [
        "desk_check", "desk_check", "desk_dispatch", "desk_dispatch", "member_card",
        "rider_closed", "rider_filed", "rider_handled", "rider_received", "unit_case",
    ]  # fmt: skip
    assert all(finding.fault is None for finding in verify(db.session()))


def told(number: str) -> list[str]:
    """Topics of the notices so far; how many are called out depends on who answers when."""
    db.session.rollback()
    wanted = select(Notice.topic).where(Notice.number == number, Notice.topic != "urgent")
    return list(db.session.scalars(wanted))


def test_without_a_place_it_waits_and_the_riders_pin_leads_on(live):
    uuid, _ = live.submit(photos=0)
    waiting = live.until(uuid, lambda seen: seen["state"] == "needs_place")
    assert waiting["timeline"][-1]["data"] == {"reason": "no_location"}
    spot = live.city.sample.spot
    status, placed = live.act("rider", waiting, "place", lat=spot.lat, lon=spot.lon)
    assert (status, placed["state"]) == (200, "assigned")
    assert placed["place"]["source"] == "hand"
    assert placed["assignee"]["rule"] == "micro_member"


def test_two_clicks_are_one_action(live):
    _, report = live.snapped()
    key = str(uuid4())
    filed = {"category": "road_damage", "severity": "ordinary"}
    first = live.act("member", report, "file", id=key, **filed)
    again = live.act("member", report, "file", id=key, **filed)
    assert first == again
    assert first[0] == 200
    status, body = live.act("member", report, "file", id=key, category="other", severity="minor")
    assert (status, body["code"]) == (409, "other_content")


def test_a_stale_version_is_told_and_changes_nothing(live):
    _, report = live.snapped()
    _, filed = live.act("member", report, "file", category="other", severity="minor")
    status, body = live.act("office", report, "dispatch", unit=live.city.sample.unit_id)
    assert (status, body["code"]) == (409, "stale_version")
    assert body["params"]["version"] == filed["version"]
    assert body["params"]["report"]["state"] == "filed"
    _, now = live.ask("office", "GET", f"/api/v1/reports/{report['number']}")
    assert now["state"] == "filed"


@pytest.mark.parametrize(
    ("who", "status"), [("rider", 403), ("unit", 404), ("admin", 403), ("office", 409)]
)
def test_the_wrong_person_is_refused(live, who, status):
    uuid, report = live.snapped()
    answer = live.act(who, report, "close", public_note="-")
    assert answer[0] == status
    assert live.until(uuid, lambda _: True)["state"] == "assigned"


def test_a_version_is_needed_to_move(live):
    _, report = live.snapped()
    status, body = live.act(
        "member", {**report, "version": None}, "file", category="other", severity="minor"
    )
    assert (status, body["fields"]) == (422, [{"field": "version", "code": "missing"}])


def test_the_queue_pages_by_keyset_and_tags_its_answers(live):
    for _ in range(3):
        live.snapped()
    status, first = live.ask("member", "GET", "/api/v1/queue?view=new&limit=2")
    assert status == 200
    assert len(first["items"]) == 2
    _, second = live.ask("member", "GET", f"/api/v1/queue?view=new&limit=2&cursor={first['next']}")
    numbers = [item["number"] for item in first["items"] + second["items"]]
    assert len(numbers) == len(set(numbers)) > 2


def test_locate_names_the_grid_and_its_edition(live):
    spot = live.city.sample.spot
    path = f"/api/v1/grid/locate?lat={spot.lat}&lon={spot.lon}&radius_m=30"
    _, body = live.ask("rider", "GET", path)
    assert body["areas"]["micro"]["code"] == body["candidates"][0]["code"]
    assert body["edition"] == live.city.sample.edition
    assert body["synthetic"] is True
