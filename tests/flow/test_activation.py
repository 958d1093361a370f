"""A map is switched under load: nobody fails, no answer mixes two maps, all follow it."""

from dataclasses import replace
from functools import partial

import shapely

from bench.activation import EVERYWHERE_WITHIN_S, activate_in, through
from civicprobe.app import create_app
from civicprobe.db import db, utc_now, writing
from civicprobe.grid.areas import Level
from civicprobe.grid.coords import Point
from civicprobe.grid.queries import get_edition, read_shapes
from civicprobe.grid.services.import_areas import new_edition, write_areas


def copy_of(city, name):
    """The sample's map under another name, its grids' names marked; points far from the story's."""
    app = create_app(city.settings)
    with app.app_context(), writing():
        session = db.session()
        held = list(read_shapes(session, get_edition(session, city.sample.edition).id))
        edition = new_edition(session, name, now=utc_now(), synthetic=True)
        write_areas(session, edition, [replace(area, name=f"{area.name}·新") for area in held])
        session.commit()
        db.engine.dispose()
    micros = [area.outline for area in held if area.level is Level.MICRO]
    spots = [shapely.point_on_surface(outline) for outline in micros[1000::40]]
    return [Point(spot.y, spot.x) for spot in spots]


def test_a_new_map_under_load_and_the_way_back(live):
    """Back as well: the city is shared, and a map that was left can be taken up again."""
    old, points = live.city.sample.edition, copy_of(live.city, "next")
    told = [
        (name, through(live.city, partial(activate_in, live.city, name), points, calm_s=1))
        for name in ("next", old)
    ]
    for name, seen in told:
        located = [each.body["edition"] for each in seen.answers if each.point is not None]
        assert {old, "next"} == set(located), "both were seen"
        assert located[-1] == name
        assert len(seen.answers) > 150
        assert (seen.failed, seen.mixed) == (0, 0)
        assert max(seen.server_followed_s, seen.worker_followed_s) <= EVERYWHERE_WITHIN_S
