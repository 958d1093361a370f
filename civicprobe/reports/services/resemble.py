"""The worker looks for reports like a new one; the rider and the member are asked, nobody else
decides. After-photos are read here too, so that a desk can be warned of one that proves little
(`proofs`)."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.reports.alike import SHOWN, find_alike
from civicprobe.reports.lifecycle.table import State
from civicprobe.reports.likeness import SHOWN_FROM
from civicprobe.reports.models import Photo, Report, Resemblance
from civicprobe.reports.numbers import row_id_of
from civicprobe.reports.photo.exif import PhotoFacts
from civicprobe.reports.queries import get_report_by_id
from civicprobe.reports.services.enrich import Unread

_STILL_ASKED = frozenset({State.RECEIVED, State.NEEDS_PLACE, State.ASSIGNED, State.FILED})
SAME, OTHER = "same", "other"


def list_unread_evidence(session: Session, report_id: int) -> list[Unread]:
    """The pictures that came with actions and that nobody has read yet."""
    rows = session.scalars(
        select(Photo).where(Photo.report_id == report_id, Photo.kind == "evidence")
    )
    return [Unread(row.id, row.sha256) for row in rows if row.sha256 and not row.facts]


def resemble(session: Session, report_id: int, facts: Mapping[UUID, PhotoFacts]) -> int:
    """Keep what is like a report, at most three; how many. Safe to repeat; answers stay."""
    report = get_report_by_id(session, report_id, lock=True)
    for photo_id, found in facts.items():
        photo = session.get(Photo, photo_id)
        if photo is not None:
            photo.facts = found.to_json()
    if report.state not in _STILL_ASKED:
        return 0
    of_report = Resemblance.report_id == report_id
    session.execute(delete(Resemblance).where(of_report, Resemblance.answer.is_(None)))
    answered = set(session.scalars(select(Resemblance.other_id).where(of_report)))
    alike = [
        Resemblance(
            report_id=report_id,
            other_id=other_id,
            score=round(like.score, 3),
            distance_m=round(like.distance_m, 1),
            reasons=list(like.reasons),
        )
        for other_id, like in find_alike(session, report)
        if like.score >= SHOWN_FROM and other_id not in answered
    ]
    session.add_all(alike[:SHOWN])
    session.flush()
    return len(alike[:SHOWN])


def answer(session: Session, report: Report, number: str, *, same: bool) -> None:
    """Keep what the rider says of a likeness they were asked about (是同一个吗？).

    Raises Invalid `number_malformed`, or Unprocessable (`same_as`: `not_asked`) for a report that
    nobody asked about.
    """
    found = session.get(Resemblance, (report.id, row_id_of(number)))
    if found is None:
        raise Unprocessable("incomplete", FieldFault("same_as", "not_asked"))
    found.answer = SAME if same else OTHER
