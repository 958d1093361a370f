"""Tables of the catalogue: Category and Unit. Codes are data: cities renumber (domain.md 2.3)."""

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from civicprobe.db import BigId, Model


class Unit(Model):
    """A handling unit (承办单位) of an area."""

    __tablename__ = "units"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name_zh: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(64))
    area_code: Mapped[str] = mapped_column(String(32), index=True)
    active: Mapped[bool] = mapped_column(default=True)


class Category(Model):
    """What a hazard is. `major` is the standard's major class; `emergency` makes a report urgent;
    `self_service` lets a grid member handle it on the spot."""

    __tablename__ = "categories"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(32))
    name_en: Mapped[str] = mapped_column(String(48))
    major: Mapped[str] = mapped_column(String(32))
    icon: Mapped[str] = mapped_column(String(32))
    rank: Mapped[int] = mapped_column(Integer, default=0)
    emergency: Mapped[bool] = mapped_column(default=False)
    self_service: Mapped[bool] = mapped_column(default=False)
    default_unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    active: Mapped[bool] = mapped_column(default=True)
    source: Mapped[str] = mapped_column(String(100))
