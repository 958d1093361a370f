"""The map a process holds: looked at now and then, exchanged whole, rebuilt from the database."""

import threading
import time
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.errors import NotFound
from civicprobe.grid.areas import Level
from civicprobe.grid.city import active_city
from civicprobe.grid.coords import Point
from civicprobe.grid.models import Edition
from civicprobe.grid.services.activate import activate
from civicprobe.grid.services.import_areas import new_edition, write_areas
from civicprobe.settings import Settings
from tests.unit.grid.conftest import LEFT, NOW, toy_map

INSIDE = Point(30.605, 104.005)


@pytest.fixture
def settings(tmp_path):
    made = Settings(var_dir=tmp_path / "var", database_url=f"sqlite:///{tmp_path / 'grid.db'}")
    return replace(made.completed(), edition_check_s=0)


def switch_to(session, name, *, micro=True):
    edition = new_edition(session, name, now=NOW)
    areas = toy_map() if micro else [each for each in toy_map() if each.level is not Level.MICRO]
    write_areas(session, edition, areas)
    activate(session, name, now=NOW)
    session.commit()
    return edition


def files_of(settings):
    return sorted((settings.var_dir / "editions").iterdir())


def test_without_a_map_it_says_so(session, settings):
    with pytest.raises(NotFound, match="no_active_edition"):
        active_city(session, settings)


def test_a_process_answers_from_the_active_edition(session, settings):
    switch_to(session, "2026-1")
    city = active_city(session, settings)
    assert city.edition.name == "2026-1"
    assert city.city_code == "510100"
    assert city.locator.locate(INSIDE).codes[Level.STREET] == LEFT
    assert active_city(session, settings) is city


def test_a_new_edition_takes_the_old_ones_place_and_leaves_it_whole(session, settings):
    switch_to(session, "2026-1")
    before = active_city(session, settings)
    switch_to(session, "2026-2", micro=False)
    after = active_city(session, settings)
    assert after.edition.name == "2026-2"
    assert Level.MICRO not in after.locator.locate(INSIDE).codes
    assert Level.MICRO in before.locator.locate(INSIDE).codes


def test_going_back_to_an_earlier_edition(session, settings):
    switch_to(session, "2026-1")
    switch_to(session, "2026-2", micro=False)
    assert active_city(session, settings).edition.name == "2026-2"
    activate(session, "2026-1", now=NOW)
    session.commit()
    assert active_city(session, settings).edition.name == "2026-1"


def test_between_looks_the_database_is_not_asked(session, settings):
    seldom = replace(settings, edition_check_s=60, var_dir=settings.var_dir / "seldom")
    switch_to(session, "2026-1")
    first = active_city(session, seldom)
    switch_to(session, "2026-2")
    assert active_city(session, seldom) is first


def test_a_busy_process_builds_the_next_map_aside(session, settings):
    """Requests a moment apart: none waits, and soon all have the new map."""
    busy = replace(settings, edition_check_s=0.2)
    switch_to(session, "2026-1")
    assert active_city(session, busy).edition.name == "2026-1"
    switch_to(session, "2026-2")
    seen: list[str] = []
    until = time.monotonic() + 60
    while time.monotonic() < until and (not seen or seen[-1] != "2026-2"):
        seen.append(active_city(session, busy).edition.name)
        session.rollback()
        time.sleep(0.01)
    assert seen[0] == "2026-1"
    assert seen[-1] == "2026-2"
    assert seen == sorted(seen)


@pytest.mark.parametrize("damage", ["missing", "cut", "other"])
def test_the_file_is_a_cache(session, settings, damage):
    switch_to(session, "2026-1")
    active_city(session, settings)
    (path,) = files_of(settings)
    elsewhere = replace(settings, var_dir=settings.var_dir / "elsewhere")
    other = elsewhere.var_dir / "editions" / path.name
    if damage != "missing":
        other.parent.mkdir(parents=True)
        other.write_bytes(path.read_bytes()[:200] if damage == "cut" else b"no map")
    city = active_city(session, elsewhere)
    assert city.locator.locate(INSIDE).inside
    assert other.read_bytes() == path.read_bytes()


def test_many_threads_share_one_building(session, settings):
    switch_to(session, "2026-1")
    engine, cities, gate = session.get_bind(), [], threading.Barrier(6)

    def ask():
        with Session(engine) as own:
            gate.wait()
            cities.append(active_city(own, replace(settings, edition_check_s=60)))

    session.commit()
    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cities) == 6
    assert len({id(city) for city in cities}) == 1


def test_the_file_is_named_by_edition_and_content(session, settings):
    edition = switch_to(session, "2026-1")
    active_city(session, settings)
    checksum = session.scalars(select(Edition.checksum)).one()
    assert [path.name for path in files_of(settings)] == [f"{edition.id}-{checksum}.npz"]
