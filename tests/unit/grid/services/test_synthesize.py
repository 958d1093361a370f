"""A made-up edition in the database: marked, complete, ready to be activated."""

import pytest
from sqlalchemy import func, select

from civicprobe.errors import Conflict, NotFound
from civicprobe.grid.models import Area, Edition
from civicprobe.grid.services.activate import activate
from civicprobe.grid.services.synthesize import synthesize_edition
from tests.unit.grid.conftest import DISTRICT, NOW


def test_a_synthetic_edition_can_be_activated_and_says_what_it_is(session):
    edition = synthesize_edition(session, DISTRICT, seed=7, name="demo", now=NOW)
    activation = activate(session, "demo", now=NOW)
    assert edition.synthetic
    assert len(activation.undivided) == 19
    counts = dict(session.execute(select(Area.level, func.count()).group_by(Area.level)).all())
    assert counts["street"] == 7
    assert counts["community"] == 83
    assert 3_000 < counts["micro"] < 4_000
    real = session.scalar(select(func.count()).select_from(Area).where(~Area.synthetic))
    assert real == 20


def test_an_unknown_district_makes_no_areas(session):
    with pytest.raises(NotFound, match="no_district"):
        synthesize_edition(session, "110101", seed=7, name="demo", now=NOW)
    assert session.scalars(select(Area.id)).all() == []


def test_a_name_is_used_once(session):
    session.add(Edition(name="demo", created_at=NOW))
    session.flush()
    with pytest.raises(Conflict, match="edition_exists"):
        synthesize_edition(session, DISTRICT, seed=7, name="demo", now=NOW)
