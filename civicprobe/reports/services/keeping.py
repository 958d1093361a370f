"""What is kept no longer than it may be (个人信息保护法 art. 19, 47): by time, or because a rider
asks. Rows forget; the nightly sweep takes bytes that no row names any more, so that bytes shared by
two reports outlive the erasure of one. Events stay, and so does the chain: words lie beside them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import ApiToken, Device, PhoneCode
from civicprobe.accounts.roles import Role
from civicprobe.accounts.tokens import new_token, token_hash
from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.notices.models import Notice
from civicprobe.reports.bonds import Tie
from civicprobe.reports.lifecycle.commands import Leave
from civicprobe.reports.lifecycle.table import Action, Outcome, Party, State
from civicprobe.reports.models import ActionAnswer, EventPrivate, Photo, Report, ReportEvent
from civicprobe.reports.models_keeping import LegalHold, Retention, Tombstone
from civicprobe.reports.services.evidence import EARLIER
from civicprobe.reports.services.leave import leave
from civicprobe.reports.services.words import index_words
from civicprobe.reports.transitions import By

BATCH = 200
BY_TIME, ON_REQUEST = "retention", "erasure"
_OURS = "起始值，待本市规定替换"
_RIDERS = (Party.RIDER.value, Party.REPORTER.value)
_BARS = (Action.LEAVE.value,)
_COPIES = ("screen_sha256", "thumb_sha256", "plates_sha256")


class What(StrEnum):
    """What is kept for a time: the photos as they came, their redacted copies, what their headers
    said of device and moment, where the rider was, and the rider's words and tie."""

    ORIGINALS = "originals"
    COPIES = "copies"
    FACTS = "facts"
    POSITIONS = "positions"
    PERSONAL = "personal"


# Days after closing, by what and outcome (None: every other one).
DEFAULTS: Mapping[tuple[What, Outcome | None], int] = {
    (What.ORIGINALS, None): 180,
    (What.ORIGINALS, Outcome.ABUSE): 365,
    (What.ORIGINALS, Outcome.WITHDRAWN): 30,
    (What.COPIES, None): 3 * 365,
    (What.COPIES, Outcome.WITHDRAWN): 30,
    (What.COPIES, Outcome.OUTSIDE): 30,
    (What.FACTS, None): 180,
    (What.POSITIONS, None): 90,
    (What.POSITIONS, Outcome.WITHDRAWN): 30,
    (What.PERSONAL, None): 2 * 365,
    (What.PERSONAL, Outcome.WITHDRAWN): 30,
}


@dataclass(frozen=True)
class Erased:
    """How many reports of a rider were forgotten, and how many are held by law."""

    reports: int
    held: int


def load_default_retention(session: Session, now: datetime) -> int:
    """Add the starting times to a city that has none; how many were added."""
    if session.scalar(select(Retention.id).limit(1)) is not None:
        return 0
    for (what, outcome), days in DEFAULTS.items():
        set_retention(session, what, days, outcome=outcome, source=_OURS, now=now)
    return len(DEFAULTS)


def set_retention(
    session: Session, what: What, days: int, *, outcome: Outcome | None, source: str, now: datetime
) -> None:
    """Let something be kept this many days after closing; the time before it stays as history.

    Raises Unprocessable (`days`) for less than none or more than 30 years.
    """
    if not 0 <= days <= 30 * 365:
        raise Unprocessable("incomplete", FieldFault("days", "missing"))
    same = (Retention.what == what.value, Retention.until.is_(None))
    of_outcome = Retention.outcome == (outcome.value if outcome else None)
    session.execute(update(Retention).where(*same, of_outcome).values(until=now))
    session.add(
        Retention(
            what=what.value,
            outcome=outcome.value if outcome else None,
            days=days,
            source=source,
            since=now,
        )
    )
    session.flush()


def list_over(session: Session, now: datetime) -> Iterator[tuple[What, Report]]:
    """Every report of which something is over its time, oldest first, at most a batch of each."""
    in_force = session.scalars(select(Retention).where(Retention.until.is_(None))).all()
    special = {(row.what, row.outcome) for row in in_force if row.outcome}
    for row in in_force:
        found = _over(row, now)
        if row.outcome:
            found = found.where(Report.outcome == row.outcome)
        else:
            others = [outcome for what, outcome in special if what == row.what]
            found = found.where(Report.outcome.not_in(others))
        for report in session.scalars(found.order_by(Report.closed_at).limit(BATCH)):
            yield What(row.what), report


def count_over(session: Session, now: datetime) -> dict[str, int]:
    """How many reports the next run would touch, by what: the dry run; a batch at most of each."""
    return dict(Counter(what.value for what, _ in list_over(session, now)))


def forget_over(session: Session, now: datetime) -> int:
    """Forget a batch of what is over its time, each with its tombstone; how many things went."""
    over = list(list_over(session, now))
    for what, report in over:
        forget(session, report, what, why=BY_TIME, now=now)
    session.flush()
    return len(over)


def forget(session: Session, report: Report, what: What, *, why: str, now: datetime) -> None:
    """Forget one thing of a report and leave its tombstone, or date that anew."""
    _FORGETS[what](session, report)
    _bury(session, report, what, why=why, now=now)


def _bury(session: Session, report: Report, what: What, *, why: str, now: datetime) -> None:
    gone = (Tombstone.report_id == report.id, Tombstone.what == what.value)
    grave = session.scalar(select(Tombstone).where(*gone))
    if grave is None:
        grave = Tombstone(report_id=report.id, what=what.value)
        session.add(grave)
    grave.why, grave.at = why, now
    session.flush()


def hold(session: Session, report: Report, reason: str, *, now: datetime) -> None:
    """Let nothing of this report go; raises Unprocessable (`reason`) without one."""
    if not reason.strip():
        raise Unprocessable("incomplete", FieldFault("reason", "missing"))
    before = session.get(LegalHold, report.id)
    if before is None:
        session.add(LegalHold(report_id=report.id, reason=reason.strip(), since=now))
    session.flush()


def lift(session: Session, report: Report) -> bool:
    """Lift the hold; whether there was one."""
    held = session.get(LegalHold, report.id)
    if held is not None:
        session.delete(held)
        session.flush()
    return held is not None


def erase_rider(session: Session, phones: frozenset[int], *, now: datetime) -> Erased:
    """Forget a rider at their own wish: their originals, words, positions and ties at once.

    The hazards stay, with redacted pictures and what staff and followers brought, under the oldest
    follower if there is one. Reports under legal hold stay as they are; their number is told. The
    phones, all that the rider has, are forgotten unless one of their reports is held. Of a phone
    that is linked to staff it stays known, until the words' own time, whose report it was: they
    must not decide on it.
    """
    by = By(Actor(role=Role.RIDER, device_ids=phones), now)
    mine = session.scalars(select(Report).where(Report.reporter_id.in_(phones))).all()
    staff = _are_of_staff(session, phones)
    held = set(session.scalars(select(LegalHold.report_id)))
    free = [report for report in mine if report.id not in held]
    session.execute(delete(Tie).where(Tie.device_id.in_(phones)))
    for report in free:
        leave(session, report, Leave(), by=by)
        _forget_sent(session, report)
        for what in (What.ORIGINALS, What.FACTS, What.POSITIONS):
            _bury(session, report, what, why=ON_REQUEST, now=now)
        _forget_words(session, report, _RIDERS, kept=_BARS if staff else ())
    session.execute(delete(Notice).where(Notice.device_id.in_(phones)))
    callers = [f"device:{phone}" for phone in phones]
    session.execute(delete(ActionAnswer).where(ActionAnswer.caller.in_(callers)))
    if len(free) == len(mine):
        _forget_phones(session, phones, linked=staff)
    session.flush()
    return Erased(len(free), len(mine) - len(free))


def _are_of_staff(session: Session, phones: frozenset[int]) -> bool:
    linked = select(Device.id).where(Device.id.in_(phones), Device.account_id.is_not(None))
    return session.scalar(linked.limit(1)) is not None


def _forget_phones(session: Session, phones: frozenset[int], *, linked: bool) -> None:
    session.execute(delete(ApiToken).where(ApiToken.device_id.in_(phones)))
    session.execute(delete(PhoneCode).where(PhoneCode.device_id.in_(phones)))
    for phone in session.scalars(select(Device).where(Device.id.in_(phones))):
        phone.token_hash = token_hash(new_token())
        if not linked:
            phone.rider_id = None


def _over(row: Retention, now: datetime) -> Select[Report]:
    """What went at a rider's wish was the rider's alone; what came after a reopening is new."""
    gone = select(Tombstone.id).where(
        Tombstone.report_id == Report.id,
        Tombstone.what == row.what,
        Tombstone.why == BY_TIME,
        Tombstone.at >= Report.closed_at,
    )
    held = select(LegalHold.report_id).where(LegalHold.report_id == Report.id)
    return select(Report).where(
        Report.state == State.CLOSED.value,
        Report.closed_at < now - timedelta(days=row.days),
        ~gone.exists(),
        ~held.exists(),
    )


def _forget_sent(session: Session, report: Report) -> None:
    """The pictures that riders sent and where they were; what staff brought stays."""
    sent = (Photo.report_id == report.id, Photo.added_by_id.is_(None))
    session.execute(update(Photo).where(*sent).values(sha256=None, size=None, facts={}))
    _positions(session, report)


def _originals(session: Session, report: Report) -> None:
    nothing = {"sha256": None, "size": None}
    session.execute(update(Photo).where(Photo.report_id == report.id).values(nothing))


def _copies(session: Session, report: Report) -> None:
    nothing = {**dict.fromkeys(_COPIES), "state": "unreadable", "reason": "copies_erased"}
    session.execute(update(Photo).where(Photo.report_id == report.id).values(nothing))


def _facts(session: Session, report: Report) -> None:
    session.execute(update(Photo).where(Photo.report_id == report.id).values(facts={}))


def _positions(_session: Session, report: Report) -> None:
    kept = {"fix", "pin", EARLIER, "landmark", "taken_at"}
    report.evidence = {name: said for name, said in report.evidence.items() if name not in kept}


def _personal(session: Session, report: Report) -> None:
    _forget_words(session, report, None)
    session.execute(delete(Tie).where(or_(Tie.report_id == report.id, Tie.via_id == report.id)))
    session.execute(delete(ActionAnswer).where(ActionAnswer.report_id == report.id))
    report.reporter_id = None


def _forget_words(
    session: Session,
    report: Report,
    parties: tuple[str, ...] | None,
    kept: tuple[str, ...] = (),
) -> None:
    """The words beside the events of these parties, or of all, but those of the actions `kept`;
    their hashes stay in the chain."""
    of_report = (ReportEvent.report_id == report.id, ReportEvent.action.not_in(kept))
    events = select(ReportEvent.seq).where(*of_report)
    if parties is not None:
        events = events.where(ReportEvent.party.in_(parties))
    beside = (EventPrivate.report_id == report.id, EventPrivate.seq.in_(events))
    session.execute(
        delete(EventPrivate).where(*beside).execution_options(synchronize_session=False)
    )
    index_words(session, report.id)


_FORGETS: Mapping[What, Callable[[Session, Report], None]] = {
    What.ORIGINALS: _originals,
    What.COPIES: _copies,
    What.FACTS: _facts,
    What.POSITIONS: _positions,
    What.PERSONAL: _personal,
}
