"""Write a made-up map, marked synthetic, as a new draft edition."""

from datetime import datetime

from sqlalchemy.orm import Session

from civicprobe.grid.models import Edition
from civicprobe.grid.services.import_areas import new_edition, write_areas
from civicprobe.grid.synthetic import Progress, synthesize


def synthesize_edition(
    session: Session,
    district: str,
    *,
    seed: int,
    name: str,
    now: datetime,
    progress: Progress | None = None,
) -> Edition:
    """A draft with synthetic areas below one real district, or below `all`.

    The database is asked when all is made: nobody waits meanwhile. Raises NotFound `no_district`
    and Conflict `edition_exists`.
    """
    areas = list(synthesize(district, seed, progress))
    edition = new_edition(session, name, now=now, synthetic=True)
    write_areas(session, edition, areas)
    return edition
