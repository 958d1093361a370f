"""The weighing of evidence: its rules one by one, then what must hold for any evidence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civicprobe.grid.coords import Datum, Point, distance_m, from_wgs84
from civicprobe.reports.photo.exif import PhotoFacts
from civicprobe.reports.photo.exif_tags import GpsFix
from civicprobe.reports.place import Evidence, NoPlace, Place, grade_of, weigh
from civicprobe.reports.sightings import Box, Sighting

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
SHOT = NOW - timedelta(minutes=1)
HERE = Point(30.6586, 104.0648)
CHENGDU = Box(30.0, 102.9, 31.5, 104.9)
GRADES = "ABCD"
SECOND = timedelta(seconds=1)


def north_of(point, metres):
    return Point(point.lat + metres / 110_870, point.lon)


def seen(point=HERE, accuracy_m: float | None = 10.0, **more):
    return Sighting(point.lat, point.lon, accuracy_m=accuracy_m, **more)


def photo(point=HERE, accuracy_m: float | None = 8.0, taken_at=SHOT, **more):
    gps = GpsFix(point.lat, point.lon, accuracy_m=accuracy_m, **more)
    return PhotoFacts(taken_at=taken_at, taken_at_source="offset", gps=gps)


def bare_photo(taken_at=SHOT):
    return PhotoFacts(
        taken_at=taken_at,
        taken_at_source="offset" if taken_at else None,
        no_gps_reason="gps_absent",
    )


def placed(*photos, **more) -> Place:
    found = weigh(Evidence(tuple(photos), **more), received_at=NOW, city_box=CHENGDU)
    assert isinstance(found, Place)
    return found


def unplaced(*photos, **more) -> NoPlace:
    found = weigh(Evidence(tuple(photos), **more), received_at=NOW, city_box=CHENGDU)
    assert isinstance(found, NoPlace)
    return found


def test_a_photos_own_position_is_the_place():
    assert placed(photo()) == Place(HERE, "exif", 8.0, "A")


def test_a_position_without_accuracy_is_only_about_right():
    assert placed(photo(accuracy_m=None)).grade == "B"
    assert placed(photo(accuracy_m=None, dop=2.0)).radius_m == 10.0


@pytest.mark.parametrize(
    ("radius_m", "grade"),
    [(5, "A"), (30, "A"), (30.1, "B"), (100, "B"), (101, "C"), (999.9, "C"), (1000, "D")],
)
def test_grades(radius_m, grade):
    assert grade_of(radius_m) == grade


def test_no_radius_is_grade_d():
    assert grade_of(None) == "D"
    assert grade_of(float("nan")) == "D"


def test_the_phones_fix_serves_when_the_photo_is_silent():
    found = placed(bare_photo(), fix=seen(at=SHOT))
    assert (found.source, found.radius_m) == ("device", 10.0)
    assert found.others == (("exif", "gps_absent"),)


def test_the_radius_grows_by_the_way_ridden_since_the_shutter():
    """40 km/h for 5 s are 55 m."""
    fix = seen(at=SHOT + timedelta(seconds=5), speed_mps=40 / 3.6)
    found = placed(bare_photo(), fix=fix)
    assert found.radius_m == pytest.approx(65.6)
    assert (found.grade, found.warnings) == ("B", ("time_apart", "riding_fast"))


def test_a_fix_from_later_does_not_say_where_the_photo_was_taken():
    yesterday = bare_photo(NOW - timedelta(days=1))
    found = unplaced(yesterday, fix=seen(at=NOW))
    assert found.reason == "not_at_capture"
    assert found.warnings == ("taken_long_ago",)


def test_standing_still_now_says_little_of_two_minutes_ago():
    found = placed(bare_photo(), fix=seen(at=SHOT + timedelta(seconds=120), speed_mps=0.0))
    assert found.radius_m == 190.0


def test_a_fix_without_a_photo_counts_where_it_was_measured():
    found = placed(fix=seen(at=NOW - timedelta(hours=5)))
    assert (found.grade, found.warnings) == ("A", ())


def test_a_fix_beside_photos_of_unknown_time_is_doubted():
    assert placed(bare_photo(None), fix=seen(at=NOW)).warnings == ("shot_time_unknown",)


def test_the_surer_of_photo_and_fix_wins():
    found = placed(photo(accuracy_m=60.0), fix=seen(at=SHOT))
    assert (found.source, found.others) == ("device", (("exif", "less_exact"),))
    assert placed(photo(accuracy_m=10.0), fix=seen(at=SHOT)).source == "exif"


def test_photo_and_fix_that_cannot_both_be_right_are_a_warning():
    found = placed(photo(), fix=seen(north_of(HERE, 400), at=SHOT))
    assert (found.source, found.warnings) == ("exif", ("exif_device_apart",))


def test_a_chinese_datum_that_was_not_named_is_suspected():
    shifted = Point(*from_wgs84(HERE, Datum.GCJ02))
    found = placed(photo(), fix=seen(shifted, at=SHOT))
    assert found.warnings == ("exif_device_apart", "maybe_gcj02")


@pytest.mark.parametrize("datum", list(Datum))
def test_a_named_datum_is_converted(datum):
    lat, lon = from_wgs84(HERE, datum)
    assert distance_m(placed(pin=Sighting(lat, lon, datum=datum)).point, HERE) < 0.01
    gps = GpsFix(lat, lon, accuracy_m=8.0, datum=datum.value)
    assert distance_m(placed(replace(photo(), gps=gps)).point, HERE) < 0.01


def test_an_unknown_datum_is_doubted():
    assert placed(photo(datum="unknown")).warnings == ("datum_unknown",)


def test_the_riders_pin_wins_and_a_conflict_is_shown():
    found = placed(photo(), pin=seen(north_of(HERE, 500), None), fix=seen(at=SHOT))
    assert (found.source, found.grade) == ("pin", "B")
    assert found.warnings == ("pin_exif_apart", "pin_device_apart")
    assert found.others == (("device", "pin_given"), ("exif", "pin_given"))


def test_a_pin_set_on_site_is_exact():
    assert placed(pin=seen(accuracy_m=None)).grade == "B"
    assert placed(photo(), pin=seen(north_of(HERE, 20), None)).grade == "A"
    assert placed(photo(accuracy_m=400.0), pin=seen(accuracy_m=None)).grade == "B"


def test_an_earlier_fix_at_the_shutter_beats_a_later_one_from_elsewhere():
    """A phone that goes on measuring must not lose what it knew when the picture was taken."""
    at_shutter, later = seen(at=SHOT), seen(north_of(HERE, 600), 4.0, at=SHOT + 170 * SECOND)
    found = placed(bare_photo(), fix=later, earlier=(at_shutter,))
    assert (found.point, found.radius_m) == (HERE, 10.0)
    assert "fixes_apart" in found.warnings


def test_words_are_a_place_when_nothing_was_measured_and_never_more_than_rough():
    spot = seen(accuracy_m=60.0)
    found = placed(bare_photo(), landmark="春熙路口", spot=spot)
    assert (found.source, found.radius_m, found.grade) == ("landmark", 60.0, "C")
    assert found.others == (("exif", "gps_absent"),)
    assert unplaced(bare_photo(), landmark="某处").others[-1] == ("landmark", "not_found")
    vague = unplaced(bare_photo(), landmark="锦江区", spot=seen(accuracy_m=8_000.0))
    assert (vague.reason, vague.others[-1]) == ("landmark_only", ("landmark", "too_vague"))


def test_words_never_beat_a_measurement_but_a_contradiction_is_shown():
    spot = seen(north_of(HERE, 900), accuracy_m=60.0)
    found = placed(bare_photo(), fix=seen(accuracy_m=300.0, at=SHOT), landmark="x", spot=spot)
    assert (found.source, found.warnings) == ("device", ("landmark_apart",))


def test_evidence_from_outside_the_city_is_set_aside_and_said():
    """An old photo from Beijing does not hide where the phone is."""
    beijing = photo(Point(39.9, 116.4))
    found = placed(beijing, fix=seen(at=SHOT))
    assert (found.source, found.warnings) == ("device", ("evidence_outside",))
    assert found.others == (("exif", "outside"),)


@pytest.mark.parametrize("code", ["gps_void", "gps_from_xmp", "gps_time_apart"])
def test_what_a_photo_says_against_its_own_position_is_shown(code):
    assert placed(replace(photo(), warnings=(code,))).warnings == (code,)


def test_photos_from_two_places_are_a_warning():
    far = photo(north_of(HERE, 900), accuracy_m=9.0)
    assert placed(photo(), far).warnings == ("photos_apart",)


def test_a_stale_satellite_position_is_less_sure():
    stale = photo(at=SHOT - timedelta(minutes=4))
    assert placed(stale).radius_m == 8 + 4 * 60 * 1.5
    unzoned = replace(stale, taken_at_source="assumed_zone")
    assert placed(unzoned).radius_m == 8.0


@pytest.mark.parametrize(
    ("fix", "reason"),
    [
        (Sighting(0.0, 0.0), "coordinates_zero"),
        (Sighting(float("nan"), 104.0), "coordinates_not_finite"),
        (Sighting(30.6, 1e9), "coordinates_out_of_range"),
        (Sighting(39.9, 116.4), "outside"),
        (seen(accuracy_m=1000.0), "too_vague"),
        (seen(accuracy_m=float("nan")), "too_vague"),
        (seen(accuracy_m=float("inf")), "too_vague"),
    ],
)
def test_what_is_no_position_is_set_aside_with_its_reason(fix, reason):
    assert unplaced(fix=fix).others == (("device", reason),)
    assert ("device", reason) in placed(photo(), fix=fix).others


def test_why_there_is_no_place():
    assert unplaced().reason == "no_location"
    assert unplaced(bare_photo()).reason == "no_location"
    assert unplaced(fix=Sighting(39.9, 116.4, accuracy_m=5)).reason == "outside"
    assert unplaced(fix=seen(accuracy_m=3000)).reason == "too_vague"
    assert unplaced(bare_photo(), landmark="春熙路口").reason == "landmark_only"


def test_without_the_citys_bounds_nothing_is_outside():
    beijing = Evidence(fix=Sighting(39.9, 116.4, accuracy_m=5))
    assert isinstance(weigh(beijing, received_at=NOW), Place)


@pytest.mark.parametrize(
    ("taken_at", "warnings"),
    [
        (NOW + timedelta(hours=2), ("clock_ahead", "shot_time_unknown")),
        (NOW - timedelta(days=3000), ("clock_years_off", "shot_time_unknown")),
        (NOW - timedelta(hours=3), ("taken_long_ago",)),
        (NOW + timedelta(minutes=1), ()),
    ],
)
def test_a_clock_is_believed_within_reason(taken_at, warnings):
    assert placed(photo(taken_at=taken_at)).warnings == warnings


def test_a_clock_that_is_not_believed_does_not_make_the_position_stale():
    wrong = photo(taken_at=NOW - timedelta(days=3000), at=SHOT)
    assert placed(wrong).radius_m == 8.0


points = st.builds(Point, st.floats(30.5, 30.8), st.floats(103.9, 104.2))
accuracies = st.none() | st.floats(0.1, 1500)
instants = st.none() | st.floats(-600, 600).map(lambda s: SHOT + timedelta(seconds=s))
sightings = st.builds(
    lambda point, accuracy, at, speed: seen(point, accuracy, at=at, speed_mps=speed),
    points,
    accuracies,
    instants,
    st.none() | st.floats(0, 20),
)
photos = st.builds(photo, points, accuracies) | st.builds(bare_photo)
evidence = st.builds(
    Evidence,
    st.lists(photos, max_size=3).map(tuple),
    st.none() | sightings,
    st.none() | sightings,
    st.sampled_from(["", "春熙路口"]),
    st.none() | instants,
    st.lists(sightings, max_size=2).map(tuple),
    st.none() | sightings,
)
wild = st.floats() | st.sampled_from([0.0, 30.65, 104.06])
wild_evidence = st.builds(
    Evidence,
    fix=st.builds(Sighting, wild, wild, wild, st.sampled_from(Datum), instants, wild),
    pin=st.none() | st.builds(Sighting, wild, wild, wild, st.sampled_from(Datum)),
)


def said_by(all_evidence):
    given_photos = [photo.gps for photo in all_evidence.photos if photo.gps]
    words = [all_evidence.spot, all_evidence.pin]
    return [s for s in [*all_evidence.fixes, *words, *given_photos] if s]


@given(evidence)
def test_the_place_is_one_that_was_given(all_evidence):
    found = weigh(all_evidence, received_at=NOW, city_box=CHENGDU)
    given_points = {(s.lat, s.lon) for s in said_by(all_evidence)}
    assert isinstance(found, NoPlace) or (found.point.lat, found.point.lon) in given_points


def usable(all_evidence):
    """Every candidate that the evidence holds, each on its own."""
    for part in parts_of(all_evidence):
        alone = weigh(part, received_at=NOW, city_box=CHENGDU)
        if isinstance(alone, Place):
            yield alone


def parts_of(all_evidence):
    """The same with one piece of evidence of where, the photos' times kept."""
    times = tuple(replace(p, gps=None, no_gps_reason="gps_absent") for p in all_evidence.photos)
    bare = Evidence(photos=times, taken_at=all_evidence.taken_at)
    for n, one in enumerate(all_evidence.photos):
        yield replace(bare, photos=(*times[:n], one, *times[n + 1 :]))
    for fix in all_evidence.fixes:
        yield replace(bare, fix=fix)
    if all_evidence.pin:
        yield replace(bare, pin=all_evidence.pin)
    if all_evidence.spot:
        yield replace(bare, spot=all_evidence.spot)


@settings(max_examples=300)
@given(evidence)
def test_a_point_beyond_anothers_radius_comes_with_a_warning(all_evidence):
    found = weigh(all_evidence, received_at=NOW, city_box=CHENGDU)
    others = list(usable(all_evidence))
    assert isinstance(found, Place) == bool(others)
    for other in others:
        reach = max(30.0, found.radius_m + other.radius_m)
        if distance_m(other.point, found.point) > reach:
            assert any(code.endswith("_apart") for code in found.warnings)


@settings(max_examples=300)
@given(evidence, st.permutations(range(3)), st.permutations(range(3)))
def test_the_order_of_arrival_changes_nothing(all_evidence, photo_order, fix_order):
    some = [all_evidence.photos[i] for i in photo_order if i < len(all_evidence.photos)]
    fixes = [all_evidence.fixes[i] for i in fix_order if i < len(all_evidence.fixes)]
    shuffled = replace(
        all_evidence,
        photos=tuple(some),
        fix=fixes[0] if fixes else None,
        earlier=tuple(fixes[1:]),
    )
    assert weigh(shuffled, received_at=NOW) == weigh(all_evidence, received_at=NOW)


MORE = {
    "photo": lambda e, more: replace(e, photos=(*e.photos, photo(Point(more.lat, more.lon)))),
    "fix": lambda e, more: replace(e, earlier=(*e.earlier, more)),
    "pin": lambda e, more: e if e.pin else replace(e, pin=more),
    "landmark": lambda e, more: e if e.spot else replace(e, spot=more, landmark="x"),
}


@settings(max_examples=400)
@given(evidence, st.sampled_from(sorted(MORE)), sightings)
def test_more_evidence_lowers_the_grade_only_with_a_reason(all_evidence, kind, another):
    before = weigh(all_evidence, received_at=NOW)
    after = weigh(MORE[kind](all_evidence, another), received_at=NOW)
    if not isinstance(before, Place):
        return
    if not isinstance(after, Place) or GRADES.index(after.grade) > GRADES.index(before.grade):
        doubted = set(after.warnings) - set(before.warnings)
        beaten = {source for source, _ in after.others}
        assert doubted or before.source in beaten, "a new warning, or why the former choice lost"


@given(wild_evidence)
def test_nonsense_never_becomes_a_place(all_evidence):
    found = weigh(all_evidence, received_at=NOW, city_box=CHENGDU)
    assert isinstance(found, NoPlace) or CHENGDU.holds(found.point)
    assert isinstance(found, NoPlace) or 5 <= found.radius_m < 1000
