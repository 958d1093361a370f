"""A QR code as one SVG path: squares of modules, no picture file, no script."""

from dataclasses import dataclass

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET = 4  # modules of white around, as ISO/IEC 18004 asks


@dataclass(frozen=True)
class Qr:
    """`path` draws the dark modules in a square of `size` modules."""

    size: int
    path: str


def draw_qr(text: str) -> Qr:
    """The QR of a text, with its white border."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    return Qr(len(rows), path)
