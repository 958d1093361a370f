"""A small loop: due outbox rows become tasks, five times a second. Two relays are harmless."""

import signal
import threading
from types import FrameType

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from civicprobe import outbox
from civicprobe.db import db, utc_now
from workers.celery_app import app as celery
from workers.work import flask_app, short_read

LOOK_EVERY_S = 0.2
BATCH = 100

log = structlog.get_logger()


def relay_once(app: Celery = celery) -> int:
    """Send what is due; how many were sent. Rows that the broker will not take stay due."""
    with short_read() as session:
        if not outbox.any_due(session, utc_now()):
            return 0
    rows = outbox.claim(db.session(), utc_now(), BATCH)
    messages = [(row.id, outbox.TOPICS[row.topic].task, dict(row.payload)) for row in rows]
    db.session.commit()
    for sent, (row_id, task, payload) in enumerate(messages):
        try:
            app.send_task(task, args=[row_id], kwargs=payload, retry=False)
        except (OperationalError, OSError):
            outbox.put_back(db.session(), [row_id for row_id, *_ in messages[sent:]], utc_now())
            db.session.commit()
            log.warning("broker_away", waiting=len(messages) - sent)
            return sent
    return len(messages)


def main() -> None:
    """Relay until SIGTERM or Ctrl-C; a fault is logged and the loop goes on."""
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    while not stop.is_set():
        with flask_app().app_context():
            try:
                sent = relay_once()
            except Exception:
                log.exception("relay_failed")
                sent = 0
        if sent < BATCH:
            stop.wait(LOOK_EVERY_S)


if __name__ == "__main__":
    main()
