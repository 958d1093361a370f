"""Selects over the map and its people; nothing here commits."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import shapely
from sqlalchemy import Select, String, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from civicprobe.errors import NotFound
from civicprobe.grid.areas import TILING, AreaName, AreaShape, Level
from civicprobe.grid.models import (
    ACTIVE,
    DRAFT,
    Area,
    Edition,
    Member,
    MemberGrid,
    Succession,
)

_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class ActiveEdition:
    """What a process needs to know to hold the right map."""

    id: int
    name: str
    synthetic: bool
    checksum: str


def find_active(session: Session) -> ActiveEdition | None:
    """The active edition, if a map was ever activated."""
    row = session.execute(
        select(Edition.id, Edition.name, Edition.synthetic, Edition.checksum).where(
            Edition.state == ACTIVE
        )
    ).first()
    return None if row is None else ActiveEdition(row.id, row.name, row.synthetic, row.checksum)


def get_active(session: Session) -> ActiveEdition:
    """The active edition; raises NotFound `no_active_edition`."""
    active = find_active(session)
    if active is None:
        raise NotFound("no_active_edition")
    return active


def find_edition(session: Session, name: str, *, lock: bool = False) -> Edition | None:
    """The edition of this name, as it is now; locked until the end of the transaction on demand."""
    wanted = select(Edition).where(Edition.name == name)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return session.scalars(wanted).first()


def get_edition(session: Session, name: str, *, lock: bool = False) -> Edition:
    """The edition of this name; raises NotFound `no_edition`."""
    edition = find_edition(session, name, lock=lock)
    if edition is None:
        raise NotFound("no_edition", name=name)
    return edition


def list_editions(session: Session) -> list[Edition]:
    """All editions, the latest first."""
    return list(session.scalars(select(Edition).order_by(Edition.id.desc())))


def read_shapes(
    session: Session, edition_id: int, level: Level | None = None
) -> Iterator[AreaShape]:
    """Areas of an edition with their outlines, in the order they were written."""
    rows = (
        select(Area.level, Area.code, Area.name, Area.parent_code, Area.polygon, Area.synthetic)
        .where(Area.edition_id == edition_id)
        .order_by(Area.id)
        .execution_options(yield_per=_BATCH)
    )
    if level is not None:
        rows = rows.where(Area.level == level.value)
    for batch in session.execute(rows).partitions(_BATCH):
        outlines = shapely.from_wkb([row.polygon for row in batch])
        for row, outline in zip(batch, outlines, strict=True):
            yield AreaShape(
                Level(row.level), row.code, row.name, row.parent_code, outline, row.synthetic
            )


def count_areas(session: Session, edition_id: int) -> int:
    """How many areas an edition holds."""
    counted = select(func.count()).select_from(Area).where(Area.edition_id == edition_id)
    return session.scalar(counted) or 0


def area_levels(session: Session, edition_id: int) -> dict[str, Level]:
    """Code to level of every area of an edition."""
    rows = session.execute(select(Area.code, Area.level).where(Area.edition_id == edition_id))
    return {code: Level(level) for code, level in rows}


def successors(session: Session, edition_id: int) -> dict[str, str]:
    """Code of an earlier area that ceased to the code of the one that follows it."""
    rows = session.execute(
        select(Succession.code, Succession.successor_code).where(
            Succession.edition_id == edition_id
        )
    )
    return {code: successor for code, successor in rows}


def heirs(session: Session) -> dict[str, str]:
    """Code of an area that ceased to its successor, over all used editions; the latest wins."""
    rows = session.execute(
        select(Succession.code, Succession.successor_code)
        .join(Edition, Edition.id == Succession.edition_id)
        .where(Edition.state != DRAFT)
        .order_by(Edition.id)
    )
    return {code: successor for code, successor in rows}


def area_names(
    session: Session, edition_id: int | None, codes: Mapping[str, str]
) -> dict[str, AreaName]:
    """Level to area of the given codes (by level), as far as an edition holds them."""
    if edition_id is None or not codes:
        return {}
    rows = session.execute(
        select(Area.level, Area.code, Area.name, Area.synthetic).where(
            Area.edition_id == edition_id, Area.code.in_(codes.values())
        )
    )
    found = {row.code: AreaName(Level(row.level), *row[1:]) for row in rows}
    return {level: found[code] for level, code in codes.items() if code in found}


def list_streets(session: Session, within: str | None) -> list[AreaName]:
    """The active map's streets by code: of a city, a district, the street itself, or (None) all."""
    active = find_active(session)
    if active is None:
        return []
    wanted = select(Area.level, Area.code, Area.name, Area.synthetic).where(
        Area.edition_id == active.id, Area.level == Level.STREET.value
    )
    if within is not None:
        district = aliased(Area)
        below = select(district.code).where(
            district.edition_id == active.id, district.parent_code == within
        )
        wanted = wanted.where(
            or_(Area.code == within, Area.parent_code == within, Area.parent_code.in_(below))
        )
    rows = session.execute(wanted.order_by(Area.code))
    return [AreaName(Level(row.level), *row[1:]) for row in rows]


def read_outlines(
    session: Session, edition_id: int, codes: Collection[str]
) -> dict[str, shapely.Geometry]:
    """Code to outline (degrees) of these areas, as far as an edition holds them."""
    rows = session.execute(
        select(Area.code, Area.polygon).where(Area.edition_id == edition_id, Area.code.in_(codes))
    )
    return {row.code: shapely.from_wkb(row.polygon) for row in rows}


def list_siblings(session: Session, edition_id: int, code: str) -> list[str]:
    """Codes of the areas below the same parent, this one left out."""
    parent = select(Area.parent_code).where(Area.edition_id == edition_id, Area.code == code)
    return list(
        session.scalars(
            select(Area.code)
            .where(
                Area.edition_id == edition_id,
                Area.parent_code == parent.scalar_subquery(),
                Area.code != code,
            )
            .order_by(Area.code)
        )
    )


def within(session: Session, codes: Collection[str], top: str, city_code: str) -> set[str]:
    """Those of the codes that are `top` or lie under it on the active map."""
    if top == city_code:
        return set(codes)
    inside = {code for code in codes if code == top}
    active = find_active(session)
    if active is None:
        return inside
    at = {code: code for code in codes}
    for _ in TILING:
        parents = session.execute(
            select(Area.code, Area.parent_code).where(
                Area.edition_id == active.id, Area.code.in_(set(at.values()))
            )
        )
        above = {row.code: row.parent_code for row in parents}
        at = {code: above[area] for code, area in at.items() if area in above}
        inside |= {code for code, area in at.items() if area == top}
    return inside


def codes_below(session: Session, top: str) -> Select[tuple[str]]:
    """A select of the codes at and under an area of the active map."""
    active = find_active(session)
    edition_id = active.id if active else 0
    own = select(literal(top, String(32)).label("code")).cte("below", recursive=True)
    under = select(Area.code).where(Area.edition_id == edition_id, Area.parent_code == own.c.code)
    return select(own.union_all(under).c.code)


def find_alias(session: Session, account_id: int) -> str | None:
    """What a grid member is called before others."""
    return aliases_of(session, [account_id]).get(account_id)


def aliases_of(session: Session, account_ids: Collection[int]) -> dict[int, str]:
    """Account to what its grid member is called before others, of those who are members."""
    rows = session.execute(
        select(Member.account_id, Member.alias).where(Member.account_id.in_(account_ids))
    )
    return {account_id: alias for account_id, alias in rows}


def member_grids(session: Session, account_id: int) -> list[str]:
    """Codes of the grids a member serves."""
    return list(
        session.scalars(
            select(MemberGrid.area_code)
            .join(Member, Member.id == MemberGrid.member_id)
            .where(Member.account_id == account_id)
            .order_by(MemberGrid.area_code)
        )
    )
