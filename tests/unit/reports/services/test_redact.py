"""The brush and the sealed original: who may change what is hidden, and what is kept of it."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from bench.street import jpeg, street
from civicprobe.db import utc_now
from civicprobe.errors import Conflict, Forbidden, Unprocessable
from civicprobe.reports.lifecycle.commands import OpenOriginal, Redact
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Photo
from civicprobe.reports.photo.redaction import read_boxes
from civicprobe.reports.queries import list_timeline
from civicprobe.reports.rights import copy_to_show, has_opened
from civicprobe.reports.services.audit import verify_report
from civicprobe.reports.services.open_original import open_original
from civicprobe.reports.services.pictures import find_bytes, keep, make
from civicprobe.reports.services.redact import MOST_BOXES, redact
from civicprobe.reports.transitions import Step, apply
from civicprobe.storage import Folder

CORNER = {"left": 0, "top": 50, "width": 25, "height": 50}


@pytest.fixture
def storage(tmp_path):
    return Folder(tmp_path / "photos")


@pytest.fixture
def case(town, session, storage):
    """A report with the member, and its photo with a face and a plate, copies made."""
    report = town.assigned()
    picture, _ = street([("plate", 160), ("face", 40)], seed=8, size=(640, 480))
    photo = Photo(
        id=uuid4(),
        report_id=report.id,
        kind="hazard",
        n=1,
        state="stored",
        received_at=utc_now(),
        sha256=storage.put(jpeg(picture)),
        media_type="image/jpeg",
    )
    session.add(photo)
    session.flush()
    develop(session, storage, photo)
    assert photo.state == "ready"
    return report, photo


def develop(session, storage, photo) -> None:
    keep(session, photo.id, make(storage, find_bytes(session, photo.id), 10**8), now=utc_now())


def asked(photo, **more) -> Redact:
    return Redact.model_validate({"photo": photo.id, "reason": "还有一处", **more})


def test_a_member_hides_more_and_nobody_sees_a_copy_meanwhile(town, session, storage, case):
    report, photo = case
    before, kept = photo.screen_sha256, len(photo.boxes)
    redact(session, report, asked(photo, add=[CORNER]), by=town.by("member"))
    assert photo.state == "stored"
    for who in ("member", "left-1", "district", "rider"):
        assert copy_to_show(session, photo, "screen", town.actor(who)) is None
    develop(session, storage, photo)
    assert photo.state == "ready"
    assert photo.screen_sha256 != before
    assert len(photo.boxes) == kept + 1
    assert read_boxes(photo.boxes)[-1].machine is False


def test_what_the_machine_found_is_taken_away_by_a_desk_with_its_reason(
    town, session, storage, case
):
    report, photo = case
    with pytest.raises(Unprocessable) as fault:
        redact(session, report, asked(photo, remove=[0]), by=town.by("member"))
    assert [(item.field, item.code) for item in fault.value.fields] == [("remove", "machine_box")]
    redact(session, report, asked(photo, remove=[0]), by=town.by("left-1"))
    develop(session, storage, photo)
    assert next(box.gone for box in read_boxes(photo.boxes))
    entry = list_timeline(session, report.id)[-1]
    assert entry.event.data == {"picture": str(photo.id), "added": [], "removed": [0]}
    assert entry.private["note"] == "还有一处"
    assert verify_report(session, report) is None
    with pytest.raises(Unprocessable, match="incomplete"):
        redact(session, report, asked(photo, remove=[0]), by=town.by("left-1"))


def test_a_member_may_take_away_what_a_person_drew(town, session, storage, case):
    report, photo = case
    redact(session, report, asked(photo, add=[CORNER]), by=town.by("member"))
    develop(session, storage, photo)
    last = len(photo.boxes) - 1
    redact(session, report, asked(photo, remove=[last]), by=town.by("member"))
    assert read_boxes(photo.boxes)[last].gone


@pytest.mark.parametrize("who", ["rider", "unit-roads", "admin"])
def test_nobody_else_holds_the_brush_or_opens_an_original(town, session, case, who):
    report, photo = case
    with pytest.raises((Forbidden, Unprocessable)):
        redact(session, report, asked(photo, add=[CORNER]), by=replace(town.by(who), version=None))
    command = OpenOriginal(photo=photo.id, reason="看看")
    with pytest.raises(Forbidden):
        open_original(session, report, command, by=town.by(who))
    assert photo.state == "ready"


def test_too_many_boxes_nothing_to_do_and_the_wrong_photo_are_refused(town, session, case):
    report, photo = case
    for more in ({}, {"remove": [99]}, {"remove": [-1]}):
        with pytest.raises(Unprocessable):
            redact(session, report, asked(photo, **more), by=town.by("left-1"))
    with pytest.raises(Unprocessable):
        redact(session, report, asked(Photo(id=uuid4()), add=[CORNER]), by=town.by("left-1"))
    photo.boxes = photo.boxes + [photo.boxes[0]] * MOST_BOXES
    with pytest.raises(Unprocessable):
        redact(session, report, asked(photo, add=[CORNER]), by=town.by("left-1"))
    for wrong in ({"left": -1}, {"width": 0}, {"height": 101}, {"top": float("nan")}):
        with pytest.raises(Unprocessable):
            asked(photo, add=[{**CORNER, **wrong}])


def test_a_held_photo_is_released_by_a_desk_that_looked(town, session, storage, case):
    report, photo = case
    photo.state, photo.reason, photo.boxes = "held", "redaction_failed", None
    with pytest.raises(Conflict, match="photo_not_ready"):
        redact(session, report, asked(photo, add=[CORNER]), by=town.by("member"))
    redact(session, report, asked(photo), by=town.by("left-1"))

    def never(_screen):
        raise AssertionError("a person looked: the machine need not")

    source = find_bytes(session, photo.id)
    keep(session, photo.id, make(storage, source, 10**8, look=never), now=utc_now())
    assert (photo.state, photo.boxes) == ("ready", [])


def test_copies_made_of_old_boxes_come_too_late(town, session, storage, case):
    report, photo = case
    slow = make(storage, find_bytes(session, photo.id), 10**8)
    redact(session, report, asked(photo, add=[CORNER]), by=town.by("member"))
    keep(session, photo.id, slow, now=utc_now())
    assert photo.state == "stored", "less would be hidden than was asked for"


def test_an_original_is_open_to_the_one_who_said_why_for_a_quarter_of_an_hour(town, session, case):
    report, photo = case
    now, desk = utc_now(), town.actor("left-1")
    assert has_opened(session, photo, desk, now) is None
    open_original(
        session, report, OpenOriginal(photo=photo.id, reason="看井号"), by=town.by("left-1")
    )
    assert has_opened(session, photo, desk, now) is not None
    for other in ("left-2", "district", "city", "right-1", "member", "admin"):
        assert has_opened(session, photo, town.actor(other), now) is None
    assert has_opened(session, photo, desk, now + timedelta(minutes=16)) is None
    entry = list_timeline(session, report.id)[-1]
    assert (entry.event.audience, entry.private["note"]) == ("office", "看井号")
    assert entry.event.data["urgent"] is False
    with pytest.raises(Unprocessable):
        open_original(
            session, report, OpenOriginal(photo=uuid4(), reason="x"), by=town.by("left-1")
        )


def test_plates_stay_readable_for_desk_and_unit_where_the_category_is_the_vehicle(
    town, session, case
):
    report, photo = case
    assert photo.plates_sha256 not in (None, photo.screen_sha256)
    report.category_code = "missing_cover"
    assert copy_to_show(session, photo, "screen", town.actor("left-1")) == photo.screen_sha256
    report.category_code = "illegal_parking"
    report.unit_id = town.units["roads"].id
    report.dispatched_at = utc_now()
    session.flush()
    plates = {"left-1", "district", "unit-roads"}
    for who in (*plates, "member", "rider", "admin"):
        shown = photo.plates_sha256 if who in plates else photo.screen_sha256
        assert copy_to_show(session, photo, "screen", town.actor(who)) == shown, who
        assert copy_to_show(session, photo, "thumb", town.actor(who)) == photo.thumb_sha256
    assert copy_to_show(session, photo, "screen", town.actor("unit-drains")) is None


def test_an_urgent_photo_that_is_not_ready_is_seen_by_the_duty_officer_as_an_event(
    town, session, case
):
    report, photo = case
    report.urgent, photo.state = True, "stored"
    session.flush()
    open_original(
        session, report, OpenOriginal(photo=photo.id, reason="紧急"), by=town.by("left-1")
    )
    event = has_opened(session, photo, town.actor("left-1"), utc_now())
    assert event is not None
    assert event.data["urgent"] is True
    assert (
        apply(
            session, report, TABLE[Action.ADD], by=town.by("left-1"), step=Step(data={})
        ).before_hash
        == event.hash
    )
