"""A card is put aside by one who sees it, and comes back by itself: a setting, no event."""

from datetime import datetime, time, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.errors import Conflict
from civicprobe.reports.lifecycle.commands_queue import SnoozeCard, Until
from civicprobe.reports.models import Report
from civicprobe.reports.models_queue import Snooze

HALF_HOUR = timedelta(minutes=30)
EVENING, MORNING = time(20), time(9)
LONGEST = timedelta(hours=24)


def snooze(
    session: Session, report: Report, command: SnoozeCard, actor: Actor, *, now: datetime
) -> datetime:
    """Put a report aside for this person alone; until when. Again sets the time anew.

    Raises Conflict `urgent_not_snoozed`: quiet does not hold for what is urgent.
    """
    if report.urgent:
        raise Conflict("urgent_not_snoozed")
    until_at = ends_at(command.until, report.due_at, now)
    session.merge(Snooze(account_id=actor.account_id or 0, report_id=report.id, until_at=until_at))
    session.flush()
    return until_at


def wake(session: Session, report: Report, actor: Actor) -> None:
    """Take a report up again; nothing happens where it was not put aside."""
    own = (Snooze.account_id == actor.account_id, Snooze.report_id == report.id)
    session.execute(delete(Snooze).where(*own))


def ends_at(until: Until, due_at: datetime | None, now: datetime) -> datetime:
    """When a card comes back: in the evening, in the morning if it is evening already; on site
    at the latest when it is due. Never more than a day."""
    match until:
        case Until.HALF_HOUR:
            return now + HALF_HOUR
        case Until.TONIGHT:
            local = now.astimezone(CITY_ZONE)
            evening = datetime.combine(local.date(), EVENING, CITY_ZONE)
            morning = datetime.combine(local.date() + timedelta(days=1), MORNING, CITY_ZONE)
            return evening if evening - now > HALF_HOUR else morning
        case Until.ON_SITE:
            latest = now + LONGEST
            return min(due_at, latest) if due_at is not None and due_at > now else latest
