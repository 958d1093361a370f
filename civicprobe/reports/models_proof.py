"""Tables of the proof: daily seals over the heads of all chains, and walks that checked them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from civicprobe.db import BigId, Model, UtcDateTime


class Seal(Model):
    """One record a day over all chain heads that moved since the seal before, chained to it.

    `heads_hash` is over its `SealedHead`s in order; `reports` counts all there were that day.
    """

    __tablename__ = "seals"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, unique=True)
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reports: Mapped[int] = mapped_column(Integer)
    heads: Mapped[int] = mapped_column(Integer)
    heads_hash: Mapped[str] = mapped_column(String(64))
    before_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class SealedHead(Model):
    """The head that a report's chain had when it was sealed; kept when the report is gone."""

    __tablename__ = "sealed_heads"

    report_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    hash: Mapped[str] = mapped_column(String(64))
    seal_id: Mapped[int] = mapped_column(ForeignKey("seals.id"), index=True)


class ProofWalk(Model):
    """One walk over all chains: how far it has come, and the first faults it met."""

    __tablename__ = "proof_walks"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    after_id: Mapped[int] = mapped_column(BigId, default=0)
    checked: Mapped[int] = mapped_column(Integer, default=0)
    broken: Mapped[int] = mapped_column(Integer, default=0)
    faults: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
