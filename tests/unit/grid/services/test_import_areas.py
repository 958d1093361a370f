"""A file goes in whole or not at all, parents first, into a draft only."""

import json

import pytest
from sqlalchemy import func, select

from civicprobe.errors import Conflict, Fault, Invalid
from civicprobe.grid.areas import TILING, Level
from civicprobe.grid.models import Area, Edition, Succession
from civicprobe.grid.queries import get_edition, read_shapes, successors
from civicprobe.grid.services.activate import activate
from civicprobe.grid.services.import_areas import (
    check_areas,
    import_areas,
    keep_areas,
    new_edition,
)
from tests.unit.grid.conftest import LEFT, NOW, TOWN, collection, feature, level_file, toy_map
from tests.unit.grid.test_importer import BROKEN, NO_MAP


def bring(session, level, data=None, name="2026-1", **options):
    return import_areas(
        session, name, level, [data or level_file(level)], city_code="510100", now=NOW, **options
    )


def rows(session):
    return session.scalar(select(func.count()).select_from(Area))


def content(session):
    """Every row that an import could touch."""
    session.flush()
    return [
        session.execute(select(table)).all()
        for table in (Edition.__table__, Area.__table__, Succession.__table__)
    ]


def test_there_are_many_ways_to_be_broken():
    assert len(BROKEN) + len(NO_MAP) >= 25


@pytest.mark.parametrize("name", [*BROKEN, *NO_MAP])
def test_a_broken_file_is_refused_with_its_reason_and_leaves_the_database_as_it_was(session, name):
    bring(session, Level.DISTRICT)
    before = content(session)
    if name in BROKEN:
        features, number, fault = BROKEN[name]
        report = bring(session, Level.STREET, collection(features))
        assert (number, fault) in {(each.feature, each.fault) for each in report.faults}
        assert report.written == 0
    else:
        data, fault = NO_MAP[name]
        with pytest.raises(Fault, match=fault):
            import_areas(session, "2026-1", Level.STREET, [data], city_code="510100", now=NOW)
    assert content(session) == before


def test_a_map_comes_in_level_by_level(session):
    for level in TILING:
        report = bring(session, level)
        assert report.faults == ()
        assert report.written == report.areas
    activation = activate(session, "2026-1", now=NOW)
    assert activation.undivided == ()
    assert activation.micros_without_member == 8
    edition = get_edition(session, "2026-1")
    held = {area.code: area for area in read_shapes(session, edition.id)}
    for area in toy_map():
        assert held[area.code].label == area.label
        assert held[area.code].outline.equals(area.outline)
    assert not edition.synthetic


def test_a_fault_leaves_nothing_behind(session):
    bring(session, Level.DISTRICT)
    before = rows(session)
    one = [feature(area) for area in toy_map() if area.code == LEFT]
    report = bring(session, Level.STREET, collection(one))
    assert [each.fault for each in report.faults] == ["gap"]
    assert report.written == 0
    assert rows(session) == before


def test_a_fault_in_the_first_file_makes_no_edition(session):
    report = bring(session, Level.STREET)
    assert {each.fault for each in report.faults} == {"parent_unknown"}
    assert session.scalars(select(Edition)).all() == []


def test_a_draft_that_grew_since_the_check_is_not_written_to(session):
    bring(session, Level.DISTRICT)
    chunks = [level_file(Level.STREET)]
    checked = check_areas(session, "2026-1", Level.STREET, chunks, city_code="510100")
    bring(session, Level.STREET)
    before = content(session)
    with pytest.raises(Conflict, match="edition_changed"):
        keep_areas(session, checked, now=NOW)
    assert content(session) == before


def test_a_file_with_faults_cannot_be_written(session):
    checked = check_areas(
        session, "2026-1", Level.STREET, [level_file(Level.STREET)], city_code="510100"
    )
    with pytest.raises(ValueError, match="faults"):
        keep_areas(session, checked, now=NOW)


def test_successors_are_kept_with_the_edition(session):
    document = json.loads(level_file(Level.DISTRICT))
    document["features"][0]["properties"]["replaces"] = ["510198", "510197"]
    bring(session, Level.DISTRICT, json.dumps(document).encode())
    edition = get_edition(session, "2026-1")
    assert successors(session, edition.id) == {"510198": TOWN, "510197": TOWN}
    streets = json.loads(level_file(Level.STREET))
    streets["features"][0]["properties"]["code"] = "510198"
    streets["features"][1]["properties"]["replaces"] = "510197"
    report = bring(session, Level.STREET, json.dumps(streets).encode())
    assert [each.fault for each in report.faults] == ["code_replaced", "replaced_twice"]


def test_a_dry_run_writes_nothing(session):
    chunks = [level_file(Level.DISTRICT)]
    checked = check_areas(session, "2026-1", Level.DISTRICT, chunks, city_code="510100")
    report = checked.report()
    assert (report.areas, report.written, report.faults) == (1, 0, ())
    assert rows(session) == 0


def test_the_same_file_twice_is_refused(session):
    bring(session, Level.DISTRICT)
    assert [each.fault for each in bring(session, Level.DISTRICT).faults] == ["code_taken"]


def test_an_edition_in_use_takes_nothing_more(session):
    bring(session, Level.DISTRICT)
    activate(session, "2026-1", now=NOW)
    with pytest.raises(Conflict, match="edition_not_draft"):
        bring(session, Level.STREET)


def test_synthetic_areas_stay_marked(session):
    document = json.loads(level_file(Level.DISTRICT))
    document["features"][0]["properties"]["synthetic"] = True
    bring(session, Level.DISTRICT, json.dumps(document).encode())
    assert get_edition(session, "2026-1").synthetic
    assert session.scalars(select(Area.synthetic)).all() == [True]


@pytest.mark.parametrize("name", ["", "x" * 65, "2026\n1"])
def test_an_edition_needs_a_name_that_can_be_read(session, name):
    with pytest.raises(Invalid, match="edition_name_malformed"):
        new_edition(session, name, now=NOW)


def test_an_edition_name_is_used_once(session):
    new_edition(session, "2026-1", now=NOW)
    with pytest.raises(Conflict, match="edition_exists"):
        new_edition(session, "2026-1", now=NOW)
