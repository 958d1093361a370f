"""The shape of one picture as a caller may see it, with what is hidden in it."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel

from civicprobe.accounts.actor import Actor
from civicprobe.reports.lifecycle.table import Party
from civicprobe.reports.models import Photo, Report
from civicprobe.reports.photo.redaction import WHOLE, Kind, read_boxes
from civicprobe.reports.rights import may_see_pictures

PER_CENT = WHOLE / 100
_FACTS = "taken_at", "no_gps_reason"


class BoxBody(BaseModel, extra="forbid"):
    """A part of a picture that is hidden, in per cent; `n` is its place in the list."""

    n: int
    kind: Kind
    machine: bool
    left: float
    top: float
    width: float
    height: float


class PhotoBody(BaseModel, extra="forbid"):
    """One picture; the URLs are there once its copies are made. `original_url` is there for the
    desk that has just opened it, `boxes` for those who may change what is hidden."""

    id: UUID
    kind: str
    n: int | None
    state: str
    reason: str | None
    screen_url: str | None
    thumb_url: str | None
    original_url: str | None
    facts: dict[str, Any]
    doubts: list[str]
    boxes: list[BoxBody]


def photo_body(
    photo: Photo, report: Report, parties: frozenset[Party], *, seen_by: Actor, **more: Any
) -> PhotoBody:
    """The picture for one caller; `more` are its `doubts` and whether it is `opened`."""
    shown = photo.state == "ready" and may_see_pictures(report, seen_by)
    opened = more.pop("opened")
    return PhotoBody(
        id=photo.id,
        kind=photo.kind,
        n=photo.n,
        state=photo.state,
        reason=photo.reason,
        screen_url=f"/photos/{photo.id}/screen" if shown else None,
        thumb_url=f"/photos/{photo.id}/thumb" if shown else None,
        original_url=f"/photos/{photo.id}/original" if opened else None,
        facts={name: photo.facts[name] for name in _FACTS if photo.facts.get(name) is not None},
        boxes=_boxes(photo) if shown and parties & {Party.MEMBER, Party.DESK} else [],
        **more,
    )


def _boxes(photo: Photo) -> list[BoxBody]:
    return [
        BoxBody(
            n=n,
            kind=box.kind,
            machine=box.machine,
            left=box.left / PER_CENT,
            top=box.top / PER_CENT,
            width=box.width / PER_CENT,
            height=box.height / PER_CENT,
        )
        for n, box in enumerate(read_boxes(photo.boxes) or [])
        if not box.gone
    ]
