"""Follow-up work, written in the transaction of the change that needs it.

A row is done only when its task marks it in the task's own transaction; `sends` merely spaces the
sendings, `starts` counts attempts before the work. Nothing here speaks to the broker: `workers` do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Index, Integer, String, delete, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from civicprobe.db import BigId, JsonDict, Model, UtcDateTime

MAX_STARTS = 5
RESEND_AFTER_S = (60, 120, 300, 900)
KEEP_DONE = timedelta(days=30)


@dataclass(frozen=True)
class Route:
    """The task that does a topic's work and the queue it waits in."""

    task: str
    queue: str


TOPICS: Mapping[str, Route] = {
    "enrich": Route("reports.enrich", "enrich"),
    "pictures": Route("reports.pictures", "pictures"),
    "resemble": Route("reports.resemble", "enrich"),
    "reckon": Route("clocks.reckon", "clocks"),
    "words": Route("reports.words", "notices"),
    "notice": Route("notices.tell", "notices"),
    "hand_over": Route("reports.hand_over", "enrich"),
    "give_up": Route("reports.give_up", "enrich"),
    "follow": Route("reports.follow", "enrich"),
    "alarm": Route("reports.alarm", "enrich"),
    "resume": Route("reports.resume", "enrich"),
    "look": Route("clocks.look", "clocks"),
}


class OutboxRow(Model):
    """One piece of follow-up work: `waiting`, then `done` or, after five starts, `failed`."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    topic: Mapped[str] = mapped_column(String(32))
    payload: Mapped[dict[str, object]] = mapped_column(JsonDict)
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sends: Mapped[int] = mapped_column(Integer, default=0)
    starts: Mapped[int] = mapped_column(Integer, default=0)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(String(200))

    __table_args__ = (
        Index(
            "ix_outbox_due",
            "due_at",
            "id",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
        Index("ix_outbox_ended", "state", "ended_at"),
    )


def write(
    session: Session,
    topic: str,
    *,
    now: datetime,
    due_at: datetime | None = None,
    **payload: object,
) -> OutboxRow:
    """Ask for the work of `topic`, from `due_at` on (default: at once)."""
    if topic not in TOPICS:
        raise ValueError(f"no such topic: {topic}")
    row = OutboxRow(topic=topic, payload=payload, created_at=now, due_at=due_at or now)
    session.add(row)
    return row


def any_due(session: Session, now: datetime) -> bool:
    """Whether a relay has anything to claim; a plain read."""
    due = select(OutboxRow.id).where(OutboxRow.state == "waiting", OutboxRow.due_at <= now)
    return session.execute(due.limit(1)).first() is not None


def claim(session: Session, now: datetime, limit: int = 100) -> list[OutboxRow]:
    """Rows to send now, each put off to its next sending; two claimers never take the same row.

    Rows that were started too often are failed instead, with a `give_up` row for a person to see.
    """
    due = (
        select(OutboxRow)
        .where(OutboxRow.state == "waiting", OutboxRow.due_at <= now)
        .order_by(OutboxRow.due_at, OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = list(session.scalars(due))
    for row in rows:
        if row.starts >= MAX_STARTS:
            _fail(session, row, now)
            continue
        row.due_at = now + timedelta(seconds=RESEND_AFTER_S[min(row.sends, 3)])
        row.sends += 1
    return [row for row in rows if row.state == "waiting"]


def put_back(session: Session, row_ids: list[int], now: datetime) -> None:
    """Make claimed rows due again in a second: the broker would not take them."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(row_ids), OutboxRow.state == "waiting")
        .values(due_at=now + timedelta(seconds=1), sends=OutboxRow.sends - 1)
    )


def start(session: Session, row_id: int) -> bool:
    """Count one start; False when the work is done, given up or unknown. Commit before the work."""
    started = session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row_id, OutboxRow.state == "waiting", OutboxRow.starts < MAX_STARTS)
        .values(starts=OutboxRow.starts + 1)
        .returning(OutboxRow.id)
    )
    return started.first() is not None


def finish(session: Session, row_id: int, now: datetime) -> bool:
    """Mark the work done, in the transaction that did it; False if it was ended before."""
    done = session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row_id, OutboxRow.state == "waiting")
        .values(state="done", ended_at=now, error=None)
        .returning(OutboxRow.id)
    )
    return done.first() is not None


def note_error(session: Session, row_id: int, error: str, now: datetime) -> None:
    """Keep what went wrong and bring the next try forward, a little later each time."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row_id, OutboxRow.state == "waiting")
        .values(error=error[:200])
    )
    row = session.get(OutboxRow, row_id, populate_existing=True)
    if row is not None and row.state == "waiting":
        row.due_at = min(row.due_at, now + timedelta(seconds=2**row.starts))


def replay(session: Session, now: datetime) -> int:
    """Make every failed row due again with a fresh count; how many there were."""
    replayed = session.execute(
        update(OutboxRow)
        .where(OutboxRow.state == "failed")
        .values(state="waiting", starts=0, sends=0, due_at=now, ended_at=None)
        .returning(OutboxRow.id)
    )
    return len(replayed.all())


def sweep(session: Session, now: datetime, limit: int = 1000) -> int:
    """Delete a batch of rows that were done over 30 days ago; how many went."""
    old = (
        select(OutboxRow.id)
        .where(OutboxRow.state == "done", OutboxRow.ended_at < now - KEEP_DONE)
        .limit(limit)
    )
    swept = session.execute(delete(OutboxRow).where(OutboxRow.id.in_(old)).returning(OutboxRow.id))
    return len(swept.all())


def list_failed(session: Session, limit: int) -> list[OutboxRow]:
    """Work that was given up, the last first."""
    failed = select(OutboxRow).where(OutboxRow.state == "failed")
    return list(session.scalars(failed.order_by(OutboxRow.id.desc()).limit(limit)))


def counts(session: Session) -> dict[str, int]:
    """How many rows wait and how many failed; those that are done lie there by the million."""
    rows = session.execute(
        select(OutboxRow.state, func.count())
        .where(OutboxRow.state.in_(("waiting", "failed")))
        .group_by(OutboxRow.state)
    )
    return {state: count for state, count in rows}


def _fail(session: Session, row: OutboxRow, now: datetime) -> None:
    row.state, row.ended_at = "failed", now
    if row.topic != "give_up":
        write(session, "give_up", now=now, failed_id=row.id)
