"""Somebody who had no part in it looks whether it is fixed (现场核查), at the place itself."""

from sqlalchemy.orm import Session

from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.grid.coords import Datum, to_wgs84
from civicprobe.reports.lifecycle.commands import Inspect
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.likeness import Sight, distance_m
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.services.photos import use_evidence
from civicprobe.reports.transitions import Audience, By, Step, apply

WITHIN_M = 150.0


def inspect(session: Session, report: Report, command: Inspect, *, by: By) -> ReportEvent:
    """Keep what was found; raises Unprocessable (`lat`: `too_far`) for who was not there, else as
    `apply`."""
    point = to_wgs84(command.lat, command.lon, Datum(command.datum))
    away_m = 0.0
    if report.lat is not None and report.lon is not None:
        there = Sight(report.lat, report.lon, by.now)
        away_m = distance_m(there, Sight(point.lat, point.lon, by.now))
    if away_m > max(WITHIN_M, float(str(report.place.get("radius_m", 0.0)))):
        raise Unprocessable("incomplete", FieldFault("lat", "too_far"))
    step = Step(
        data={
            "result": command.result,
            "away_m": round(away_m),
            "photos": use_evidence(session, report, command.photos, by.actor),
        },
        private={"note": command.note, "for": Audience.STAFF} if command.note else {},
    )
    return apply(session, report, TABLE[Action.INSPECT], by=by, step=step)
