"""One level of the map from GeoJSON against what the edition holds already: faults and warnings.

Faults refuse the file, warnings let it in. Pure: the areas known already are given.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from civicprobe.grid.areas import CODE_LENGTH, PARENT_LEVEL, AreaShape, Level
from civicprobe.grid.coords import Datum
from civicprobe.grid.features import FeatureFault, read_features
from civicprobe.grid.topology import ALLOWED_M2, Flaw, find_flaws


@dataclass(frozen=True)
class Known:
    """What the edition holds: level by code, the outlines of this level and of the one above, and
    the codes of earlier areas that have a successor in it."""

    levels: Mapping[str, Level]
    siblings: Sequence[AreaShape]
    parents: Sequence[AreaShape]
    replaced: Collection[str] = ()


@dataclass(frozen=True)
class Reading:
    """The areas of a file, and what is to be said about them, by feature."""

    areas: tuple[AreaShape, ...]
    faults: tuple[FeatureFault, ...]
    warnings: tuple[FeatureFault, ...]


def read_level(
    chunks: Iterable[bytes],
    level: Level,
    known: Known,
    *,
    city_code: str,
    datum: Datum = Datum.WGS84,
) -> Reading:
    """Read and check a file of areas of one level; raises Invalid or TooLarge for no map at all.

    The lie of the land is looked at only when each feature is sound by itself.
    """
    numbered, faults = read_features(chunks, level, datum)
    levels = {**known.levels, city_code: Level.CITY}
    faults += _misnamed(numbered, levels, known.replaced)
    faults += _misplaced(numbered, level, levels)
    faults += _misreplacing(numbered, levels, known.replaced)
    areas = tuple(area for _, area in numbered)
    warnings = [
        FeatureFault(number, area.code, "code_length", {"usual": CODE_LENGTH[level]})
        for number, area in numbered
        if len(area.code) != CODE_LENGTH[level]
    ]
    if not faults:
        flaws = list(_flaws(numbered, level, known))
        faults = [fault for flaw, fault in flaws if flaw.size_m2 > ALLOWED_M2]
        warnings += [fault for flaw, fault in flaws if flaw.size_m2 <= ALLOWED_M2]
    return Reading(areas, tuple(sorted(faults, key=_place)), tuple(sorted(warnings, key=_place)))


Numbered = Sequence[tuple[int, AreaShape]]


def _misnamed(
    numbered: Numbered, levels: Mapping[str, Level], replaced: Collection[str]
) -> Iterator[FeatureFault]:
    first: dict[str, int] = {}
    for number, area in numbered:
        if area.code in levels:
            yield FeatureFault(number, area.code, "code_taken")
        elif area.code in first:
            params = {"first": first[area.code]}
            yield FeatureFault(number, area.code, "code_repeated", params)
        elif area.code in replaced:
            yield FeatureFault(number, area.code, "code_replaced")
        first.setdefault(area.code, number)


def _misplaced(
    numbered: Numbered, level: Level, levels: Mapping[str, Level]
) -> Iterator[FeatureFault]:
    for number, area in numbered:
        above = levels.get(area.parent)
        if above is None:
            yield FeatureFault(number, area.code, "parent_unknown", {"parent": area.parent})
        elif above is not PARENT_LEVEL[level]:
            params = {"parent": area.parent, "level": str(above)}
            yield FeatureFault(number, area.code, "parent_of_other_level", params)


def _misreplacing(
    numbered: Numbered, levels: Mapping[str, Level], replaced: Collection[str]
) -> Iterator[FeatureFault]:
    """Areas that follow one that did not cease, or one that another follows too."""
    present = levels.keys() | {area.code for _, area in numbered}
    taken = set(replaced)
    for number, area in numbered:
        for code in area.replaces:
            if code in present:
                yield FeatureFault(number, area.code, "replaced_present", {"replaces": code})
            elif code in taken:
                yield FeatureFault(number, area.code, "replaced_twice", {"replaces": code})
            taken.add(code)


def _flaws(numbered: Numbered, level: Level, known: Known) -> Iterator[tuple[Flaw, FeatureFault]]:
    """Flaws that the file brings, each at the first of its features that takes part."""
    number_of = {area.code: number for number, area in numbered}
    touched = {area.parent for _, area in numbered}
    parents = {area.code: area.outline for area in known.parents if area.code in touched}
    areas = [*known.siblings, *(area for _, area in numbered)]
    for flaw in find_flaws(level, areas, parents):
        number = number_of.get(flaw.code, number_of.get(flaw.other))
        if number is not None or flaw.code in touched:
            params = {
                "size_m2": round(flaw.size_m2, 3),
                "other": flaw.other,
                "lonlat": flaw.lonlat,
            }
            yield flaw, FeatureFault(number, flaw.code, flaw.kind, params)


def _place(fault: FeatureFault) -> tuple[int, str]:
    return (-1 if fault.feature is None else fault.feature), fault.fault
