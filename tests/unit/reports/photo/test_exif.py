"""What photos tell, whole and broken; never a crash, never a wrong number."""

import json
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from civicprobe.grid.coords import Point, distance_m
from civicprobe.reports.photo.exif import Device, PhotoFacts, read_facts
from civicprobe.samples import Scene, Shot, exif_of, photograph
from tests import photos
from tests.mutations import mutated, what_is_wrong
from tests.photos import HERE, HERE_DEG, longs, rationals, short, signed, text, undefined, whole

AT = datetime(2026, 11, 24, 3, 4, 5, tzinfo=UTC)
POINT = Point(30.6586, 104.0648)
SMALL = (160, 120)


def facts_of(main=None, detail=None, gps=None) -> PhotoFacts:
    return read_facts(photos.jpeg(photos.exif(main or {0x0110: text("M")}, detail, gps)))


def test_a_phones_photo_tells_all():
    shot = Shot(AT, POINT, accuracy_m=6.5, bearing_deg=271.25, speed_mps=2.5, altitude_m=512.0)
    facts = read_facts(photograph(Scene.MISSING_COVER, shot, size=SMALL, held=6))
    assert (facts.taken_at, facts.taken_at_source) == (AT, "offset")
    assert (facts.width, facts.height, facts.orientation) == (120, 160, 6)
    assert facts.device == Device("Sample", "Drawn by code")
    assert (facts.no_gps_reason, facts.warnings) == (None, ())
    gps = facts.gps
    assert gps is not None
    assert distance_m(Point(gps.lat, gps.lon), POINT) < 0.01
    assert (gps.accuracy_m, gps.bearing_deg, gps.speed_mps) == (6.5, 271.25, 2.5)
    assert (gps.altitude_m, gps.datum, gps.at) == (512.0, "wgs84", AT)


@settings(max_examples=60)
@given(st.floats(-90, 90), st.floats(-180, 180))
def test_every_hemisphere_reads_back(lat, lon):
    block = exif_of(Shot(AT, Point(lat, lon))).tobytes()
    facts = read_facts(photos.jpeg(block.removeprefix(b"Exif\0\0")))
    if abs(lat) < 1e-5 and abs(lon) < 1e-5:
        return
    assert facts.gps is not None
    assert facts.gps.lat == pytest.approx(lat, abs=2e-8)
    assert facts.gps.lon == pytest.approx(lon, abs=2e-8)


@pytest.mark.parametrize(
    ("gps", "reason"),
    [
        (None, "gps_absent"),
        ({}, "gps_empty"),
        ({0: undefined(b"\2\3\0\0")}, "gps_empty"),
        ({1: text("N"), 2: whole(30, 39, 31)}, "gps_half"),
        ({2: whole(30, 39, 31), 4: whole(104, 3, 53)}, "gps_half"),
        ({**HERE, 3: text("")}, "gps_half"),
        ({**HERE, 2: whole(0, 0, 0), 4: whole(0, 0, 0)}, "gps_zero"),
        ({**HERE, 2: rationals((0, 0), (0, 0), (0, 0))}, "gps_not_finite"),
        ({**HERE, 4: rationals((104, 1), (3, 0), (53, 1))}, "gps_not_finite"),
        ({**HERE, 2: whole(91, 0, 0)}, "gps_out_of_range"),
        ({**HERE, 2: whole(90, 0, 1)}, "gps_out_of_range"),
        ({**HERE, 4: whole(181, 0, 0)}, "gps_out_of_range"),
        ({**HERE, 2: whole(30, 99, 0)}, "gps_out_of_range"),
        ({**HERE, 2: whole(4294967295, 0, 0)}, "gps_out_of_range"),
        ({**HERE, 2: signed((-30, 1), (0, 1), (0, 1))}, "gps_out_of_range"),
        ({**HERE, 1: text("X")}, "gps_malformed"),
        ({**HERE, 1: text("E"), 3: text("N")}, "gps_malformed"),
        ({**HERE, 2: whole(30)}, "gps_malformed"),
        ({**HERE, 2: whole(30, 39)}, "gps_malformed"),
        ({**HERE, 2: text("30")}, "gps_malformed"),
        ({**HERE, 2: longs(30, 39, 31)}, "gps_malformed"),
        ({**HERE, 2: undefined(b"\x1e\x27\x1f")}, "gps_malformed"),
        ({**HERE, 2: rationals((30658, 1000), (39, 1), (31, 1))}, "gps_malformed"),
        ({**HERE, 4: rationals((104, 1), (389, 100), (53, 1))}, "gps_malformed"),
    ],
)
def test_a_malformed_position_is_none_with_its_reason(gps, reason):
    facts = facts_of(gps=gps)
    assert (facts.gps, facts.no_gps_reason) == (None, reason)


@pytest.mark.parametrize(
    ("more", "field", "value"),
    [
        ({0x1F: whole(12)}, "accuracy_m", 12.0),
        ({0x1F: whole(0)}, "accuracy_m", None),
        ({0x1F: rationals((1, 0))}, "accuracy_m", None),
        ({0x1F: whole(4_000_000_000)}, "accuracy_m", 1e6),
        ({0x0B: rationals((17, 10))}, "dop", 1.7),
        ({0x0B: whole(999_999)}, "dop", 1000.0),
        ({0x11: whole(400)}, "bearing_deg", None),
        ({0x0D: whole(36), 0x0C: text("K")}, "speed_mps", 10.0),
        ({0x0D: whole(10), 0x0C: text("N")}, "speed_mps", pytest.approx(5.144, abs=0.001)),
        ({0x0D: whole(36), 0x0C: text("?")}, "speed_mps", None),
        ({6: whole(5), 5: (1, 1, b"\1")}, "altitude_m", -5.0),
        ({0x12: text("WGS-84")}, "datum", "wgs84"),
        ({0x12: text("GCJ-02")}, "datum", "gcj02"),
        ({0x12: text("TOKYO")}, "datum", "unknown"),
        ({0x1D: text("2026:11:24"), 7: whole(3, 4, 5)}, "at", AT),
        ({0x1D: text("2026:13:24"), 7: whole(3, 4, 5)}, "at", None),
        ({0x1D: text("2026:11:24"), 7: whole(25, 4, 5)}, "at", None),
        ({7: whole(3, 4, 5)}, "at", None),
    ],
)
def test_what_goes_with_a_position(more, field, value):
    facts = facts_of(gps={**HERE, **more})
    assert facts.gps is not None
    assert (facts.gps.lat, facts.gps.lon) == pytest.approx(HERE_DEG)
    assert getattr(facts.gps, field) == value


@pytest.mark.parametrize(
    "parts",
    [
        ((30658611, 1_000_000), (0, 1), (0, 1)),
        ((30, 1), (395_167, 10_000), (0, 1)),
        ((30, 1), (39, 1), (310_000, 10_000)),
    ],
)
def test_degrees_minutes_and_seconds_may_be_fractions_one_at_a_time(parts):
    facts = facts_of(gps={**HERE, 2: rationals(*parts)})
    assert facts.gps is not None
    assert facts.gps.lat == pytest.approx(HERE_DEG[0], abs=1e-6)


def test_a_receiver_without_a_fix_is_a_warning():
    assert facts_of(gps={**HERE, 9: text("V")}).warnings == ("gps_void",)


LOCAL = text("2026:11:24 11:04:05")
GPS_TIME = {0x1D: text("2026:11:24"), 7: whole(3, 4, 0)}


@pytest.mark.parametrize(
    ("main", "detail", "gps", "expected"),
    [
        ({}, {0x9003: LOCAL, 0x9011: text("+08:00")}, {}, (AT, "offset", ())),
        ({}, {0x9003: LOCAL, 0x9011: text("+00:00")}, {}, (AT + timedelta(hours=8), "offset", ())),
        ({}, {0x9003: LOCAL}, {}, (AT, "assumed_zone", ())),
        ({}, {0x9004: LOCAL, 0x9012: text("+08:00")}, {}, (AT, "offset", ())),
        ({0x0132: LOCAL}, {}, {}, (AT, "assumed_zone", ("time_not_original",))),
        ({}, {0x9003: text("2026:11:24 12:04:05")}, GPS_TIME, (AT, "gps", ())),
        ({}, {}, GPS_TIME, (AT - timedelta(seconds=5), "gps", ())),
        (
            {},
            {0x9003: LOCAL, 0x9011: text("8 East")},
            {},
            (AT, "assumed_zone", ("offset_malformed",)),
        ),
        (
            {},
            {0x9003: LOCAL, 0x9011: text("+99:00")},
            {},
            (AT, "assumed_zone", ("offset_malformed",)),
        ),
        (
            {},
            {0x9003: text("2026:11:20 11:04:05")},
            GPS_TIME,
            (AT - timedelta(days=4), "assumed_zone", ("gps_time_apart",)),
        ),
        ({}, {0x9003: text("2026:02:30 11:04:05")}, {}, (None, None, ("time_malformed",))),
        ({}, {0x9003: text("yesterday")}, {}, (None, None, ("time_malformed",))),
        ({}, {0x9003: text("0000:00:00 00:00:00")}, {}, (None, None, ())),
        ({}, {0x9003: text("    :  :     :  :  ")}, {}, (None, None, ())),
        ({}, {0x9003: short(7)}, {}, (None, None, ())),
    ],
)
def test_when_the_picture_was_taken(main, detail, gps, expected):
    facts = facts_of(main, detail, gps)
    assert (facts.taken_at, facts.taken_at_source, facts.warnings) == expected


def test_a_time_without_zone_is_read_in_the_zone_given():
    data = photos.jpeg(photos.exif(detail={0x9003: LOCAL}))
    tokyo = timezone(timedelta(hours=9))
    assert read_facts(data, assumed_zone=tokyo).taken_at == AT - timedelta(hours=1)


def test_names_of_devices_are_cleaned_of_what_databases_refuse():
    facts = facts_of({0x010F: text(b"Ma\x00ke\x1b[31m" + b"x" * 99), 0x0110: text(b"\xff\xfe")})
    assert "\0" not in json.dumps(facts.to_json())
    assert facts.device.make is not None
    assert len(facts.device.make) <= 64


@pytest.mark.parametrize("number", [0, 9, 65535])
def test_an_orientation_that_is_none_is_upright(number):
    assert facts_of({0x0112: short(number)}).orientation == 1


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "HEIF"])
def test_other_formats_tell_the_same(kind):
    picture, out = Image.open(BytesIO(photos.plain())), BytesIO()
    block = exif_of(Shot(AT, POINT)).tobytes()
    if kind == "HEIF":
        pillow_heif.from_pillow(picture).save(out, exif=block)
    else:
        picture.save(out, kind, exif=block)
    facts = read_facts(out.getvalue())
    assert facts.gps is not None
    assert distance_m(Point(facts.gps.lat, facts.gps.lon), POINT) < 0.01
    assert facts.taken_at == AT


def test_of_several_pictures_in_a_file_the_first_or_primary_speaks():
    """As phones write them: a gain map or a second view behind the JPEG, many items in a HEIC."""
    pictures = [photos.picture((80, 60)), photos.picture((40, 30))]
    blocks = [exif_of(Shot(AT, point)) for point in (POINT, Point(1.0, 2.0))]
    out = BytesIO()
    pictures[0].save(out, "MPO", save_all=True, append_images=[pictures[1]], exif=blocks[0])
    for picture, block in zip(pictures, blocks, strict=True):
        picture.info["exif"] = block.tobytes()
    heif = pillow_heif.from_pillow(pictures[1])
    heif.add_from_pillow(pictures[0])
    heif.save(held := BytesIO(), primary_index=1)
    for data in (out.getvalue(), photos.jpeg() + out.getvalue(), held.getvalue()):
        facts = read_facts(data)
        if data.startswith(photos.jpeg()):
            assert (facts.width, facts.no_gps_reason) == (64, "gps_absent")
            continue
        assert facts.width == 80
        assert facts.gps is not None
        assert distance_m(Point(facts.gps.lat, facts.gps.lon), POINT) < 0.01


def test_exif_behind_the_pixels_of_a_png_is_found_without_decoding_them():
    facts = read_facts(photos.png(photos.exif(gps=HERE), late=True))
    assert facts.gps is not None


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"GIF89a", b"<svg/>", b"II*\0\x08\0\0\0"])
def test_what_is_no_photo_tells_nothing(data):
    assert read_facts(data) == PhotoFacts(no_gps_reason="photo_unreadable")


@pytest.mark.parametrize(
    "block", [b"", b"rubbish", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff"]
)
def test_a_block_that_is_none_is_a_reason(block):
    facts = read_facts(photos.jpeg(block))
    assert facts.gps is None
    assert facts.no_gps_reason in ("exif_unreadable", "gps_absent")


def test_facts_survive_json():
    facts = read_facts(photograph(Scene.BLOCKED_LANE, Shot(AT, POINT), size=SMALL))
    assert PhotoFacts.from_json(json.loads(json.dumps(facts.to_json()))) == facts
    nothing = read_facts(b"")
    assert PhotoFacts.from_json(json.loads(json.dumps(nothing.to_json()))) == nothing


WHOLE = photos.exif({0x010F: text("Make")}, {0x9003: LOCAL, 0x9011: text("+08:00")}, HERE)


@pytest.mark.parametrize("length", range(0, len(WHOLE), 3))
def test_a_block_cut_anywhere_gives_the_true_position_or_none(length):
    facts = read_facts(photos.jpeg(WHOLE[:length]))
    assert facts.gps is None or (facts.gps.lat, facts.gps.lon) == pytest.approx(HERE_DEG)


def test_two_thousand_mutated_files_give_the_true_place_or_none():
    """`make bench` runs more of them, and times each."""
    for seed in range(2_000):
        data = mutated(seed)
        assert what_is_wrong(read_facts(data), data) == "", seed


NUMBERS = st.integers(0, 2**32 - 1) | st.sampled_from([0, 1, 30, 60, 104, 180, 2**31, 2**32 - 1])
VALUES = st.one_of(
    st.lists(st.tuples(NUMBERS, NUMBERS), max_size=4).map(lambda pairs: rationals(*pairs)),
    st.binary(max_size=30).map(text),
    st.binary(max_size=30).map(undefined),
    st.lists(NUMBERS, max_size=4).map(lambda numbers: longs(*numbers)),
    st.tuples(st.integers(0, 20), NUMBERS, st.binary(max_size=12)),
)
TAGS = st.dictionaries(st.integers(0, 0x20) | st.sampled_from([0x9003, 0x9011, 0x0132]), VALUES)


@settings(max_examples=400, deadline=None)
@given(TAGS, TAGS, TAGS)
def test_any_tags_give_a_place_that_is_spelled_out_or_none(main, detail, gps):
    data = photos.jpeg(photos.exif(main, detail, gps)[:60_000])
    assert what_is_wrong(read_facts(data), data) == ""
