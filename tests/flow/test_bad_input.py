"""Hostile and broken input: each its 4xx and code, nothing half-stored, nobody named in a log."""

import base64
import hashlib
import zipfile
from io import BytesIO
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from bench.city import database_of
from civicprobe.db import db
from civicprobe.reports.models import Photo, Report

SECRET = "王小二住三栋 13912345678"
# The same in every process that collects the tests.
NEW = "3f0d8b6e-0c55-4a7e-9a53-6d2f6a1f4b10"


def table_sizes(live) -> list[int | None]:
    with database_of(live.city):
        kinds = (Report, Photo)
        return [db.session.scalar(select(func.count()).select_from(kind)) for kind in kinds]


def zipped() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "x" * 100)
    return out.getvalue()


def bomb() -> bytes:
    """A PNG whose header claims 60,000 by 60,000 pixels."""
    from PIL import Image  # noqa: PLC0415

    out = BytesIO()
    Image.new("L", (8, 8)).save(out, "PNG")
    data = bytearray(out.getvalue())
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    return bytes(data)


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"photos": 4}, "photos", "less_than_equal"),
        ({"photos": -1}, "photos", "greater_than_equal"),
        ({"photos": 0, "note": ""}, "photos", "photo_or_text"),
        ({"note": "x" * 10_000}, "note", "string_too_long"),
        ({"note": "a\u0000b"}, "note", "control_character"),
        ({"note": "a\u001bb"}, "note", "control_character"),
        ({"fix": {"lat": 91, "lon": 104}}, "fix.lat", "less_than_equal"),
        ({"fix": {"lat": 30, "lon": 999}}, "fix.lon", "less_than_equal"),
        ({"fix": {"lat": "NaN", "lon": 104}}, "fix.lat", "finite_number"),
        ({"pin": {"lat": 30}}, "pin.lon", "missing"),
        ({"pin": {"lat": 30, "lon": 104, "datum": "mars"}}, "pin.datum", "literal_error"),
        ({"taken_at": "yesterday"}, "taken_at", "datetime_from_date_parsing"),
        ({"taken_at": "2026-11-24T10:00:00"}, "taken_at", "timezone_aware"),
        ({"category": "no-such"}, "category", "no_such_category"),
        ({"nonsense": 1}, "nonsense", "extra_forbidden"),
        ({"landmark": "x" * 201}, "landmark", "too_long"),
    ],
)
def test_a_wrong_field_is_named(live, said, field, code):
    before = table_sizes(live)
    body = {"note": SECRET, **said}
    status, answer = live.ask("rider", "PUT", f"/api/v1/reports/{uuid4()}", body)
    assert status == 422
    assert {"field": field, "code": code} in answer["fields"]
    assert SECRET not in str(answer)
    assert table_sizes(live) == before


@pytest.mark.parametrize(
    "note", ["🕳️👷‍♀️ 井盖没了", "שלום עולם \u202eabc", "line one\nline two", "𠮷野家"]
)
def test_words_of_any_script_are_words(live, note):
    _, body = live.submit(note=note)
    assert body["timeline"][0]["note"] == note


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/api/v1/reports/not-a-uuid", b"{}", 400, "uuid_malformed"),
        (f"/api/v1/reports/{NEW}", b"{half", 400, "not_json"),
        (f"/api/v1/reports/{NEW}", b"[1,2]", 422, "incomplete"),
        (f"/api/v1/reports/{NEW}", b"\xff\xfe", 400, "not_json"),
        (f"/api/v1/reports/{NEW}", b'{"fix":{"lat":NaN,"lon":1}}', 422, "incomplete"),
        (f"/api/v1/reports/{NEW}/photos/1", b"x", 404, "no_report"),
    ],
)
def test_what_cannot_be_read_is_refused(live, path, body, status, code):
    before = table_sizes(live)
    answer = live.ask("rider", "PUT", path, body)
    assert (answer[0], answer[1]["code"]) == (status, code)
    assert table_sizes(live) == before


@pytest.mark.parametrize("n", [0, 4, 99])
def test_a_photo_number_out_of_range(live, n):
    uuid, _ = live.submit(photos=1)
    status, body = live.photo(uuid, n)
    assert (status, body["code"]) == (400, "photo_number")


@pytest.mark.parametrize(
    ("make", "status", "code"),
    [
        (lambda picture: b"", 400, "photo_empty"),
        (lambda picture: picture[: len(picture) // 2], 400, "photo_cut"),
        (lambda picture: b"<html><script>alert(1)</script>", 415, "photo_not_an_image"),
        (lambda picture: picture + zipped(), 400, "photo_polyglot"),
        (lambda picture: b"\x89PNG" + picture, 415, "photo_not_an_image"),
        (lambda picture: bomb(), 413, "photo_too_many_pixels"),
    ],
)
def test_a_hostile_file_is_refused_and_stored_nowhere(live, make, status, code):
    uuid, _ = live.submit(photos=1)
    data = make(live.picture(seed=9))
    kind = "image/png" if code == "photo_too_many_pixels" else "image/jpeg"
    path = f"/api/v1/reports/{uuid}/photos/1"
    answer = live.ask("rider", "PUT", path, data, Content_Type=kind)
    assert answer[0] in (status, 400, 413, 415)
    assert answer[1]["code"] == code
    digest = hashlib.sha256(data).hexdigest()
    with database_of(live.city):
        assert db.session.scalar(select(Photo.id).where(Photo.sha256 == digest)) is None
    folder = live.city.settings.var_dir / "photos" / digest[:2] / digest[2:4]
    assert not (folder / digest).exists()


def test_a_mislabelled_photo_is_refused(live):
    uuid, _ = live.submit(photos=1)
    path = f"/api/v1/reports/{uuid}/photos/1"
    status, body = live.ask("rider", "PUT", path, live.picture(), Content_Type="image/png")
    assert body["code"] == "photo_mislabelled"
    assert 400 <= status < 500


def test_a_digest_must_be_the_bodys(live):
    uuid, _ = live.submit(photos=1)
    path, picture = f"/api/v1/reports/{uuid}/photos/1", live.picture()
    right = base64.b64encode(hashlib.sha256(picture).digest()).decode()
    wrong = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
    kind = {"Content_Type": "image/jpeg"}
    status, body = live.ask("rider", "PUT", path, picture, Repr_Digest=f"sha-256=:{wrong}:", **kind)
    assert (status, body["code"]) == (400, "digest_differs")
    status, _ = live.ask("rider", "PUT", path, picture, Repr_Digest=f"sha-256=:{right}:", **kind)
    assert status == 201


def test_a_file_that_only_decoding_shows_broken_says_so_to_its_rider(live):
    uuid, _ = live.submit(photos=1)
    picture = live.picture(seed=3)
    at = picture.rindex(b"\xff\xda")
    broken = picture[: at + 14] + b"\x00" * 40 + picture[-2:]
    status, _ = live.photo(uuid, data=broken)
    assert status == 201
    body = live.until(uuid, lambda seen: seen["photos"][0]["state"] != "stored", 30)
    assert body["photos"][0]["state"] in ("unreadable", "ready")
    if body["photos"][0]["state"] == "unreadable":
        assert body["photos"][0]["reason"]


def test_someone_elses_report_is_not_there(live):
    uuid, body = live.submit(photos=1)
    assert live.ask("member", "GET", f"/api/v1/reports/{body['number']}")[0] == 404
    assert live.ask("office", "GET", f"/api/v1/reports/{uuid}")[0] == 404
    assert live.ask(None, "GET", f"/api/v1/reports/{uuid}")[0] == 401


def test_nothing_that_names_a_person_is_logged(live):
    uuid, _ = live.submit(note=SECRET, landmark="某某小区三栋", photos=0)
    live.until(uuid, lambda seen: seen["state"] != "received")
    live.ask("rider", "PUT", f"/api/v1/reports/{uuid}", {"note": SECRET + "!"})
    logged = live.logs()
    assert '"event": "request"' in logged
    for said in (SECRET, "13912345678", "某某小区", uuid, live.city.sample.tokens["rider"]):
        assert said not in logged
