"""What is found like a report, who may see it, and that only people decide."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from civicprobe.accounts.queries import actor_of_device
from civicprobe.accounts.services.people import create_device
from civicprobe.accounts.tokens import new_token
from civicprobe.db import utc_now
from civicprobe.errors import Unprocessable
from civicprobe.reports.alike import find_alike, find_same_photo
from civicprobe.reports.lifecycle.commands import Add, Withdraw
from civicprobe.reports.models import OPEN_STATES, Photo, Report, ReportEvent, Resemblance
from civicprobe.reports.photo.exif import PhotoFacts
from civicprobe.reports.photo.exif_tags import GpsFix
from civicprobe.reports.proofs import doubts_of
from civicprobe.reports.rights import copy_to_show
from civicprobe.reports.schemas import report_body
from civicprobe.reports.services.add import add
from civicprobe.reports.services.close import withdraw
from civicprobe.reports.services.resemble import resemble
from civicprobe.reports.transitions import By
from tests.town import SPOT
from tests.unit.reports.services.test_arc import handled

METRE = 1 / 111_195


def near(town, metres=0.0, **said):
    pin = {"lat": SPOT.lat + metres * METRE, "lon": SPOT.lon}
    return town.assigned(pin=pin, category="road_damage", **said)


def pictured(town, report, sha256="a" * 64, dhash=7):
    photo = Photo(
        id=uuid4(),
        report_id=report.id,
        kind="hazard",
        n=1,
        state="ready",
        received_at=utc_now(),
        sha256=sha256,
        dhash=dhash,
        screen_sha256="5" * 64,
        thumb_sha256="6" * 64,
    )
    town.session.add(photo)
    town.session.flush()
    return photo


def another_rider(town, report):
    """Make it the report of somebody else."""
    device = create_device(town.session, new_token(), now=utc_now())
    changed = update(Report).where(Report.id == report.id).values(reporter_id=device.id)
    town.session.execute(changed)
    town.session.refresh(report)
    return actor_of_device(device.id)


def seen(town, report, actor):
    return report_body(town.session, report, seen_by=actor, now=utc_now())


def test_only_what_is_near_and_still_matters_is_found(town, session):
    old, far, gone = near(town, 10), near(town, 80), near(town)
    withdraw(session, gone, Withdraw(reason="误报"), by=town.by("rider", gone))
    new = near(town)
    assert [row for row, _ in find_alike(session, new)] == [gone.id, old.id]
    assert resemble(session, new.id, {}) == 2
    assert [item.number for item in seen(town, new, town.actor("member")).alike] == [old.number]
    assert far.number not in {item.number for item in seen(town, new, town.actor("left-1")).alike}


def test_no_more_than_three_are_shown_the_likest_first(town, session):
    others = [near(town, metres) for metres in (20, 5, 15, 10)]
    new = near(town)
    for _ in range(2):
        assert resemble(session, new.id, {}) == 3, "the same when it comes again"
    shown = [item.number for item in seen(town, new, town.actor("member")).alike]
    assert shown == [others[n].number for n in (1, 3, 2)]


def test_a_hot_spot_costs_no_more_and_hides_nothing_open(town, session):
    old = near(town)
    for _ in range(20):
        near(town, 2)
    new = near(town)
    found = [row for row, _ in find_alike(session, new)]
    assert len(found) <= 12 * 9
    assert new.id not in found
    assert old.id not in found, "of one cell the newest are read"


def test_the_rider_is_asked_only_where_it_is_likely_and_answers_once(town, session):
    old = near(town, 10)
    another_rider(town, old)
    new = near(town)
    resemble(session, new.id, {})
    mine = seen(town, new, town.actor("rider"))
    assert [item.number for item in mine.alike] == [old.number]
    add(session, new, Add(same_as=old.number), by=town.by("rider"))
    resemble(session, new.id, {})
    assert seen(town, new, town.actor("member")).alike[0].answer == "same"
    assert new.state == "assigned", "nothing is merged without a person"
    said = session.scalars(select(ReportEvent).where(ReportEvent.report_id == new.id)).all()[-1]
    assert (said.action, said.audience, said.data["same_as"]) == ("add", "triage", old.number)
    add(session, new, Add(not_same_as=old.number), by=town.by("rider"))
    assert seen(town, new, town.actor("member")).alike == []


@pytest.mark.parametrize("field", ["same_as", "not_same_as"])
def test_an_answer_to_what_nobody_asked_is_refused(town, session, field):
    old, new = near(town), town.reported()
    with pytest.raises(Unprocessable) as fault:
        add(session, new, Add.model_validate({field: old.number}), by=town.by("rider"))
    assert fault.value.fields[0].code == "not_asked"


def test_its_picture_is_seen_by_who_is_asked_and_by_nobody_else(town, session):
    old = near(town, 5)
    theirs = another_rider(town, old)
    photo = pictured(town, old)
    rider = town.actor("rider")
    assert copy_to_show(session, photo, "screen", rider) is None
    new = near(town)
    resemble(session, new.id, {})
    assert copy_to_show(session, photo, "screen", rider) == "5" * 64
    assert copy_to_show(session, photo, "screen", town.actor("right-1")) is None
    mine = pictured(town, new, "b" * 64)
    assert copy_to_show(session, mine, "screen", theirs) is None, "not the other way round"
    body = seen(town, new, rider).alike[0]
    assert body.screen_url == f"/photos/{photo.id}/screen"
    assert not {"uuid", "lat", "lon", "reporter"} & set(body.model_dump())


def test_the_same_photo_again_is_told_to_its_rider_alone(town, session):
    first = near(town)
    pictured(town, first)
    second = town.assigned(pin={"lat": SPOT.lat + 300 * METRE, "lon": SPOT.lon})
    pictured(town, second)
    assert find_same_photo(session, second) == first
    assert find_same_photo(session, first) is None
    assert seen(town, second, town.actor("rider")).same_photo_as == first.number
    assert seen(town, second, town.actor("member")).same_photo_as is None
    another_rider(town, first)
    assert find_same_photo(session, second) is None


def after(town, report, **changes):
    """The after-photo of a handled report, with what it tells."""
    found = select(Photo).where(Photo.report_id == report.id, Photo.kind == "evidence")
    photo = town.session.scalars(found).one()
    at = changes.pop("at", utc_now())
    gps = changes.pop("gps", GpsFix(SPOT.lat, SPOT.lon, accuracy_m=10))
    facts = PhotoFacts(taken_at=at, gps=gps, no_gps_reason=None if gps else "gps_absent")
    photo.sha256, photo.dhash = changes.get("sha256", "e" * 64), changes.get("dhash", -1)
    photo.facts = facts.to_json()
    town.session.flush()
    return photo


@pytest.mark.parametrize(
    ("changes", "doubts"),
    [
        ({}, []),
        ({"gps": None}, ["no_place"]),
        ({"gps": GpsFix(SPOT.lat + 400 * METRE, SPOT.lon, accuracy_m=10)}, ["far_off"]),
        ({"at": None}, ["no_time"]),
        ({"sha256": "a" * 64}, ["seen_before"]),
        ({"dhash": 6}, ["seen_before"]),
        ({"dhash": 0x0FF0}, []),
    ],
)
def test_an_after_photo_that_proves_little_is_doubted(town, session, changes, doubts):
    report = handled(town)
    before = pictured(town, report)
    before.received_at = report.created_at - timedelta(hours=1)
    photo = after(town, report, **changes)
    assert doubts_of(session, report, photo) == doubts
    shown = {item.id: item.doubts for item in seen(town, report, town.actor("left-1")).photos}
    assert shown[photo.id] == doubts
    for name in ("rider", "unit-roads"):
        body = seen(town, report, town.actor(name))
        assert not any(item.doubts for item in body.photos)


def test_one_older_than_the_order_or_used_elsewhere_is_doubted(town, session):
    report = handled(town)
    photo = after(town, report, at=report.dispatched_at - timedelta(hours=1))
    assert doubts_of(session, report, photo) == ["before_dispatch"]
    other = near(town)
    taken = pictured(town, other, sha256="9" * 64, dhash=99)
    taken.received_at = photo.received_at - timedelta(days=1)
    photo = after(town, report, sha256="8" * 64, dhash=99)
    assert doubts_of(session, report, photo) == ["seen_before"], "of another report"


def test_closed_long_ago_or_of_another_kind_is_left_alone(town, session):
    old = near(town)
    values = {"state": "closed", "outcome": "fixed"}
    session.execute(update(Report).where(Report.id == old.id).values(**values))
    new = near(town)
    assert [row for row, _ in find_alike(session, new)] == [old.id]
    session.execute(
        update(Report)
        .where(Report.id == old.id)
        .values(created_at=new.created_at - timedelta(hours=73))
    )
    assert find_alike(session, new) == []
    assert "closed" in OPEN_STATES
    assert session.scalars(select(Resemblance)).all() == []


def test_what_has_no_place_is_like_nothing(town, session):
    report: Report = town.reported(pin=None)
    assert find_alike(session, report) == []
    assert resemble(session, report.id, {}) == 0
    assert By(town.actor("rider"), utc_now()).version is None
