"""A member or a desk changes what is hidden in a picture (遮挡); the copies are made anew."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.errors import Conflict, FieldFault, Unprocessable
from civicprobe.reports.lifecycle.commands import Patch, Redact
from civicprobe.reports.lifecycle.table import TABLE, Action, Party
from civicprobe.reports.models import Photo, Report, ReportEvent
from civicprobe.reports.photo.redaction import WHOLE, Box, Kind, read_boxes, without
from civicprobe.reports.rights import copy_to_show
from civicprobe.reports.standings import standing_of
from civicprobe.reports.transitions import Audience, By, Step, apply

MOST_BOXES = 60


def redact(session: Session, report: Report, command: Redact, *, by: By) -> ReportEvent:
    """Hide more of a picture, or less: until its copies are made anew nobody sees any.

    What the machine found is taken away by desks alone. On a picture that is held (the machine
    could not look) a desk says what to hide, if anything. Raises Conflict `photo_not_ready` while
    the worker is at it, Unprocessable naming the field at fault, else as `apply`.
    """
    desk = Party.DESK in standing_of(session, report, by.actor).parties
    photo = _get(session, report, command, by, desk=desk)
    before = read_boxes(photo.boxes) or []
    gone = _checked(before, command.remove, desk=desk)
    if not command.add and not gone and photo.state != "held":
        raise Unprocessable("incomplete", FieldFault("add", "missing"))
    added = [_box(patch) for patch in command.add]
    boxes = [*without(before, gone), *added]
    if sum(not box.gone for box in boxes) > MOST_BOXES:
        raise Unprocessable("incomplete", FieldFault("add", "too_many_boxes"))
    step = Step(
        data={
            "picture": str(photo.id),
            "added": [[box.kind, box.left, box.top, box.width, box.height] for box in added],
            "removed": sorted(gone),
        },
        private={"note": command.reason, "for": Audience.STAFF},
        audience=Audience.STAFF,
    )
    event = apply(session, report, TABLE[Action.REDACT], by=by, step=step)
    photo.boxes = [box.to_json() for box in boxes]
    photo.state, photo.reason = "stored", None
    photo.screen_sha256 = photo.thumb_sha256 = photo.plates_sha256 = None
    outbox.write(session, "pictures", now=by.now, photo_id=str(photo.id))
    session.flush()
    return event


def _get(session: Session, report: Report, command: Redact, by: By, *, desk: bool) -> Photo:
    photo = session.get(Photo, command.photo, populate_existing=True)
    if photo is None or photo.report_id != report.id or photo.sha256 is None:
        raise Unprocessable("incomplete", FieldFault("photo", "no_such_photo"))
    if photo.state == "stored" or (photo.state == "held" and not desk):
        raise Conflict("photo_not_ready")
    seen = photo.state == "held" or copy_to_show(session, photo, "screen", by.actor)
    if not seen:
        raise Unprocessable("incomplete", FieldFault("photo", "no_such_photo"))
    return photo


def _checked(before: Sequence[Box], remove: Sequence[int], *, desk: bool) -> set[int]:
    for n in remove:
        if not 0 <= n < len(before) or before[n].gone:
            raise Unprocessable("incomplete", FieldFault("remove", "no_such_box"))
        if before[n].machine and not desk:
            raise Unprocessable("incomplete", FieldFault("remove", "machine_box"))
    return set(remove)


def _box(patch: Patch) -> Box:
    edges = (patch.left, patch.top, patch.width, patch.height)
    left, top, width, height = (round(edge * WHOLE / 100) for edge in edges)
    return Box(Kind(patch.kind), left, top, width, height, machine=False)
