"""The categories a city starts with, and what is asked of the catalogue."""

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

import civicprobe.accounts.models  # noqa: F401
from civicprobe.catalog.defaults import DEFAULTS, load_defaults
from civicprobe.catalog.models import Category, Unit
from civicprobe.catalog.queries import find_category, find_unit, list_categories, list_units
from civicprobe.db import Model, engine_options, utc_now


@pytest.fixture
def session(tmp_path):
    url = f"sqlite:///{tmp_path / 'catalog.db'}"
    engine = create_engine(url, **engine_options(url))
    Model.metadata.create_all(engine)
    with Session(engine, expire_on_commit=False) as session:
        yield session
    engine.dispose()


def test_defaults_are_loaded_once_and_never_over_a_citys_own(session):
    assert load_defaults(session, utc_now()) == len(DEFAULTS)
    session.get(Category, "rubbish").name_zh = "垃圾"
    assert load_defaults(session, utc_now()) == 0
    assert find_category(session, "rubbish").name_zh == "垃圾"


def test_each_default_is_named_in_both_languages_with_its_source():
    assert len({item.code for item in DEFAULTS}) == len(DEFAULTS)
    for item in DEFAULTS:
        assert all((item.name_zh, item.name_en, item.major, item.icon, item.source)), item.code
        assert item.name_en.isascii()


def test_default_icons_are_drawn():
    from civicprobe.app import ROOT  # noqa: PLC0415

    drawn = (ROOT / "static" / "img" / "icons.svg").read_text(encoding="utf-8")
    assert [item.icon for item in DEFAULTS if f'id="{item.icon}"' not in drawn] == []


def test_categories_come_in_the_order_of_the_city_without_retired_ones(session):
    load_defaults(session, utc_now())
    session.get(Category, "light_out").active = False
    session.get(Category, "other").rank = -1
    codes = [category.code for category in list_categories(session)]
    assert codes[:2] == ["other", "missing_cover"]
    assert "light_out" not in codes
    assert find_category(session, "light_out") is None
    assert find_category(session, "nothing") is None


def test_units_are_listed_by_area(session):
    for code, area, active in [("b", "1", True), ("a", "1", True), ("c", "2", True), ("d", "1", 0)]:
        session.add(
            Unit(code=code, name_zh=code, name_en=code, area_code=area, active=bool(active))
        )
    session.flush()
    assert [unit.code for unit in list_units(session)] == ["a", "b", "c"]
    assert [unit.code for unit in list_units(session, ["1"])] == ["a", "b"]
    assert list_units(session, []) == []
    retired = session.query(Unit).filter_by(code="d").one()
    assert find_unit(session, retired.id) is retired
