"""Every real file gives the facts that a second tool finds in it.

The table holds what exiftool 12.57 prints (`exiftool -n`), not what our own code says: sizes are
turned upright by its orientation, a time without OffsetTimeOriginal is in the zone that the
satellites' time tells, else +08:00. Two files are broken on purpose: of invalid_id.heic and
truncated.heic the header says another size than the only picture that can be decoded has.
"""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import pytest
from PIL import Image

from civicprobe.reports.photo.covering import hide
from civicprobe.reports.photo.darkroom import develop
from civicprobe.reports.photo.exif import PhotoFacts, read_facts
from civicprobe.reports.photo.pictures import Unreadable
from tests import photos

MOST = 60_000_000


@dataclass(frozen=True)
class Truth:
    """What a file holds; `taken` with its offset, `by` what told the offset."""

    upright: tuple[int, int] | None
    taken: str | None = None
    by: str | None = None
    at: tuple[float, float] | None = None
    no_gps: str | None = None
    accuracy_m: float | None = None
    bearing_deg: float | None = None
    altitude_m: float | None = None
    speed_kmh: float | None = None
    model: str | None = None
    warnings: tuple[str, ...] = ()


FILES = {
    "arrow.heic": Truth(
        (3024, 4032),
        taken="2018:07:31 14:52:07+08:00",
        by="assumed_zone",
        no_gps="gps_absent",
        model="iPhone 8 Plus",
    ),
    "broken_exif_dpi.jpg": Truth(
        (100, 100),
        taken="2013:09:11 16:45:13+08:00",
        by="assumed_zone",
        no_gps="gps_absent",
        model="NIKON D800",
    ),
    "Canon_40D.jpg": Truth(
        (100, 68),
        taken="2008:05:30 15:56:01+08:00",
        by="assumed_zone",
        no_gps="gps_empty",
        model="Canon EOS 40D",
    ),
    "corrupted.heic": Truth(None, no_gps="photo_unreadable"),
    "DSCN0010.jpg": Truth(
        (640, 480),
        taken="2008:10:22 16:28:39+08:00",
        by="assumed_zone",
        at=(43.4674483, 11.8851267),
        model="COOLPIX P6000",
        warnings=("gps_time_apart",),
    ),
    "DSCN0042.jpg": Truth(
        (640, 480),
        taken="2008:10:22 17:00:07+08:00",
        by="assumed_zone",
        at=(43.4644550, 11.8814783),
        model="COOLPIX P6000",
        warnings=("gps_time_apart",),
    ),
    "empty.heic": Truth(None, no_gps="photo_unreadable"),
    "empty_gps_ifd.jpg": Truth(
        (10, 10),
        taken="2020:07:27 14:46:48+08:00",
        by="assumed_zone",
        no_gps="gps_empty",
        model="Redmi Note 9S",
    ),
    "exif-dpi-zerodivision.jpg": Truth(
        (200, 200),
        taken="2017:03:13 23:03:09+08:00",
        by="assumed_zone",
        no_gps="gps_absent",
        warnings=("time_not_original",),
    ),
    "exif-ifd-offset.jpg": Truth(
        (200, 200),
        taken="2017:03:13 23:03:09+08:00",
        by="assumed_zone",
        no_gps="gps_absent",
        warnings=("time_not_original",),
    ),
    "exif.avif": Truth((512, 512), no_gps="gps_absent"),
    "exif.png": Truth((512, 512), no_gps="gps_absent"),
    "exif_gps.jpg": Truth(
        (8, 8),
        taken="2099:09:29 10:10:10+08:00",
        by="assumed_zone",
        no_gps="gps_half",
        model="XXX-XXX",
    ),
    "exif_gps_typeerror.jpg": Truth(
        (800, 531),
        taken="2010:08:15 13:58:09+08:00",
        by="assumed_zone",
        no_gps="gps_empty",
        warnings=("time_not_original",),
    ),
    "exif_typeerror.jpg": Truth(
        (800, 531),
        taken="2010:08:15 13:58:09+08:00",
        by="assumed_zone",
        no_gps="gps_absent",
        warnings=("time_not_original",),
    ),
    "HMD_Nokia_8.3_5G.jpg": Truth(
        (4608, 1976),
        taken="2022:08:14 14:12:31+03:00",
        by="offset",
        at=(60.1467056, 24.9067722),
        bearing_deg=56,
        model="Nokia 8.3 5G",
    ),
    "HMD_Nokia_8.3_5G_hdr.heif": Truth(
        (4608, 3456),
        taken="2022:01:12 07:30:14+00:00",
        by="gps",
        at=(40.6629935, -3.7637405),
        bearing_deg=82,
        altitude_m=940.3186,
        speed_kmh=0.7559,
        warnings=("time_not_original",),
    ),
    "hopper_bad_exif.jpg": Truth((500, 500), no_gps="gps_absent", warnings=("exif_damaged",)),
    "hopper_orientation_2.jpg": Truth((128, 128), no_gps="gps_absent"),
    "hopper_orientation_3.jpg": Truth((128, 128), no_gps="gps_absent"),
    "hopper_orientation_4.jpg": Truth((128, 128), no_gps="gps_absent"),
    "hopper_orientation_5.jpg": Truth((128, 128), no_gps="gps_absent"),
    "hopper_orientation_6.jpg": Truth((128, 128), no_gps="gps_absent"),
    "hopper_orientation_7.jpg": Truth((128, 128), no_gps="gps_absent"),
    "hopper_orientation_8.jpg": Truth((128, 128), no_gps="gps_absent"),
    "image00971.jpg": Truth((636, 227), no_gps="gps_absent"),
    "image01088.jpg": Truth((425, 120), no_gps="gps_absent"),
    "image01137.jpg": Truth((88, 64), no_gps="gps_absent"),
    "image01551.jpg": Truth((61, 58), no_gps="gps_absent"),
    "image01713.jpg": Truth((49, 500), no_gps="gps_absent"),
    "image01980.jpg": Truth((284, 25), no_gps="gps_absent"),
    "image02206.jpg": Truth((65, 65), no_gps="gps_absent"),
    "IMG_5195.HEIC": Truth(
        (2566, 3313),
        taken="2021:04:11 15:47:53-05:00",
        by="offset",
        at=(39.0513444, -94.2887722),
        accuracy_m=38.813,
        bearing_deg=348.0553,
        altitude_m=260.5606,
        speed_kmh=0.5123,
        model="iPhone 11 Pro Max",
    ),
    "invalid-exif-without-x-resolution.jpg": Truth(
        (300, 200), taken="2016:12:03 11:17:43+08:00", by="assumed_zone", no_gps="gps_absent"
    ),
    "invalid-exif.jpg": Truth((200, 200), no_gps="exif_unreadable", warnings=("exif_damaged",)),
    "invalid_id.heic": Truth((564, 870), no_gps="gps_absent"),
    "iphone_13_pro_max.HEIC": Truth(
        (3024, 4032),
        taken="2022:02:16 12:55:41+01:00",
        by="offset",
        no_gps="gps_absent",
        model="iPhone 13 Pro Max",
    ),
    "iphone_hdr_NO.jpg": Truth(
        (3264, 2448),
        taken="2015:04:10 20:12:23+02:00",
        by="gps",
        at=(40.4469722, -3.7247528),
        bearing_deg=212.8721,
        altitude_m=639.5879,
        speed_kmh=0,
        model="iPhone 6",
    ),
    "junk_jpeg_header.jpg": Truth((1024, 768), no_gps="gps_absent"),
    "Kodak_CX7530.jpg": Truth(
        (100, 78),
        taken="2005:08:13 09:47:23+08:00",
        by="assumed_zone",
        at=(-0.3713000, 36.0564167),
        model="KODAK CX7530 ZOOM DIGITAL CAMERA",
    ),
    "landscape_1.jpg": Truth((600, 450), no_gps="gps_absent"),
    "landscape_2.jpg": Truth((600, 450), no_gps="gps_absent"),
    "landscape_3.jpg": Truth((600, 450), no_gps="gps_absent"),
    "landscape_4.jpg": Truth((600, 450), no_gps="gps_absent"),
    "landscape_5.jpg": Truth((600, 450), no_gps="gps_absent"),
    "landscape_6.jpg": Truth((600, 450), no_gps="gps_absent"),
    "landscape_7.jpg": Truth((600, 450), no_gps="gps_absent"),
    "landscape_8.jpg": Truth((600, 450), no_gps="gps_absent"),
    "multiple_exif.jpg": Truth((1, 1), no_gps="gps_absent"),
    "no_exif.jpg": Truth(
        (322, 466),
        taken="2014:09:22 10:56:35+08:00",
        by="assumed_zone",
        no_gps="gps_absent",
        warnings=("time_not_original",),
    ),
    "orientation_rectangle.jpg": Truth((1, 2), no_gps="gps_absent"),
    "pug.heic": Truth(
        (4032, 3024),
        taken="2023:02:21 14:33:08+03:00",
        by="offset",
        at=(44.8504778, 34.9766472),
        accuracy_m=35,
        bearing_deg=194.5969,
        altitude_m=29.1355,
        speed_kmh=0,
        model="iPhone 13 Pro",
    ),
    "truncated.heic": Truth((16, 16), no_gps="gps_absent"),
    "WWL_(Polaroid)_ION230.jpg": Truth(
        (75, 100),
        taken="2026:11:24 14:41:16+08:00",
        by="assumed_zone",
        no_gps="gps_absent",
        model="ION230",
    ),
}


@pytest.mark.parametrize(("name", "truth"), FILES.items())
def test_a_file_tells_what_the_second_tool_finds(name, truth):
    facts = read_facts(photos.real_photo(name))
    assert upright_size(facts) == truth.upright
    assert facts.taken_at == (truth.taken and datetime.strptime(truth.taken, "%Y:%m:%d %H:%M:%S%z"))
    assert (facts.taken_at_source, facts.no_gps_reason) == (truth.by, truth.no_gps)
    assert (facts.device.model, facts.warnings) == (truth.model, truth.warnings)
    gps = facts.gps
    if truth.at is None:
        assert gps is None
        return
    assert gps is not None
    assert (gps.lat, gps.lon) == pytest.approx(truth.at, abs=1e-6)
    more = (gps.accuracy_m, gps.bearing_deg, gps.altitude_m, gps.speed_mps and gps.speed_mps * 3.6)
    expected = (truth.accuracy_m, truth.bearing_deg, truth.altitude_m, truth.speed_kmh)
    assert more == pytest.approx(expected, abs=1e-3)


def upright_size(facts: PhotoFacts) -> tuple[int, int] | None:
    """The size that a person sees."""
    if facts.width is None or facts.height is None:
        return None
    size = (facts.width, facts.height)
    return size if facts.orientation <= 4 else size[::-1]


def test_the_table_names_every_file():
    found = {path.name for path in photos.real_photos()}
    if not found:
        pytest.skip("../shared/data/photos is missing")
    assert found == set(FILES)


@pytest.mark.parametrize(("name", "truth"), FILES.items())
def test_a_copy_has_the_upright_shape_and_tells_nothing(name, truth):
    data = photos.real_photo(name)
    if truth.upright is None:
        with pytest.raises(Unreadable):
            develop(data, MOST)
        return
    picture = develop(data, MOST).picture
    copies = hide(picture, [])
    width, height = truth.upright
    assert picture.width / picture.height == pytest.approx(width / height, rel=0.01)
    for copy in (copies.screen, copies.thumb):
        assert Image.open(BytesIO(copy)).size[0] <= min(1600, width)
        photos.assert_bare(copy)
        photos.assert_progressive(copy)
