"""The levels of the city map and what an area is, before any table or index.

Pure. Codes nest as text: district (GB/T 2260) 6 digits, street 9, community 12 (statistics codes),
then our own sequence of 3 digits for the general and 3 for the micro grid. The city itself has a
code and no polygon: it is the union of its districts.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from shapely.geometry.base import BaseGeometry


class Level(StrEnum):
    """Levels from the widest to the finest; `DEDICATED` (专属网格) lies over the micro grids."""

    CITY = "city"
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GENERAL = "general"
    MICRO = "micro"
    DEDICATED = "dedicated"


# The levels that tile the city, parents first.
TILING = (Level.DISTRICT, Level.STREET, Level.COMMUNITY, Level.GENERAL, Level.MICRO)

CODE_LENGTH = {
    Level.CITY: 6,
    Level.DISTRICT: 6,
    Level.STREET: 9,
    Level.COMMUNITY: 12,
    Level.GENERAL: 15,
    Level.MICRO: 18,
    Level.DEDICATED: 15,
}

PARENT_LEVEL = {
    Level.DISTRICT: Level.CITY,
    Level.STREET: Level.DISTRICT,
    Level.COMMUNITY: Level.STREET,
    Level.GENERAL: Level.COMMUNITY,
    Level.MICRO: Level.GENERAL,
    Level.DEDICATED: Level.COMMUNITY,
}


def level_of(code: str) -> Level | None:
    """The level of an area by its code's length, None for a code that is none of ours.

    City codes end with 00 (GB/T 2260); a code of 15 digits is taken for a general grid's.
    """
    if not code.isascii() or not code.isalnum():
        return None
    if len(code) == CODE_LENGTH[Level.CITY]:
        return Level.CITY if code.endswith("00") else Level.DISTRICT
    return next((level for level in TILING if CODE_LENGTH[level] == len(code)), None)


class AreaName(NamedTuple):
    """One area as it is spoken of."""

    level: Level
    code: str
    name: str
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class AreaShape:
    """One area with its outline: polygon or multipolygon, longitude and latitude in degrees.

    `replaces` holds codes of areas of earlier editions that ceased and that this one follows.
    """

    level: Level
    code: str
    name: str
    parent: str
    outline: BaseGeometry
    synthetic: bool = False
    replaces: tuple[str, ...] = ()

    @property
    def label(self) -> AreaName:
        """The area without its outline."""
        return AreaName(self.level, self.code, self.name, self.synthetic)
