"""A rider's report comes in: one row, one event, one piece of follow-up work."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.accounts.actor import Actor
from civicprobe.catalog.queries import find_category
from civicprobe.errors import Conflict, FieldFault, Forbidden, Unprocessable
from civicprobe.reports.lifecycle.chain import digest
from civicprobe.reports.lifecycle.commands import SubmitReport
from civicprobe.reports.lifecycle.table import TABLE, Action, State
from civicprobe.reports.models import Report
from civicprobe.reports.sources import sent_abuse
from civicprobe.reports.transitions import Audience, By, Step, apply


@dataclass(frozen=True)
class Receipt:
    """The report, and whether it was made now or had been before."""

    report: Report
    created: bool


@dataclass(frozen=True)
class Intake:
    """What a city sets for taking reports in."""

    city_code: str
    photo_wait_s: int


def submit(
    session: Session, uuid: UUID, command: SubmitReport, *, intake: Intake, by: By
) -> Receipt:
    """Take a report in under the phone's own UUID; sending the same again changes nothing.

    Raises Conflict `other_content` when this UUID carries another report, Unprocessable when
    there is neither photo nor words or no such category, Forbidden for who is no rider.
    """
    urgent = _check(session, command, by.actor) or command.urgent
    content = digest(_content(command))
    before = _find(session, uuid)
    if before is None:
        try:
            with session.begin_nested():
                report = _new(uuid, command, content, intake, by, urgent=urgent)
                report.ranked_last = sent_abuse(session, by.actor.device_ids)
                session.add(report)
                session.flush()
        except IntegrityError:
            # The same phone sent it twice at once, and the other one was first.
            before = _find(session, uuid)
            if before is None:
                raise
        else:
            _open(session, report, command, intake, by)
            return Receipt(report, created=True)
    if before.digest != content or before.reporter_id not in by.actor.device_ids:
        raise Conflict("other_content")
    return Receipt(before, created=False)


def _check(session: Session, command: SubmitReport, actor: Actor) -> bool:
    """Whether the category alone makes it urgent; raises for what is missing or unknown."""
    if not actor.device_ids:
        raise Forbidden("not_yours_to_do", action=Action.SUBMIT.value)
    if not command.photos and not command.note:
        raise Unprocessable("incomplete", FieldFault("photos", "photo_or_text"))
    category = find_category(session, command.category) if command.category else None
    if command.category and category is None:
        raise Unprocessable("incomplete", FieldFault("category", "no_such_category"))
    return category is not None and category.emergency


def _content(command: SubmitReport) -> dict[str, object]:
    """What makes it the same report again; what came later counts where it is set."""
    unset = {name for name in ("discreet", "about_us") if not getattr(command, name)}
    return command.model_dump(mode="json", exclude=unset)


def _find(session: Session, uuid: UUID) -> Report | None:
    return session.scalar(select(Report).where(Report.uuid == uuid))


def _new(
    uuid: UUID, command: SubmitReport, content: str, intake: Intake, by: By, *, urgent: bool
) -> Report:
    evidence = command.model_dump(
        mode="json", include={"taken_at", "fix", "pin", "landmark"}, exclude_none=True
    )
    return Report(
        uuid=uuid,
        digest=content,
        reporter_id=min(by.actor.device_ids),
        created_at=by.now,
        state=State.RECEIVED.value,
        city_code=intake.city_code,
        desk_code=intake.city_code,
        category_code=command.category,
        urgent=urgent,
        discreet=command.discreet,
        about_us=command.about_us,
        photos_announced=command.photos,
        evidence=evidence,
    )


def _open(session: Session, report: Report, command: SubmitReport, intake: Intake, by: By) -> None:
    step = Step(
        data={"photos": command.photos, "urgent": report.urgent, "category": command.category},
        private={
            "note": command.note,
            "for": Audience.TRIAGE,
            "device": report.reporter_id,
            **({"about_us": True} if command.about_us else {}),
        },
    )
    apply(session, report, TABLE[Action.SUBMIT], by=by, step=step)
    if report.urgent:
        outbox.write(session, "alarm", now=by.now, report_id=report.id)
    wait_s = intake.photo_wait_s if command.photos and not report.urgent else 0
    due_at = by.now + timedelta(seconds=wait_s)
    outbox.write(session, "enrich", now=by.now, due_at=due_at, report_id=report.id)
