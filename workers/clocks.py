"""Tasks that the beat starts: sweeps in small batches, harmless when they run twice."""

from civicprobe.db import db, utc_now
from civicprobe.reports.services.sweep import sweep as sweep_rows
from civicprobe.web.parts import parts
from workers.celery_app import app
from workers.work import flask_app


@app.task(name="clocks.sweep")
def sweep() -> None:
    """Remove what nobody needs any more, a batch at a time."""
    with flask_app().app_context():
        while sweep_rows(db.session(), parts().storage, utc_now()):
            db.session.commit()
        db.session.commit()
