"""XMP -> the values of a GPS block, where an editor kept the position there and nowhere else.

Pure. A document type, and with it every entity, is refused; so is whatever is large or deep. What
the values mean, and whether they can be, `exif_tags.read_gps` says, as for EXIF itself.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from PIL.TiffImagePlugin import IFDRational

MOST_BYTES, MOST_DEPTH, _MOST_TEXT = 262_144, 64, 64
_EXIF = "http://ns.adobe.com/exif/1.0/ GPS"
# 30,39,30.5N or 30,39.5N: degrees, minutes with or without seconds, and the hemisphere.
_ANGLE = re.compile(r"(\d{1,3}),(\d{1,2}(?:\.\d{1,12})?)(?:,(\d{1,2}(?:\.\d{1,12})?))?([NSEW])")
_RATIONAL = re.compile(r"(\d{1,10})(?:/(\d{1,10})|\.(\d{1,10}))?")


def gps_tags(xmp: bytes) -> Mapping[int, Any]:
    """The tags of a GPS block; nothing for XML that is broken, too much, or no XMP at all."""
    tags: dict[int, Any] = {}
    for name, text in _values(xmp) if len(xmp) <= MOST_BYTES else ():
        if read := _READ.get(name):
            tags.update(read(text.strip()))
    return tags


class _TooMuch(Exception):
    """No XMP needs this."""


def _values(xmp: bytes) -> list[tuple[str, str]]:
    """Names without their namespace and GPS, and texts, of EXIF's GPS properties: attributes and
    elements alike."""
    found: list[tuple[str, str]] = []
    open_names: list[str] = []
    said: list[str] = []

    def begin(name: str, attributes: dict[str, str]) -> None:
        if len(open_names) >= MOST_DEPTH:
            raise _TooMuch
        open_names.append(name)
        said.clear()
        found.extend(attributes.items())

    def end(_: str) -> None:
        found.append((open_names.pop(), "".join(said)))
        said.clear()

    def refuse(*_: object) -> None:
        raise _TooMuch

    parser = ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler = said.append
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(xmp.strip(b"\0"), True)
    except (ExpatError, _TooMuch, ValueError, UnicodeError, LookupError):
        return []
    return [
        (name.removeprefix(_EXIF), text)
        for name, text in found
        if name.startswith(_EXIF) and len(text) <= _MOST_TEXT
    ]


def _angle(value: int) -> Callable[[str], Mapping[int, Any]]:
    """Degrees and hemisphere as EXIF has them: three fractions under `value`, a letter before."""

    def read(text: str) -> Mapping[int, Any]:
        match = _ANGLE.fullmatch(text.upper())
        if match is None:
            return {value - 1: "?", value: text}
        parts = tuple(IFDRational(Fraction(part or 0)) for part in match.groups()[:3])
        return {value - 1: match[4], value: parts}

    return read


def _rational(tag: int) -> Callable[[str], Mapping[int, Any]]:
    def read(text: str) -> Mapping[int, Any]:
        match = _RATIONAL.fullmatch(text)
        whole = match is not None and (match[2] is None or int(match[2]) > 0)
        return {tag: IFDRational(Fraction(text))} if whole else {}

    return read


def _time(text: str) -> Mapping[int, Any]:
    """XMP's one moment as EXIF's date and clock, both of the satellites (UTC)."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return {}
    if (offset := at.utcoffset()) is None or offset:
        return {}
    clock = tuple(IFDRational(part) for part in (at.hour, at.minute, at.second))
    return {0x1D: f"{at:%Y:%m:%d}", 7: clock}


def _text(tag: int) -> Callable[[str], Mapping[int, Any]]:
    return lambda text: {tag: text}


_READ: Mapping[str, Callable[[str], Mapping[int, Any]]] = {
    "Latitude": _angle(2),
    "Longitude": _angle(4),
    "AltitudeRef": lambda text: {5: int(text == "1")},
    "Altitude": _rational(6),
    "TimeStamp": _time,
    "Status": _text(9),
    "DOP": _rational(0x0B),
    "SpeedRef": _text(0x0C),
    "Speed": _rational(0x0D),
    "ImgDirection": _rational(0x11),
    "MapDatum": _text(0x12),
    "HPositioningError": _rational(0x1F),
}
