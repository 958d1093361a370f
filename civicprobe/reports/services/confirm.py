"""Riders say whether it is fixed (修好了 / 没修好 / 看不到): who passes by and stands within 50 m,
or the reporter."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account, Device
from civicprobe.errors import FieldFault, Forbidden, Unprocessable
from civicprobe.grid.coords import Datum, to_wgs84
from civicprobe.reports.bonds import Confirmation
from civicprobe.reports.lifecycle.commands import Confirm, Fix
from civicprobe.reports.lifecycle.table import TABLE, Action, Party
from civicprobe.reports.likeness import Sight, distance_m
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.standings import standing_of
from civicprobe.reports.transitions import Audience, By, Step, apply

WITHIN_M = 50.0
STANDING_MPS = 1.5
FRESH = timedelta(minutes=10)
_TIED = frozenset({Party.REPORTER, Party.FOLLOWER})


def confirm(session: Session, report: Report, command: Confirm, *, by: By) -> ReportEvent:
    """Keep what this phone says of the present repair; the last word counts.

    Raises Unprocessable (`fix`: `missing`, `too_far`, `moving`, `old`) where a place must be
    brought and does not hold, Forbidden `recused` for who did the work, else as `apply`.
    """
    tied = standing_of(session, report, by.actor).parties & _TIED
    if command.fix is None and not tied:
        raise Unprocessable("incomplete", FieldFault("fix", "missing"))
    if command.fix is not None:
        _check(report, command.fix, by)
    device_id = min(by.actor.device_ids, default=0)
    if _did_it(session, report, device_id):
        raise Forbidden("recused", action=Action.CONFIRM.value)
    step = Step(
        data={"answer": command.answer, "on_site": command.fix is not None},
        private={"device": device_id, "for": Audience.OFFICE},
        audience=Audience.TRIAGE,
    )
    event = apply(session, report, TABLE[Action.CONFIRM], by=by, step=step)
    said = Confirmation(
        report_id=report.id,
        device_id=device_id,
        proposal=_proposal(session, report),
        answer=command.answer,
        on_site=command.fix is not None,
        said_at=by.now,
    )
    session.merge(said)
    session.flush()
    return event


def _check(report: Report, fix: Fix, by: By) -> None:
    if report.lat is None or report.lon is None:
        raise Unprocessable("incomplete", FieldFault("fix", "too_far"))
    point = to_wgs84(fix.lat, fix.lon, Datum(fix.datum))
    here = Sight(point.lat, point.lon, by.now)
    if distance_m(Sight(report.lat, report.lon, by.now), here) > WITHIN_M:
        raise Unprocessable("incomplete", FieldFault("fix", "too_far"))
    if (fix.speed or 0.0) > STANDING_MPS:
        raise Unprocessable("incomplete", FieldFault("fix", "moving"))
    if fix.at is not None and abs(by.now - fix.at) > FRESH:
        raise Unprocessable("incomplete", FieldFault("fix", "old"))


def _did_it(session: Session, report: Report, device_id: int) -> bool:
    """Whether the phone is one of the unit's, or of who proposed it as fixed."""
    owner = session.scalar(
        select(Account).join(Device, Device.account_id == Account.id).where(Device.id == device_id)
    )
    if owner is None:
        return False
    of_unit = owner.unit_id is not None and owner.unit_id == report.unit_id
    return of_unit or owner.id == report.proposer_id


def _proposal(session: Session, report: Report) -> int:
    last = select(func.max(ReportEvent.seq)).where(
        ReportEvent.report_id == report.id, ReportEvent.action == Action.PROPOSE.value
    )
    return session.scalar(last) or 0
