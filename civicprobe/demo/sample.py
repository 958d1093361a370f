"""The sample city: one district with made-up grids, and the people who serve it.

Safe to repeat: what is there is found again. How people and programs enter is in `access`.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import shapely
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account
from civicprobe.accounts.queries import find_account
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.people import NewAccount, create_account
from civicprobe.catalog.defaults import load_defaults
from civicprobe.catalog.models import Category, Unit
from civicprobe.grid.areas import Level
from civicprobe.grid.coords import Point
from civicprobe.grid.models import FULL_TIME, PART_TIME, Area, Member
from civicprobe.grid.queries import find_edition
from civicprobe.grid.services.activate import activate
from civicprobe.grid.services.enrol import assign_grids, enrol
from civicprobe.grid.services.synthesize import synthesize_edition

DISTRICT = "510113"
EDITION = "sample"
SEED = 7
ALIASES = (
    "老周",
    "小林",
    "阿珍",
    "石头",
    "小满",
    "春燕",
    "大江",
    "晓峰",
    "秀英",
    "阿杰",
    "国庆",
    "小雨",
)
UNITS = (
    ("roads", "市政道路养护队", "Road maintenance"),
    ("drains", "排水设施管护所", "Drainage works"),
    ("order", "综合行政执法队", "City management enforcement"),
)
# Whom a desk would send each category to, as a street's own list says.
USUAL_UNITS: Mapping[str, str] = {
    "missing_cover": "roads",
    "road_damage": "roads",
    "light_out": "roads",
    "standing_water": "drains",
    "rubbish": "order",
    "illegal_parking": "order",
    "fire_lane": "order",
    "flying_wire": "order",
}
Say = Callable[[str], None]


@dataclass(frozen=True)
class Hire:
    """Makes an account, or finds the one of an earlier run."""

    session: Session
    city_code: str
    now: datetime

    def __call__(self, name: str, role: Role, area: str, unit_id: int | None = None) -> Account:
        new = NewAccount(name, role, area, secrets.token_urlsafe(12), unit_id)
        return find_account(self.session, name) or create_account(self.session, new, now=self.now)


@dataclass
class Sample:
    """What a run needs to know of its city; `demo.json` holds the same."""

    district: str
    edition: str
    spot: Point
    unit_id: int = 0
    unit_names: tuple[str, str] = ("", "")
    logins: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)


def load_sample(session: Session, city_code: str, say: Say, *, now: datetime) -> Sample:
    """Make or find the sample city; the caller commits."""
    load_defaults(session, now)
    if find_edition(session, EDITION) is None:
        say(gettext("在真实区界 %(code)s 内合成网格", code=DISTRICT))
        synthesize_edition(session, DISTRICT, seed=SEED, name=EDITION, now=now)
    activate(session, EDITION, now=now)
    streets = _codes(session, Level.STREET, DISTRICT)[:2]
    spot_grid = _first_grid(session, streets[0])
    sample = Sample(DISTRICT, EDITION, _inside(session, spot_grid))
    _staff(session, sample, streets, spot_grid, Hire(session, city_code, now))
    return sample


def _staff(
    session: Session, sample: Sample, streets: list[str], spot_grid: str, hire: Hire
) -> None:
    """Twelve members, two officers at each of two streets, one at the district and at the city."""
    for number, (alias, grid, kind) in enumerate(_posts(session, streets, spot_grid), start=1):
        account = hire(f"member-{number:02d}", Role.MEMBER, grid)
        known = session.scalar(select(Member).where(Member.account_id == account.id))
        member = known or enrol(session, account.id, alias, now=hire.now, kind=kind)
        assign_grids(session, member.id, [grid])
    for street in streets:
        for number in (1, 2):
            hire(f"street-{street[-3:]}-{number}", Role.OFFICE, street)
    hire("district-1", Role.OFFICE, DISTRICT)
    hire("city-1", Role.OFFICE, hire.city_code)
    hire("admin-1", Role.ADMIN, hire.city_code)
    units = [_unit(session, *unit) for unit in UNITS]
    for unit in units:
        hire(f"unit-{unit.code}", Role.UNIT, DISTRICT, unit.id)
    _name_usual_units(session, units)
    sample.unit_id = units[0].id
    sample.unit_names = (units[0].name_zh, units[0].name_en)
    sample.logins = {
        "member": {"name": "member-01"},
        "unit": {"name": f"unit-{units[0].code}"},
        "office": {"name": f"street-{streets[0][-3:]}-1"},
        "district": {"name": "district-1"},
        "admin": {"name": "admin-1"},
    }


def _posts(session: Session, streets: list[str], spot_grid: str) -> list[tuple[str, str, str]]:
    """Alias, grid and kind: part-timers on micro grids, full-timers on general grids."""
    first = [spot_grid, *(g for g in _below(session, streets[0], Level.MICRO) if g != spot_grid)]
    second = _below(session, streets[1], Level.MICRO)
    general = _below(session, streets[0], Level.GENERAL)[:2]
    general += _below(session, streets[1], Level.GENERAL)[:2]
    grids = [(grid, PART_TIME) for grid in first[:5] + second[:3]]
    grids += [(grid, FULL_TIME) for grid in general]
    return [(alias, *post) for alias, post in zip(ALIASES, grids, strict=True)]


def _unit(session: Session, code: str, name_zh: str, name_en: str) -> Unit:
    unit = session.scalar(select(Unit).where(Unit.code == code))
    if unit is None:
        unit = Unit(code=code, name_zh=name_zh, name_en=name_en, area_code=DISTRICT, active=True)
        session.add(unit)
        session.flush()
    return unit


def _name_usual_units(session: Session, units: Sequence[Unit]) -> None:
    """Where nobody has named one."""
    ids = {unit.code: unit.id for unit in units}
    for category in session.scalars(select(Category).where(Category.default_unit_id.is_(None))):
        category.default_unit_id = ids.get(USUAL_UNITS.get(category.code, ""))


def _codes(session: Session, level: Level, parent: str) -> list[str]:
    edition = find_edition(session, EDITION)
    found = select(Area.code).where(
        Area.edition_id == (edition.id if edition else 0),
        Area.level == level.value,
        Area.parent_code == parent,
    )
    return list(session.scalars(found.order_by(Area.code)))


def _below(session: Session, street: str, level: Level) -> list[str]:
    """The grids of this level in the street's first communities."""
    general = [
        code
        for community in _codes(session, Level.COMMUNITY, street)[:2]
        for code in _codes(session, Level.GENERAL, community)
    ]
    if level is Level.GENERAL:
        return general
    return [code for grid in general[:3] for code in _codes(session, Level.MICRO, grid)]


def _first_grid(session: Session, street: str) -> str:
    return _below(session, street, Level.MICRO)[0]


def _inside(session: Session, code: str) -> Point:
    polygon = session.scalar(select(Area.polygon).where(Area.code == code).limit(1))
    if polygon is None:
        raise RuntimeError(f"no area {code}")
    point = shapely.from_wkb(polygon).representative_point()
    return Point(round(point.y, 6), round(point.x, 6))
