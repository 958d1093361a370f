"""The copies of a photo that people see: made aside, then noted on its row."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.errors import NotFound
from civicprobe.reports.darkroom import make_copies
from civicprobe.reports.models import Photo
from civicprobe.reports.pictures import Unreadable
from civicprobe.storage import Storage


@dataclass(frozen=True)
class StoredCopies:
    """Where the copies lie, or why there are none."""

    screen_sha256: str | None = None
    thumb_sha256: str | None = None
    dhash: int | None = None
    reason: str | None = None


def find_bytes(session: Session, photo_id: UUID) -> str | None:
    """The hash of a photo's bytes, None when the photo is gone."""
    photo = session.get(Photo, photo_id)
    return photo.sha256 if photo else None


def make(storage: Storage, sha256: str | None, max_pixels: int) -> StoredCopies:
    """Make and store the copies; what only decoding shows becomes a reason, not a fault."""
    if sha256 is None:
        return StoredCopies(reason="photo_bytes_gone")
    try:
        copies = make_copies(storage.get(sha256), max_pixels)
    except Unreadable as fault:
        return StoredCopies(reason=fault.reason)
    except NotFound as fault:
        return StoredCopies(reason=fault.code)
    return StoredCopies(storage.put(copies.screen), storage.put(copies.thumb), copies.dhash)


def keep(session: Session, photo_id: UUID, copies: StoredCopies, *, now: datetime) -> None:
    """Note the copies on the photo's row; a photo that is gone needs none."""
    photo = session.get(Photo, photo_id)
    if photo is None:
        return
    photo.state = "unreadable" if copies.reason else "ready"
    photo.reason = copies.reason
    photo.screen_sha256, photo.thumb_sha256 = copies.screen_sha256, copies.thumb_sha256
    photo.dhash = copies.dhash
    outbox.write(session, "resemble", now=now, report_id=photo.report_id)
