"""The copies people see, proved on their bytes."""

from datetime import UTC, datetime
from io import BytesIO

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from civicprobe.grid.coords import Point
from civicprobe.reports.photo.exif import read_facts
from civicprobe.reports.photo.pictures import Unreadable, develop
from civicprobe.samples import STORED, Scene, Shot, photograph
from tests import photos

MOST = 50_000_000
SHOT = Shot(datetime(2026, 11, 24, 3, 4, 5, tzinfo=UTC), Point(30.6586, 104.0648))


def seen(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def corner_colours(data: bytes) -> list[str]:
    """What stands in the four corners, clockwise from the top left, as the dominant channel."""
    image = seen(data).convert("RGB")
    width, height = image.size
    names = []
    for x, y in [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)]:
        pixel = image.getpixel((int(x * width), int(y * height)))
        assert isinstance(pixel, tuple)
        names.append("black" if max(pixel) < 100 else "rgb"[pixel.index(max(pixel))])
    return names


def corners(held: int = 1, size: tuple[int, int] = (400, 300)) -> bytes:
    """A picture whose corners are red, green, blue and black when it is upright."""
    width, height = size
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    for colour, x, y in (("red", 0, 0), ("lime", 1, 0), ("blue", 1, 1), ("black", 0, 1)):
        left, top = x * width // 2, y * height // 2
        pen.rectangle([left, top, left + width // 2, top + height // 2], fill=colour)
    exif = Image.Exif()
    exif[0x0112] = held
    out = BytesIO()
    (image.transpose(STORED[held]) if held in STORED else image).save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("held", range(1, 9))
def test_copies_stand_upright_however_the_phone_was_held(held):
    copies = photos.copies_of(corners(held))
    assert seen(copies.screen).size == (400, 300)
    assert corner_colours(copies.screen) == ["r", "g", "b", "black"]
    assert corner_colours(copies.thumb) == ["r", "g", "b", "black"]


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "PNG", "WEBP"])
@pytest.mark.parametrize("held", [1, 3, 6, 8])
def test_other_kinds_stand_upright_too(kind, held):
    """A HEIC turns by its own boxes, the others by EXIF: never both."""
    read, out = Image.open(BytesIO(corners(held))), BytesIO()
    block = read.getexif().tobytes()
    # A picture that knows nothing of it: the HEIF writer would turn it first.
    stored = Image.frombytes("RGB", read.size, read.tobytes())
    if kind == "HEIF":
        pillow_heif.from_pillow(stored).save(out, quality=95, exif=block)
        assert held == 1 or b"irot" in out.getvalue()
    else:
        stored.save(out, kind, quality=95, exif=block)
    copies = photos.copies_of(out.getvalue())
    assert seen(copies.screen).size == (400, 300)
    assert corner_colours(copies.screen) == ["r", "g", "b", "black"]
    photos.assert_bare(copies.screen)


@pytest.mark.parametrize(
    ("size", "screen", "thumb"),
    [
        ((4032, 3024), (1600, 1200), (320, 240)),
        ((3024, 4032), (1200, 1600), (240, 320)),
        ((1000, 500), (1000, 500), (320, 160)),
        ((200, 100), (200, 100), (200, 100)),
        ((9000, 3), (1600, 1), (320, 1)),
        ((1, 1), (1, 1), (1, 1)),
    ],
)
def test_sizes(size, screen, thumb):
    copies = photos.copies_of(photos.plain("JPEG", size))
    assert seen(copies.screen).size == screen
    assert seen(copies.thumb).size == thumb


def loaded_jpeg() -> bytes:
    """A photo with EXIF, a thumbnail's worth of it, a comment, a profile and XMP."""
    data = photograph(Scene.MISSING_COVER, SHOT, size=(800, 600))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    more = (
        photos.segment(0xFE, b"taken by Zhang San"),
        photos.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>"),
        photos.segment(0xE2, b"ICC_PROFILE\0\1\1" + profile),
        photos.segment(0xED, b"Photoshop 3.0\x008BIM\4\4\0\0\0\0\0\0"),
    )
    return data[:2] + b"".join(more) + data[2:]


def loaded_png() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "taken by Zhang San")
    info.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta/>")
    out = BytesIO()
    seen(photos.plain()).save(out, "PNG", pnginfo=info, exif=photos.exif(gps=photos.HERE))
    return out.getvalue()


@pytest.mark.parametrize("data", [loaded_jpeg(), loaded_png()], ids=["jpeg", "png"])
def test_nothing_but_the_picture_is_in_a_copys_bytes(data):
    copies = photos.copies_of(data)
    for copy in (copies.screen, copies.thumb):
        photos.assert_bare(copy)
        photos.assert_progressive(copy)
        assert b"Zhang" not in copy
        assert read_facts(copy).no_gps_reason == "gps_absent"


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("PNG", "1"),
        ("PNG", "P"),
        ("PNG", "LA"),
        ("PNG", "RGBA"),
        ("PNG", "I;16"),
        ("WEBP", "RGBA"),
        ("AVIF", "RGBA"),
        ("HEIF", "RGB"),
    ],
)
def test_every_kind_and_mode_becomes_plain_colour(kind, mode):
    if mode == "I;16":
        slope = Image.linear_gradient("L").resize((64, 48)).convert("I")
        picture = slope.point(lambda value: value * 257).convert("I;16")
        out = BytesIO()
        picture.save(out, kind)
        data = out.getvalue()
    else:
        data = photos.plain(kind, (64, 48), mode)
    copies = photos.copies_of(data)
    assert seen(copies.screen).mode == "RGB"
    top, bottom = (seen(copies.screen).getpixel((32, y)) for y in (2, 45))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] < 60
    assert bottom[0] > 190


def test_glass_shows_white():
    out = BytesIO()
    Image.new("RGBA", (40, 30), (255, 0, 0, 0)).save(out, "PNG")
    colour = develop(out.getvalue(), MOST).picture.getpixel((20, 15))
    assert colour == (255, 255, 255)


def test_a_profile_is_applied_and_a_broken_one_is_not_minded():
    colour = Image.new("RGB", (64, 48), (200, 80, 80))
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    for profile in (b"no profile at all", lab):
        out = BytesIO()
        colour.save(out, "JPEG", icc_profile=profile)
        assert develop(out.getvalue(), MOST).picture.size == (64, 48)


def test_the_look_survives_size_and_compression_and_tells_scenes_apart():
    def look(scene, **how):
        return develop(photograph(scene, SHOT, **how), MOST).dhash

    def differing_bits(one, other):
        return ((one ^ other) & (2**64 - 1)).bit_count()

    first = look(Scene.MISSING_COVER)
    assert -(2**63) <= first < 2**63
    assert differing_bits(first, look(Scene.MISSING_COVER, size=(4032, 3024), quality=60)) <= 3
    assert differing_bits(first, look(Scene.MISSING_COVER, held=6)) <= 3
    assert differing_bits(first, look(Scene.BLOCKED_LANE, seed=5)) > 6


def test_too_many_pixels_are_not_decoded():
    with pytest.raises(Unreadable, match="photo_too_many_pixels"):
        develop(photos.huge_png(10_000, 10_000), MOST)
    with pytest.raises(Unreadable, match="photo_too_many_pixels"):
        develop(photos.huge_png(60_000, 60_000), MOST)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg/>", b"%PDF-1.7", photos.plain("GIF")])
def test_other_formats_are_no_image(data):
    with pytest.raises(Unreadable) as fault:
        develop(data, MOST)
    assert fault.value.reason == "photo_not_an_image"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_half_a_picture_is_unreadable(kind):
    data = photos.plain(kind, (640, 480))
    with pytest.raises(Unreadable) as fault:
        develop(data[: len(data) * 2 // 3], MOST)
    assert fault.value.reason in ("photo_cut", "photo_broken", "photo_not_an_image")


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(["JPEG", "PNG", "WEBP", "AVIF", "HEIF"]),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_mutated_pictures_are_copied_or_unreadable(kind, changes):
    data = bytearray(photos.plain(kind))
    for at, byte in changes:
        data[at % len(data)] = byte
    try:
        copies = photos.copies_of(bytes(data))
    except Unreadable:
        return
    photos.assert_bare(copies.screen)


def test_real_files_become_copies_or_have_a_reason():
    found = photos.real_photos()
    if not found:
        pytest.skip("../shared/data/photos is missing")
    unreadable = set()
    for path in found:
        try:
            copies = photos.copies_of(path.read_bytes())
        except Unreadable:
            unreadable.add(path.name)
        else:
            photos.assert_bare(copies.screen)
    assert unreadable == {"corrupted.heic", "empty.heic"}
