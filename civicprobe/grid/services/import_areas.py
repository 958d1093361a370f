"""Take one level of the map into an edition that is not yet active: all of the file or nothing.

The long part (`check_areas`) only reads, so that nobody waits for it; `keep_areas` writes, and
refuses when the edition changed in between.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import shapely
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from civicprobe.errors import Conflict, Invalid
from civicprobe.grid.areas import PARENT_LEVEL, AreaShape, Level
from civicprobe.grid.coords import Datum
from civicprobe.grid.features import FeatureFault
from civicprobe.grid.importer import Known, Reading, read_level
from civicprobe.grid.models import DRAFT, Area, Edition, Succession
from civicprobe.grid.queries import area_levels, count_areas, find_edition, read_shapes, successors

_BATCH = 5_000
_MAX_NAME = 64

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class ImportReport:
    """What an import did: `written` areas, or the faults that refused the whole file."""

    edition: str
    level: Level
    areas: int
    written: int
    faults: tuple[FeatureFault, ...]
    warnings: tuple[FeatureFault, ...]


@dataclass(frozen=True)
class Checked:
    """A file read and judged against an edition that held `held` areas then."""

    edition: str
    level: Level
    reading: Reading
    held: int

    def report(self, written: int = 0) -> ImportReport:
        """What is to be said about it."""
        found = self.reading
        return ImportReport(
            self.edition, self.level, len(found.areas), written, found.faults, found.warnings
        )


def import_areas(
    session: Session,
    name: str,
    level: Level,
    chunks: Iterable[bytes],
    *,
    city_code: str,
    now: datetime,
    datum: Datum = Datum.WGS84,
) -> ImportReport:
    """Check the areas of a GeoJSON file and write them into the edition, made when it is new.

    Raises as `check_areas` and `keep_areas`; a file with faults is reported and not written.
    """
    checked = check_areas(session, name, level, chunks, city_code=city_code, datum=datum)
    if checked.reading.faults:
        return checked.report()
    return checked.report(keep_areas(session, checked, now=now))


def check_areas(
    session: Session,
    name: str,
    level: Level,
    chunks: Iterable[bytes],
    *,
    city_code: str,
    datum: Datum = Datum.WGS84,
) -> Checked:
    """Read a GeoJSON file and judge it against what the edition holds; writes nothing.

    Raises Conflict `edition_not_draft`, and Invalid or TooLarge when the file is no map at all.
    """
    edition = find_edition(session, name)
    if edition is not None and edition.state != DRAFT:
        raise Conflict("edition_not_draft", name=name, state=edition.state)
    held, known = _held(session, edition), _known(session, edition, level)
    found = read_level(chunks, level, known, city_code=city_code, datum=datum)
    return Checked(name, level, found, held)


def keep_areas(
    session: Session, checked: Checked, *, now: datetime, progress: Progress | None = None
) -> int:
    """Write what was checked and has no faults; how many areas there were.

    Raises Conflict `edition_changed` when it is no longer what the file was checked against.
    """
    if checked.reading.faults:
        raise ValueError("a file with faults is not written")
    edition = find_edition(session, checked.edition, lock=True)
    in_use = edition is not None and edition.state != DRAFT
    if in_use or _held(session, edition) != checked.held:
        raise Conflict("edition_changed", name=checked.edition)
    edition = edition or new_edition(session, checked.edition, now=now)
    areas = checked.reading.areas
    edition.synthetic = edition.synthetic or any(area.synthetic for area in areas)
    return write_areas(session, edition, areas, progress)


def new_edition(session: Session, name: str, *, now: datetime, synthetic: bool = False) -> Edition:
    """An empty draft; raises Conflict `edition_exists`, Invalid `edition_name_malformed`."""
    if not 0 < len(name) <= _MAX_NAME or not name.isprintable():
        raise Invalid("edition_name_malformed", most=_MAX_NAME)
    if find_edition(session, name) is not None:
        raise Conflict("edition_exists", name=name)
    edition = Edition(name=name, state=DRAFT, synthetic=synthetic, created_at=now)
    session.add(edition)
    try:
        session.flush()
    except IntegrityError:  # somebody made it at the same moment
        raise Conflict("edition_exists", name=name) from None
    return edition


def write_areas(
    session: Session,
    edition: Edition,
    areas: Iterable[AreaShape],
    progress: Progress | None = None,
) -> int:
    """Insert areas in batches; how many there were."""
    count, rest = 0, iter(areas)
    total = len(areas) if isinstance(areas, Sequence) else 0
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
        follows = [
            {"edition_id": edition.id, "code": code, "successor_code": area.code}
            for area in batch
            for code in area.replaces
        ]
        if follows:
            session.execute(insert(Succession), follows)
        count += len(rows)
        if progress is not None:
            progress(count, total)
    return count


def _held(session: Session, edition: Edition | None) -> int:
    return 0 if edition is None else count_areas(session, edition.id)


def _known(session: Session, edition: Edition | None, level: Level) -> Known:
    if edition is None:
        return Known({}, (), ())
    return Known(
        area_levels(session, edition.id),
        tuple(read_shapes(session, edition.id, level)),
        tuple(read_shapes(session, edition.id, PARENT_LEVEL[level])),
        successors(session, edition.id),
    )
