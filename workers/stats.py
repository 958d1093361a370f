"""The task that keeps statistics up to date; harmless when it runs twice."""

from civicprobe.db import db, utc_now
from civicprobe.stats.services.roll import BATCH, roll
from workers.celery_app import app
from workers.work import flask_app

MOST_BATCHES = 40  # a minute's turn; what is left comes with the next


@app.task(name="stats.roll")
def roll_up() -> None:
    """Take in what changed since the last time, a batch a transaction."""
    with flask_app().app_context():
        for _ in range(MOST_BATCHES):
            taken = roll(db.session(), utc_now())
            db.session.commit()
            if taken < BATCH:
                return
