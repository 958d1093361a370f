"""The daily seal: all chain heads that moved go into one record, chained to the seal before.

Who rewrites a whole chain, hashes and all, or takes a report away with its events, still meets the
seal; who rewrites the seals too meets every copy of the last one (`audit verify` prints it).
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, exists, func, insert, literal, select
from sqlalchemy.orm import Session

from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.reports.lifecycle.chain import digest
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.models_proof import Seal, SealedHead
from civicprobe.reports.numbers import number_of

BATCH = 5_000


@dataclass(frozen=True)
class SealFault:
    """A fault of a seal: which, its code, and the report it is about, if it is about one."""

    seal: int
    code: str
    number: str | None = None
    seq: int | None = None


def due_day(session: Session, now: datetime) -> date | None:
    """The day to be sealed now: yesterday, unless it is sealed already."""
    day = now.astimezone(CITY_ZONE).date() - timedelta(days=1)
    sealed = session.scalar(select(func.max(Seal.day)))
    return day if sealed is None or sealed < day else None


def seal_day(session: Session, day: date, *, now: datetime) -> Seal:
    """Seal every head that moved since it was last sealed; one transaction, so all or nothing."""
    last = last_seal(session)
    seal = Seal(
        id=last.id + 1 if last else 1,
        day=day,
        sealed_at=now,
        reports=session.scalar(select(func.count()).select_from(Report)) or 0,
        heads=0,
        heads_hash="",
        before_hash=last.hash if last else "",
        hash="",
    )
    session.add(seal)
    session.flush()
    known = and_(SealedHead.report_id == Report.id, SealedHead.seq == Report.seq)
    moved = select(Report.id, Report.seq, Report.head_hash, literal(seal.id)).where(
        ~exists().where(known)
    )
    columns = ["report_id", "seq", "hash", "seal_id"]
    session.execute(insert(SealedHead).from_select(columns, moved))
    seal.heads, seal.heads_hash = _over(_heads(session, seal.id))
    seal.hash = _hash(seal)
    session.flush()
    return seal


def verify_seals(session: Session) -> Iterator[SealFault]:
    """Every fault of every seal, oldest first: its own record, its heads, the events they name."""
    before = ""
    for expected, seal in enumerate(session.scalars(select(Seal).order_by(Seal.id)), start=1):
        code = _fault_of(session, seal, expected, before)
        if code:
            yield SealFault(seal.id, code)
        before = seal.hash
    yield from _lost_heads(session)


def last_seal(session: Session) -> Seal | None:
    """The newest seal: a copy of its hash kept elsewhere proves all before it."""
    return session.scalars(select(Seal).order_by(Seal.id.desc()).limit(1)).first()


def _fault_of(session: Session, seal: Seal, expected: int, before: str) -> str | None:
    if seal.id != expected or seal.before_hash != before:
        return "seal_lost"
    if (seal.heads, seal.heads_hash) != _over(_heads(session, seal.id)):
        return "seal_heads_edited"
    return None if seal.hash == _hash(seal) else "seal_edited"


def _lost_heads(session: Session) -> Iterator[SealFault]:
    """Sealed heads whose event is gone or another: a lost report, a cut or rewritten chain."""
    rows = session.execute(
        select(SealedHead, ReportEvent.hash)
        .outerjoin(
            ReportEvent,
            and_(ReportEvent.report_id == SealedHead.report_id, ReportEvent.seq == SealedHead.seq),
        )
        .where(ReportEvent.hash.is_distinct_from(SealedHead.hash))
        .order_by(SealedHead.seal_id, SealedHead.report_id, SealedHead.seq)
    )
    for head, event in rows:
        kept: str | None = event  # an outer join's
        code = "sealed_event_lost" if kept is None else "rewritten_after_seal"
        yield SealFault(head.seal_id, code, number_of(head.report_id), head.seq)


def _heads(session: Session, seal_id: int) -> Iterator[tuple[int, int, str]]:
    rows = session.execute(
        select(SealedHead.report_id, SealedHead.seq, SealedHead.hash)
        .where(SealedHead.seal_id == seal_id)
        .order_by(SealedHead.report_id, SealedHead.seq)
        .execution_options(yield_per=BATCH)
    )
    yield from ((row.report_id, row.seq, row.hash) for row in rows)


def _over(heads: Iterable[tuple[int, int, str]]) -> tuple[int, str]:
    count, total = 0, hashlib.sha256()
    for report_id, seq, head in heads:
        total.update(f"{report_id}:{seq}:{head}\n".encode())
        count += 1
    return count, total.hexdigest()


def _hash(seal: Seal) -> str:
    kept = (seal.id, seal.day.isoformat(), seal.reports, seal.heads, seal.heads_hash)
    return digest([*kept, seal.sealed_at.isoformat(timespec="microseconds"), seal.before_hash])
