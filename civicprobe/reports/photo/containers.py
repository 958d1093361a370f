"""How far a picture reaches in its file and how large it says it is, by its container alone.

Pure. JPEG markers, PNG chunks, WebP's RIFF, the boxes of HEIF and AVIF; nothing is decoded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_JPEG_NEXT_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")  # `\xff+` is 20 times slower
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_NESTED = {
    b"meta": 4,
    b"iprp": 0,
    b"ipco": 0,
}  # boxes that lead to `ispe`, and what they begin with

_BOXES = frozenset((*_NESTED, b"ftyp", b"mdat", b"moov", b"mpvd", b"free", b"uuid", b"ispe"))


class Cut(ValueError):
    """The file ends before the picture does."""


class NotOne(ValueError):
    """The signature promises a picture and the rest is none."""


@dataclass(frozen=True)
class Extent:
    """Size in pixels as the header says, and the offset of the first byte behind the picture."""

    width: int
    height: int
    end: int


@dataclass(frozen=True)
class _Piece:
    """A chunk or box: its name, where its content starts, where it ends."""

    name: bytes
    start: int
    end: int


def jpeg(data: bytes) -> Extent:
    """The first picture of a JPEG, up to its own end marker: thumbnails inside do not count.

    Raises Cut without an end marker, NotOne without a frame or a scan.
    """
    at, size, scanned = 2, None, False
    while found := _JPEG_NEXT_MARKER.search(data, at):
        marker, at = found[1][0], found.end()
        if marker == _END_OF_IMAGE:
            if size is None or not scanned:
                raise NotOne
            return Extent(*size, at)
        if marker in _JPEG_BARE:
            continue
        if marker in _JPEG_SIZES and size is None:
            size = _number(data, at + 5, 2), _number(data, at + 3, 2)
        scanned = scanned or marker == _START_OF_SCAN
        at += max(2, _number(data, at, 2))
    raise Cut


def png(data: bytes) -> Extent:
    """A PNG up to its IEND; raises Cut or NotOne."""
    size = None
    for chunk in _png_chunks(data):
        if size is None:
            if chunk.name != b"IHDR":
                raise NotOne
            size = _number(data, chunk.start, 4), _number(data, chunk.start + 4, 4)
        if chunk.name == b"IEND":
            return Extent(*size, chunk.end)
    raise Cut


def webp(data: bytes) -> Extent:
    """A WebP as long as its RIFF header says; raises Cut or NotOne."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise Cut
    name, body = data[12:16], 20
    if name == b"VP8X":
        size = [1 + int.from_bytes(data[at : at + 3], "little") for at in (body + 4, body + 7)]
    elif name == b"VP8L":
        packed = int.from_bytes(data[body + 1 : body + 5], "little")
        size = [1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)]
    elif name == b"VP8 ":
        size = [int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (body + 6, body + 8)]
    else:
        raise NotOne
    return Extent(size[0], size[1], end + end % 2 if end < len(data) else end)


def avif_or_heif(data: bytes) -> Extent:
    """A HEIF or AVIF file: every box whole, the largest picture any of them announces.

    Raises Cut for a box that reaches beyond the file, NotOne when no size is announced.
    """
    end, size = 0, (0, 0)
    for box in _boxes(data, 0, len(data)):
        size = max(size, _largest(data, box), key=_area)
        end = box.end
    if not _area(size):
        raise NotOne
    return Extent(*size, end)


def _largest(data: bytes, box: _Piece) -> tuple[int, int]:
    if box.name == b"ispe":
        return _number(data, box.start + 4, 4), _number(data, box.start + 8, 4)
    if box.name not in _NESTED:
        return 0, 0
    inside = _boxes(data, box.start + _NESTED[box.name], box.end)
    return max((_largest(data, inner) for inner in inside), key=_area, default=(0, 0))


def _boxes(data: bytes, at: int, stop: int) -> Iterator[_Piece]:
    """Boxes until `stop`, or until something that is none; raises Cut for one that is too long."""
    while at + 8 <= stop:
        length, name, head = _number(data, at, 4), data[at + 4 : at + 8], 8
        if length == 1:
            length, head = _number(data, at + 8, 8), 16
        elif length == 0:
            length = stop - at
        if length < head or not name.isalnum():
            return
        if at + length > stop:
            if name in _BOXES:
                raise Cut
            return
        yield _Piece(name, at + head, at + length)
        at += length


def _png_chunks(data: bytes) -> Iterator[_Piece]:
    at = 8
    while at + 12 <= len(data):
        end = at + 12 + _number(data, at, 4)
        if end > len(data):
            return
        yield _Piece(data[at + 4 : at + 8], at + 8, end)
        at = end


def _number(data: bytes, at: int, size: int) -> int:
    """A big-endian number; raises Cut beyond the end."""
    if at + size > len(data):
        raise Cut
    return int.from_bytes(data[at : at + size], "big")


def _area(size: tuple[int, int]) -> int:
    return size[0] * size[1]
