"""The nastiest uploads: the worker lives, memory is bounded, and each is told what it was."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import select

from civicprobe.db import utc_now
from civicprobe.errors import Fault
from civicprobe.reports.lifecycle.word_codes import PHOTOS
from civicprobe.reports.models import Photo
from civicprobe.reports.photo import darkroom
from civicprobe.reports.photo.intake import check_upload
from civicprobe.reports.services.pictures import find_bytes, keep, make
from civicprobe.sandbox import Died
from civicprobe.storage import open_storage
from tests import photos
from tests.nasty import NAMES, UPLOADS
from tests.town import build_town

MOST_BYTES, MOST_PIXELS = 15_000_000, 60_000_000
BELOW = 300_000_000


def fate_of(data: bytes, claims: str) -> str:
    """What becomes of an upload, door and worker together; fails where memory was not bounded."""
    try:
        check_upload(data, claims, MOST_BYTES, MOST_PIXELS)
    except Fault as fault:
        return f"refused {fault.code}"
    facts = darkroom.read_facts(data)
    assert facts.no_gps_reason
    try:
        done = darkroom.SANDBOX.run("picture", data, 60.0, max_pixels=MOST_PIXELS)
    except Died as death:
        return f"unreadable {darkroom.DIED[death.cause]}"
    assert done.peak_bytes < BELOW
    if reason := done.answer.get("reason"):
        return f"unreadable {reason}"
    width, height = done.answer["width"], done.answer["height"]
    assert [len(pixels) for pixels in done.blobs] == [3 * width * height]
    return "shown"


def test_there_are_forty_and_more():
    assert len(UPLOADS) >= 40


@pytest.mark.parametrize("name", UPLOADS)
def test_each_is_told_what_it_was_and_the_worker_lives(name):
    nasty = UPLOADS[name]
    assert fate_of(nasty.make(), nasty.claims) == nasty.fate
    word = nasty.fate.partition(" ")[2]
    assert not word or word in PHOTOS
    assert darkroom.develop(photos.jpeg(), MOST_PIXELS).picture.width == 64, (
        "the next photo is copied"
    )


@pytest.fixture
def town(session, settings):
    return build_town(session, settings)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_every_report_says_what_happened_to_its_photo(app, town, session, settings):
    """Through the real doors: each upload with a report of its own, then the worker's part."""
    storage = open_storage(settings.storage_url)
    headers = {"Authorization": f"Bearer {town.tokens['rider']}"}
    session.commit()
    with ThreadPoolExecutor(1) as thread:

        def ask(method: str, path: str, **options: Any) -> Any:
            client = app.test_client()
            send = partial(client.open, path, method=method, headers=headers, **options)
            return thread.submit(send).result()

        for name, nasty in UPLOADS.items():
            path, data = f"/api/v1/reports/{uuid4()}", nasty.make()
            assert ask("PUT", path, json={"photos": 1, "note": name}).status_code == 201
            sent = {"data": data, "content_type": nasty.claims or "application/octet-stream"}
            answer = ask("PUT", f"{path}/photos/1", **sent)
            fate, _, reason = nasty.fate.partition(" ")
            if fate == "refused":
                assert 400 <= answer.status_code < 500, name
                assert answer.json["code"] in (reason, "too_large"), name
            else:
                assert answer.status_code == 201, name
                work(session, storage, 60_000_000)
            if len(data) < 15_000_000:
                [photo] = ask("GET", path).json["photos"]
                assert (photo["state"], photo["reason"]) == (STATES[fate], reason or None), name


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_the_name_of_a_file_is_nobodys_path(app, town, session, settings):
    """It is not even read: bytes lie under their hash, inside the folder."""
    session.commit()
    headers = {"Authorization": f"Bearer {town.tokens['rider']}"}
    folder = settings.var_dir / "photos"
    with ThreadPoolExecutor(1) as thread:
        for shade, name in enumerate(NAMES):
            out = BytesIO()
            Image.new("RGB", (40, 30), (25 * shade, 0, 0)).save(out, "JPEG")
            report = json.dumps({"uuid": str(uuid4()), "note": "井盖没了"})
            form = {"report": report, "photo": [(BytesIO(out.getvalue()), name, "image/jpeg")]}
            send = partial(
                app.test_client().post,
                "/api/v1/reports",
                data=form,
                headers=headers,
                content_type="multipart/form-data",
            )
            assert thread.submit(send).result().status_code == 201, name
    kept = [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
    assert len(kept) == len(NAMES)
    assert all(re.fullmatch(r"[0-9a-f]{64}", path.name) for path in kept)


STATES = {"refused": "refused", "unreadable": "unreadable", "shown": "ready"}


def work(session, storage, max_pixels: int) -> None:
    """What the pictures' worker does with a photo that just came; nothing to hide in these."""
    session.rollback()
    photo = session.scalar(select(Photo).where(Photo.state == "stored").order_by(Photo.received_at))
    made = make(storage, find_bytes(session, photo.id), max_pixels, look=lambda _: [])
    keep(session, photo.id, made, now=utc_now())
    session.commit()
