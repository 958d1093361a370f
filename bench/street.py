"""Drawn people, number plates and parcel labels on the sample scenes, and where each one lies."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from civicprobe.samples import Scene, draw

_SKIN = "#e0b292", "#c69678", "#f0c8aa", "#96694f"
_HAIR = "#1e1916", "#3c2819", "#141414", "#5a504b"
_COLOURS = {
    "blue": ("#143ca0", "white"),
    "green": ("#78c882", "black"),
    "yellow": ("#e6b41e", "black"),
    "white": ("#f0f0f0", "black"),
}


@dataclass(frozen=True)
class Thing:
    """Something private in a picture: what, and its left, top, right and bottom in pixels."""

    kind: str
    box: tuple[int, int, int, int]

    @property
    def width(self) -> int:
        """In pixels."""
        return self.box[2] - self.box[0]


def face(width: int, seed: int = 0) -> Image.Image:
    """A head and shoulders whose face is `width` px wide, in the middle of a square 2.1 as wide."""
    side = 400
    picture = Image.new("RGB", (side, side), "#78828c")
    pen = ImageDraw.Draw(picture)
    skin, hair = _SKIN[seed % 4], _HAIR[seed % 4]
    dark = tuple(round(part * 0.75) for part in Image.new("RGB", (1, 1), skin).tobytes())
    pen.rectangle([120, 330, 280, 400], fill="#3c466e")
    pen.rectangle([165, 290, 235, 360], fill=dark)
    pen.ellipse([95, 40, 305, 330], fill=hair)
    pen.ellipse([115, 75, 285, 335], fill=skin)
    for left in (100, 272):
        pen.ellipse([left, 180, left + 28, 240], fill=skin)
    pen.pieslice([105, 40, 295, 220], 180, 360, fill=hair)
    for x in (155, 245):
        pen.ellipse([x - 24, 178, x + 24, 204], fill="#f5f5f5")
        pen.ellipse([x - 11, 179, x + 11, 203], fill="#322319")
        pen.line([x - 28, 160, x + 28, 158], fill=hair, width=9)
        pen.arc([x - 26, 172, x + 26, 212], 180, 360, fill="#3c2823", width=4)
    pen.polygon([(200, 190), (182, 250), (218, 250)], fill=dark)
    pen.ellipse([160, 275, 240, 305], fill="#af4b4b")
    pen.line([162, 290, 238, 290], fill="#6e282d", width=4)
    soft = np.asarray(picture.filter(ImageFilter.GaussianBlur(3))).astype(np.float32)
    lit = np.clip(soft * np.linspace(1.12, 0.8, side)[None, :, None], 0, 255).astype(np.uint8)
    size = round(side * width / 190)
    return Image.fromarray(lit).resize((size, size), Image.Resampling.LANCZOS)


def plate(width: int, colour: str = "blue", text: str = "A12345") -> Image.Image:
    """A number plate of Sichuan (川: three strokes, so that no Chinese font is needed)."""
    ground, ink = _COLOURS[colour]
    picture = Image.new("RGB", (440, 140), ground)
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle([5, 5, 434, 134], 10, outline=ink, width=4)
    pen.line([(34, 28), (34, 80), (24, 112)], fill=ink, width=9)
    pen.line([(50, 34), (50, 100)], fill=ink, width=9)
    pen.line([(68, 28), (68, 114)], fill=ink, width=9)
    font, step = ImageFont.load_default(86), 326 / len(text)
    for place, letter in enumerate(text):
        middle = 90 + (place + 0.5) * step + (8 if place else 0)
        pen.text((middle, 70), letter, fill=ink, font=font, anchor="mm", stroke_width=2)
    return picture.resize((width, round(width * 140 / 440)), Image.Resampling.LANCZOS)


def label(width: int, seed: int = 0) -> Image.Image:
    """A parcel label (面单): white paper with a bar code and eight lines of small print."""
    dice = np.random.default_rng(seed)
    picture = Image.new("RGB", (600, 800), "#f4f3ee")
    pen = ImageDraw.Draw(picture)
    x = 40.0
    while x < 560:
        bar = float(dice.integers(3, 11))
        pen.rectangle([x, 40, x + bar, 150], fill="black")
        x += bar + float(dice.integers(3, 11))
    font = ImageFont.load_default(44)
    for row in range(8):
        letters = "".join(chr(65 + int(n)) for n in dice.integers(0, 26, 4))
        digits = "".join(str(n) for n in dice.integers(0, 10, 11))
        pen.text((40, 180 + row * 74), f"{letters} {digits}", fill="black", font=font)
    return picture.resize((width, round(width * 4 / 3)), Image.Resampling.LANCZOS)


def street(
    things: Sequence[tuple[str, int]],
    *,
    seed: int = 0,
    scene: Scene = Scene.MISSING_COVER,
    size: tuple[int, int] = (1600, 1200),
) -> tuple[Image.Image, list[Thing]]:
    """The scene with each (kind, width in px) put into it, in rows from the top left."""
    picture = draw(scene, size, seed).copy()
    placed, x, y, tall = [], 8, 8, 0
    for n, (kind, width) in enumerate(things):
        part = _part(kind, width, seed + n)
        if x + part.width > size[0]:
            x, y, tall = 8, y + tall + 8, 0
        picture.paste(part, (x, y))
        inner = _inner(kind, part.size)
        placed.append(Thing(kind, (x + inner[0], y + inner[1], x + inner[2], y + inner[3])))
        x, tall = x + part.width + 24, max(tall, part.height)
    return picture, placed


def jpeg(picture: Image.Image, quality: int = 85) -> bytes:
    """The picture as a phone would send it."""
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _part(kind: str, width: int, seed: int) -> Image.Image:
    if kind == "face":
        return face(width, seed)
    if kind == "label":
        return label(width, seed)
    colours = list(_COLOURS)
    text = "AD12345" if colours[seed % 4] == "green" else "A" + f"{(seed * 7919) % 100_000:05d}"
    return plate(width, colours[seed % 4], text)


def _inner(kind: str, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where the thing itself lies in its part: of a head, the face."""
    if kind != "face":
        return 0, 0, *size
    left, top, right, bottom = (round(size[0] * at / 400) for at in (115, 110, 285, 335))
    return left, top, right, bottom
