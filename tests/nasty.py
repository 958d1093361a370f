"""The nastiest uploads we could think of, and what is said of each.

`refused` is said at once, in the answer to the upload; `unreadable` by the worker, on the report;
`shown` are odd files that do no harm. Names that a form gives to its files are in NAMES.
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise

from PIL import Image

from tests import photos
from tests.photos import chunk, exif, jpeg, plain, png, segment, text

PNG_START = b"\x89PNG\r\n\x1a\n"
END = chunk(b"IEND", b"")
ZIP = b"PK\x03\x04" + bytes(30) + b"PK\x05\x06" + bytes(18)
XML_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    b'<svg xmlns="http://www.w3.org/2000/svg">&b;<script>alert(1)</script></svg>'
)


@dataclass(frozen=True)
class Nasty:
    """An upload: its bytes, the type it claims to have, and what becomes of it."""

    make: Callable[[], bytes]
    fate: str
    claims: str = ""


def head(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG's IHDR."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def with_chunks(*before: bytes) -> bytes:
    """A small PNG with these chunks before its pixels."""
    pixels = chunk(b"IDAT", zlib.compress(bytes(8 * 25)))
    return PNG_START + head(8, 8) + b"".join(before) + pixels + END


def resized(data: bytes, width: int, height: int) -> bytes:
    """A JPEG whose frame claims another size."""
    at = data.index(b"\xff\xc0")
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


def reboxed(kind: str, width: int, height: int) -> bytes:
    """A HEIC or AVIF whose `ispe` claims another size."""
    data = plain(kind)
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]


def wide_webp() -> bytes:
    """A WebP whose canvas is 16,384 pixels square."""
    side = (16_383).to_bytes(3, "little")
    frame = plain("WEBP")[12:]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + side + side + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def looped_exif() -> bytes:
    """Directories that name each other, and themselves, as the next."""
    entries = struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<HHII", 0x8825, 4, 1, 8)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", 2) + entries + struct.pack("<I", 8)


def crowded_exif() -> bytes:
    """As many entries as a segment holds, each claiming four billion values."""
    entry = struct.pack("<HHII", 0x9286, 7, 0xFFFFFFFF, 8)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", 0xFFFF) + entry * 5_000


def many_frames(kind: str, frames: int, **options: object) -> bytes:
    """An animation of small frames."""
    pictures = [Image.new("RGB", (16, 16), (n % 256, 0, n // 256)) for n in range(frames)]
    out = BytesIO()
    pictures[0].save(out, kind, save_all=True, append_images=pictures[1:], **options)
    return out.getvalue()


def many_scans(scans: int) -> bytes:
    """A progressive JPEG whose last scan is told over and over."""
    out = BytesIO()
    photos.picture((640, 480)).save(out, "JPEG", progressive=True)
    data = out.getvalue()
    starts = [at for at in range(len(data)) if data[at : at + 2] == b"\xff\xda"]
    (*_, (_, last)) = pairwise(starts)
    return data[:-2] + data[last:-2] * scans + data[-2:]


def glued(first: bytes, marker: int = 0xFE) -> bytes:
    """A JPEG with this content in its head."""
    data = plain()
    return data[:2] + segment(marker, first) + data[2:]


def profiled(profile: bytes) -> bytes:
    """A JPEG with this colour profile."""
    out = BytesIO()
    photos.picture((64, 48)).save(out, "JPEG", icc_profile=profile)
    return out.getvalue()


def shaken(kind: str) -> bytes:
    """A whole container around spoilt pixels."""
    data = bytearray(plain(kind, (320, 240)))
    for at in range(data.index(b"IDAT" if kind == "PNG" else b"mdat") + 4, len(data) - 16):
        data[at] ^= 0x5A
    return bytes(data)


def zipped_text(name: bytes) -> bytes:
    """A hundred megabytes of words in a hundred kilobytes."""
    words = zlib.compress(bytes(100_000_000), 9)
    return with_chunks(chunk(name, b"bomb\0\0" + words))


TOO_MANY = "refused photo_too_many_pixels"
NO_IMAGE = "refused photo_not_an_image"
GLUED = "refused photo_polyglot"

UPLOADS = {
    "pixels of a PNG": Nasty(lambda: photos.huge_png(60_000, 60_000), TOO_MANY),
    "pixels of a JPEG": Nasty(lambda: resized(plain(), 65_500, 65_500), TOO_MANY),
    "pixels of a WebP": Nasty(wide_webp, TOO_MANY),
    "pixels of a HEIC": Nasty(lambda: reboxed("HEIF", 60_000, 60_000), TOO_MANY),
    "pixels of an AVIF": Nasty(lambda: reboxed("AVIF", 60_000, 60_000), TOO_MANY),
    "pixels by the sign": Nasty(lambda: photos.huge_png(2**31 + 1, 1), TOO_MANY),
    "just under the limit": Nasty(
        lambda: photos.huge_png(9_000, 6_500), "unreadable photo_too_heavy"
    ),
    "zeros without end": Nasty(
        lambda: photos.huge_png(8_000, 7_200, whole=True), "unreadable photo_too_heavy"
    ),
    "a thread of pixels": Nasty(lambda: photos.huge_png(1, 900_000, whole=True), "shown"),
    "no pixels": Nasty(lambda: photos.huge_png(0, 0), NO_IMAGE),
    "zipped words": Nasty(lambda: zipped_text(b"zTXt"), "unreadable photo_broken"),
    "a zipped profile": Nasty(lambda: zipped_text(b"iCCP"), "unreadable photo_broken"),
    "directories in a ring": Nasty(lambda: jpeg(looped_exif()), "shown"),
    "directories in a crowd": Nasty(lambda: jpeg(crowded_exif()), "shown"),
    "a name of four billion letters": Nasty(
        lambda: jpeg(exif({0x010F: (2, 0xFFFFFFFF, b"\x08\0\0\0\0")})), "shown"
    ),
    "a directory outside the file": Nasty(lambda: jpeg(b"II*\0\xf0\xff\xff\xff"), "shown"),
    "a PNG with such a directory": Nasty(lambda: png(looped_exif(), late=True), "shown"),
    "a bomb as thumbnail": Nasty(
        lambda: jpeg(exif({0x010F: text("M")}) + resized(plain(), 65_500, 65_500)), "shown"
    ),
    "two thousand frames of a GIF": Nasty(lambda: many_frames("GIF", 2_000), NO_IMAGE),
    "a thousand frames of a PNG": Nasty(lambda: many_frames("PNG", 1_000), "shown"),
    "a thousand frames of a WebP": Nasty(lambda: many_frames("WEBP", 1_000), "shown"),
    "two hundred frames of an AVIF": Nasty(lambda: many_frames("AVIF", 200, speed=10), "shown"),
    "four hundred scans": Nasty(lambda: many_scans(400), "shown"),
    "ten thousand segments": Nasty(
        lambda: plain()[:2] + segment(0xFE, b"x") * 10_000 + plain()[2:], "shown"
    ),
    "a zip behind": Nasty(lambda: plain() + ZIP, GLUED),
    "a PDF in front": Nasty(lambda: glued(b"%PDF-1.7\n1 0 obj"), GLUED),
    "a page behind": Nasty(lambda: plain("PNG") + b"<html><script>alert(1)</script>", GLUED),
    "a script behind": Nasty(lambda: plain("WEBP") + b"#!/bin/sh\nrm -rf /", GLUED),
    "a program behind": Nasty(lambda: plain("HEIF") + b"\x7fELF\2\1\1" + bytes(64), GLUED),
    "a page in the head": Nasty(lambda: glued(b"<html><script>alert(1)</script>"), "shown"),
    "a drawing": Nasty(lambda: XML_BOMB, NO_IMAGE, "image/svg+xml"),
    "a drawing that calls itself a photo": Nasty(lambda: XML_BOMB, NO_IMAGE, "image/jpeg"),
    "a page that calls itself a photo": Nasty(
        lambda: b"<!doctype html><img src=x onerror=alert(1)>", NO_IMAGE, "image/png"
    ),
    "a photo that calls itself a page": Nasty(plain, "refused photo_mislabelled", "text/html"),
    "a photo that calls itself another": Nasty(
        lambda: plain("PNG"), "refused photo_mislabelled", "image/jpeg"
    ),
    "a film": Nasty(lambda: b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(999), NO_IMAGE),
    "a TIFF": Nasty(lambda: plain("TIFF"), NO_IMAGE, "image/jpeg"),
    "a bitmap": Nasty(lambda: plain("BMP"), NO_IMAGE),
    "a program for printers": Nasty(lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n(x) run", NO_IMAGE),
    "a GIF's name before a JPEG": Nasty(lambda: b"GIF89a" + plain(), NO_IMAGE),
    "nothing": Nasty(lambda: b"", "refused photo_empty"),
    "a megabyte of zeros": Nasty(lambda: bytes(1_000_000), NO_IMAGE),
    "a head without body": Nasty(lambda: b"\xff\xd8\xff\xd9", NO_IMAGE),
    "half a photo": Nasty(lambda: plain("JPEG", (640, 480))[:-999], "refused photo_cut"),
    "a box that never ends": Nasty(
        lambda: plain("HEIF") + b"\xff\xff\xff\xffmdat", "refused photo_cut"
    ),
    "a length that lies": Nasty(
        lambda: plain("WEBP")[:4] + b"\xff\xff\xff\x7f" + plain("WEBP")[8:], "refused photo_cut"
    ),
    "too many bytes": Nasty(lambda: plain() + bytes(15_000_000), "refused photo_too_large"),
    "spoilt pixels of a PNG": Nasty(lambda: shaken("PNG"), "unreadable photo_broken"),
    "spoilt pixels of a HEIC": Nasty(lambda: shaken("HEIF"), "unreadable photo_cut"),
    "spoilt pixels of an AVIF": Nasty(lambda: shaken("AVIF"), "unreadable photo_broken"),
    "a colour that is none": Nasty(lambda: with_chunks(chunk(b"PLTE", b"x" * 7)), "shown"),
    "a profile of noise": Nasty(lambda: profiled(bytes(range(256)) * 400), "shown"),
}
NAMES = (
    "../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/cron.d/x",
    "a.jpg\0.html",
    "x" * 4_000 + ".jpg",
    "<script>alert(1)</script>.jpg",
    "CON",
    "",
    "a.php.jpg",
    "\u202egpj.exe",
)
