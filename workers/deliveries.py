"""The task that carries notices outside; the beat starts it every few seconds."""

import time

from civicprobe.reports.carrying import send_due
from workers.celery_app import app
from workers.work import flask_app

AT_A_TIME_S = 6


@app.task(name="notices.deliver")
def deliver() -> None:
    """Send what is due, for some seconds."""
    with flask_app().app_context():
        send_due(time.monotonic() + AT_A_TIME_S)
