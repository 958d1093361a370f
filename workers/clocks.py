"""Tasks that the beat starts: sweeps in small batches, harmless when they run twice."""

import structlog

from civicprobe.db import db, utc_now
from civicprobe.grid.city import City, find_city
from civicprobe.reports.services.keeping import forget_over, load_default_retention
from civicprobe.reports.services.late import list_due, look, look_together, postpone
from civicprobe.reports.services.reckon import reckon_part
from civicprobe.reports.services.sweep import sweep_bytes, sweep_rows
from civicprobe.web.parts import parts
from workers.celery_app import app
from workers.work import flask_app, short_read, unit_of_work, work

TOGETHER = 20
log = structlog.get_logger()


@app.task(name="clocks.tick")
def tick() -> None:
    """Look at every clock that is due, some in a transaction; what others hold comes again."""
    with flask_app().app_context():
        looked = 1
        while looked:
            with short_read() as session:
                due = list_due(session, utc_now())
                city = find_city(session, parts().settings)
            looked = sum(
                _look_at_some(due[first : first + TOGETHER], city)
                for first in range(0, len(due), TOGETHER)
            )


def _look_at_some(clock_ids: list[int], city: City | None) -> int:
    """Together what can be, the rest one by one; all of them one by one if that fails."""
    try:
        looked = set(look_together(db.session(), clock_ids, now=utc_now()))
        db.session.commit()
    except Exception as fault:
        db.session.rollback()
        log.exception("clocks_failed", fault=type(fault).__name__)
        looked = set()
    rest = [clock_id for clock_id in clock_ids if clock_id not in looked]
    return len(looked) + sum(_look(clock_id, city) for clock_id in rest)


def _look(clock_id: int, city: City | None) -> bool:
    """One clock; what fails is noted and comes again, and holds up nobody else's."""
    try:
        late = look(db.session(), clock_id, city=city, now=utc_now())
        db.session.commit()
        return late is not None
    except Exception as fault:
        db.session.rollback()
        log.exception("clock_failed", clock=clock_id, fault=type(fault).__name__)
        postpone(db.session(), clock_id, utc_now())
        db.session.commit()
        return True


@work("look")
def look_at(row_id: int, clock_id: int) -> None:
    """Look at one clock to the second: the sweep comes by every half minute only."""
    with short_read() as session:
        city = find_city(session, parts().settings)
    with unit_of_work(row_id) as session:
        look(session, clock_id, city=city, now=utc_now())


@work("reckon")
def reckon(row_id: int, after: int, why: str) -> None:
    """Work the clocks of some open reports out anew, and ask for the rest."""
    with unit_of_work(row_id) as session:
        reckon_part(session, after, why, now=utc_now())


@app.task(name="clocks.sweep")
def sweep() -> None:
    """Remove what nobody needs any more: rows a batch at a time, then bytes without a row."""
    with flask_app().app_context():
        while sweep_rows(db.session(), utc_now()):
            db.session.commit()
        db.session.rollback()
        with short_read() as session:
            sweep_bytes(session, parts().storage, utc_now())


@app.task(name="clocks.forget")
def forget() -> None:
    """Forget what is over its time, a batch a transaction."""
    with flask_app().app_context():
        load_default_retention(db.session(), utc_now())
        while forget_over(db.session(), utc_now()):
            db.session.commit()
        db.session.commit()
