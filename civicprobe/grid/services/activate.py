"""Make an edition the one everybody uses, or go back to an earlier one.

The long part (`prepare`) only reads, so that nobody waits for it; `switch` takes a moment.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from civicprobe.errors import Conflict, FieldFault, Unprocessable
from civicprobe.grid.areas import TILING, Level
from civicprobe.grid.models import ACTIVE, DRAFT, RETIRED, Area, Edition, MemberGrid
from civicprobe.grid.queries import ActiveEdition, count_areas, get_edition
from civicprobe.grid.services.rules import Broken, broken_rules

_BATCH = 5_000
_MOST_NAMED = 50


@dataclass(frozen=True)
class Prepared:
    """An edition fit to be active, as it was looked at; and what an office should look at: no
    fault, yet worth knowing."""

    edition: ActiveEdition
    held: int
    undivided: tuple[str, ...]
    micros_without_member: int
    broken_rules: tuple[Broken, ...] = ()


@dataclass(frozen=True)
class Activation:
    """The edition now active, and what was found when it was looked at."""

    edition: Edition
    changed: bool
    undivided: tuple[str, ...]
    micros_without_member: int
    broken_rules: tuple[Broken, ...] = ()


def activate(session: Session, name: str, *, now: datetime) -> Activation:
    """Prepare and switch in one; raises as they do."""
    return switch(session, prepare(session, name), now=now)


def prepare(session: Session, name: str) -> Prepared:
    """Judge an edition and name its content; writes nothing.

    Raises NotFound `no_edition`, and Unprocessable `map_empty` or `map_has_gaps` naming areas
    without children where their district is divided further.
    """
    edition = get_edition(session, name)
    held = count_areas(session, edition.id)
    undivided = _check(session, edition)
    content = edition.checksum or checksum(session, edition.id)
    return Prepared(
        ActiveEdition(edition.id, edition.name, edition.synthetic, content),
        held,
        undivided,
        _without_member(session, edition.id),
        tuple(broken_rules(session, edition.id)),
    )


def switch(session: Session, prepared: Prepared, *, now: datetime) -> Activation:
    """Switch the map in one transaction; what was active is retired and can be activated again.

    Raises Conflict `edition_changed` when a draft was filled further since it was prepared.
    """
    wanted = prepared.edition
    session.execute(select(Edition.id).where(Edition.state == ACTIVE).with_for_update())
    edition = get_edition(session, wanted.name, lock=True)
    if edition.state == DRAFT and count_areas(session, edition.id) != prepared.held:
        raise Conflict("edition_changed", name=wanted.name)
    edition.checksum = wanted.checksum
    changed = edition.state != ACTIVE
    if changed:
        session.flush()
        session.execute(
            update(Edition).where(Edition.state == ACTIVE).values(state=RETIRED),
            execution_options={"synchronize_session": "fetch"},
        )
        edition.state, edition.activated_at = ACTIVE, now
        session.flush()
    return Activation(
        edition,
        changed,
        prepared.undivided,
        prepared.micros_without_member,
        prepared.broken_rules,
    )


def checksum(session: Session, edition_id: int) -> str:
    """SHA-256 over every area of an edition: the same content, the same name of its map file."""
    digest = hashlib.sha256()
    rows = session.execute(
        select(Area.code, Area.level, Area.name, Area.parent_code, Area.synthetic, Area.polygon)
        .where(Area.edition_id == edition_id)
        .order_by(Area.id)
        .execution_options(yield_per=_BATCH)
    )
    for *words, polygon in rows:
        digest.update("\x1f".join(str(word) for word in words).encode())
        digest.update(len(polygon).to_bytes(8, "big"))
        digest.update(polygon)
    return digest.hexdigest()


def _check(session: Session, edition: Edition) -> tuple[str, ...]:
    """Codes of districts without any division; raises for gaps within a divided one."""
    # Not by a join: right after an import the database knows nothing yet of the new rows, and
    # PostgreSQL then compares each with each.
    areas = session.execute(
        select(Area.code, Area.level, Area.parent_code).where(
            Area.edition_id == edition.id, Area.level != Level.DEDICATED.value
        )
    ).all()
    levels, parents = {row.level for row in areas}, {row.parent_code for row in areas}
    ends = [
        (row.code, row.level)
        for row in areas
        if row.level != Level.MICRO.value and row.code not in parents
    ]
    if Level.DISTRICT.value not in levels:
        raise Unprocessable("map_empty", name=edition.name)
    finest = TILING[max(TILING.index(level) for level in TILING if level.value in levels)]
    gaps = sorted(code for code, level in ends if level not in {Level.DISTRICT.value, finest.value})
    if gaps:
        named = (FieldFault(code, "no_children") for code in gaps[:_MOST_NAMED])
        raise Unprocessable("map_has_gaps", *named, name=edition.name, count=len(gaps))
    return tuple(sorted(code for code, level in ends if level == Level.DISTRICT.value))


def _without_member(session: Session, edition_id: int) -> int:
    served = exists().where(MemberGrid.area_code == Area.code)
    return (
        session.scalar(
            select(func.count())
            .select_from(Area)
            .where(Area.edition_id == edition_id, Area.level == Level.MICRO.value, ~served)
        )
        or 0
    )
