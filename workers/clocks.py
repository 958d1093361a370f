"""Tasks that the beat starts: sweeps in small batches, harmless when they run twice."""

from civicprobe.db import db, utc_now
from civicprobe.reports.services.sweep import sweep_bytes, sweep_rows
from civicprobe.web.parts import parts
from workers.celery_app import app
from workers.work import flask_app, short_read


@app.task(name="clocks.sweep")
def sweep() -> None:
    """Remove what nobody needs any more: rows a batch at a time, then bytes without a row."""
    with flask_app().app_context():
        while sweep_rows(db.session(), utc_now()):
            db.session.commit()
        db.session.rollback()
        with short_read() as session:
            sweep_bytes(session, parts().storage, utc_now())
