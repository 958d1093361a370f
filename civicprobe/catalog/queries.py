"""Selects of the catalogue."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.catalog.models import Category, Unit


def list_categories(session: Session) -> Sequence[Category]:
    """The active categories in the order riders see them."""
    found = select(Category).where(Category.active).order_by(Category.rank, Category.code)
    return session.scalars(found).all()


def find_category(session: Session, code: str) -> Category | None:
    """An active category, if there is one of this code."""
    return session.scalar(select(Category).where(Category.code == code, Category.active))


def list_units(session: Session, area_codes: Sequence[str] | None = None) -> Sequence[Unit]:
    """The active units, of these areas if any are named."""
    found = select(Unit).where(Unit.active).order_by(Unit.code)
    if area_codes is not None:
        found = found.where(Unit.area_code.in_(area_codes))
    return session.scalars(found).all()


def list_unit_names(session: Session) -> Sequence[tuple[int, str, str, str]]:
    """Id, code and names of the active units, by code: every page of a queue names them."""
    found = select(Unit.id, Unit.code, Unit.name_zh, Unit.name_en).where(Unit.active)
    rows = session.execute(found.order_by(Unit.code))
    return [(row.id, row.code, row.name_zh, row.name_en) for row in rows]


def find_unit(session: Session, unit_id: int) -> Unit | None:
    """The unit of this id, active or not."""
    return session.get(Unit, unit_id)
