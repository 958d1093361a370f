"""Whether a repair is proved (lifecycle.md, 'Fixed must be true'): doubts about its pictures,
whether somebody has to look, and what those who looked found; selects only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.grid.coords import Datum, to_wgs84
from civicprobe.reports.alike import earlier_looks
from civicprobe.reports.bonds import Confirmation
from civicprobe.reports.lifecycle.table import Action, Outcome, Severity, State
from civicprobe.reports.likeness import LOOK_BITS_SAME, Sight, bits_apart, distance_m
from civicprobe.reports.models import Photo, Report, ReportEvent
from civicprobe.reports.photo.exif import PhotoFacts

ONE_IN = 10
ENOUGH_ANSWERS = 2
FIXED, NOT_FIXED = "fixed", "not_fixed"
_CLOCKS_DIFFER = timedelta(minutes=5)
_HIGH = frozenset({Severity.SERIOUS, Severity.GRAVE})
_TELLING = (Action.PROPOSE, Action.INSPECT, Action.SEND_BACK)


@dataclass(frozen=True)
class Proof:
    """Why an inspection is due, and what the last one found: None while there was none.

    `due` holds `high_severity`, `reopened`, `reworked`, `doubtful_photo`, `drawn`,
    `riders_say_not`; `answers` counts what riders on the spot said.
    """

    due: tuple[str, ...]
    result: str | None
    answers: dict[str, int]


def inspection_of(session: Session, report: Report) -> str:
    """`due` while somebody has to look before it is closed, `failed` when they saw that it is not
    fixed, else empty."""
    proof = proof_of(session, report)
    if proof is None or proof.result == FIXED:
        return ""
    if proof.result is not None:
        return "failed"
    return "due" if proof.due else ""


def proof_of(session: Session, report: Report) -> Proof | None:
    """How the present proposal of a repair stands; None where none is proposed."""
    if report.state != State.HANDLED or report.outcome != Outcome.FIXED:
        return None
    steps = session.execute(
        select(ReportEvent.seq, ReportEvent.action, ReportEvent.data)
        .where(ReportEvent.report_id == report.id, ReportEvent.action.in_(_TELLING))
        .order_by(ReportEvent.seq)
    ).all()
    proposal = max((step.seq for step in steps if step.action == Action.PROPOSE), default=0)
    found = [step.data for step in steps if step.action == Action.INSPECT and step.seq > proposal]
    answers = _answers(session, report, proposal)
    reworked = any(step.action == Action.SEND_BACK for step in steps)
    reasons = reasons_of(
        report,
        reworked=reworked,
        doubtful=_is_doubtful(session, report, proposal),
        drawn=is_drawn(str(report.uuid), proposal),
        answers=answers,
    )
    # Two independent answers decide: what two riders saw needs nobody else to look.
    seen = answers.get(FIXED, 0) >= ENOUGH_ANSWERS and not answers.get(NOT_FIXED, 0)
    due = () if seen else tuple(name for name, holds in reasons.items() if holds)
    return Proof(due, str(found[-1].get("result")) if found else None, answers)


def reasons_of(
    report: Report, *, reworked: bool, doubtful: bool, drawn: bool, answers: dict[str, int]
) -> dict[str, bool]:
    """Why an inspection may be due, and whether each holds."""
    return {
        "high_severity": report.severity in _HIGH,
        "reopened": report.reopened > 0,
        "reworked": reworked,
        "doubtful_photo": doubtful,
        "drawn": drawn,
        "riders_say_not": answers.get(NOT_FIXED, 0) >= ENOUGH_ANSWERS,
    }


def is_drawn(uuid: str, proposal: int) -> bool:
    """One in ten at random, the same each time; only the reporter knows the UUID it hangs on."""
    return int(sha256(f"{uuid}:{proposal}".encode()).hexdigest(), 16) % ONE_IN == 0


def doubts_of(session: Session, report: Report, photo: Photo) -> list[str]:
    """Why an after-photo proves little (lifecycle.md, 'Fixed must be true'), as codes.

    `seen_before`: it is, or looks just like, an earlier picture. `no_place`, `no_time`: it does
    not say. `far_off`: taken outside the joint radius. `before_dispatch`: older than the order.
    """
    if not photo.facts:
        return []
    facts = PhotoFacts.from_json(photo.facts)
    found = []
    if any(_is_again(photo, before) for before in earlier_looks(session, report, photo)):
        found.append("seen_before")
    if facts.gps is None:
        found.append("no_place")
    elif _is_far(report, facts):
        found.append("far_off")
    if facts.taken_at is None:
        found.append("no_time")
    elif _is_older(facts.taken_at, report.dispatched_at):
        found.append("before_dispatch")
    return found


def _answers(session: Session, report: Report, proposal: int) -> dict[str, int]:
    said = session.scalars(
        select(Confirmation.answer).where(
            Confirmation.report_id == report.id,
            Confirmation.proposal == proposal,
            Confirmation.on_site,
        )
    )
    counted: dict[str, int] = {}
    for answer in said:
        counted[answer] = counted.get(answer, 0) + 1
    return counted


def _is_doubtful(session: Session, report: Report, proposal: int) -> bool:
    photos = session.scalars(
        select(Photo).where(
            Photo.report_id == report.id, Photo.kind == "evidence", Photo.used_seq == proposal
        )
    )
    return any(doubts_of(session, report, photo) for photo in photos)


def _is_again(photo: Photo, before: tuple[str | None, int | None]) -> bool:
    digest, look = before
    if digest == photo.sha256:
        return True
    if look is None or photo.dhash is None:
        return False
    return bits_apart(look, photo.dhash) <= LOOK_BITS_SAME


def _is_far(report: Report, facts: PhotoFacts) -> bool:
    if report.lat is None or report.lon is None or facts.gps is None:
        return False
    if facts.gps.datum not in frozenset(Datum):
        return False
    point = to_wgs84(facts.gps.lat, facts.gps.lon, Datum(facts.gps.datum))
    there, taken = (
        Sight(lat, lon, report.created_at)
        for lat, lon in ((report.lat, report.lon), (point.lat, point.lon))
    )
    joint = float(str(report.place.get("radius_m", 0.0))) + (facts.gps.accuracy_m or 30.0)
    return distance_m(there, taken) > max(joint, 50.0)


def _is_older(taken_at: datetime, dispatched_at: datetime | None) -> bool:
    return dispatched_at is not None and taken_at < dispatched_at - _CLOCKS_DIFFER
