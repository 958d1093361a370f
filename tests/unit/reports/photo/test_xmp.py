"""A position that only XMP tells: as exiftool 12.57 writes it and reads it again, and no bomb."""

from datetime import UTC, datetime
from io import BytesIO
from math import isfinite

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from civicprobe.reports.photo.exif import PhotoFacts, read_facts
from civicprobe.reports.photo.xmp import MOST_BYTES, MOST_DEPTH, gps_tags
from tests import photos

# What `exiftool -XMP-exif:GPSLatitude=30.6586123 -XMP-exif:GPSLongitude=-104.0648456 …` wrote.
WRITTEN = """<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>
<x:xmpmeta xmlns:x='adobe:ns:meta/' x:xmptk='Image::ExifTool 12.57'>
<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
 <rdf:Description rdf:about='' xmlns:exif='http://ns.adobe.com/exif/1.0/'>
  <exif:GPSAltitude>1003/2</exif:GPSAltitude>
  <exif:GPSAltitudeRef>0</exif:GPSAltitudeRef>
  <exif:GPSHPositioningError>25/2</exif:GPSHPositioningError>
  <exif:GPSImgDirection>1085/4</exif:GPSImgDirection>
  <exif:GPSLatitude>30,39.516738N</exif:GPSLatitude>
  <exif:GPSLongitude>104,3.890736W</exif:GPSLongitude>
  <exif:GPSMapDatum>WGS-84</exif:GPSMapDatum>
  <exif:GPSSpeed>9/1</exif:GPSSpeed>
  <exif:GPSTimeStamp>2026-11-24T03:04:05Z</exif:GPSTimeStamp>
 </rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end='w'?>""".encode()
# The short form, as photo editors of other houses write it.
SHORT = (
    b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "
    b"xmlns:e='http://ns.adobe.com/exif/1.0/' e:GPSLatitude='30,39,31N' "
    b"e:GPSLongitude='104,3,53E' e:GPSMapDatum='GCJ-02'/></rdf:RDF>"
)
BOMB = (
    b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>"
    + b"".join(b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]>"
)


def carrying(xmp: bytes, kind: str = "JPEG") -> bytes:
    """A picture of this kind that carries XMP and no EXIF."""
    out, picture = BytesIO(), Image.new("RGB", (64, 48))
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
        picture.save(out, kind, pnginfo=info)
    elif kind == "HEIF":
        pillow_heif.from_pillow(picture).save(out, xmp=xmp)
    else:
        picture.save(out, kind, xmp=xmp)
    return out.getvalue()


def facts_of(xmp: bytes) -> PhotoFacts:
    return read_facts(carrying(xmp))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_every_kind_tells_what_exiftool_tells(kind):
    facts = read_facts(carrying(WRITTEN, kind))
    gps = facts.gps
    assert gps is not None
    assert (gps.lat, gps.lon) == pytest.approx((30.6586123, -104.0648456), abs=1e-9)
    assert (gps.altitude_m, gps.bearing_deg, gps.accuracy_m) == (501.5, 271.25, 12.5)
    assert gps.speed_mps == pytest.approx(2.5)
    assert gps.at == datetime(2026, 11, 24, 3, 4, 5, tzinfo=UTC)
    assert "gps_from_xmp" in facts.warnings


def test_the_short_form_and_its_datum():
    gps = facts_of(SHORT).gps
    assert gps is not None
    assert (gps.lat, gps.lon) == pytest.approx(photos.HERE_DEG, abs=1e-9)
    assert gps.datum == "gcj02"


def test_exif_comes_first_and_is_not_mended_by_xmp():
    for block, reason in ((photos.HERE, None), ({**photos.HERE, 1: photos.text("Q")}, "malformed")):
        plain = carrying(SHORT.replace(b"30,39", b"12,34"))
        data = plain[:2] + photos.segment(0xE1, b"Exif\0\0" + photos.exif(gps=block)) + plain[2:]
        facts = read_facts(data)
        assert "gps_from_xmp" not in facts.warnings
        if reason:
            assert facts.no_gps_reason == f"gps_{reason}"
        else:
            assert facts.gps is not None
            assert facts.gps.lat == pytest.approx(photos.HERE_DEG[0])


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"30,39,31N", b"91,0,0N", "gps_out_of_range"),
        (b"30,39,31N", b"30,39,31E", "gps_malformed"),
        (b"30,39,31N", b"30.65", "gps_malformed"),
        (b"30,39,31N", b"30,39.5,31N", "gps_malformed"),
        (b"30,39,31N", b"nan,39,31N", "gps_malformed"),
        (b" e:GPSLatitude='30,39,31N'", b"", "gps_half"),
        (b"<rdf:RDF", BOMB + b"<rdf:RDF", "gps_absent"),
        (b"/></rdf:RDF>", b">", "gps_absent"),
        (
            b"'30,39,31N' e:GPSLongitude='104,3,53E'",
            b"'0,0,0N' e:GPSLongitude='0,0,0E'",
            "gps_zero",
        ),
    ],
    ids=["far", "hemisphere", "decimal", "twice", "nan", "half", "bomb", "cut", "zero"],
)
def test_whatever_is_wrong_is_a_reason(old, new, reason):
    assert old in SHORT
    assert facts_of(SHORT.replace(old, new)).no_gps_reason == reason


def test_what_is_large_or_deep_is_not_read():
    deep = b"<a>" * (MOST_DEPTH + 1) + SHORT + b"</a>" * (MOST_DEPTH + 1)
    for much in (SHORT + b" " * MOST_BYTES, deep):
        assert gps_tags(much) == {}
    assert gps_tags(SHORT + b"\0" * 40), "padding is no fault"


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([WRITTEN, SHORT]),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=5),
    st.integers(0, 2_000),
)
def test_mutated_xmp_tells_a_place_on_the_globe_or_a_reason(xmp, changes, length):
    data = bytearray(xmp[: length or None])
    for at, byte in changes:
        if data:
            data[at % len(data)] = byte
    facts = facts_of(bytes(data))
    assert (facts.gps is None) != (facts.no_gps_reason is None)
    if facts.gps:
        assert abs(facts.gps.lat) <= 90
        assert abs(facts.gps.lon) <= 180
        assert isfinite(facts.gps.lat + facts.gps.lon)
