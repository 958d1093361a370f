"""Follow-up work done here and now, in the order in which it is due, and the clocks looked at: what
workers and the beat do, on a clock that is somebody else's to set. For simulations."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.grid.city import City
from civicprobe.outbox import OutboxRow
from civicprobe.reports.lifecycle.table import Topic
from civicprobe.reports.models import Clock
from civicprobe.reports.services.alarm import alarm
from civicprobe.reports.services.enrich import enrich
from civicprobe.reports.services.hand_over import hand_over_card, list_cards
from civicprobe.reports.services.late import look
from civicprobe.reports.services.merge import follow
from civicprobe.reports.services.resemble import resemble
from civicprobe.reports.services.suspend import resume_on_date
from civicprobe.reports.services.tell import tell
from civicprobe.reports.services.words import index_words

Work = Callable[[Session, Mapping[str, Any], City | None, datetime], object]


def _hand_over(
    session: Session, payload: Mapping[str, Any], city: City | None, now: datetime
) -> None:
    account_id, why = payload["account_id"], payload["why"]
    for card in list_cards(session, account_id):
        hand_over_card(session, card, account_id, why, city=city, now=now)


# What is not here (pictures, channels) is left to the workers of a run.
WORKS: Mapping[str, Work] = {
    "enrich": lambda s, p, city, now: enrich(s, p["report_id"], {}, city=city, now=now),
    "resemble": lambda s, p, _city, _now: resemble(s, p["report_id"], {}),
    "words": lambda s, p, _city, _now: index_words(s, p["report_id"]),
    "notice": lambda s, p, _city, now: tell(
        s, p["report_id"], p["seq"], Topic(p["about"]), now=now
    ),
    "hand_over": _hand_over,
    "follow": lambda s, p, _city, now: follow(s, p["report_id"], now=now),
    "alarm": lambda s, p, city, now: alarm(s, p["report_id"], city=city, now=now),
    "resume": lambda s, p, _city, now: resume_on_date(s, p["report_id"], p["version"], now=now),
    "look": lambda s, p, city, now: look(s, p["clock_id"], city=city, now=now),
}


def settle(session: Session, city: City | None, until: datetime) -> int:
    """Do what is due by `until`, each piece at its own moment; how many there were. Each piece is
    a transaction, as with the workers."""
    done = 0
    while row := session.execute(_WORK, {"until": until}).first():
        _do(session, city, row)
        done += 1
    return done


def advance(session: Session, city: City | None, until: datetime) -> int:
    """Let time pass up to `until`: follow-up work and looks at the clocks, each at its moment, in
    the order in which they are due; how many there were."""
    done = 0
    while True:
        work = session.execute(_WORK, {"until": until}).first()
        clock = session.execute(_CLOCK, {"until": until}).first()
        if work is None and clock is None:
            return done
        if clock is None or (work is not None and work.due_at <= clock.next_at):
            _do(session, city, work)
        else:
            _look(session, city, clock)
        done += 1


_WORK = (
    select(OutboxRow.id, OutboxRow.topic, OutboxRow.payload, OutboxRow.due_at, OutboxRow.created_at)
    .where(
        OutboxRow.state == "waiting",
        OutboxRow.due_at <= bindparam("until"),
        OutboxRow.topic.in_(sorted(WORKS)),
    )
    .order_by(OutboxRow.due_at, OutboxRow.id)
    .limit(1)
)
_CLOCK = (
    select(Clock.id, Clock.next_at)
    .where(Clock.next_at.is_not(None), Clock.next_at <= bindparam("until"))
    .order_by(Clock.next_at, Clock.id)
    .limit(1)
)


def _do(session: Session, city: City | None, row: Any) -> None:
    WORKS[row.topic](session, row.payload, city, max(row.due_at, row.created_at))
    outbox.finish(session, row.id, row.due_at)
    session.commit()


def _look(session: Session, city: City | None, clock: Any) -> None:
    if look(session, clock.id, city=city, now=clock.next_at) is None:
        raise RuntimeError(f"clock {clock.id} is over and asks to be looked at all the same")
    session.commit()
