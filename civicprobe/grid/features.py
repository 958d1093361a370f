"""A stream of GeoJSON -> areas and every fault of every feature; nothing here knows a database.

Pure. Coordinates are turned into WGS-84 on the way in; a `crs` that names another datum than was
said refuses. Outlines are made and judged a thousand at a time.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from civicprobe.errors import Invalid, TooLarge
from civicprobe.grid.areas import AreaShape, Level
from civicprobe.grid.coords import Datum, Floats
from civicprobe.grid.geojson import Collection
from civicprobe.grid.outlines import Flawed, Polygons, make_outlines

MAX_NAME = 100
MAX_REPLACED = 1_000
MAX_POINTS = 40_000_000
_BATCH = 1_000
_CODE = re.compile(r"[0-9A-Za-z-]{1,32}")
# CGCS2000 (EPSG:4490) lies within a metre of WGS-84.
_CRS_NAMES = {
    Datum.WGS84: re.compile(r"(CRS84|EPSG:+(4326|4490))$", re.IGNORECASE),
    Datum.GCJ02: re.compile(r"GCJ-?0?2$", re.IGNORECASE),
    Datum.BD09: re.compile(r"BD-?09(LL)?$", re.IGNORECASE),
}


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


@dataclass(frozen=True, slots=True)
class _Draft:
    """A feature that reads well; its outline is not yet made: polygons of rings of points."""

    number: int
    code: str
    name: str
    parent: str
    synthetic: bool
    replaces: tuple[str, ...]
    polygons: Polygons


def read_features(
    chunks: Iterable[bytes], level: Level, datum: Datum = Datum.WGS84
) -> tuple[list[tuple[int, AreaShape]], list[FeatureFault]]:
    """Sound areas with their feature's number, and the faults of the others.

    Raises `TooLarge` or `Invalid` when the file as a whole cannot be taken.
    """
    file = Collection(chunks)
    areas: list[tuple[int, AreaShape]] = []
    faults: list[FeatureFault] = []
    drafts, points = _drafts(file.features(), faults), 0
    while batch := list(islice(drafts, _BATCH)):
        _check_crs(file.members, datum)
        points += sum(len(ring) for each in batch for rings in each.polygons for ring in rings)
        if points > MAX_POINTS:
            raise TooLarge("map_file_too_large", most=MAX_POINTS)
        outlines = make_outlines([each.polygons for each in batch], datum)
        for draft, outline in zip(batch, outlines, strict=True):
            if isinstance(outline, Flawed):
                said = {"reason": outline.reason} if outline.reason else {}
                faults.append(FeatureFault(draft.number, draft.code, outline.fault, said))
                continue
            area = AreaShape(
                level,
                draft.code,
                draft.name,
                draft.parent,
                outline,
                draft.synthetic,
                draft.replaces,
            )
            areas.append((draft.number, area))
    _check_crs(file.members, datum)
    return areas, faults


def _check_crs(members: Mapping[str, object], datum: Datum) -> None:
    crs = members.get("crs")
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = str(properties.get("name") if isinstance(properties, dict) else crs)[:100]
    if not _CRS_NAMES[datum].search(name):
        raise Invalid("map_file_other_crs", crs=name, datum=datum.value)


def _drafts(features: Iterable[object], faults: list[FeatureFault]) -> Iterator[_Draft]:
    for number, feature in enumerate(features):
        code: str | None = None
        try:
            properties = _properties(feature)
            code = _code(_text(properties, "code", 32), "code")
            yield _Draft(
                number,
                code,
                _text(properties, "name", MAX_NAME),
                _text(properties, "parent", 32),
                properties.get("synthetic") is True,
                _replaces(properties.get("replaces")),
                _polygons(feature),
            )
        except _Refusal as refusal:
            faults.append(FeatureFault(number, code, refusal.fault, refusal.params))


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


def _code(text: str, key: str) -> str:
    if not _CODE.fullmatch(text):
        raise _Refusal(f"{key}_malformed")
    return text


def _replaces(value: object) -> tuple[str, ...]:
    """Codes of the areas that this one follows: one, or a list."""
    if value is None:
        return ()
    listed: list[object] = value if isinstance(value, list) else [value]
    if len(listed) > MAX_REPLACED:
        raise _Refusal("replaces_malformed")
    return tuple(_code(str(code).strip(), "replaces") for code in listed)


def _polygons(feature: Any) -> Polygons:
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict):
        raise _Refusal("geometry_missing")
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in {"Polygon", "MultiPolygon"}:
        raise _Refusal("geometry_not_polygon", type=str(kind)[:40])
    polygons = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(polygons, list) or not polygons:
        raise _Refusal("coordinates_malformed")
    if not all(isinstance(rings, list) and rings for rings in polygons):
        raise _Refusal("coordinates_malformed")
    return [[_ring(ring) for ring in rings] for rings in polygons]


def _ring(ring: Any) -> Floats:
    try:
        pairs = np.asarray(ring)
    except ValueError:
        raise _Refusal("coordinates_malformed") from None
    if pairs.ndim != 2 or pairs.shape[1] < 2 or pairs.dtype.kind not in "if":
        raise _Refusal("coordinates_malformed")
    return pairs[:, :2].astype(float, copy=False)
