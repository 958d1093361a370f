"""Selects for likeness: what lies near a report, what was found like it, the same photo again."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from civicprobe.accounts.actor import Actor
from civicprobe.reports.likeness import Likeness, Sight, cells_around, compare
from civicprobe.reports.models import EventPrivate, Photo, Report, Resemblance
from civicprobe.reports.queries import visible_to

CLOSED_WITHIN = timedelta(hours=72)
# Of each cell the newest: more would be read at a spot that many report, and shown to nobody.
OPEN_A_CELL, CLOSED_A_CELL = 12, 6
SHOWN = 3
_OVER = ("closed", "merged")
_NO_LIKENESS = ("withdrawn", "abuse")


def find_alike(session: Session, report: Report) -> list[tuple[int, Likeness]]:
    """Reports near a placed one with how alike they are, the likest first.

    Open ones of any age and kind, and closed ones of the same category and the 72 hours before.
    """
    if report.lat is None or report.lon is None:
        return []
    near = near_ids(session, report)
    sights = _sights(session, [report.id, *near])
    mine = sights.pop(report.id)
    found = [(row, like) for row, other in sights.items() if (like := compare(mine, other))]
    return sorted(found, key=lambda item: (-item[1].score, item[1].distance_m, item[0]))


def near_ids(session: Session, report: Report) -> list[int]:
    """The rows of the nine cells, each cell read by its own short walk along an index."""
    if report.lat is None or report.lon is None:
        return []
    cells = {f"cell_{n}": cell for n, cell in enumerate(cells_around(report.lat, report.lon))}
    known = {"id": report.id, "category": report.category_code}
    since = report.created_at - CLOSED_WITHIN
    wanted = _NEAR if report.category_code is not None else _NEAR_OPEN
    return list(session.scalars(wanted, {**cells, **known, "since": since}))


def find_same_photo(session: Session, report: Report) -> Report | None:
    """The same rider's earlier report with one of this report's photos, byte for byte."""
    if report.reporter_id is None:
        return None
    mine, theirs = aliased(Photo), aliased(Photo)
    return session.scalar(
        select(Report)
        .join(theirs, theirs.report_id == Report.id)
        .join(mine, and_(mine.sha256 == theirs.sha256, mine.report_id == report.id))
        .where(
            mine.kind == "hazard",
            theirs.kind == "hazard",
            Report.reporter_id == report.reporter_id,
            Report.id < report.id,
            or_(Report.outcome.is_(None), Report.outcome != "withdrawn"),
        )
        .order_by(Report.id)
        .limit(1)
    )


def list_resemblances(session: Session, report_id: int) -> Sequence[tuple[Resemblance, Report]]:
    """What was found like a report, the likest first; a twin that its rider denied is left out."""
    rows = session.execute(
        select(Resemblance, Report)
        .join(Report, Report.id == Resemblance.other_id)
        .where(
            Resemblance.report_id == report_id,
            or_(Resemblance.answer.is_(None), Resemblance.answer == "same"),
            or_(Report.outcome.is_(None), Report.outcome.not_in(_NO_LIKENESS)),
        )
        .order_by(Resemblance.answer, Resemblance.score.desc(), Resemblance.other_id)
        .limit(SHOWN)
    )
    return [(row[0], row[1]) for row in rows]


def is_offered(session: Session, report_id: int, actor: Actor) -> bool:
    """Whether a report not kept back (保密, 涉及本单位) was found like one this caller knows."""
    mine = aliased(Report)
    open_to_riders = exists().where(Report.id == report_id, ~Report.discreet, ~Report.about_us)
    asked = exists().where(
        Resemblance.other_id == report_id,
        Resemblance.report_id == mine.id,
        mine.id.in_(select(Report.id).where(visible_to(actor))),
    )
    return bool(session.scalar(select(and_(asked, open_to_riders))))


def earlier_looks(
    session: Session, report: Report, photo: Photo
) -> list[tuple[str | None, int | None]]:
    """Bytes and look of what came before a photo: of this report, and all that equal it."""
    before = and_(Photo.received_at < photo.received_at, Photo.id != photo.id)
    like: list[ColumnElement[bool]] = [Photo.sha256 == photo.sha256]
    if photo.dhash is not None:
        like.append(Photo.dhash == photo.dhash)
    parts = [
        select(Photo.sha256, Photo.dhash).where(before, Photo.report_id == report.id),
        *(select(Photo.sha256, Photo.dhash).where(before, same).limit(1) for same in like),
    ]
    return [(row[0], row[1]) for part in parts for row in session.execute(part)]


def _walks(most: int, *which: ColumnElement[bool]) -> list[Select[int]]:
    """The newest of each of nine cells."""
    cells = [Report.cell == bindparam(f"cell_{n}", type_=BigInteger) for n in range(9)]
    walks = [select(Report.id).where(cell, Report.id != bindparam("id"), *which) for cell in cells]
    limited = [walk.order_by(Report.created_at.desc()).limit(most).subquery() for walk in walks]
    return [select(walk.c.id) for walk in limited]


# Made once: to put eighteen walks together anew took longer than to walk them.
_OPEN = _walks(OPEN_A_CELL, Report.state.not_in([literal_column(f"'{state}'") for state in _OVER]))
_CLOSED = _walks(
    CLOSED_A_CELL,
    Report.category_code == bindparam("category"),
    Report.created_at >= bindparam("since"),
    Report.state == literal_column("'closed'"),
)
_NEAR_OPEN = union_all(*_OPEN)
_NEAR = union_all(*_OPEN, *_CLOSED)


def _sights(session: Session, ids: Sequence[int]) -> dict[int, Sight]:
    rows = session.execute(
        select(Report.id, Report.lat, Report.lon, Report.created_at, Report.category_code).where(
            Report.id.in_(ids)
        )
    ).all()
    photos: dict[int, list[tuple[str | None, int | None]]] = {}
    for report_id, sha256, look in session.execute(
        select(Photo.report_id, Photo.sha256, Photo.dhash).where(
            Photo.report_id.in_(ids), Photo.kind == "hazard"
        )
    ):
        photos.setdefault(report_id, []).append((sha256, look))
    said = session.execute(
        select(EventPrivate.report_id, EventPrivate.body).where(
            EventPrivate.report_id.in_(ids), EventPrivate.seq == 1
        )
    )
    words = {report_id: str(body.get("note") or "") for report_id, body in said}
    return {
        row.id: Sight(
            lat=row.lat,
            lon=row.lon,
            at=row.created_at,
            category=row.category_code,
            looks=tuple(look for _, look in photos.get(row.id, ()) if look is not None),
            photos=frozenset(sha for sha, _ in photos.get(row.id, ()) if sha),
            words=words.get(row.id, ""),
        )
        for row in rows
    }
