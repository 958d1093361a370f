"""The real names, codes and district outlines of Chengdu that lie in `data/` (see ORIGIN.md)."""

import csv
import json
from functools import cache
from importlib.resources import files

import shapely

from civicprobe.grid.areas import AreaShape, Level

CITY_CODE = "510100"


@cache
def districts() -> tuple[AreaShape, ...]:
    """The 20 districts and counties with their outlines, by code."""
    text = _read("chengdu_districts_tianditu_cgcs2000.geojson")
    shapes = (
        AreaShape(
            Level.DISTRICT,
            str(feature["properties"]["adcode"]),
            feature["properties"]["name"],
            CITY_CODE,
            shapely.from_geojson(json.dumps(feature["geometry"])),
        )
        for feature in json.loads(text)["features"]
    )
    return tuple(sorted(shapes, key=lambda shape: shape.code))


@cache
def streets() -> dict[str, tuple[tuple[str, str], ...]]:
    """District code to code and name of its streets and towns."""
    return _children("chengdu_streets_2023.csv", "areaCode")


@cache
def communities() -> dict[str, tuple[tuple[str, str], ...]]:
    """Street code to code and name of its communities and villages."""
    return _children("chengdu_villages_2023.csv", "streetCode")


def _children(file: str, parent: str) -> dict[str, tuple[tuple[str, str], ...]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for row in csv.DictReader(_read(file).splitlines()):
        found.setdefault(row[parent], []).append((row["code"], row["name"]))
    return {code: tuple(sorted(rows)) for code, rows in found.items()}


def _read(name: str) -> str:
    return (files("civicprobe.grid") / "data" / name).read_text(encoding="utf-8-sig")
