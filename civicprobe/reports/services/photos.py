"""Photos come in: the rider's numbered ones and the evidence that staff bring to an action.

The bytes are checked and stored before these are called; here only rows are written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.accounts.actor import Actor
from civicprobe.errors import Conflict, FieldFault, Forbidden, Invalid, Unprocessable
from civicprobe.reports.lifecycle.table import TABLE, Action, State
from civicprobe.reports.models import Photo, Report
from civicprobe.reports.standings import standing_of
from civicprobe.reports.transitions import By, Step, apply

MAX_PHOTOS = 3
LATE_PHOTO = timedelta(days=7)


@dataclass(frozen=True)
class StoredPhoto:
    """Bytes that are in storage: their hash, what they were found to be, how many."""

    sha256: str
    media_type: str
    size: int


@dataclass(frozen=True)
class PhotoReceipt:
    """The photo's row, and whether it was made now."""

    photo: Photo
    created: bool


def add_photo(
    session: Session, report: Report, n: int, stored: StoredPhoto, *, by: By
) -> PhotoReceipt:
    """Take the rider's photo `n`; whoever brings the last one announced starts the enrichment.

    The same bytes again change nothing. Raises Conflict `photo_differs` for other bytes under the
    same number, `photo_too_late` after 7 days, Invalid `photo_number` outside 1 to 3.
    """
    check_number(n)
    if by.now - report.created_at > LATE_PHOTO:
        raise Conflict("photo_too_late", days=LATE_PHOTO.days)
    before = _find(session, report.id, n)
    if before is not None and before.sha256 is not None:
        return _same(before, stored)
    try:
        with session.begin_nested():
            row = before or Photo(id=uuid4(), report_id=report.id, kind="hazard", n=n)
            photo = _keep(session, row, stored, by.now)
    except IntegrityError:
        other = _find(session, report.id, n)
        if other is None:
            raise
        return _same(other, stored)
    outbox.write(session, "pictures", now=by.now, photo_id=str(photo.id))
    if before is None:
        _settle(session, report, by.now)
    else:
        outbox.write(session, "enrich", now=by.now, report_id=report.id)
    if report.state not in (State.RECEIVED, State.CLOSED):
        apply(session, report, TABLE[Action.ADD], by=by, step=Step(data={"photo": n}))
    return PhotoReceipt(photo, created=True)


def refuse_photo(session: Session, report: Report, n: int, reason: str, *, now: datetime) -> None:
    """Remember that photo `n` was refused for good, so that the report does not wait for it."""
    check_number(n)
    if _find(session, report.id, n) is not None:
        return
    session.add(
        Photo(
            id=uuid4(),
            report_id=report.id,
            kind="hazard",
            n=n,
            state="refused",
            reason=reason,
            received_at=now,
        )
    )
    session.flush()
    _settle(session, report, now)


def add_evidence(
    session: Session, report: Report, photo_id: UUID, stored: StoredPhoto, *, by: By
) -> PhotoReceipt:
    """Take a picture for an action on this report by somebody who has one there.

    The same bytes under the same id again change nothing; raises Conflict `photo_differs` else,
    Forbidden for who has nothing to do here.
    """
    if not standing_of(session, report, by.actor).parties & TABLE[Action.ADD].by.keys():
        raise Forbidden("not_yours_to_do")
    before = session.get(Photo, photo_id)
    if before is not None:
        if before.report_id != report.id or before.added_by_id != by.actor.account_id:
            raise Conflict("photo_differs")
        return _same(before, stored)
    photo = Photo(
        id=photo_id,
        report_id=report.id,
        kind="evidence",
        state="stored",
        received_at=by.now,
        added_by_id=by.actor.account_id,
        **vars(stored),
    )
    session.add(photo)
    session.flush()
    outbox.write(session, "pictures", now=by.now, photo_id=str(photo.id))
    return PhotoReceipt(photo, created=True)


def use_evidence(
    session: Session, report: Report, photo_ids: Sequence[UUID], actor: Actor
) -> list[str]:
    """Bind evidence to the event about to be written; its ids as text, for the event's data.

    Raises Unprocessable (`photos`: `no_such_photo`) for one that is not here, not the caller's,
    used before, or unreadable.
    """
    rows = session.scalars(
        select(Photo).where(
            Photo.id.in_(photo_ids),
            Photo.report_id == report.id,
            Photo.kind == "evidence",
            Photo.used_seq.is_(None),
            Photo.state != "unreadable",
            Photo.added_by_id == actor.account_id,
        )
    ).all()
    if len(rows) != len(set(photo_ids)):
        raise Unprocessable("incomplete", FieldFault("photos", "no_such_photo"))
    for photo in rows:
        photo.used_seq = report.seq + 1
    return sorted(str(photo.id) for photo in rows)


def check_number(n: int) -> None:
    """Raises Invalid `photo_number` unless `n` is 1 to 3."""
    if not 1 <= n <= MAX_PHOTOS:
        raise Invalid("photo_number", n=n, most=MAX_PHOTOS)


def _find(session: Session, report_id: int, n: int) -> Photo | None:
    found = select(Photo).where(Photo.report_id == report_id, Photo.n == n)
    return session.scalar(found.execution_options(populate_existing=True))


def _same(before: Photo, stored: StoredPhoto) -> PhotoReceipt:
    if before.sha256 != stored.sha256:
        raise Conflict("photo_differs")
    return PhotoReceipt(before, created=False)


def _keep(session: Session, photo: Photo, stored: StoredPhoto, now: datetime) -> Photo:
    photo.state, photo.reason, photo.received_at = "stored", None, now
    photo.sha256, photo.media_type, photo.size = stored.sha256, stored.media_type, stored.size
    session.add(photo)
    session.flush()
    return photo


def _settle(session: Session, report: Report, now: datetime) -> None:
    """Count one announced photo as settled; the one that completes the count starts `enrich`."""
    counted = session.execute(
        update(Report)
        .where(Report.id == report.id)
        .values(photos_settled=Report.photos_settled + 1)
        .returning(Report.photos_settled)
        .execution_options(synchronize_session=False)
    )
    if counted.scalar_one() >= report.photos_announced:
        outbox.write(session, "enrich", now=now, report_id=report.id)
