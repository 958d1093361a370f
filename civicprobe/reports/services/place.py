"""A person says where it is (定位): the point is taken as given and routed like any other."""

from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.grid.city import City
from civicprobe.grid.coords import Datum, to_wgs84
from civicprobe.reports.lifecycle.commands import PlaceByHand
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.place import grade_of
from civicprobe.reports.services.routing import at, route
from civicprobe.reports.transitions import By, Step, apply

BY_HAND = "hand"


def place_by_hand(
    session: Session, report: Report, command: PlaceByHand, *, by: By, city: City
) -> ReportEvent:
    """Set the place and hand the report to who serves there.

    Raises Unprocessable `outside` for a point outside the map: it is proposed as 市外 instead,
    never snapped to a grid; else as `apply`.
    """
    point = to_wgs84(command.lat, command.lon, Datum(command.datum))
    routed = route(session, report, city, point, command.radius_m, now=by.now)
    if routed is None:
        raise Unprocessable("incomplete", FieldFault("lat", "outside"))
    place = {
        "source": BY_HAND,
        "radius_m": command.radius_m,
        "grade": grade_of(command.radius_m),
        "warnings": [],
    }
    step = Step(
        change={**routed.change, **at(point), "place": place},
        data={**routed.data, "source": BY_HAND, "grade": place["grade"]},
    )
    event = apply(session, report, TABLE[Action.PLACE], by=by, step=step)
    outbox.write(session, "resemble", now=by.now, report_id=report.id)
    return event
