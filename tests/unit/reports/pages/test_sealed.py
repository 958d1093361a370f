"""With redaction switched off by a fault no picture leaves, whoever asks, whatever the route."""

from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlalchemy import select

from civicprobe.db import db
from civicprobe.outbox import OutboxRow
from civicprobe.reports.models import Photo, Report
from civicprobe.reports.services import pictures as copying

from .conftest import HERE, a_photo

STAFF = "member", "unit", "street", "street-2", "district", "admin"
PICTURES = b"\xff\xd8\xff", b"\x89PNG\r\n", b"RIFF", b"ftyp"


@pytest.fixture
def faulty(monkeypatch):
    def down(_picture: Image.Image) -> None:
        raise RuntimeError("the model's file is gone")

    monkeypatch.setattr(copying, "find_private", down)


def photos_of(town) -> list[tuple[UUID, str]]:
    with town.app.app_context():
        rows = db.session.execute(select(Photo.id, Photo.state)).all()
        return [(photo_id, state) for photo_id, state in rows]


def uuids_of(town) -> list[str]:
    with town.app.app_context():
        return [str(uuid) for uuid in db.session.scalars(select(Report.uuid))]


def addresses(town, numbers: list[str]) -> list[str]:
    """Every address of the URL map that can be asked for, with what it could be asked about."""
    photos = [str(photo_id) for photo_id, _ in photos_of(town)]
    values = {"photo_id": photos, "size": ["screen", "thumb"], "number": numbers}
    values |= {"key": [*numbers, *uuids_of(town)], "uuid_text": [*uuids_of(town), *photos]}
    found = set()
    adapter = town.app.url_map.bind("localhost")
    for rule in town.app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint == "static":
            continue
        filled: list[dict[str, str]] = [{}]
        for name in sorted(rule.arguments):
            offers = values.get(name, ["1", photos[0]])
            filled = [{**chosen, name: offer} for chosen in filled for offer in offers]
        for chosen in filled:
            try:
                found.add(adapter.build(rule.endpoint, chosen))
            except (ValueError, LookupError):
                continue
    return sorted(found)


@pytest.mark.timeout(600)  # some two thousand pages
def test_no_route_gives_out_a_picture_that_nobody_looked_through(town, faulty):
    phone, follower = town.rider(), town.rider()
    number = town.report(phone)
    second = town.report(follower)
    answer = town.act(town.staff("member"), f"/g/{second}", "merge", primary=number)
    assert answer.status_code == 303, answer.text
    desk = town.staff("street")
    town.act(desk, f"/o/{number}", "add", [a_photo(HERE, 7)], note="现场", audience="public")
    town.settle()
    assert [state for _, state in photos_of(town)] == ["held"] * 3
    assert "正在处理" in follower.get(f"/r/reports/{number}").text, "a follower, and no stranger"
    asked = addresses(town, [number, second])
    assert any(path.endswith("/original") for path in asked)
    assert len([path for path in asked if path.startswith("/photos/")]) >= 6
    for caller in (phone, follower, town.rider(), town.app.test_client(), *map(town.staff, STAFF)):
        for path in asked:
            if path == "/logout":
                continue
            answer = caller.get(path)
            assert answer.status_code < 500, path
            assert not answer.mimetype.startswith("image/"), path
            assert not any(sign in answer.data[:32] for sign in PICTURES), path


def test_a_held_photo_says_so_and_comes_when_the_fault_is_gone(town, faulty, monkeypatch):
    phone = town.rider()
    number = town.report(phone)
    ((photo_id, state),) = photos_of(town)
    assert state == "held"
    page = phone.get(f"/r/reports/{number}").text
    assert "正在处理" in page
    assert str(photo_id) not in page
    monkeypatch.undo()
    with town.app.app_context():
        again = db.session.scalars(select(OutboxRow).where(OutboxRow.state == "waiting")).one()
        assert again.topic == "pictures"
        again.due_at = again.created_at
        db.session.commit()
    town.settle()
    assert photos_of(town) == [(photo_id, "ready")]
    assert phone.get(f"/photos/{photo_id}/screen").status_code == 200


def test_the_look_is_known_while_the_picture_is_held(town, faulty):
    town.report(town.rider())
    with town.app.app_context():
        photo = db.session.scalars(select(Photo)).one()
        assert photo.dhash is not None
        assert photo.screen_sha256 is photo.thumb_sha256 is photo.plates_sha256 is None


def test_the_pictures_of_a_sensitive_report_are_for_desks_alone(town):
    phone = town.rider()
    number = town.dispatched(phone)
    ((photo_id, state),) = photos_of(town)
    assert state == "ready"
    with town.app.app_context():
        db.session.scalars(select(Report)).one().sensitive = True
        db.session.commit()
    for size in ("screen", "thumb"):
        path = f"/photos/{photo_id}/{size}"
        for caller in (phone, *map(town.staff, ("member", "unit", "admin"))):
            assert caller.get(path).status_code == 404
        for name in ("street", "district"):
            assert town.staff(name).get(path).status_code == 200
    for name, path in (("unit", f"/h/{number}"), ("unit", "/h"), ("admin", f"/o/{number}")):
        assert str(photo_id) not in town.staff(name).get(path).text
    assert "只有街道和上级可以看" in phone.get(f"/r/reports/{number}").text
    assert phone.get(f"/photos/{uuid4()}/thumb").status_code == 404


def test_an_original_leaves_as_a_file_to_the_desk_that_said_why(town, faulty):
    phone = town.rider()
    data = a_photo()
    answer = town.snap(phone, [data])
    town.settle()
    number = answer.location.rsplit("/", 1)[1].partition("?")[0]
    ((photo_id, state),) = photos_of(town)
    assert state == "held"
    desk, path = town.staff("street"), f"/photos/{photo_id}/original"
    assert desk.get(path).status_code == 404
    answer = town.act(desk, f"/o/{number}", "open_original", reason="")
    assert answer.status_code == 422
    assert desk.get(path).status_code == 404
    answer = town.act(desk, f"/o/{number}", "open_original", reason="看井盖编号")
    assert (answer.status_code, answer.location) == (303, path)
    sent = desk.get(path)
    assert sent.data == data
    assert sent.mimetype == "image/jpeg"
    assert sent.headers["Content-Disposition"].startswith("attachment; filename=")
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    assert sent.headers["Cache-Control"] == "no-store"
    assert "sandbox" in sent.headers["Content-Security-Policy"]
    for name in ("street-2", "district", "admin", "member", "unit"):
        assert town.staff(name).get(path).status_code in (403, 404), name
    assert phone.get(path).status_code in (401, 403)
    assert "看井盖编号" in desk.get(f"/o/{number}").text
    assert "看井盖编号" not in phone.get(f"/r/reports/{number}").text


def test_the_brush_works_with_numbers_alone(town):
    phone = town.rider()
    number = town.report(phone)
    ((photo_id, _),) = photos_of(town)
    member, path = town.staff("member"), f"/photos/{photo_id}/screen"
    before = member.get(path).data
    form = {"left": "10", "top": "20", "width": "30", "height": "15.5", "kind": "label"}
    answer = town.act(member, f"/g/{number}", "redact", **form, reason="面单")
    assert answer.status_code == 303
    assert member.get(path).status_code == 404
    town.settle()
    assert member.get(path).data != before
    page = town.staff("street").get(f"/o/{number}")
    assert '<rect x="10.0" y="20.0" width="30.0" height="15.5"/>' in page.text
    assert "已遮挡照片" in page.text
    answer = town.act(member, f"/g/{number}", "redact", **{**form, "width": "百分之十"})
    assert answer.status_code == 422
    assert "百分之十" in answer.text
