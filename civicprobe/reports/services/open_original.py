"""A desk opens a photo as it came (查看原图): the reason is kept before the bytes are sent."""

from sqlalchemy.orm import Session

from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.reports.lifecycle.commands import OpenOriginal
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Photo, Report, ReportEvent
from civicprobe.reports.transitions import Audience, By, Step, apply


def open_original(
    session: Session, report: Report, command: OpenOriginal, *, by: By
) -> ReportEvent:
    """Keep who opens which picture and why; from then on `rights.has_opened` lets them, for a
    while. `urgent` says that it was done because the copies were not ready.

    Raises Unprocessable (`photo`: `no_such_photo`) for one that is not here, else as `apply`.
    """
    photo = session.get(Photo, command.photo)
    if photo is None or photo.report_id != report.id or photo.sha256 is None:
        raise Unprocessable("incomplete", FieldFault("photo", "no_such_photo"))
    waiting = photo.state in ("stored", "held")
    step = Step(
        data={"picture": str(photo.id), "urgent": report.urgent and waiting},
        private={"note": command.reason, "for": Audience.OFFICE},
        audience=Audience.OFFICE,
    )
    return apply(session, report, TABLE[Action.OPEN_ORIGINAL], by=by, step=step)
