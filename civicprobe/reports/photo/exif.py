"""A photo's bytes -> what it tells: when, where, which way, how exact; or the reason for nothing.

Pure. Whatever is malformed becomes a reason or a warning, never a fault and never a guess. Whether
clock and position can be believed is judged in `place`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta, timezone, tzinfo
from typing import Any, Literal

from PIL import Image, ImageFile
from pydantic import AwareDatetime, TypeAdapter

from civicprobe.reports.photo.exif_tags import (
    GpsFix,
    NoGps,
    Tags,
    camera_time,
    clean_text,
    gps_time,
    nearest_offset,
    read_gps,
)
from civicprobe.reports.photo.files import open_photo, orientation_in, quiet
from civicprobe.reports.photo.xmp import gps_tags

CHINA_TIME = timezone(timedelta(hours=8))
_DETAIL_BLOCK, _GPS_BLOCK = 0x8769, 0x8825

TimeSource = Literal["offset", "gps", "assumed_zone"]


@dataclass(frozen=True)
class Device:
    """What took the picture. Sealed: it can tell people apart, so it is never shown."""

    make: str | None = None
    model: str | None = None


@dataclass(frozen=True)
class PhotoFacts:
    """What a photo's header tells; exactly one of `gps` and `no_gps_reason` is there.

    `width` and `height` are as stored, before `orientation` (1 to 8) turns them upright.
    """

    taken_at: AwareDatetime | None = None
    taken_at_source: TimeSource | None = None
    gps: GpsFix | None = None
    no_gps_reason: str | None = None
    warnings: tuple[str, ...] = ()
    device: Device = Device()
    width: int | None = None
    height: int | None = None
    orientation: int = 1

    def to_json(self) -> dict[str, Any]:
        """As JSON values; `from_json` leads back to the same facts."""
        kept: dict[str, Any] = _FACTS.dump_python(self, mode="json")
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "PhotoFacts":
        """Facts of JSON values made by `to_json`; raises pydantic's ValidationError for others."""
        return _FACTS.validate_python(kept)


_FACTS = TypeAdapter(PhotoFacts)


def read_facts(data: bytes, *, assumed_zone: tzinfo = CHINA_TIME) -> PhotoFacts:
    """What the photo tells of time and place; a camera time without a zone is in `assumed_zone`.

    Reads headers only, never pixels. Never raises: see `no_gps_reason` and `warnings`.
    """
    with quiet() as heard:
        try:
            image = open_photo(data)
        except Exception:  # Pillow raises nearly anything for a hostile file
            return PhotoFacts(no_gps_reason="photo_unreadable")
        main, detail, gps = _blocks(image, data)
    damaged = bool(heard) or main is None or detail is None or gps is None
    main = main or {}
    facts = PhotoFacts(
        warnings=("exif_damaged",) if damaged else (),
        device=Device(clean_text(main.get(0x010F)), clean_text(main.get(0x0110))),
        width=image.width,
        height=image.height,
        orientation=orientation_in(main),
    )
    kept = image.info.get("xmp")
    beside = gps_tags(kept) if gps == {} and isinstance(kept, bytes) else {}
    if beside:
        facts = replace(facts, warnings=(*facts.warnings, "gps_from_xmp"))
        gps = beside
    facts = _with_time(facts, {**main, **(detail or {})}, gps or {}, assumed_zone)
    return _with_gps(facts, gps, has_block=_GPS_BLOCK in main)


def _blocks(
    image: ImageFile.ImageFile, data: bytes
) -> tuple[Tags | None, Tags | None, Tags | None]:
    """The main, detail and GPS tags; None for a block that cannot be read."""
    if image.format == "PNG" and "exif" not in image.info and (late := _late_png_exif(data)):
        image.info["exif"] = late

    def exif() -> Image.Exif:
        return Image.Image.getexif(image)  # the PNG class's own would decode the pixels

    main = _tried(lambda: dict(exif()))
    if not main and image.info.get("exif"):
        return None, None, None
    return (
        main,
        _tried(lambda: exif().get_ifd(_DETAIL_BLOCK)),
        _tried(lambda: exif().get_ifd(_GPS_BLOCK)),
    )


def _tried(read: Callable[[], Tags]) -> Tags | None:
    try:
        return read()
    except Exception:  # the same as above; one broken block does not hide the others
        return None


def _late_png_exif(data: bytes) -> bytes | None:
    """The EXIF chunk of a PNG that stands after the pixels, where only decoding would find it."""
    at = 8
    while at + 8 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if kind == b"eXIf":
            return data[at + 8 : at + 8 + length]
        at += 12 + length
    return None


def _with_time(facts: PhotoFacts, tags: Tags, gps: Tags, assumed_zone: tzinfo) -> PhotoFacts:
    """When the shutter went: by the camera's own offset, else by the satellites', else assumed."""
    camera, gps_at = camera_time(tags), gps_time(gps)
    local, warnings = camera.local, camera.warnings
    source: TimeSource = "assumed_zone"
    if local is None:
        taken_at, source = gps_at, "gps"
    elif camera.offset is not None:
        taken_at, source = local - camera.offset, "offset"
    elif gps_at and (offset := nearest_offset(local - gps_at)) is not None:
        taken_at, source = local - offset, "gps"
    else:
        taken_at = local - (assumed_zone.utcoffset(local.replace(tzinfo=None)) or timedelta())
        warnings += ("gps_time_apart",) if gps_at else ()
    return replace(
        facts,
        taken_at=taken_at,
        taken_at_source=source if taken_at else None,
        warnings=facts.warnings + warnings,
    )


def _with_gps(facts: PhotoFacts, gps: Tags | None, *, has_block: bool) -> PhotoFacts:
    try:
        if gps is None:
            raise NoGps("exif_unreadable")
        found = read_gps(gps, has_block=has_block)
    except NoGps as reason:
        return replace(facts, no_gps_reason=str(reason))
    void = clean_text(gps.get(9)) == "V"  # the receiver had no fix of its own at that moment
    return replace(facts, gps=found, warnings=facts.warnings + (("gps_void",) if void else ()))
