"""What nobody needs any more goes, a batch at a time; harmless twice, and when it is cut off."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.reports.models import ActionAnswer, Photo
from civicprobe.reports.models_queue import Snooze
from civicprobe.storage import Storage

UNUSED_EVIDENCE = timedelta(hours=24)
KEEP_ANSWERS = timedelta(days=7)
ORPHAN_BYTES = timedelta(hours=24)
BATCH = 500


def sweep_rows(session: Session, now: datetime) -> int:
    """Delete a batch of ended outbox rows, old answers and unused evidence; how many went."""
    unused = (
        select(Photo.id)
        .where(
            Photo.kind == "evidence",
            Photo.used_seq.is_(None),
            Photo.received_at < now - UNUSED_EVIDENCE,
        )
        .limit(BATCH)
    )
    gone = session.execute(delete(Photo).where(Photo.id.in_(unused)).returning(Photo.id)).all()
    answers = session.execute(
        delete(ActionAnswer)
        .where(ActionAnswer.answered_at < now - KEEP_ANSWERS)
        .returning(ActionAnswer.action_id)
    ).all()
    woken = session.execute(
        delete(Snooze).where(Snooze.until_at < now).returning(Snooze.report_id)
    ).all()
    return outbox.sweep(session, now) + len(gone) + len(answers) + len(woken)


def sweep_bytes(session: Session, storage: Storage, now: datetime) -> int:
    """Delete bytes that no row has named for a day, and what killed writers left; how many went."""
    before = now - ORPHAN_BYTES
    old = [item.digest for item in storage.digests() if item.stored_at < before]
    gone = 0
    for start in range(0, len(old), BATCH):
        part = old[start : start + BATCH]
        named = _named(session, part)
        gone += sum(storage.delete(digest, before) for digest in part if digest not in named)
    return gone + storage.sweep_temporary(before)


def _named(session: Session, digests: list[str]) -> set[str]:
    columns = (Photo.sha256, Photo.screen_sha256, Photo.thumb_sha256, Photo.plates_sha256)
    rows = session.execute(select(*columns).where(or_(*(c.in_(digests) for c in columns))))
    return {digest for row in rows for digest in row if digest}
