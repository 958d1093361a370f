"""A photo's bytes -> the picture people may see of it: upright, sRGB, at most 1600 px; and a
picture -> the bytes of a copy: progressive JPEG without metadata of any kind.

Pure. What only decoding shows is `Unreadable`. A JPEG is decoded at half, quarter or eighth size
where that still fills the copy: that, and the resizing by OpenCV, is what makes it fast.
"""

import contextlib
from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
from PIL import Image, ImageCms, ImageFile, UnidentifiedImageError

from civicprobe.reports.photo.files import TURNS, open_photo, orientation_in, quiet

SCREEN_PX = 1600
THUMB_PX = 320
_SCREEN_QUALITY = 82
_THUMB_QUALITY = 78
_MAX_PROFILE_BYTES = 4_000_000
_SRGB = ImageCms.createProfile("sRGB")


class Unreadable(ValueError):
    """The picture cannot be shown; `reason` is a code: photo_not_an_image, photo_too_many_pixels,
    photo_cut or photo_broken."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Developed:
    """A photo's picture, RGB and upright, and its look as a hash.

    `dhash` is a signed 64-bit number, as a BIGINT column holds it; compare it bit by bit.
    """

    picture: Image.Image
    dhash: int


def develop(data: bytes, max_pixels: int) -> Developed:
    """A photo's first or primary picture at 1600 px; never larger than the photo itself.

    Raises Unreadable, and MemoryError where there is a limit to that.
    """
    with quiet():
        try:
            upright = _upright(data, max_pixels)
        except (Unreadable, MemoryError):
            raise
        except Exception as fault:  # decoders raise whatever a broken file leads them to
            raise Unreadable("photo_cut" if _says_cut(fault) else "photo_broken") from fault
    return Developed(upright, look_of(fitted(upright, THUMB_PX)))


def look_of(image: Image.Image) -> int:
    """dHash: 64 comparisons of neighbours in a 9 by 8 grey picture, as a signed 64-bit number."""
    grey = image.convert("L").resize((9, 8), Image.Resampling.BILINEAR).tobytes()
    bits = [grey[row * 9 + x] < grey[row * 9 + x + 1] for row in range(8) for x in range(8)]
    packed = sum(1 << place for place, bit in enumerate(bits) if bit)
    return int.from_bytes(packed.to_bytes(8, "big"), "big", signed=True)


def _upright(data: bytes, max_pixels: int) -> Image.Image:
    image = _opened(data)
    if image.width * image.height > max_pixels:
        raise Unreadable("photo_too_many_pixels")
    # draft() keeps both sides at or above what is asked, so ask for exactly the copy's size.
    image.draft("RGB", size_within(image.size, SCREEN_PX))
    image.load()
    turn = _turn_of(image)
    small = fitted(_eight_bits(image), SCREEN_PX)
    plain = _plain(small, image.info.get("icc_profile"))
    return plain if turn is None else plain.transpose(turn)  # the first turn's value is 0


def _turn_of(image: Image.Image) -> Image.Transpose | None:
    try:
        return TURNS.get(orientation_in(image.getexif()))
    except Exception:  # a broken EXIF block does not tell how the picture was held
        return None


def _opened(data: bytes) -> ImageFile.ImageFile:
    try:
        return open_photo(data)
    except Image.DecompressionBombError:
        raise Unreadable("photo_too_many_pixels") from None
    except UnidentifiedImageError:
        raise Unreadable("photo_not_an_image") from None


def fitted(image: Image.Image, longest: int) -> Image.Image:
    """The picture with its longer side at most `longest`, in proportion; never larger.

    One less than twice as large is drawn from the four pixels around each point, which OpenCV does
    eight times as fast as Pillow (measured); a larger one from all of them, and without a copy of
    it, for which a large PNG or HEIC leaves no memory.
    """
    size = size_within(image.size, longest)
    if size == image.size:
        return image
    if image.mode != "RGB" or max(image.size) > 2 * longest:
        return image.resize(size, Image.Resampling.BILINEAR)
    return Image.fromarray(cv2.resize(np.asarray(image), size, interpolation=cv2.INTER_LINEAR))


def size_within(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """The size with its longer side at most `longest`, in proportion."""
    width, height = size
    scale = min(1.0, longest / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _eight_bits(image: Image.Image) -> Image.Image:
    """A picture whose pixels can be averaged: no palette, no single bits, no 16-bit greys."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in ("P", "PA", "1") or "transparency" in image.info:
        return image.convert("RGBA")
    return image


def _plain(image: Image.Image, profile: object) -> Image.Image:
    """RGB in sRGB, opaque: a profile is applied, then dropped; glass shows white."""
    if image.mode in ("RGBA", "LA", "RGBa", "La"):
        back = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(back, image.convert("RGBA")).convert("RGB")
    if isinstance(profile, bytes) and profile and len(profile) <= _MAX_PROFILE_BYTES:
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            image = _to_srgb(image, profile)
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    rgb.info = {}  # Pillow would write a comment or a profile found here into the copy
    return rgb


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """The colours as sRGB; a profile that is sRGB already costs nothing."""
    source = ImageCms.ImageCmsProfile(BytesIO(profile))
    if ImageCms.getProfileDescription(source).startswith("sRGB"):
        return image
    converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
    return converted or image


def _says_cut(fault: Exception) -> bool:
    return isinstance(fault, EOFError) or "truncated" in str(fault).lower()


def encode(picture: Image.Image) -> bytes:
    """A copy's bytes: progressive JPEG, so that a slow line shows all of it early, and 6 % smaller.

    25 ms of 31 are the price of that (1600 px): a copy is encoded once, when it is to be stored.
    """
    quality = _SCREEN_QUALITY if max(picture.size) > THUMB_PX else _THUMB_QUALITY
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, progressive=True)
    return out.getvalue()
