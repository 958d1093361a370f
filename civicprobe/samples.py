"""Drawn photos of invented hazards, with the EXIF a phone would write: for the demo and the tests.

The same scene, shot and seed give the same bytes. No person, no plate and no text is drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from PIL.ExifTags import GPS, IFD, Base
from PIL.TiffImagePlugin import IFDRational

from civicprobe.grid.coords import Point

CHINA_TIME = timezone(timedelta(hours=8))
STORED = {  # what a camera held this way stores, so that the orientation tag turns it upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


class Scene(StrEnum):
    """What can be drawn: two hazards, each before and after."""

    MISSING_COVER = "missing_cover"
    COVER_FITTED = "cover_fitted"
    BLOCKED_LANE = "blocked_lane"
    LANE_CLEARED = "lane_cleared"


@dataclass(frozen=True)
class Shot:
    """When and from where a picture was taken; None stands for what a phone leaves out."""

    taken_at: datetime
    point: Point | None = None
    accuracy_m: float | None = 8.0
    bearing_deg: float | None = 90.0
    speed_mps: float | None = 0.0
    altitude_m: float | None = 500.0
    zone: timezone | None = CHINA_TIME


def photograph(
    scene: Scene,
    shot: Shot | None,
    *,
    size: tuple[int, int] = (1600, 1200),
    seed: int = 0,
    held: int = 1,
    quality: int = 85,
) -> bytes:
    """A JPEG of the scene; `size` is upright, `held` the EXIF orientation, None for no EXIF."""
    picture = draw(scene, size, seed)
    if held in STORED:
        picture = picture.transpose(STORED[held])
    exif = exif_of(shot) if shot else Image.Exif()
    if held != 1:
        exif[Base.Orientation] = held
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, exif=exif)
    return out.getvalue()


def exif_of(shot: Shot) -> Image.Exif:
    """The EXIF block a phone would write for a shot: time with offset, position, bearing."""
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model] = "Sample", "Drawn by code"
    local = shot.taken_at.astimezone(shot.zone or CHINA_TIME)
    detail = exif.get_ifd(IFD.Exif)
    detail[Base.DateTimeOriginal] = local.strftime("%Y:%m:%d %H:%M:%S")
    if shot.zone:
        offset = local.strftime("%z")
        detail[Base.OffsetTimeOriginal] = f"{offset[:3]}:{offset[3:]}"
    if shot.point:
        exif.get_ifd(IFD.GPSInfo).update(_gps_of(shot, shot.point))
    return exif


def _gps_of(shot: Shot, point: Point) -> dict[int, object]:
    at = shot.taken_at.astimezone(UTC)
    gps: dict[int, object] = {
        GPS.GPSLatitudeRef: "N" if point.lat >= 0 else "S",
        GPS.GPSLatitude: _sexagesimal(point.lat),
        GPS.GPSLongitudeRef: "E" if point.lon >= 0 else "W",
        GPS.GPSLongitude: _sexagesimal(point.lon),
        GPS.GPSDateStamp: at.strftime("%Y:%m:%d"),
        GPS.GPSTimeStamp: tuple(IFDRational(part) for part in (at.hour, at.minute, at.second)),
    }
    for tag, value, ref_tag, ref in (
        (GPS.GPSHPositioningError, shot.accuracy_m, None, None),
        (GPS.GPSImgDirection, shot.bearing_deg, GPS.GPSImgDirectionRef, "T"),
        (GPS.GPSSpeed, None if shot.speed_mps is None else shot.speed_mps * 3.6, 0x0C, "K"),
        (GPS.GPSAltitude, shot.altitude_m, GPS.GPSAltitudeRef, b"\0"),
    ):
        if value is not None:
            gps[tag] = IFDRational(round(value * 100), 100)
            if ref_tag is not None:
                gps[ref_tag] = ref
    return gps


def _sexagesimal(degrees: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    """Degrees, minutes and seconds to a ten-thousandth: three millimetres on the ground."""
    minutes, seconds = divmod(round(abs(degrees) * 36_000_000), 600_000)
    return IFDRational(minutes // 60), IFDRational(minutes % 60), IFDRational(seconds, 10_000)


class _Canvas:
    """A drawing in fractions of its width and height, jittered a little by the seed."""

    def __init__(self, size: tuple[int, int], seed: int) -> None:
        self.size = size
        self.dice = np.random.default_rng(seed)
        self.shift = float(self.dice.uniform(-0.06, 0.06))
        self.image = Image.new("RGB", size, "#a9c4d8")
        self._pen = ImageDraw.Draw(self.image)

    def shape(self, colour: str, *corners: tuple[float, float]) -> None:
        self._pen.polygon([self._px(*corner) for corner in corners], fill=colour)

    def box(self, colour: str, left: float, top: float, right: float, bottom: float) -> None:
        self._pen.rectangle([*self._px(left, top), *self._px(right, bottom)], fill=colour)

    def oval(self, colour: str, x: float, y: float, width: float, height: float) -> None:
        corners = self._px(x - width / 2, y - height / 2), self._px(x + width / 2, y + height / 2)
        self._pen.ellipse([*corners[0], *corners[1]], fill=colour)

    def line(self, colour: str, *ends: tuple[float, float], width: float = 0.004) -> None:
        thick = max(1, round(width * self.size[0]))
        self._pen.line([self._px(*end) for end in ends], fill=colour, width=thick)

    def _px(self, x: float, y: float) -> tuple[float, float]:
        return x * self.size[0], y * self.size[1]


def draw(scene: Scene, size: tuple[int, int], seed: int = 0) -> Image.Image:
    """The scene upright, grainy and a little soft, as a phone would see it."""
    canvas = _Canvas(size, seed)
    _street(canvas)
    _DRAWN[scene](canvas)
    soft = canvas.image.filter(ImageFilter.GaussianBlur(size[0] / 1600))
    grain = canvas.dice.normal(0, 6, (size[1], size[0], 1)).astype(np.float32)
    light = np.float32(canvas.dice.uniform(0.88, 1.08))
    return Image.fromarray(np.clip(np.asarray(soft) * light + grain, 0, 255).astype(np.uint8))


def _street(canvas: _Canvas) -> None:
    edge = 0.5 + canvas.shift
    for number, colour in enumerate(("#8d8a84", "#a39b8b", "#77808a", "#98907f")):
        left, top = number * 0.27 - 0.05, float(canvas.dice.uniform(0.05, 0.25))
        canvas.box(colour, left, top, left + 0.25, 0.42)
        for row in range(3):
            for column in range(4):
                x, y = left + 0.02 + column * 0.057, top + 0.03 + row * 0.05
                canvas.box("#5c6b78", x, y, x + 0.035, y + 0.03)
    canvas.box("#6f7f5c", 0, 0.4, 1, 0.46)
    canvas.box("#b3aca0", 0, 0.45, 1, 1)
    canvas.shape("#5a5b5d", (edge - 0.12, 0.45), (edge + 0.12, 0.45), (1.05, 1), (-0.05, 1))
    canvas.line("#d8d5cc", (edge - 0.12, 0.45), (-0.05, 1), width=0.01)
    canvas.line("#d8d5cc", (edge + 0.12, 0.45), (1.05, 1), width=0.01)


def _manhole(canvas: _Canvas) -> tuple[float, float]:
    x, y = 0.5 + canvas.shift * 2, 0.77
    canvas.oval("#454648", x, y, 0.34, 0.16)
    canvas.oval("#77787a", x, y, 0.31, 0.14)
    return x, y


def _missing_cover(canvas: _Canvas) -> None:
    x, y = _manhole(canvas)
    canvas.oval("#0b0b0c", x, y, 0.27, 0.115)
    canvas.oval("#2a2521", x, y + 0.012, 0.24, 0.085)
    canvas.oval("#050505", x, y + 0.022, 0.22, 0.065)


def _cover_fitted(canvas: _Canvas) -> None:
    x, y = _manhole(canvas)
    canvas.oval("#8b8a86", x, y, 0.27, 0.115)
    for step in range(-2, 3):
        reach = 0.115 - abs(step) * 0.025
        canvas.line("#64635f", (x - reach, y + step * 0.02), (x + reach, y + step * 0.02))
    for side in (-0.22, 0.24):
        _cone(canvas, x + side, y + 0.03)


def _lane(canvas: _Canvas) -> None:
    near, far = (0.14, 0.96), (0.4 + canvas.shift, 0.5)
    width_near, width_far = 0.72, 0.2
    for step in range(8):
        down = (step / 7) ** 1.6
        left = far[0] + (near[0] - far[0]) * down, far[1] + (near[1] - far[1]) * down
        right = left[0] + width_far + (width_near - width_far) * down, left[1]
        canvas.line("#e0b21d", left, right, width=0.003 + 0.006 * down)
    for part in range(9):
        start = far[0] + width_far * part / 8, far[1]
        canvas.line("#e0b21d", start, (near[0] + width_near * part / 8, near[1]), width=0.006)


def _blocked_lane(canvas: _Canvas) -> None:
    _lane(canvas)
    x = 0.48 + canvas.shift
    paint = ("#8c1f23", "#d9dadb", "#243b63")[int(canvas.dice.integers(3))]
    canvas.oval("#303133", x, 0.855, 0.62, 0.06)
    canvas.shape(paint, (x - 0.2, 0.56), (x + 0.18, 0.56), (x + 0.25, 0.68), (x - 0.27, 0.68))
    canvas.shape("#1d2730", (x - 0.18, 0.575), (x, 0.575), (x, 0.67), (x - 0.24, 0.67))
    canvas.shape(
        "#1d2730", (x + 0.02, 0.575), (x + 0.165, 0.575), (x + 0.22, 0.67), (x + 0.02, 0.67)
    )
    canvas.box(paint, x - 0.31, 0.67, x + 0.3, 0.81)
    for wheel in (-0.19, 0.18):
        canvas.oval("#161616", x + wheel, 0.81, 0.11, 0.135)
        canvas.oval("#9a9b9d", x + wheel, 0.81, 0.055, 0.07)


def _lane_cleared(canvas: _Canvas) -> None:
    _lane(canvas)
    for x, y in ((0.08, 0.9), (0.9, 0.88), (0.3, 0.6)):
        _cone(canvas, x + canvas.shift / 2, y)


def _cone(canvas: _Canvas, x: float, y: float) -> None:
    canvas.box("#2b2b2b", x - 0.035, y, x + 0.035, y + 0.02)
    canvas.shape(
        "#e2521b", (x - 0.026, y), (x + 0.026, y), (x + 0.006, y - 0.12), (x - 0.006, y - 0.12)
    )
    canvas.shape(
        "#f3f1ea",
        (x - 0.018, y - 0.04),
        (x + 0.018, y - 0.04),
        (x + 0.013, y - 0.07),
        (x - 0.013, y - 0.07),
    )


_DRAWN: dict[Scene, Callable[[_Canvas], None]] = {
    Scene.MISSING_COVER: _missing_cover,
    Scene.COVER_FITTED: _cover_fitted,
    Scene.BLOCKED_LANE: _blocked_lane,
    Scene.LANE_CLEARED: _lane_cleared,
}
