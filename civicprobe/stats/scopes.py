"""Which areas a caller may see the statistics of: their own and those right below it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.grid.models import Area
from civicprobe.grid.queries import find_active

LEVELS = ("city", "district", "street")


@dataclass(frozen=True)
class Place:
    """An area by name."""

    code: str
    level: str
    name: str


def list_places(session: Session, actor: Actor, city_code: str) -> list[Place]:
    """The caller's own area first, then those right below it, by code."""
    own = actor.area_code or city_code
    active = find_active(session)
    if active is None:
        return [Place(own, "city" if own == city_code else "district", own)]
    of_map = select(Area.code, Area.level, Area.name).where(Area.edition_id == active.id)
    itself = session.execute(of_map.where(Area.code == own)).first()
    below = session.execute(of_map.where(Area.parent_code == own).order_by(Area.code))
    first = Place(*itself) if itself else Place(own, "city" if own == city_code else "street", own)
    return [first, *(Place(*row) for row in below)]
