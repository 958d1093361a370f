"""The reports over HTTP, with the app in this process: forms, tags, evidence, and closed doors."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import func, select

from civicprobe.db import db, utc_now
from civicprobe.reports.models import Photo, Report
from civicprobe.reports.services.pictures import find_bytes, keep, make
from civicprobe.storage import open_storage
from tests.town import build_town


@pytest.fixture
def town(session, settings):
    return build_town(session, settings)


@pytest.fixture
def ask(app, town):
    """One call as somebody; closes what this test had open, so that the call can write.

    In a thread of its own: a request inside the test's app context would share its `g`.
    """
    thread = ThreadPoolExecutor(1)

    def call(who, method, path, **options):
        db.session.commit()
        headers = {"Authorization": f"Bearer {town.tokens[who]}", **options.pop("headers", {})}
        client = app.test_client()
        open_it = partial(client.open, path, method=method, headers=headers, **options)
        answer = thread.submit(open_it).result()
        db.session.expire_all()
        return answer

    yield call
    thread.shutdown()


def picture(shade: int = 90) -> bytes:
    out = BytesIO()
    Image.new("RGB", (64, 48), (shade, shade, shade)).save(out, "JPEG")
    return out.getvalue()


def form(uuid, *photos: bytes, **said):
    parts = {"report": json.dumps({"uuid": str(uuid), **said})}
    files = [(BytesIO(data), f"{n}.jpg", "image/jpeg") for n, data in enumerate(photos)]
    return {"data": {**parts, "photo": files}, "content_type": "multipart/form-data"}


def test_one_form_brings_report_and_photos_and_is_safe_to_repeat(ask, session):
    uuid = uuid4()
    first = ask("rider", "POST", "/api/v1/reports", **form(uuid, picture(), picture(5)))
    again = ask("rider", "POST", "/api/v1/reports", **form(uuid, picture(), picture(5)))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["number"] == again.json["number"]
    assert len(first.json["photos"]) == 2
    assert session.scalar(select(func.count()).select_from(Photo)) == 2


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        (lambda: form("nonsense", picture()), 400, "uuid_malformed"),
        (lambda: form(uuid4(), b"no photo"), 415, "photo_not_an_image"),
        (lambda: form(uuid4(), *[picture(n) for n in range(4)]), 422, "incomplete"),
        (lambda: form(uuid4()), 422, "incomplete"),
        (lambda: {"data": {"report": "{half"}}, 400, "not_json"),
        (lambda: {"data": {}}, 400, "not_json"),
    ],
)
def test_a_faulty_form_leaves_nothing(ask, session, options, status, code):
    answer = ask("rider", "POST", "/api/v1/reports", **options())
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert session.scalar(select(func.count()).select_from(Report)) == 0


def test_an_answer_is_tagged_for_its_caller(ask, town):
    report = town.assigned()
    path = f"/api/v1/reports/{report.number}"
    first = ask("member", "GET", path)
    tag = first.headers["ETag"]
    assert ask("member", "GET", path, headers={"If-None-Match": tag}).status_code == 304
    assert ask("left-1", "GET", path, headers={"If-None-Match": tag}).status_code == 200
    assert first.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("who", "status"),
    [("rider", 200), ("member", 200), ("left-1", 200), ("district", 200), ("city", 200),
     ("admin", 200), ("right-1", 404), ("unit-roads", 404), ("unit-drains", 404)],
)  # fmt: skip
def test_who_may_know_of_a_report(ask, town, who, status):
    number = town.assigned().number
    assert ask(who, "GET", f"/api/v1/reports/{number}").status_code == status


def test_the_uuid_opens_nothing_for_others(ask, town):
    uuid = town.assigned().uuid
    assert ask("rider", "GET", f"/api/v1/reports/{uuid}").status_code == 200
    for who in ("member", "left-1", "city", "admin"):
        assert ask(who, "GET", f"/api/v1/reports/{uuid}").status_code == 404


def test_no_account_and_no_device_stands_in_a_riders_answer(ask, town):
    number = town.assigned().number
    body = ask("rider", "GET", f"/api/v1/reports/{number}").json
    assert "passed" not in json.dumps(body)
    assert "account" not in json.dumps(body)
    assert body["assignee"]["alias"] == "别名member"


def test_evidence_is_brought_by_who_may_act_and_seen_by_who_may_read(ask, town, session, settings):
    number = town.assigned().number
    photo = uuid4()
    path = f"/api/v1/reports/{number}/evidence/{photo}"
    upload = {"data": picture(), "content_type": "image/jpeg"}
    assert ask("unit-roads", "PUT", path, **upload).status_code == 404
    assert ask("right-1", "PUT", path, **upload).status_code == 404
    assert ask("member", "PUT", path, **upload).status_code == 201
    assert ask("member", "PUT", path, **upload).status_code == 200
    assert ask("left-1", "PUT", path, **upload).status_code == 409
    storage = open_storage(settings.storage_url)
    keep(session, photo, make(storage, find_bytes(session, photo), 10**8), now=utc_now())
    seen = f"/photos/{photo}/thumb"
    assert ask("member", "GET", seen).status_code == 200
    assert ask("rider", "GET", seen).status_code == 404, "not before it is part of a step"
    asked = {"id": str(uuid4()), "action": "add"}
    said = {"photos": [str(photo)], "audience": "office"}
    answer = ask(
        "member", "POST", f"/api/v1/reports/{number}/actions", json={**asked, "data": said}
    )
    assert answer.status_code == 200
    assert ask("rider", "GET", seen).status_code == 404
    assert ask("left-1", "GET", seen).status_code == 200
    assert ask("unit-roads", "GET", seen).status_code == 404


def test_a_photo_is_served_by_the_app_alone(ask, town, session, settings):
    uuid = uuid4()
    ask("rider", "POST", "/api/v1/reports", **form(uuid, picture(), note="x"))
    photo = session.scalar(select(Photo.id))
    assert ask("rider", "GET", f"/photos/{photo}/thumb").status_code == 404, "not made yet"
    storage = open_storage(settings.storage_url)
    keep(session, photo, make(storage, find_bytes(session, photo), 10**8), now=utc_now())
    answer = ask("rider", "GET", f"/photos/{photo}/screen")
    assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
    assert answer.headers["Cache-Control"].startswith("private")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert ask("rider", "GET", f"/photos/{photo}/screen", headers=tag).status_code == 304
    assert ask("unit-roads", "GET", f"/photos/{photo}/screen").status_code == 404
    assert ask("rider", "GET", f"/photos/{photo}/original").status_code == 403
    assert ask("rider", "GET", f"/photos/{uuid4()}/thumb").status_code == 404


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/v1/queue?limit=0", "limit_out_of_range"),
        ("/api/v1/queue?limit=ten", "limit_out_of_range"),
        ("/api/v1/queue?state=nowhere", "no_such_state"),
        ("/api/v1/queue?view=to_dispatch", "no_such_view"),
        ("/api/v1/queue?cursor=xyz", "cursor_malformed"),
        ("/api/v1/reports/C1", "number_malformed"),
        ("/api/v1/grid/locate?lat=x&lon=1", "not_a_number"),
        ("/api/v1/grid/locate?lat=30&lon=104&datum=mars", "no_such_datum"),
        ("/api/v1/grid/locate?lat=30&lon=104&radius_m=99999", "radius_out_of_range"),
        ("/api/v1/grid/landmarks", "landmark_words"),
        (f"/api/v1/grid/landmarks?q={'x' * 101}", "landmark_words"),
        ("/api/v1/grid/locate?lat=nan&lon=104", "coordinates_not_finite"),
    ],
)
def test_a_wrong_question_is_told_so(ask, path, code):
    answer = ask("rider", "GET", path)
    assert (answer.status_code, answer.json["code"]) == (400, code)


def test_the_contract_is_there_and_names_the_calls(ask):
    contract = ask("rider", "GET", "/api/v1/openapi.json").json
    assert contract["openapi"].startswith("3")
    assert "/api/v1/reports/{number}/actions" in contract["paths"]
    put = contract["paths"]["/api/v1/reports/{uuid_text}"]["put"]
    assert put["requestBody"]["content"]["application/json"]


def test_an_action_without_a_service_is_none(ask, town):
    number = town.assigned().number
    asked = {"id": str(uuid4()), "action": "reroute", "version": 2, "data": {}}
    answer = ask("city", "POST", f"/api/v1/reports/{number}/actions", json=asked)
    assert (answer.status_code, answer.json["fields"][0]["code"]) == (422, "no_such_action")


def test_places_are_suggested_while_a_rider_types(ask):
    answer = ask("rider", "GET", "/api/v1/grid/landmarks?q=mou qu")
    assert answer.status_code == 200
    assert [found["name"] for found in answer.json["landmarks"]] == ["某区"]
    found = answer.json["landmarks"][0]
    assert (found["point"]["datum"], found["above"]) == ("wgs84", [])
    assert found["radius_m"] > 0
    assert ask("rider", "GET", "/api/v1/grid/landmarks?q=nichts").json["landmarks"] == []


def test_a_rider_who_asks_is_forgotten(ask, session):
    answer = ask("rider", "POST", "/api/v1/reports", **form(uuid4(), picture(), note="我家楼下"))
    assert answer.status_code == 201
    assert ask("member", "DELETE", "/api/v1/me").status_code == 403
    gone = ask("rider", "DELETE", "/api/v1/me")
    assert (gone.status_code, gone.json) == (200, {"reports": 1, "held": 0})
    assert ask("rider", "GET", "/api/v1/queue").status_code == 401
    assert session.scalar(select(Photo.sha256)) is None
