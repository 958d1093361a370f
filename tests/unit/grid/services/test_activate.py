"""One edition is active, gaps keep a map from becoming it, and content decides the checksum."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from civicprobe.errors import NotFound, Unprocessable
from civicprobe.grid.areas import Level
from civicprobe.grid.models import ACTIVE, RETIRED, Edition
from civicprobe.grid.queries import find_active
from civicprobe.grid.services.activate import activate
from civicprobe.grid.services.import_areas import new_edition, write_areas
from tests.unit.grid.conftest import LEFT, NOW, RIGHT, TOWN, toy_map


def draft(session, name, areas=None):
    edition = new_edition(session, name, now=NOW)
    write_areas(session, edition, toy_map() if areas is None else areas)
    return edition


def test_activation_moves_the_one_active_place(session):
    first, second = draft(session, "2026-1"), draft(session, "2026-2")
    assert activate(session, "2026-1", now=NOW).changed
    assert activate(session, "2026-2", now=NOW).changed
    assert (first.state, second.state) == (RETIRED, ACTIVE)
    active = find_active(session)
    assert active is not None
    assert active.name == "2026-2"
    assert second.activated_at == NOW


def test_activating_the_active_one_changes_nothing(session):
    draft(session, "2026-1")
    activate(session, "2026-1", now=NOW)
    assert not activate(session, "2026-1", now=NOW).changed


def test_the_database_holds_one_active_edition_at_most(session):
    draft(session, "2026-1")
    draft(session, "2026-2")
    activate(session, "2026-1", now=NOW)
    with pytest.raises(IntegrityError):
        session.execute(update(Edition).values(state=ACTIVE, checksum="x"))


def test_a_map_without_districts_is_empty(session):
    draft(session, "2026-1", [])
    with pytest.raises(Unprocessable, match="map_empty"):
        activate(session, "2026-1", now=NOW)


def test_an_area_left_without_children_is_a_gap(session):
    areas = [each for each in toy_map() if not each.code.startswith(f"{RIGHT}001001")]
    draft(session, "2026-1", areas)
    with pytest.raises(Unprocessable, match="map_has_gaps") as refused:
        activate(session, "2026-1", now=NOW)
    assert [fault.field for fault in refused.value.fields] == [f"{RIGHT}001"]
    assert find_active(session) is None


def test_a_district_may_stay_undivided_and_it_says_so(session):
    areas = [each for each in toy_map() if each.level in {Level.DISTRICT}]
    draft(session, "2026-1", areas)
    assert activate(session, "2026-1", now=NOW).undivided == (TOWN,)


def test_a_map_may_end_above_the_micro_grids(session):
    areas = [each for each in toy_map() if each.level is not Level.MICRO]
    draft(session, "2026-1", areas)
    assert activate(session, "2026-1", now=NOW).undivided == ()


def test_an_unknown_edition_cannot_be_activated(session):
    with pytest.raises(NotFound, match="no_edition"):
        activate(session, "2026-9", now=NOW)


def test_the_checksum_names_the_content(session):
    draft(session, "2026-1")
    draft(session, "2026-2")
    draft(session, "2026-3", [each for each in toy_map() if each.code != f"{LEFT}001001004"])
    for name in ("2026-1", "2026-2", "2026-3"):
        activate(session, name, now=NOW)
    sums = session.scalars(select(Edition.checksum).order_by(Edition.id)).all()
    assert sums[0] == sums[1]
    assert sums[0] != sums[2]
