"""What is taken in as a photo, and every refusal."""

import zipfile
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civicprobe.errors import Fault, Invalid, TooLarge, UnsupportedMedia
from civicprobe.reports.photo.intake import MediaType, check_upload
from tests import photos

MOST_BYTES, MOST_PIXELS = 30_000_000, 50_000_000
KINDS = {
    "JPEG": MediaType.JPEG,
    "PNG": MediaType.PNG,
    "WEBP": MediaType.WEBP,
    "AVIF": MediaType.AVIF,
    "HEIF": MediaType.HEIC,
}


def check(data: bytes, declared: str | None = None) -> MediaType:
    return check_upload(data, declared, MOST_BYTES, MOST_PIXELS)


def refusal(data: bytes, declared: str | None = None) -> str:
    with pytest.raises(Fault) as fault:
        check(data, declared)
    return fault.value.code


def zipped() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("run.js", "alert(1)")
    return out.getvalue()


@pytest.mark.parametrize(("kind", "media"), KINDS.items())
def test_every_kind_is_known_by_its_bytes(kind, media):
    data = photos.plain(kind)
    assert check(data) is media
    assert check(data, media.value) is media
    assert check(data, "application/octet-stream") is media


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("lossless", [True, False])
def test_every_form_of_webp_is_measured(mode, lossless):
    out = BytesIO()
    picture = photos.picture((77, 55), mode)
    picture.save(out, "WEBP", lossless=lossless, exif=b"" if lossless else photos.exif({}))
    with pytest.raises(TooLarge) as fault:
        check_upload(out.getvalue(), None, MOST_BYTES, 1000)
    assert fault.value.params == {"pixels": 77 * 55, "most": 1000}


@pytest.mark.parametrize(
    "declared", ["image/jpg", "IMAGE/JPEG", "image/pjpeg", "image/jpeg; charset=binary", ""]
)
def test_a_jpeg_has_several_names(declared):
    assert check(photos.jpeg(), declared) is MediaType.JPEG


def test_heif_is_heic_by_another_name():
    assert check(photos.plain("HEIF"), "image/heif") is MediaType.HEIC


def test_nothing_is_no_photo():
    with pytest.raises(Invalid, match="photo_empty"):
        check(b"")


@pytest.mark.parametrize(
    "data",
    [
        b"x",
        b"hello, this is not a photo",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!doctype html>",
        b"%PDF-1.7",
        b"II*\0\x08\0\0\0",
        zipped(),
        photos.plain("GIF"),
        photos.plain("BMP"),
        b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + b"\0" * 99,
        b"\xff\xd8\xff\xd9",
        b"\x89PNG\r\n\x1a\n" + photos.chunk(b"tEXt", b"a\0b") + photos.chunk(b"IEND", b""),
        b"RIFF\x04\0\0\0WEBP",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        photos.huge_png(0, 10),
    ],
)
def test_other_files_are_no_image(data):
    with pytest.raises(UnsupportedMedia, match="photo_not_an_image"):
        check(data)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("kept", [0.5, 0.9, 0.99])
def test_a_cut_file_is_refused(kind, kept):
    data = photos.plain(kind, (640, 480))
    assert refusal(data[: int(len(data) * kept)]) == "photo_cut"


def test_the_end_of_a_thumbnail_inside_is_not_the_end_of_the_photo():
    data = photos.jpeg(photos.exif({}) + photos.plain(), (640, 480))
    assert check(data) is MediaType.JPEG
    assert refusal(data[:-2]) == "photo_cut"


def test_too_many_bytes():
    with pytest.raises(TooLarge) as fault:
        check_upload(photos.jpeg(), None, 100, MOST_PIXELS)
    assert fault.value.code == "photo_too_large"
    assert fault.value.params["most"] == 100


def test_a_pixel_bomb_is_known_by_its_header():
    with pytest.raises(TooLarge) as fault:
        check(photos.huge_png(60_000, 60_000))
    assert fault.value.code == "photo_too_many_pixels"
    assert fault.value.params == {"pixels": 3_600_000_000, "most": MOST_PIXELS}


@pytest.mark.parametrize("kind", KINDS)
def test_the_header_size_is_found_in_every_kind(kind):
    data = photos.plain(kind, (640, 480))
    assert check_upload(data, None, MOST_BYTES, 640 * 480) is KINDS[kind]
    with pytest.raises(TooLarge, match="photo_too_many_pixels"):
        check_upload(data, None, MOST_BYTES, 640 * 480 - 1)


@pytest.mark.parametrize("declared", ["image/png", "text/html", "image/svg+xml", "video/mp4"])
def test_a_wrong_label_is_refused_and_says_what_was_found(declared):
    with pytest.raises(Invalid) as fault:
        check(photos.jpeg(), declared)
    assert fault.value.code == "photo_mislabelled"
    assert fault.value.params == {"declared": declared, "found": "image/jpeg"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "tail",
    [
        zipped(),
        b"Some words first " + zipped(),
        b"\0" * 64 + zipped(),
        b"%PDF-1.7\n1 0 obj",
        b"<html><script>alert(1)</script></html>",
        b"\n<SCRIPT>alert(1)</SCRIPT>",
        b"junk<?php system($_GET[0]);",
        b"GIF89a/*",
        b"*/=1;<svg onload=alert(1)>",
        b"#!/bin/sh\nrm",
        b"\x7fELF\2\1\1",
        b"MZ\x90\0",
        b"Rar!\x1a\7",
        b"7z\xbc\xaf\x27\x1c",
        b"\x1f\x8b\x08\0",
    ],
)
def test_another_file_behind_the_picture_is_refused(kind, tail):
    assert refusal(photos.plain(kind) + tail) == "photo_polyglot"


def test_a_pdf_in_the_head_is_refused():
    data = photos.plain()
    glued = data[:2] + photos.segment(0xFE, b"%PDF-1.7\n%") + data[2:]
    assert refusal(glued) == "photo_polyglot"


@pytest.mark.parametrize(
    "tail",
    [
        b"\0" * 4096,
        b"\r\n",
        photos.plain(),
        b"\0\0\0\x18ftypmp42\0\0\0\0isommp42\0\0\0\x08mdat",
        b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1700000000000SEFHh\0\0\0SEFT",
        b'vivo{"model":"V2318A"}',
    ],
    ids=["padding", "newline", "second picture", "film", "samsung", "vivo"],
)
def test_what_phones_append_is_taken(tail):
    assert check(photos.jpeg() + tail) is MediaType.JPEG


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(list(KINDS)),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=6),
    st.integers(0, 10**6),
)
def test_mutated_files_are_taken_or_refused(kind, changes, end):
    data = bytearray(photos.plain(kind))
    for at, byte in changes:
        data[at % len(data)] = byte
    try:
        assert check(bytes(data[: 1 + end % len(data)])) in MediaType
    except Fault as fault:
        assert fault.code.startswith("photo_")  # noqa: PT017 - either answer is right


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP"]))
def test_any_bytes_are_taken_or_refused(data, head):
    try:
        assert check(head + data) in MediaType
    except Fault as fault:
        assert fault.code.startswith("photo_")  # noqa: PT017 - either answer is right


def test_real_files_are_taken_but_for_the_broken_ones():
    found = photos.real_photos()
    if not found:
        pytest.skip("../shared/data/photos is missing")
    refused = {}
    for path in found:
        try:
            check(path.read_bytes())
        except Fault as fault:
            refused[path.name] = fault.code
    assert refused == {
        "corrupted.heic": "photo_not_an_image",
        "empty.heic": "photo_empty",
        "truncated.heic": "photo_cut",
    }
