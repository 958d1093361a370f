"""Opens the files that count as photos: an allow-list of formats, header only, warnings kept back.

Pure. What is read of a header is in `exif.py`; what is made of the pixels in `pictures.py`.
"""

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from io import BytesIO

from PIL import Image, ImageFile

try:
    import pillow_heif
except ImportError:  # HEIC stays unreadable then, everything else works
    FORMATS: tuple[str, ...] = ("JPEG", "PNG", "WEBP", "AVIF")
else:
    pillow_heif.register_heif_opener(
        thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
    )
    FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")

# How a picture is turned upright, by its EXIF orientation; 1 is upright already.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


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


def orientation_in(exif: Mapping[int, object]) -> int:
    """The EXIF orientation, 1 to 8; 1 when it is missing or nonsense."""
    found = exif.get(0x0112)
    return found if isinstance(found, int) and found in TURNS else 1
