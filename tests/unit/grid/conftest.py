"""A synthesized district, its index, and a toy map of squares whose answers are plain to see."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

import civicprobe.accounts.models
import civicprobe.catalog.models
import civicprobe.grid.models  # noqa: F401
from civicprobe.accounts.models import Account
from civicprobe.db import Model, engine_options
from civicprobe.grid.areas import AreaShape, Level
from civicprobe.grid.locator import Locator
from civicprobe.grid.synthetic import synthesize

DISTRICT = "510113"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def district_areas() -> list[AreaShape]:
    return list(synthesize(DISTRICT, 7))


@pytest.fixture(scope="session")
def district_map(district_areas) -> Locator:
    return Locator.build(district_areas)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    url = f"sqlite:///{tmp_path / 'grid.db'}"
    engine = create_engine(url, **engine_options(url))
    Model.metadata.create_all(engine)
    with Session(engine, expire_on_commit=False) as session:
        yield session
    engine.dispose()


@pytest.fixture
def account_of(session):
    """Make an account and give its id."""

    def make(name: str, role: str = "member", area_code: str | None = None) -> int:
        account = Account(
            username=name, fs_uniquifier=name, role=role, area_code=area_code, created_at=NOW
        )
        session.add(account)
        session.flush()
        return account.id

    return make


# The toy map: one district of 4 x 2 squares of 0.01°, two streets side by side; each street is one
# community of one general grid with four micro squares, numbered row by row from the south-west.
WEST, SOUTH, SIDE = 104.0, 30.6, 0.01
TOWN, LEFT, RIGHT = "510199", "510199001", "510199002"


def box(left: float, low: float, right: float, high: float) -> shapely.Polygon:
    """A rectangle in steps of the toy map's side."""
    return shapely.box(
        round(WEST + left * SIDE, 6),
        round(SOUTH + low * SIDE, 6),
        round(WEST + right * SIDE, 6),
        round(SOUTH + high * SIDE, 6),
    )


def toy_map() -> list[AreaShape]:
    corners = shapely.Polygon(
        [(WEST + x * SIDE, SOUTH + y * SIDE) for x, y in [(0, 0), (4, 0), (4, 2), (0, 2)]]
    )
    areas = [AreaShape(Level.DISTRICT, TOWN, "某区", "510100", corners)]
    for street, left in ((LEFT, 0), (RIGHT, 2)):
        whole = box(left, 0, left + 2, 2)
        community, general = f"{street}001", f"{street}001001"
        areas += [
            AreaShape(Level.STREET, street, "某街道", TOWN, whole),
            AreaShape(Level.COMMUNITY, community, "某社区", street, whole),
            AreaShape(Level.GENERAL, general, "第1网格", community, whole),
        ]
        areas += [
            AreaShape(
                Level.MICRO,
                f"{general}{number:03d}",
                f"{number}号微网格",
                general,
                box(left + x, y, left + x + 1, y + 1),
            )
            for number, (x, y) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)], start=1)
        ]
    return areas


def feature(area: AreaShape) -> dict[str, object]:
    """An area as a GeoJSON feature."""
    return {
        "type": "Feature",
        "properties": {"code": area.code, "name": area.name, "parent": area.parent},
        "geometry": json.loads(shapely.to_geojson(area.outline)),
    }


def collection(features: list, **members: object) -> bytes:
    """Features as the bytes of a GeoJSON file."""
    document = {"type": "FeatureCollection", "features": features, **members}
    return json.dumps(document).encode()


def level_file(level: Level) -> bytes:
    """The toy map's areas of one level as a file."""
    return collection([feature(area) for area in toy_map() if area.level is level])
