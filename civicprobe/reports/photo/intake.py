"""What comes in as a photo is looked at without decoding: signature, header size, end, tail.

Pure. What only decoding shows is found later, in `pictures`. Refusals are codes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from civicprobe.errors import Fault, Invalid, TooLarge, UnsupportedMedia
from civicprobe.reports.photo.containers import Cut, Extent, NotOne, avif_or_heif, jpeg, png, webp


class MediaType(StrEnum):
    """The kinds of photo that are taken."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    HEIC = "image/heic"
    AVIF = "image/avif"


@dataclass(frozen=True)
class _Kind:
    """A kind of photo: how its first bytes look, who measures it, what else it is called."""

    media: MediaType
    signature: re.Pattern[bytes]
    measure: Callable[[bytes], Extent]
    names: frozenset[str]


def _brands(*brands: bytes) -> re.Pattern[bytes]:
    """An ISO media file whose brands, within the first 64 bytes, hold one of these."""
    some = b"|".join(brands)
    return re.compile(rb"(?s)\0\0..ftyp(?:....)??(?:....){0,12}?(?:" + some + rb")")


_KINDS = (
    _Kind(
        MediaType.JPEG,
        re.compile(rb"\xff\xd8\xff"),
        jpeg,
        frozenset({"image/jpeg", "image/jpg", "image/pjpeg"}),
    ),
    _Kind(MediaType.PNG, re.compile(rb"\x89PNG\r\n\x1a\n"), png, frozenset({"image/png"})),
    _Kind(MediaType.WEBP, re.compile(rb"(?s)RIFF....WEBP"), webp, frozenset({"image/webp"})),
    _Kind(MediaType.AVIF, _brands(b"avif", b"avis"), avif_or_heif, frozenset({"image/avif"})),
    _Kind(
        MediaType.HEIC,
        _brands(b"hei[cxms]", b"hev[cx]", b"mif1"),
        avif_or_heif,
        frozenset(f"image/hei{end}" for end in ("c", "f", "c-sequence", "f-sequence")),
    ),
)
_UNDECLARED = frozenset({"", "application/octet-stream", "binary/octet-stream"})

# Phones append a second picture, a gain map, a film or notes of their own after the picture, and
# no list of those is complete; so what is refused is another kind of file that somebody would open.
_FOREIGN_START = re.compile(
    rb"[\s\0\xff]*(?:PK\x03\x04|%PDF|%!PS|GIF8|Rar!|7z\xbc\xaf|\x1f\x8b\x08|BZh|\xfd7zXZ|MZ\x90"
    rb"|\x7fELF|\xca\xfe\xba\xbe|[CF]WS|\{\\rtf|#!|<[!?a-z]|/\*|//)",
    re.IGNORECASE,
)
_FOREIGN_INSIDE = re.compile(
    rb"%PDF-|PK\x05\x06\0\0\0\0|<(?:!doctype|html|script|iframe|svg[\s>]|\?php)", re.IGNORECASE
)
_PDF_IS_FOUND_WITHIN = 1024


def check_upload(
    data: bytes, declared_type: str | None, max_bytes: int, max_pixels: int
) -> MediaType:
    """What kind of photo the bytes are, by what they show without decoding.

    Raises Invalid photo_empty, photo_cut, photo_mislabelled or photo_polyglot; TooLarge
    photo_too_large or photo_too_many_pixels; UnsupportedMedia photo_not_an_image.
    """
    if not data:
        raise Invalid("photo_empty")
    if len(data) > max_bytes:
        raise TooLarge("photo_too_large", size=len(data), most=max_bytes)
    kind = next((kind for kind in _KINDS if kind.signature.match(data)), None)
    if kind is None:
        raise UnsupportedMedia("photo_not_an_image")
    declared = (declared_type or "").partition(";")[0].strip().lower()
    if declared not in _UNDECLARED and declared not in kind.names:
        raise Invalid("photo_mislabelled", declared=declared[:40], found=kind.media.value)
    extent = _measured(kind, data)
    pixels = extent.width * extent.height
    if pixels > max_pixels:
        raise TooLarge("photo_too_many_pixels", pixels=pixels, most=max_pixels)
    if _is_polyglot(data, extent.end):
        raise Invalid("photo_polyglot")
    return kind.media


def _measured(kind: _Kind, data: bytes) -> Extent:
    fault: Fault
    try:
        extent = kind.measure(data)
    except Cut:
        fault = Invalid("photo_cut")
    except NotOne:
        fault = UnsupportedMedia("photo_not_an_image")
    else:
        if extent.width and extent.height:
            return extent
        fault = UnsupportedMedia("photo_not_an_image")
    raise fault


def _is_polyglot(data: bytes, end: int) -> bool:
    """Whether another kind of file stands behind the picture, or a PDF in its head."""
    if b"%PDF-" in data[:_PDF_IS_FOUND_WITHIN]:
        return True
    return bool(_FOREIGN_START.match(data, end) or _FOREIGN_INSIDE.search(data, end))
