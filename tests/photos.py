"""Photos no phone would send: EXIF written byte by byte, other formats, files cut or glued.

Believable ones come from `civicprobe.samples`. Real odd files are read where they lie: beside the
project, or where REAL_PHOTOS says.
"""

import os
import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from civicprobe.reports.photo.covering import Shown, hide
from civicprobe.reports.photo.pictures import develop

_BESIDE = Path(__file__).parents[2] / "shared" / "data" / "photos"
_REAL = Path(os.environ.get("REAL_PHOTOS", _BESIDE))
_ASCII, _SHORT, _LONG, _RATIONAL, _UNDEFINED, _SIGNED = 2, 3, 4, 5, 7, 10

Value = tuple[int, int, bytes]


def real_photos() -> list[Path]:
    """The odd files kept beside the project, none when they are not here."""
    kinds = {".jpg", ".heic", ".heif", ".png", ".avif"}
    return sorted(path for path in _REAL.rglob("*") if path.suffix.lower() in kinds)


def real_photo(name: str) -> bytes:
    """One of them; skips the test when it is not here."""
    for path in real_photos():
        if path.name == name:
            return path.read_bytes()
    pytest.skip(f"{name} is not beside the project: ../shared/data/photos is missing")


def text(value: str | bytes) -> Value:
    """ASCII with its closing zero."""
    data = (value if isinstance(value, bytes) else value.encode()) + b"\0"
    return _ASCII, len(data), data


def short(number: int) -> Value:
    """A 16-bit number."""
    return _SHORT, 1, struct.pack("<H", number)


def longs(*numbers: int) -> Value:
    """32-bit numbers, where the standard has fractions."""
    return _LONG, len(numbers), struct.pack(f"<{len(numbers)}I", *numbers)


def undefined(data: bytes) -> Value:
    """Bytes of no type."""
    return _UNDEFINED, len(data), data


def rationals(*pairs: tuple[int, int]) -> Value:
    """Fractions; a zero below the line is as good as any."""
    return _RATIONAL, len(pairs), b"".join(struct.pack("<II", *pair) for pair in pairs)


def signed(*pairs: tuple[int, int]) -> Value:
    """Fractions that may be negative, where the standard has none."""
    return _SIGNED, len(pairs), b"".join(struct.pack("<ii", *pair) for pair in pairs)


def whole(*numbers: int) -> Value:
    """Whole numbers as fractions."""
    return rationals(*((number, 1) for number in numbers))


HERE = {1: text("N"), 2: whole(30, 39, 31), 3: text("E"), 4: whole(104, 3, 53)}
HERE_DEG = (30 + 39 / 60 + 31 / 3600, 104 + 3 / 60 + 53 / 3600)


def exif(
    main: dict[int, Value] | None = None,
    detail: dict[int, Value] | None = None,
    gps: dict[int, Value] | None = None,
) -> bytes:
    """A TIFF block of up to three directories, as it stands in EXIF."""
    tags = dict(main or {})
    body = b""
    # The main directory stands first and its length is known, so the others follow it.
    start = 8 + 2 + 12 * (len(tags) + (detail is not None) + (gps is not None)) + 4
    for pointer, inner in ((0x8769, detail), (0x8825, gps)):
        if inner is not None:
            tags[pointer] = (_LONG, 1, struct.pack("<I", start + len(body)))
            body += _directory(inner, start + len(body))
    return b"II*\0\x08\0\0\0" + _directory(tags, 8, spill_at=start + len(body), spill_after=body)


def _directory(
    tags: dict[int, Value], at: int, spill_at: int | None = None, spill_after: bytes = b""
) -> bytes:
    entries, spill = b"", b""
    spill_at = at + 2 + 12 * len(tags) + 4 if spill_at is None else spill_at
    for tag, (kind, count, data) in sorted(tags.items()):
        entries += struct.pack("<HHI", tag, kind, count)
        if len(data) <= 4:
            entries += data.ljust(4, b"\0")
        else:
            entries += struct.pack("<I", spill_at + len(spill))
            spill += data + b"\0" * (len(data) % 2)
    return struct.pack("<H", len(tags)) + entries + b"\0\0\0\0" + spill_after + spill


def plain(kind: str = "JPEG", size: tuple[int, int] = (64, 48), mode: str = "RGB") -> bytes:
    """A small picture in any format that Pillow writes."""
    out = BytesIO()
    picture(size, mode).save(out, kind)
    return out.getvalue()


def picture(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    """A slope from dark at the top to light at the bottom."""
    return Image.linear_gradient("L").resize(size).convert(mode)


def jpeg(block: bytes | None = None, size: tuple[int, int] = (64, 48)) -> bytes:
    """A JPEG that carries this EXIF block."""
    data = plain("JPEG", size)
    if block is None:
        return data
    return data[:2] + segment(0xE1, b"Exif\0\0" + block) + data[2:]


def segment(marker: int, content: bytes) -> bytes:
    """One JPEG segment."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def png(block: bytes | None = None, *, late: bool = False) -> bytes:
    """A PNG with this EXIF block before or, as some write it, after the pixels."""
    data = plain("PNG")
    if block is None:
        return data
    at = data.index(b"IEND") - 4 if late else data.index(b"IDAT") - 4
    return data[:at] + chunk(b"eXIf", block) + data[at:]


def chunk(name: bytes, content: bytes) -> bytes:
    """One PNG chunk."""
    checked = name + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def huge_png(width: int, height: int, *, whole: bool = False) -> bytes:
    """A small file that says it is a large picture; `whole`: and is one, all black."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(height * (1 + 3 * width) if whole else 1000), 1)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", pixels), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def markers(data: bytes) -> set[int]:
    """Every marker of a JPEG from its start to its end, those between the scans too."""
    found: set[int] = set()
    at = 2
    while True:
        at = data.index(b"\xff", at)
        marker = data[at + 1]
        at += 2
        if marker == 0xD9:
            assert at == len(data), "something stands behind the picture"
            return found
        if marker == 0 or 0xD0 <= marker <= 0xD7:
            continue
        found.add(marker)
        at += struct.unpack(">H", data[at : at + 2])[0]


# JFIF, tables, a frame (baseline or progressive), Huffman codes, scans: nothing else.
_BARE = {0xE0, 0xDB, 0xC0, 0xC2, 0xC4, 0xDA}
_TRACES = (b"Exif", b"http:", b"ICC_PROFILE", b"Photoshop", b"8BIM", b"JFXX", b"xmp")


def copies_of(data: bytes, max_pixels: int = 50_000_000) -> Shown:
    """The copies of a photo on which nothing is to be hidden."""
    return hide(develop(data, max_pixels).picture, [])


def assert_progressive(data: bytes) -> None:
    """A frame of that kind (SOF2), and more scans than one."""
    assert 0xC2 in markers(data)
    assert 0xC0 not in markers(data)
    assert data.count(b"\xff\xda") > 1


def assert_bare(data: bytes) -> None:
    """A JPEG holds its picture and no word about it: no EXIF, XMP, IPTC, profile, comment, and no
    smaller picture within."""
    assert markers(data) <= _BARE
    assert data[2:11] == b"\xff\xe0\0\x10JFIF\0", "exactly the 16 bytes of JFIF's own header"
    assert data[18:20] == b"\0\0", "JFIF's own thumbnail is 0 by 0 pixels"
    assert data.count(b"\xff\xd8\xff") == 1
    assert not [trace for trace in _TRACES if trace in data]
