"""Photos are read and copied in a child: the same answers, and none at the worker's cost."""

from datetime import UTC, datetime

import pytest

from civicprobe.grid.coords import Point
from civicprobe.reports.photo import darkroom, exif, pictures
from civicprobe.reports.photo.pictures import Developed, Unreadable
from civicprobe.samples import Scene, Shot, photograph
from tests import photos

MOST = 60_000_000
SHOT = Shot(datetime(2026, 11, 24, 3, 4, 5, tzinfo=UTC), Point(30.6586, 104.0648))


def shown(made: Developed) -> tuple[int, tuple[int, int], bytes]:
    return made.dhash, made.picture.size, made.picture.tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_every_kind_is_opened_though_the_child_can_load_nothing_more(kind):
    data = photos.plain(kind, (640, 480))
    assert shown(darkroom.develop(data, MOST)) == shown(pictures.develop(data, MOST))
    assert darkroom.read_facts(data) == exif.read_facts(data)


def test_facts_and_copies_of_a_phones_photo_are_those_made_here():
    data = photograph(Scene.MISSING_COVER, SHOT, held=6)
    assert darkroom.read_facts(data) == exif.read_facts(data)
    assert shown(darkroom.develop(data, MOST)) == shown(pictures.develop(data, MOST))


def test_real_files_give_the_same_in_the_child():
    found = photos.real_photos()
    if not found:
        pytest.skip("../shared/data/photos is missing")
    for path in found:
        data = path.read_bytes()
        assert darkroom.read_facts(data) == exif.read_facts(data), path.name


def test_what_cannot_be_shown_says_why():
    with pytest.raises(Unreadable, match="photo_not_an_image"):
        darkroom.develop(b"<svg/>", MOST)
    assert darkroom.read_facts(b"<svg/>").no_gps_reason == "photo_unreadable"


def test_a_picture_that_needs_more_memory_than_there_is_ends_only_the_child():
    with pytest.raises(Unreadable, match="photo_too_heavy"):
        darkroom.develop(photos.huge_png(9_000, 6_500), MOST)
    assert darkroom.develop(photos.jpeg(), MOST).picture.width == 64


def test_the_child_stays_below_300_megabytes():
    data = photos.huge_png(7_000, 6_000, whole=True)
    done = darkroom.SANDBOX.run("picture", data, 60.0, max_pixels=MOST)
    assert done.answer["width"] == 1600
    assert 150_000_000 < done.peak_bytes < 300_000_000
