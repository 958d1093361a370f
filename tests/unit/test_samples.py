"""The drawn photos: the same each time, different by seed, with what a phone would write."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from PIL import Image

from civicprobe.grid.coords import Point
from civicprobe.reports.photo.exif import read_facts
from civicprobe.reports.photo.intake import MediaType, check_upload
from civicprobe.samples import Scene, Shot, photograph

SHOT = Shot(datetime(2026, 11, 24, 3, 4, 5, tzinfo=UTC), Point(30.6586, 104.0648))
SMALL = (320, 240)


@pytest.mark.parametrize("scene", list(Scene))
def test_a_sample_is_a_photo_that_is_taken_in(scene):
    data = photograph(scene, SHOT)
    assert Image.open(BytesIO(data)).size == (1600, 1200)
    assert check_upload(data, "image/jpeg", 5_000_000, 50_000_000) is MediaType.JPEG
    assert read_facts(data).gps is not None


def test_the_seed_decides_the_bytes():
    first = photograph(Scene.MISSING_COVER, SHOT, size=SMALL, seed=1)
    assert photograph(Scene.MISSING_COVER, SHOT, size=SMALL, seed=1) == first
    assert photograph(Scene.MISSING_COVER, SHOT, size=SMALL, seed=2) != first


def test_a_shot_leaves_out_what_a_browser_strips():
    at = SHOT.taken_at
    assert read_facts(photograph(Scene.BLOCKED_LANE, None, size=SMALL)).taken_at is None
    bare = read_facts(photograph(Scene.BLOCKED_LANE, Shot(at), size=SMALL))
    assert (bare.taken_at, bare.no_gps_reason) == (at, "gps_absent")
    zoneless = read_facts(photograph(Scene.BLOCKED_LANE, Shot(at, zone=None), size=SMALL))
    assert (zoneless.taken_at, zoneless.taken_at_source) == (at, "assumed_zone")
