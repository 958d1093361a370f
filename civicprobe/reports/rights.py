"""Who may see which copy of a photo: the one place that decides. Nobody sees an original but a desk
that opened it with a reason, which is an event."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.roles import Role
from civicprobe.catalog.models import Category
from civicprobe.reports.alike import is_offered
from civicprobe.reports.lifecycle.table import Action, Party
from civicprobe.reports.models import Photo, Report, ReportEvent
from civicprobe.reports.queries import find_event, get_report_by_id, is_visible, list_taken_over
from civicprobe.reports.standings import standing_of
from civicprobe.reports.transitions import Audience

READERS: dict[Audience, frozenset[Party]] = {
    Audience.PUBLIC: frozenset(Party),
    Audience.STAFF: frozenset({Party.MEMBER, Party.UNIT, Party.CALLED, Party.DESK}),
    Audience.TRIAGE: frozenset({Party.REPORTER, Party.MEMBER, Party.DESK}),
    Audience.OFFICE: frozenset({Party.DESK}),
}
OPENED_FOR = timedelta(minutes=15)


def readers_of(audience: str, event: ReportEvent, taken_over: int) -> frozenset[Party]:
    """Who may read something of an event: no rider another one's words, be it a follower's or of
    who reported before (up to the step `taken_over`, 0 for nobody)."""
    readers = READERS[Audience(audience)]
    others = event.party == Party.FOLLOWER or event.seq <= taken_over
    return readers - {Party.REPORTER} if audience == Audience.TRIAGE and others else readers


def may_see_pictures(report: Report, actor: Actor) -> bool:
    """Whether somebody who may know of the report may see its pictures: of a sensitive one (敏感)
    only desks."""
    return not report.sensitive or actor.role is Role.OFFICE


def copy_to_show(session: Session, photo: Photo, size: str, actor: Actor) -> str | None:
    """The hash of the copy that this caller may see of a photo; None for none.

    Whoever may know of the report sees what the rider sent; what was brought later is seen by those
    who may read the step it came with, or its sender before that. Faces are hidden in every copy;
    number plates are not on the screen of desk and unit where the category is about the vehicle.
    """
    report = get_report_by_id(session, photo.report_id)
    if photo.state != "ready" or not may_see_pictures(report, actor):
        return None
    if not _may_know(session, photo, report, actor):
        return None
    if photo.kind == "evidence" and not _may_see_evidence(session, photo, report, actor):
        return None
    if size == "thumb":
        return photo.thumb_sha256
    if photo.plates_sha256 and _may_read_plates(session, report, actor):
        return photo.plates_sha256
    return photo.screen_sha256


def has_opened(session: Session, photo: Photo, actor: Actor, now: datetime) -> ReportEvent | None:
    """The event by which this desk opened the photo's original within the last 15 minutes."""
    report = get_report_by_id(session, photo.report_id)
    if not is_visible(session, report, actor):
        return None
    if Party.DESK not in standing_of(session, report, actor).parties:
        return None
    events = select(ReportEvent).where(
        ReportEvent.report_id == report.id, ReportEvent.action == Action.OPEN_ORIGINAL.value
    )
    return pictures_opened(session.scalars(events), actor, now).get(str(photo.id))


def pictures_opened(
    events: Iterable[ReportEvent], actor: Actor, now: datetime
) -> dict[str, ReportEvent]:
    """The pictures whose originals this person opened within the last 15 minutes, by id."""
    return {
        str(event.data["picture"]): event
        for event in events
        if event.action == Action.OPEN_ORIGINAL
        and event.account_id == actor.account_id
        and event.at > now - OPENED_FOR
    }


def _may_know(session: Session, photo: Photo, report: Report, actor: Actor) -> bool:
    """Of a report offered as 疑似重复 the rider's pictures are seen, but not whose it is."""
    if is_visible(session, report, actor):
        return True
    return photo.kind == "hazard" and is_offered(session, report.id, actor)


def _may_see_evidence(session: Session, photo: Photo, report: Report, actor: Actor) -> bool:
    if photo.used_seq is None:
        return actor.account_id is not None and photo.added_by_id == actor.account_id
    event = find_event(session, report.id, photo.used_seq)
    parties = standing_of(session, report, actor).parties
    if actor.role is Role.ADMIN:
        parties |= {Party.DESK}
    taken_over = list_taken_over(session, [report.id]).get(report.id, 0)
    return event is not None and bool(parties & readers_of(event.audience, event, taken_over))


def _may_read_plates(session: Session, report: Report, actor: Actor) -> bool:
    category = session.get(Category, report.category_code) if report.category_code else None
    if category is None or not category.plates_matter:
        return False
    return bool(standing_of(session, report, actor).parties & {Party.DESK, Party.UNIT})
