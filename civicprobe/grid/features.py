"""GeoJSON bytes -> areas and every fault of every feature; nothing here knows a database.

Pure. Coordinates are turned into WGS-84 on the way in; a `crs` that names anything else refuses.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from civicprobe.errors import Invalid, TooLarge
from civicprobe.grid.areas import AreaShape, Level
from civicprobe.grid.coords import Datum, to_wgs84

MAX_BYTES = 100_000_000
MAX_NAME = 100
_CODE = re.compile(r"[0-9A-Za-z-]{1,32}")
# CGCS2000 (EPSG:4490) lies within a metre of WGS-84.
_SAME_CRS = re.compile(r"(CRS84|EPSG:+(4326|4490))$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FeatureFault:
    """What is wrong with one feature (counted from 0; None: with the level as a whole)."""

    feature: int | None
    area_code: str | None
    fault: str
    params: Mapping[str, object] = field(default_factory=dict)


class _Refusal(Exception):
    """A fault of the feature at hand."""

    def __init__(self, fault: str, **params: object) -> None:
        super().__init__(fault)
        self.fault, self.params = fault, params


def read_features(
    data: bytes, level: Level, datum: Datum = Datum.WGS84
) -> tuple[list[tuple[int, AreaShape]], list[FeatureFault]]:
    """Sound areas with their feature's number, and the faults of the others.

    Raises `TooLarge` or `Invalid` when the file as a whole cannot be taken.
    """
    areas: list[tuple[int, AreaShape]] = []
    faults: list[FeatureFault] = []
    for number, feature in enumerate(_features(data, datum)):
        code: str | None = None
        try:
            properties = _properties(feature)
            code = _text(properties, "code", 32)
            if not _CODE.fullmatch(code):
                raise _Refusal("code_malformed")
            name = _text(properties, "name", MAX_NAME)
            parent = _text(properties, "parent", 32)
            outline = _outline(feature.get("geometry"), datum)
            synthetic = properties.get("synthetic") is True
            areas.append((number, AreaShape(level, code, name, parent, outline, synthetic)))
        except _Refusal as refusal:
            faults.append(FeatureFault(number, code, refusal.fault, refusal.params))
    return areas, faults


def _features(data: bytes, datum: Datum) -> list[Any]:
    if len(data) > MAX_BYTES:
        raise TooLarge("map_file_too_large", most=MAX_BYTES)
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Invalid("map_file_not_json") from None
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise Invalid("map_file_not_feature_collection")
    crs = document.get("crs")
    if crs is not None and (datum is Datum.WGS84) and not _SAME_CRS.search(_crs_name(crs)):
        raise Invalid("map_file_other_crs", crs=_crs_name(crs))
    features = document.get("features")
    if not isinstance(features, list) or not features:
        raise Invalid("map_file_without_features")
    return features


def _crs_name(crs: object) -> str:
    properties = crs.get("properties") if isinstance(crs, dict) else None
    return str(properties.get("name") if isinstance(properties, dict) else crs)[:100]


def _properties(feature: Any) -> Mapping[str, Any]:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise _Refusal("feature_malformed")
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        raise _Refusal("properties_missing")
    return properties


def _text(properties: Mapping[str, Any], key: str, most: int) -> str:
    value = properties.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise _Refusal(f"{key}_missing")
    if len(value) > most or not value.isprintable():
        raise _Refusal(f"{key}_malformed")
    return value.strip()


def _outline(geometry: Any, datum: Datum) -> BaseGeometry:
    if not isinstance(geometry, dict):
        raise _Refusal("geometry_missing")
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in {"Polygon", "MultiPolygon"}:
        raise _Refusal("geometry_not_polygon", type=str(kind)[:40])
    polygons = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(polygons, list) or not polygons:
        raise _Refusal("coordinates_malformed")
    parts = [_polygon(rings, datum) for rings in polygons]
    outline = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    if not shapely.is_valid(outline):
        raise _Refusal("ring_invalid", reason=shapely.is_valid_reason(outline))
    if outline.area == 0:
        raise _Refusal("polygon_empty")
    return outline


def _polygon(rings: Any, datum: Datum) -> shapely.Polygon:
    if not isinstance(rings, list) or not rings:
        raise _Refusal("coordinates_malformed")
    shell, *holes = [_ring(ring, datum) for ring in rings]
    return shapely.Polygon(shell, holes)


def _ring(ring: Any, datum: Datum) -> NDArray[np.float64]:
    try:
        pairs = np.asarray(ring)
    except ValueError:
        raise _Refusal("coordinates_malformed") from None
    if pairs.ndim != 2 or pairs.shape[1] < 2 or pairs.dtype.kind not in "if":
        raise _Refusal("coordinates_malformed")
    pairs = pairs[:, :2].astype(float)
    if not np.isfinite(pairs).all():
        raise _Refusal("coordinates_not_finite")
    if (np.abs(pairs) > [180.0, 90.0]).any():
        raise _Refusal("coordinates_out_of_range")
    if len(pairs) < 4:
        raise _Refusal("ring_too_short", points=len(pairs))
    if (pairs[0] != pairs[-1]).any():
        raise _Refusal("ring_not_closed")
    return pairs if datum is Datum.WGS84 else np.array(list(_converted(pairs, datum)))


def _converted(pairs: NDArray[np.float64], datum: Datum) -> Iterator[tuple[float, float]]:
    for lon, lat in pairs.tolist():
        point = to_wgs84(lat, lon, datum)
        yield point.lon, point.lat
