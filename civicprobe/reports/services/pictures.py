"""The copies of a photo that people see: made aside, with faces and plates hidden, then noted.

It fails closed: no copy is kept in which nobody has looked for what must be hidden.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from PIL import Image
from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.errors import NotFound
from civicprobe.reports.models import Photo
from civicprobe.reports.photo.covering import hide
from civicprobe.reports.photo.darkroom import develop
from civicprobe.reports.photo.detection import find_private
from civicprobe.reports.photo.pictures import Developed, Unreadable
from civicprobe.reports.photo.redaction import Box, read_boxes
from civicprobe.storage import Storage

HELD = "redaction_failed"
TRY_AGAIN = timedelta(minutes=10)
TRY_FOR = timedelta(days=1)

log = structlog.get_logger()

Looker = Callable[[Image.Image], Sequence[Box]]


@dataclass(frozen=True)
class Source:
    """What copies are made of: the photo's bytes, and its boxes where somebody has looked."""

    sha256: str | None
    boxes: Sequence[Box] | None = None


@dataclass(frozen=True)
class StoredCopies:
    """Where the copies lie, or why there are none; `source` is what they were made of."""

    source: Source
    screen_sha256: str | None = None
    thumb_sha256: str | None = None
    plates_sha256: str | None = None
    boxes: Sequence[Box] | None = None
    dhash: int | None = None
    reason: str | None = None


def find_bytes(session: Session, photo_id: UUID) -> Source | None:
    """What a photo's copies are to be made of, None when the photo is gone."""
    photo = session.get(Photo, photo_id)
    return _source_of(photo) if photo else None


def make(
    storage: Storage,
    source: Source | None,
    max_pixels: int,
    *,
    look: Looker | None = None,
) -> StoredCopies:
    """Make and store the copies; what only decoding shows becomes a reason, not a fault.

    `look` finds what to hide where nobody has looked yet (default: faces and plates). The look of
    the picture (`dhash`) is taken before anything is hidden.
    """
    if source is None or source.sha256 is None:
        return StoredCopies(source or Source(None), reason="photo_bytes_gone")
    try:
        developed = develop(storage.get(source.sha256), max_pixels)
    except Unreadable as fault:
        return StoredCopies(source, reason=fault.reason)
    except NotFound as fault:
        return StoredCopies(source, reason=fault.code)
    return _hidden(storage, source, developed, look or find_private)


def _hidden(storage: Storage, source: Source, developed: Developed, look: Looker) -> StoredCopies:
    try:
        boxes = source.boxes if source.boxes is not None else look(developed.picture)
        shown = hide(developed.picture, boxes)
    except Exception as fault:  # whatever it was: what nobody looked through is not shown
        log.exception("redaction_failed", fault=type(fault).__name__)
        return StoredCopies(source, dhash=developed.dhash, reason=HELD)
    return StoredCopies(
        source,
        screen_sha256=storage.put(shown.screen),
        thumb_sha256=storage.put(shown.thumb),
        plates_sha256=storage.put(shown.plates) if shown.plates else None,
        boxes=boxes,
        dhash=developed.dhash,
    )


def keep(session: Session, photo_id: UUID, copies: StoredCopies, *, now: datetime) -> None:
    """Note the copies on the photo's row; a photo that is gone needs none, and copies of what was
    since changed (another box drawn) are dropped: those who changed it asked for new ones."""
    photo = session.get(Photo, photo_id, with_for_update=True, populate_existing=True)
    if photo is None or _source_of(photo) != copies.source:
        return
    photo.state, photo.reason = _state_of(copies), copies.reason
    photo.screen_sha256, photo.thumb_sha256 = copies.screen_sha256, copies.thumb_sha256
    photo.plates_sha256 = copies.plates_sha256
    if copies.boxes is not None:
        photo.boxes = [box.to_json() for box in copies.boxes]
    if copies.reason == HELD and now - photo.received_at < TRY_FOR:
        outbox.write(session, "pictures", now=now, due_at=now + TRY_AGAIN, photo_id=str(photo_id))
    if copies.dhash != photo.dhash:
        photo.dhash = copies.dhash
        outbox.write(session, "resemble", now=now, report_id=photo.report_id)


def _state_of(copies: StoredCopies) -> str:
    if copies.reason == HELD:
        return "held"
    return "unreadable" if copies.reason else "ready"


def _source_of(photo: Photo) -> Source:
    return Source(photo.sha256, read_boxes(photo.boxes))
