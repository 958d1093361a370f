"""Take one level of the map into an edition that is not yet active: all of the file or nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import shapely
from sqlalchemy import insert
from sqlalchemy.orm import Session

from civicprobe.errors import Conflict, Invalid
from civicprobe.grid.areas import PARENT_LEVEL, AreaShape, Level
from civicprobe.grid.coords import Datum
from civicprobe.grid.features import FeatureFault
from civicprobe.grid.importer import Known, read_level
from civicprobe.grid.models import DRAFT, Area, Edition
from civicprobe.grid.queries import area_levels, find_edition, read_shapes

_BATCH = 5_000
_MAX_NAME = 64


@dataclass(frozen=True)
class ImportReport:
    """What an import did: `written` areas, or the faults that refused the whole file."""

    edition: str
    level: Level
    areas: int
    written: int
    faults: tuple[FeatureFault, ...]
    warnings: tuple[FeatureFault, ...]


def import_areas(
    session: Session,
    name: str,
    level: Level,
    data: bytes,
    *,
    city_code: str,
    now: datetime,
    datum: Datum = Datum.WGS84,
    dry_run: bool = False,
) -> ImportReport:
    """Check the areas of a GeoJSON file and write them into the edition, made when it is new.

    Raises Conflict `edition_not_draft`, and Invalid or TooLarge when the file is no map at all.
    """
    edition = find_edition(session, name, lock=True)
    if edition is not None and edition.state != DRAFT:
        raise Conflict("edition_not_draft", name=name, state=edition.state)
    known = _known(session, edition, level)
    found = read_level(data, level, known, city_code=city_code, datum=datum)
    written = 0
    if not found.faults and not dry_run:
        edition = edition or new_edition(session, name, now=now)
        edition.synthetic = edition.synthetic or any(area.synthetic for area in found.areas)
        written = write_areas(session, edition, found.areas)
    return ImportReport(name, level, len(found.areas), written, found.faults, found.warnings)


def new_edition(session: Session, name: str, *, now: datetime, synthetic: bool = False) -> Edition:
    """An empty draft; raises Conflict `edition_exists`, Invalid `edition_name_malformed`."""
    if not 0 < len(name) <= _MAX_NAME or not name.isprintable():
        raise Invalid("edition_name_malformed", most=_MAX_NAME)
    if find_edition(session, name) is not None:
        raise Conflict("edition_exists", name=name)
    edition = Edition(name=name, state=DRAFT, synthetic=synthetic, created_at=now)
    session.add(edition)
    session.flush()
    return edition


def write_areas(session: Session, edition: Edition, areas: Iterable[AreaShape]) -> int:
    """Insert areas in batches; how many there were."""
    count, rest = 0, iter(areas)
    while batch := list(islice(rest, _BATCH)):
        polygons = shapely.to_wkb([area.outline for area in batch])
        rows = [
            {
                "edition_id": edition.id,
                "level": area.level.value,
                "code": area.code,
                "name": area.name,
                "parent_code": area.parent,
                "synthetic": area.synthetic,
                "polygon": polygon,
            }
            for area, polygon in zip(batch, polygons, strict=True)
        ]
        session.execute(insert(Area), rows)
        count += len(rows)
    return count


def _known(session: Session, edition: Edition | None, level: Level) -> Known:
    if edition is None:
        return Known({}, (), ())
    return Known(
        area_levels(session, edition.id),
        tuple(read_shapes(session, edition.id, level)),
        tuple(read_shapes(session, edition.id, PARENT_LEVEL[level])),
    )
