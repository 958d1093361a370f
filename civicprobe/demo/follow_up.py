"""Follow-up work done here and now, in the order in which it is due, and the clocks looked at: what
workers and the beat do, on a clock that is somebody else's to set. For simulations."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.grid.city import City
from civicprobe.outbox import OutboxRow
from civicprobe.reports.lifecycle import Topic
from civicprobe.reports.services.alarm import alarm
from civicprobe.reports.services.enrich import enrich
from civicprobe.reports.services.late import list_due, look
from civicprobe.reports.services.merge import follow
from civicprobe.reports.services.resemble import resemble
from civicprobe.reports.services.suspend import resume_on_date
from civicprobe.reports.services.tell import tell
from civicprobe.reports.services.words import index_words

TICK = timedelta(minutes=30)
Work = Callable[[Session, Mapping[str, Any], City | None, datetime], object]

# What is not here (pictures, channels) is left to the workers of a run.
WORKS: Mapping[str, Work] = {
    "enrich": lambda s, p, city, now: enrich(s, p["report_id"], {}, city=city, now=now),
    "resemble": lambda s, p, _city, _now: resemble(s, p["report_id"], {}),
    "words": lambda s, p, _city, _now: index_words(s, p["report_id"]),
    "notice": lambda s, p, _city, now: tell(
        s, p["report_id"], p["seq"], Topic(p["about"]), now=now
    ),
    "follow": lambda s, p, _city, now: follow(s, p["report_id"], now=now),
    "alarm": lambda s, p, city, now: alarm(s, p["report_id"], city=city, now=now),
    "resume": lambda s, p, _city, now: resume_on_date(s, p["report_id"], p["version"], now=now),
    "look": lambda s, p, city, now: look(s, p["clock_id"], city=city, now=now),
}


def settle(session: Session, city: City | None, until: datetime) -> int:
    """Do what is due by `until`, each piece at its own moment; how many there were. Each piece is
    a transaction, as with the workers."""
    done = 0
    waiting = (
        select(OutboxRow)
        .where(
            OutboxRow.state == "waiting",
            OutboxRow.due_at <= until,
            OutboxRow.topic.in_(sorted(WORKS)),
        )
        .order_by(OutboxRow.due_at, OutboxRow.id)
        .limit(1)
    )
    while row := session.scalar(waiting):
        WORKS[row.topic](session, dict(row.payload), city, max(row.due_at, row.created_at))
        outbox.finish(session, row.id, row.due_at)
        session.commit()
        done += 1
    return done


def advance(session: Session, city: City | None, start: datetime, until: datetime) -> None:
    """Let time pass from `start` to `until`: follow-up work, and a look at the clocks each half
    hour and at the end."""
    moment = start
    while moment < until:
        moment = min(moment + TICK, until)
        settle(session, city, moment)
        for clock_id in list_due(session, moment):
            look(session, clock_id, city=city, now=moment)
            session.commit()
        settle(session, city, moment)
