"""A photo's bytes -> the copies people see: upright, sRGB, without metadata of any kind.

Pure. What only decoding shows is `Unreadable`. A JPEG is decoded at half, quarter or eighth size
where that still fills the copy: that, not the resizing, is what makes it fast.
"""

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageCms, ImageFile, UnidentifiedImageError

try:
    import pillow_heif
except ImportError:  # HEIC stays unreadable then, everything else works
    FORMATS: tuple[str, ...] = ("JPEG", "PNG", "WEBP", "AVIF")
else:
    pillow_heif.register_heif_opener(
        thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
    )
    FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")

SCREEN_PX = 1600
THUMB_PX = 320
_SCREEN_QUALITY = 82
_THUMB_QUALITY = 78
_MAX_PROFILE_BYTES = 4_000_000
_SRGB = ImageCms.createProfile("sRGB")
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Unreadable(ValueError):
    """The picture cannot be shown; `reason` is a code: photo_not_an_image, photo_too_many_pixels,
    photo_cut or photo_broken."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Copies:
    """JPEG bytes of 1600 and 320 px, the upright size of the screen copy, and the look as a hash.

    `dhash` is a signed 64-bit number, as a BIGINT column holds it; compare it bit by bit.
    """

    screen: bytes
    thumb: bytes
    width: int
    height: int
    dhash: int


def make_copies(data: bytes, max_pixels: int) -> Copies:
    """The copies of a photo's first or primary picture; never larger than the photo itself.

    Raises Unreadable, and MemoryError where there is a limit to that.
    """
    with quiet():
        try:
            upright = _upright(data, max_pixels)
        except (Unreadable, MemoryError):
            raise
        except Exception as fault:  # decoders raise whatever a broken file leads them to
            raise Unreadable("photo_cut" if _says_cut(fault) else "photo_broken") from fault
    small = fitted(upright.size, THUMB_PX)
    thumb = upright.resize(small, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return Copies(
        screen=encode(upright),
        thumb=encode(thumb),
        width=upright.width,
        height=upright.height,
        dhash=look_of(thumb),
    )


def open_photo(data: bytes) -> ImageFile.ImageFile:
    """A photo with its header read and its pixels not yet; only formats of the allow-list.

    Raises what Pillow raises: nearly anything, for a hostile file.
    """
    return Image.open(BytesIO(data), formats=FORMATS)


@contextlib.contextmanager
def quiet() -> Iterator[list[warnings.WarningMessage]]:
    """Pillow's warnings about odd files, as a list: what matters in them is checked by us."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        yield heard


def look_of(image: Image.Image) -> int:
    """dHash: 64 comparisons of neighbours in a 9 by 8 grey picture, as a signed 64-bit number."""
    grey = image.convert("L").resize((9, 8), Image.Resampling.BILINEAR).tobytes()
    bits = [grey[row * 9 + x] < grey[row * 9 + x + 1] for row in range(8) for x in range(8)]
    packed = sum(1 << place for place, bit in enumerate(bits) if bit)
    return int.from_bytes(packed.to_bytes(8, "big"), "big", signed=True)


def orientation_in(exif: Mapping[int, object]) -> int:
    """The EXIF orientation, 1 to 8; 1 when it is missing or nonsense."""
    found = exif.get(0x0112)
    return found if isinstance(found, int) and found in _TURNS else 1


def _upright(data: bytes, max_pixels: int) -> Image.Image:
    image = _opened(data)
    if image.width * image.height > max_pixels:
        raise Unreadable("photo_too_many_pixels")
    # draft() keeps both sides at or above what is asked, so ask for exactly the copy's size.
    image.draft("RGB", fitted(image.size, SCREEN_PX))
    image.load()
    turn = _turn_of(image)
    small = _eight_bits(image).resize(fitted(image.size, SCREEN_PX), Image.Resampling.BILINEAR)
    plain = _plain(small, image.info.get("icc_profile"))
    return plain if turn is None else plain.transpose(turn)  # the first turn's value is 0


def _turn_of(image: Image.Image) -> Image.Transpose | None:
    try:
        return _TURNS.get(orientation_in(image.getexif()))
    except Exception:  # a broken EXIF block does not tell how the picture was held
        return None


def _opened(data: bytes) -> ImageFile.ImageFile:
    try:
        return open_photo(data)
    except Image.DecompressionBombError:
        raise Unreadable("photo_too_many_pixels") from None
    except UnidentifiedImageError:
        raise Unreadable("photo_not_an_image") from None


def fitted(size: tuple[int, int], longest: int) -> tuple[int, int]:
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


def encode(image: Image.Image) -> bytes:
    """A copy's JPEG bytes, baseline: a progressive one is 8 % smaller and costs a third more
    (measured)."""
    quality = _SCREEN_QUALITY if max(image.size) > THUMB_PX else _THUMB_QUALITY
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
