"""Tasks of the proof that the beat starts: the daily seal, and the nightly walk over all chains."""

import time

import structlog

from civicprobe.db import db, utc_now
from civicprobe.reports.services.seal import due_day, seal_day
from civicprobe.reports.services.walk_chains import find_walk, walk_on
from workers.celery_app import app
from workers.work import flask_app

log = structlog.get_logger()
AT_A_TIME_S = 5


@app.task(name="proof.seal")
def seal() -> None:
    """Seal yesterday once; two beats meet at the day's own row, and one of them gives way."""
    with flask_app().app_context():
        day = due_day(db.session(), utc_now())
        if day is not None:
            made = seal_day(db.session(), day, now=utc_now())
            db.session.commit()
            log.info("sealed", day=str(day), heads=made.heads, hash=made.hash)


@app.task(name="proof.walk")
def walk() -> None:
    """Walk on for a few seconds, each part in a transaction of its own."""
    with flask_app().app_context():
        until = time.monotonic() + AT_A_TIME_S
        found = find_walk(db.session(), utc_now())
        while found is not None and time.monotonic() < until:
            found = found if walk_on(db.session(), found, now=utc_now()) else None
            db.session.commit()
        db.session.commit()
