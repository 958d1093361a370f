"""What is found in a picture, and that nothing of it can be read in the copy."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from bench.street import Thing, face, street
from civicprobe.reports.photo import detection
from civicprobe.reports.photo.covering import cover, hide
from civicprobe.reports.photo.detection import find_private
from civicprobe.reports.photo.redaction import WHOLE, Box, Kind, read_boxes
from civicprobe.samples import Scene, draw

SIZE = (640, 480)


def pixels(jpeg_bytes: bytes | None) -> np.ndarray:
    assert jpeg_bytes is not None
    return np.asarray(Image.open(BytesIO(jpeg_bytes)).convert("RGB")).astype(int)


def covers(box: Box, thing: Thing, size: tuple[int, int]) -> float:
    """The part of a thing that lies within a box."""
    left, top = box.left * size[0] / WHOLE, box.top * size[1] / WHOLE
    right, bottom = left + box.width * size[0] / WHOLE, top + box.height * size[1] / WHOLE
    x0, y0, x1, y1 = thing.box
    wide, high = min(right, x1) - max(left, x0), min(bottom, y1) - max(top, y0)
    return max(0, wide) * max(0, high) / ((x1 - x0) * (y1 - y0))


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (1000, 560), (300, 301)])
def test_faces_and_plates_are_found_in_pictures_of_every_shape(size):
    picture, things = street([("plate", 140), ("face", 30), ("face", 24)], seed=8, size=size)
    boxes = find_private(picture)
    for thing in things:
        of_its_kind = [box for box in boxes if box.kind == thing.kind]
        assert max((covers(box, thing, size) for box in of_its_kind), default=0) > 0.8, thing


def test_a_parcel_label_is_hidden_with_what_is_printed_around_its_bars():
    picture, (thing,) = street([("label", 300)], seed=3, size=(1200, 900))
    labels = [box for box in find_private(picture) if box.kind is Kind.LABEL]
    assert max(covers(box, thing, (1200, 900)) for box in labels) > 0.7


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (41, 41)])
def test_no_picture_is_too_small_to_be_looked_through(size):
    assert find_private(Image.new("RGB", size, "white")) == []


def test_a_street_without_anybody_stays_as_it_is():
    plain = draw(Scene.BLOCKED_LANE, SIZE)
    assert find_private(plain) == []
    shown = hide(plain, [])
    assert shown == hide(plain, [Box(Kind.FACE, 0, 0, WHOLE, WHOLE, gone=True)])
    assert shown.plates is None


@pytest.mark.parametrize("scene", [Scene.MISSING_COVER, Scene.LANE_CLEARED])
def test_no_house_front_and_no_marked_lane_is_a_plate(scene):
    boxes = find_private(draw(scene, (1600, 1200), seed=1))
    assert [box for box in boxes if box.kind is Kind.PLATE and box.width > WHOLE / 3] == []


@pytest.mark.parametrize("colour", ["#1f3f9f", "#2f9f4f", "#e8b416"])
def test_a_plate_close_by_is_told_by_its_colour(colour):
    assert detection.is_coloured(np.asarray(Image.new("RGB", (440, 140), colour)))
    assert not detection.is_coloured(np.asarray(Image.new("RGB", (440, 140), "#77808a")))


def test_what_is_hidden_is_nine_averages_and_the_rest_untouched():
    dice = np.random.default_rng(1)
    noise = Image.fromarray(dice.integers(0, 256, (400, 400, 3), np.uint8))
    box = Box(Kind.FACE, 2_500, 2_500, 5_000, 5_000)
    covered = np.asarray(cover(noise, [box])).astype(int)
    inside = covered[100:300, 100:300]
    assert inside.std() < 3, "of noise nothing but its average is left"
    outside = np.ones((400, 400), bool)
    outside[100:300, 100:300] = False
    assert (covered[outside] == np.asarray(noise)[outside]).all()


def test_two_plates_of_the_same_colour_look_alike_once_hidden():
    found = []
    for seed in (0, 4):
        picture, (thing,) = street([("plate", 220)], seed=seed, size=SIZE)
        x0, y0, x1, y1 = thing.box
        box = Box(
            Kind.PLATE,
            x0 * WHOLE // SIZE[0],
            y0 * WHOLE // SIZE[1],
            (x1 - x0) * WHOLE // SIZE[0],
            (y1 - y0) * WHOLE // SIZE[1],
        )
        part = picture.crop(thing.box)
        hidden = cover(picture, [box]).crop(thing.box)
        found.append([np.asarray(image).astype(int)[5:-5, 5:-5] for image in (part, hidden)])
    (read_a, hidden_a), (read_b, hidden_b) = found
    assert np.abs(read_a - read_b).mean() > 4 * np.abs(hidden_a - hidden_b).mean()


def test_thumb_and_screen_hide_the_same_and_the_third_copy_shows_plates_alone():
    picture, (car, person) = street([("plate", 160), ("face", 40)], seed=8, size=SIZE)
    boxes = find_private(picture)
    shown = hide(picture, boxes)
    before = pixels(hide(picture, []).screen)
    after, readable = pixels(shown.screen), pixels(shown.plates)

    def changed(now: np.ndarray, thing: Thing) -> float:
        x0, y0, x1, y1 = thing.box
        return float(np.abs(now - before)[y0:y1, x0:x1].mean())

    assert changed(after, person) > 8
    assert changed(after, car) > 20
    assert changed(readable, person) > 8
    assert changed(readable, car) < 4
    half = np.asarray(picture.resize((320, 240))).astype(int)
    x0, y0, x1, y1 = (edge // 2 for edge in car.box)
    assert np.abs(pixels(shown.thumb) - half)[y0:y1, x0:x1].mean() > 15


def test_a_box_taken_away_hides_nothing():
    picture, _ = street([("face", 60)], size=SIZE)
    gone = [Box(Kind.FACE, 0, 0, 5_000, 5_000, gone=True)]
    assert hide(picture, gone) == hide(picture, [])


@pytest.mark.parametrize("edges", [(9_990, 9_990, 500, 500), (0, 0, 1, 1), (0, 0, WHOLE, WHOLE)])
def test_boxes_at_the_border_are_cut_there(edges):
    picture = draw(Scene.MISSING_COVER, (64, 48))
    assert cover(picture, [Box(Kind.HAND, *edges)]).size == (64, 48)


def test_boxes_are_kept_as_json_and_read_back():
    boxes = [Box(Kind.PLATE, 1, 2, 3, 4), Box(Kind.HAND, 5, 6, 7, 8, machine=False, gone=True)]
    assert read_boxes([box.to_json() for box in boxes]) == boxes
    assert read_boxes([]) == []
    assert read_boxes(None) is None


def test_a_network_that_saw_another_size_answers_like_a_fresh_one():
    small, _ = street([("plate", 140), ("face", 30)], seed=8, size=(320, 240))
    large, _ = street([("plate", 140), ("face", 30)], seed=8, size=(1200, 900))
    fresh = []
    for picture in (large, small):
        detection._network.cache_clear()
        fresh.append(find_private(picture))
    assert [find_private(picture) for picture in (large, small)] == fresh
    assert [find_private(picture) for picture in (small, large)] == fresh[::-1]


def test_a_face_across_the_seam_of_a_long_picture_is_found_once():
    picture = draw(Scene.LANE_CLEARED, (1600, 500))
    head = face(60, 1)
    corner = (800 - head.width // 2, 200)
    picture.paste(head, corner)
    left, top, right, bottom = (round(head.width * at / 400) for at in (115, 110, 285, 335))
    thing = Thing(
        "face", (corner[0] + left, corner[1] + top, corner[0] + right, corner[1] + bottom)
    )
    faces = [box for box in find_private(picture) if box.kind is Kind.FACE]
    over = [box for box in faces if covers(box, thing, (1600, 500)) > 0.8]
    assert len(over) == 1


def test_without_its_model_looking_fails(monkeypatch):
    monkeypatch.setattr(detection, "FACES", ("no_such_package", "none.onnx"))
    with pytest.raises(FileNotFoundError):
        find_private(draw(Scene.MISSING_COVER, SIZE))
