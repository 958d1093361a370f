"""One level of the map from GeoJSON against what the edition holds already: faults and warnings.

Faults refuse the file, warnings let it in. Pure: the areas known already are given.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from civicprobe.grid.areas import CODE_LENGTH, PARENT_LEVEL, AreaShape, Level
from civicprobe.grid.coords import Datum
from civicprobe.grid.features import FeatureFault, read_features
from civicprobe.grid.topology import ALLOWED_M2, find_flaws


@dataclass(frozen=True)
class Known:
    """What the edition holds: level by code, the outlines of this level and of the one above."""

    levels: Mapping[str, Level]
    siblings: Sequence[AreaShape]
    parents: Sequence[AreaShape]


@dataclass(frozen=True)
class Reading:
    """The areas of a file, and what is to be said about them, by feature."""

    areas: tuple[AreaShape, ...]
    faults: tuple[FeatureFault, ...]
    warnings: tuple[FeatureFault, ...]


def read_level(
    data: bytes, level: Level, known: Known, *, city_code: str, datum: Datum = Datum.WGS84
) -> Reading:
    """Read and check a file of areas of one level; raises Invalid or TooLarge for no map at all.

    The lie of the land is looked at only when each feature is sound by itself.
    """
    numbered, faults = read_features(data, level, datum)
    faults += _misplaced(numbered, level, {**known.levels, city_code: Level.CITY})
    areas = tuple(area for _, area in numbered)
    warnings = [
        FeatureFault(number, area.code, "code_length", {"usual": CODE_LENGTH[level]})
        for number, area in numbered
        if len(area.code) != CODE_LENGTH[level]
    ]
    if not faults:
        flaws = list(_flaws(numbered, level, known))
        faults = [flaw for flaw in flaws if _size(flaw) > ALLOWED_M2]
        warnings += [flaw for flaw in flaws if _size(flaw) <= ALLOWED_M2]
    return Reading(areas, tuple(sorted(faults, key=_place)), tuple(sorted(warnings, key=_place)))


def _misplaced(
    numbered: Iterable[tuple[int, AreaShape]], level: Level, levels: Mapping[str, Level]
) -> Iterator[FeatureFault]:
    first: dict[str, int] = {}
    for number, area in numbered:
        if area.code in levels:
            yield FeatureFault(number, area.code, "code_taken")
        elif area.code in first:
            params = {"first": first[area.code]}
            yield FeatureFault(number, area.code, "code_repeated", params)
        first.setdefault(area.code, number)
        above = levels.get(area.parent)
        if above is None:
            yield FeatureFault(number, area.code, "parent_unknown", {"parent": area.parent})
        elif above is not PARENT_LEVEL[level]:
            params_above = {"parent": area.parent, "level": str(above)}
            yield FeatureFault(number, area.code, "parent_of_other_level", params_above)


def _flaws(
    numbered: Sequence[tuple[int, AreaShape]], level: Level, known: Known
) -> Iterator[FeatureFault]:
    """Flaws that the file brings, each at the first of its features that takes part."""
    number_of = {area.code: number for number, area in numbered}
    touched = {area.parent for _, area in numbered}
    parents = {area.code: area.outline for area in known.parents if area.code in touched}
    areas = [*known.siblings, *(area for _, area in numbered)]
    for flaw in find_flaws(level, areas, parents):
        number = number_of.get(flaw.code, number_of.get(flaw.other or ""))
        if number is not None or flaw.kind == "gap":
            params = {"size_m2": round(flaw.size_m2, 3), "other": flaw.other}
            yield FeatureFault(number, flaw.code, flaw.kind, params)


def _size(fault: FeatureFault) -> float:
    size = fault.params["size_m2"]
    return size if isinstance(size, float) else 0.0


def _place(fault: FeatureFault) -> tuple[int, str]:
    return (-1 if fault.feature is None else fault.feature), fault.fault
