"""Tables of a report: itself, photos, what it is like, clocks, chained events, answers given."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from civicprobe.db import BigId, JsonDict, Model, NullableJson, UtcDateTime
from civicprobe.reports.lifecycle.table import Facts, Outcome, State
from civicprobe.reports.numbers import number_of

OPEN_STATES = "state NOT IN ('closed', 'merged')"
IS_OPEN: Any = {"postgresql_where": text(OPEN_STATES), "sqlite_where": text(OPEN_STATES)}
COME_BACK = text(f"{OPEN_STATES} AND reopened > 0")
HAS_COME_BACK: Any = {"postgresql_where": COME_BACK, "sqlite_where": COME_BACK}
IS_THRICE_LATE = text("ended_at IS NULL AND told = 'thrice'")
A_DAY = timedelta(days=1)
RUNNING = "ended_at IS NULL AND whistle_id IS NULL"


class Report(Model):
    """One hazard as one rider saw it. `state` and what goes with it is written by `apply` alone.

    `version` counts moves and changes of owner, place, category or severity; `seq` counts events.
    `desk_code` is the area whose desk answers for the report: it is never empty. The pictures of a
    `sensitive` one (敏感: a child, an injured person, a home's inside) are for desks alone.
    A merged report has its primary, and `before_state` is where the merge found it.
    `about_us` (涉及本单位) hides it from those in its namings. `ranked_last`: its phone sent abuse
    before. `handovers` counts moves between streets; `ruled`: a desk above has settled who has it.
    A `discreet` one (保密) is shown to no other rider.
    """

    __tablename__ = "reports"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("devices.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    state: Mapped[State] = mapped_column(String(16))
    outcome: Mapped[Outcome | None] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(Integer, default=0)
    seq: Mapped[int] = mapped_column(Integer, default=0)
    head_hash: Mapped[str] = mapped_column(String(64), default="")

    category_code: Mapped[str | None] = mapped_column(ForeignKey("categories.code"))
    severity: Mapped[str | None] = mapped_column(String(16))
    urgent: Mapped[bool] = mapped_column(default=False)
    sensitive: Mapped[bool] = mapped_column(default=False)
    discreet: Mapped[bool] = mapped_column(default=False, server_default=false())

    evidence: Mapped[dict[str, object]] = mapped_column(JsonDict, default=dict)
    photos_announced: Mapped[int] = mapped_column(Integer, default=0)
    photos_settled: Mapped[int] = mapped_column(Integer, default=0)

    lat: Mapped[float | None] = mapped_column(Float)
    lon: Mapped[float | None] = mapped_column(Float)
    cell: Mapped[int | None] = mapped_column(BigInteger)
    place: Mapped[dict[str, object]] = mapped_column(JsonDict, default=dict)
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("editions.id"))
    city_code: Mapped[str] = mapped_column(String(32))
    district_code: Mapped[str | None] = mapped_column(String(32))
    street_code: Mapped[str | None] = mapped_column(String(32))
    community_code: Mapped[str | None] = mapped_column(String(32))
    general_code: Mapped[str | None] = mapped_column(String(32))
    micro_code: Mapped[str | None] = mapped_column(String(32))

    desk_code: Mapped[str] = mapped_column(String(32))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    route: Mapped[dict[str, object]] = mapped_column(JsonDict, default=dict)
    proposer_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dispatched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reopened: Mapped[int] = mapped_column(Integer, default=0)

    primary_id: Mapped[int | None] = mapped_column(ForeignKey("reports.id"))
    before_state: Mapped[str | None] = mapped_column(String(16))
    followers: Mapped[int] = mapped_column(Integer, default=0)
    urgent_owner_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    about_us: Mapped[bool] = mapped_column(default=False)
    ranked_last: Mapped[bool] = mapped_column(default=False)
    suspensions: Mapped[int] = mapped_column(Integer, default=0)
    extensions: Mapped[int] = mapped_column(Integer, default=0)
    returns: Mapped[int] = mapped_column(Integer, default=0)
    handovers: Mapped[int] = mapped_column(Integer, default=0)
    raised: Mapped[bool] = mapped_column(default=False)
    ruled: Mapped[bool] = mapped_column(default=False)
    appealed: Mapped[bool] = mapped_column(default=False)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("state <> 'assigned' OR lat IS NOT NULL", name="assigned_has_place"),
        CheckConstraint("state <> 'dispatched' OR unit_id IS NOT NULL", name="dispatched_has_unit"),
        CheckConstraint("state <> 'closed' OR outcome IS NOT NULL", name="closed_has_outcome"),
        *(
            Index(
                f"ix_reports_open_{column.removesuffix('_code').removesuffix('_id')}",
                column,
                "due_at",
                "id",
                **IS_OPEN,
            )
            for column in (
                "assignee_id",
                "unit_id",
                "street_code",
                "district_code",
                "city_code",
                "category_code",
            )
        ),
        # A whole city has too many open cases to walk past those in other states; of a district or
        # street PostgreSQL rather ands those in a state with its whole history.
        *(
            Index(
                f"ix_reports_open_{level}_state",
                f"{level}_code",
                "state",
                "due_at",
                "id",
                **IS_OPEN,
            )
            for level in ("city", "district", "street")
        ),
        *(
            Index(f"ix_reports_come_back_{level}", f"{level}_code", "due_at", "id", **HAS_COME_BACK)
            for level in ("district", "street")
        ),
        Index(
            "ix_reports_come_back",
            "due_at",
            "id",
            **HAS_COME_BACK,
        ),
        *(
            Index(f"ix_reports_past_{column}", f"{column}_code", "created_at", "id")
            for column in ("street", "district", "community", "general", "micro")
        ),
        *(
            Index(f"ix_reports_past_{column}", f"{column}_id", "created_at", "id")
            for column in ("assignee", "unit")
        ),
        Index("ix_reports_latest", "created_at", "id"),
        Index("ix_reports_primary", "primary_id"),
        Index(
            "ix_reports_open_cell",
            "cell",
            "created_at",
            **IS_OPEN,
        ),
        Index("ix_reports_cell", "cell", "category_code", "created_at"),
    )

    @property
    def number(self) -> str:
        """The public number, derived from the row's id; it grants nothing by itself."""
        return number_of(self.id)

    @property
    def area_codes(self) -> dict[str, str]:
        """Level to code, highest first, of the areas that hold the report; the city always does."""
        levels = ("city", "district", "street", "community", "general", "micro")
        return {level: code for level in levels if (code := getattr(self, f"{level}_code"))}

    def facts(self, now: datetime) -> Facts:
        """What the table of actions needs to know."""
        return Facts(
            state=State(self.state),
            urgent=self.urgent,
            has_place=self.lat is not None,
            has_unit=self.unit_id is not None,
            opened=self.opened_at is not None,
            followed=self.followers > 0,
            outcome=Outcome(self.outcome) if self.outcome else None,
            before=State(self.before_state) if self.before_state else None,
            reopened=self.reopened,
            closed_days=(now - self.closed_at).days if self.closed_at else 0,
            late=self.due_at is not None and self.due_at < now,
            reminded=self.reminded_at is not None and now - self.reminded_at < A_DAY,
            owned=self.urgent_owner_id is not None,
            suspensions=self.suspensions,
            extensions=self.extensions,
            raised=self.raised,
            ruled=self.ruled,
            appealed=self.appealed,
        )


class Photo(Model):
    """One picture: `hazard` as the rider sent it (n = 1 to 3), or `evidence` for an action.

    The row owns the bytes; storage only keeps them. `used_seq` is the event that used an evidence.
    `state` is stored, ready, held (what to hide could not be found), unreadable or refused. `boxes`
    are what is hidden in the copies (`redaction.Box`), None while nobody has looked; in the copy
    `plates_sha256` number plates stay readable.
    """

    __tablename__ = "photos"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    n: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    used_seq: Mapped[int | None] = mapped_column(Integer)
    sha256: Mapped[str | None] = mapped_column(String(64))
    media_type: Mapped[str | None] = mapped_column(String(32))
    size: Mapped[int | None] = mapped_column(Integer)
    facts: Mapped[dict[str, object]] = mapped_column(JsonDict, default=dict)
    dhash: Mapped[int | None] = mapped_column(BigInteger)
    screen_sha256: Mapped[str | None] = mapped_column(String(64))
    thumb_sha256: Mapped[str | None] = mapped_column(String(64))
    plates_sha256: Mapped[str | None] = mapped_column(String(64))
    boxes: Mapped[list[dict[str, object]] | None] = mapped_column(NullableJson)

    __table_args__ = (
        UniqueConstraint("report_id", "n"),
        Index("ix_photos_sha256", "sha256"),
        Index("ix_photos_dhash", "dhash"),
    )


class Resemblance(Model):
    """An earlier report found like this one (疑似重复): how much, why, and what its rider says.

    `answer` is `same` or `other` once the rider of `report_id` was asked and said so.
    """

    __tablename__ = "resemblances"

    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), primary_key=True, index=True)
    score: Mapped[float] = mapped_column(Float)
    distance_m: Mapped[float] = mapped_column(Float)
    reasons: Mapped[list[str]] = mapped_column(JSON)
    answer: Mapped[str | None] = mapped_column(String(8))


class Clock(Model):
    """A time limit that runs for a report; its moments are stored, and worked out anew when the
    limit, the calendar or the severity changes.

    `pauses` are `[start, end, why]` in ISO 8601, an open one without end. `told` is how late it
    was when somebody was last told. `next_at` is when it has to be looked at again. `until_at` is a
    due time set by a desk; `whistle_id` the whistle that it runs for.
    """

    __tablename__ = "clocks"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"))
    stage: Mapped[str] = mapped_column(String(16))
    amount: Mapped[int] = mapped_column(Integer)
    unit: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    pauses: Mapped[list[list[str | None]]] = mapped_column(JSON, default=list)
    warn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    thrice_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    provisional: Mapped[bool] = mapped_column(default=False)
    told: Mapped[str] = mapped_column(String(8), default="in_time")
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    whistle_id: Mapped[int | None] = mapped_column(ForeignKey("whistles.id"))

    __table_args__ = (
        Index("ix_clocks_report", "report_id", "stage"),
        Index(
            "uq_clocks_running",
            "report_id",
            "stage",
            unique=True,
            postgresql_where=text(RUNNING),
            sqlite_where=text(RUNNING),
        ),
        Index(
            "ix_clocks_thrice",
            "report_id",
            postgresql_where=IS_THRICE_LATE,
            sqlite_where=IS_THRICE_LATE,
        ),
        Index(
            "ix_clocks_provisional",
            "provisional",
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_clocks_next",
            "next_at",
            "id",
            postgresql_where=text("next_at IS NOT NULL"),
            sqlite_where=text("next_at IS NOT NULL"),
        ),
    )


class ReportEvent(Model):
    """One step of a report, never changed: its hash covers it and the event before it.

    What names a person or is a person's words lies in `EventPrivate`, bound by `private_hash`.
    """

    __tablename__ = "report_events"

    report_id: Mapped[int] = mapped_column(
        ForeignKey("reports.id"), primary_key=True, autoincrement=False
    )
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(24))
    party: Mapped[str] = mapped_column(String(16))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    from_state: Mapped[str | None] = mapped_column(String(16))
    to_state: Mapped[str] = mapped_column(String(16))
    audience: Mapped[str] = mapped_column(String(16))
    data: Mapped[dict[str, object]] = mapped_column(JsonDict)
    private_hash: Mapped[str | None] = mapped_column(String(64))
    before_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class EventPrivate(Model):
    """The erasable side of an event: words and personal data, bound to it by a salted hash."""

    __tablename__ = "event_privates"

    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    body: Mapped[dict[str, object]] = mapped_column(JsonDict)


class ActionAnswer(Model):
    """The first answer to an action, given again when the same action comes again."""

    __tablename__ = "action_answers"

    caller: Mapped[str] = mapped_column(String(40), primary_key=True)
    action_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"))
    digest: Mapped[str] = mapped_column(String(64))
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    body: Mapped[str] = mapped_column(Text)
