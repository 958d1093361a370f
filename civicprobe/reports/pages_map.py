"""Where is this point, who would get a report there, and why: one page for the desks.

It lies here and not with the grid because who gets it depends on how many reports each one holds.
"""

from dataclasses import dataclass

from flask import render_template, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.roles import Role
from civicprobe.db import db, utc_now
from civicprobe.errors import Fault
from civicprobe.grid.choosing import Choice
from civicprobe.grid.city import City, active_city
from civicprobe.grid.coords import Datum, to_wgs84
from civicprobe.grid.locator import Located
from civicprobe.grid.sketch import Sketch, draw
from civicprobe.reports.commands import PlaceByHand
from civicprobe.reports.page_forms import PageForm, read_point
from civicprobe.reports.page_parts import pages
from civicprobe.reports.page_sketch import sketch_around
from civicprobe.reports.services.who import Asked, who_gets
from civicprobe.web.parts import parts

blueprint = pages("pages_map", "/o/map")


@dataclass(frozen=True)
class Answer:
    """Where a point is and who would get it."""

    located: Located
    choice: Choice
    city: City
    sketch: Sketch


@blueprint.get("/locate")
@requires(Role.OFFICE, Role.ADMIN)
def locate() -> str | tuple[str, int]:
    """Ask by URL, so that an answer can be sent to a colleague."""
    form, answer = None, None
    current_actor()
    if request.args.get("point"):
        try:
            answer = _answer(db.session(), request.args)
        except Fault as fault:
            db.session.rollback()
            form = PageForm.of(fault, typed=request.args)
    page = render_template(
        "office/locate.html", here="locate", answer=answer, form=form, asked=request.args
    )
    return (page, form.status) if form else page


def _answer(session: Session, asked: MultiDict[str, str]) -> Answer:
    """Raises Unprocessable for a point that is none, NotFound where no map is active."""
    fields = {name: text for name in ("datum", "radius_m") if (text := asked.get(name))}
    command = PlaceByHand.model_validate(read_point(asked["point"]) | fields)
    point = to_wgs84(command.lat, command.lon, Datum(command.datum))
    city = active_city(session, parts().settings)
    located = city.locator.locate(point, command.radius_m, nearest_limit_m=city.nearest_limit_m)
    choice = who_gets(session, city, located, Asked(at=utc_now())).choice
    return Answer(located, choice, city, _sketch(session, city.edition.id, located))


def _sketch(session: Session, edition_id: int, located: Located) -> Sketch:
    """The finest area around a point, with those beside it and those within the radius."""
    chain = located.chain or located.nearest_chain
    if not chain:
        return draw(located.point, located.radius_m, None)
    near = [item.area.code for item in located.candidates if item.area.code != chain[0].code]
    return sketch_around(
        session,
        edition_id,
        located.point,
        radius_m=located.radius_m,
        code=chain[0].code,
        also=near,
    )
