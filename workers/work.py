"""How a task stands to its outbox row: started before the work, done in the work's transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any

import structlog
from flask import Flask
from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.app import create_app
from civicprobe.db import db, reading, utc_now
from civicprobe.settings import Settings
from workers.celery_app import app

log = structlog.get_logger()


class AlreadyEnded(Exception):
    """Another run of the same row was first; this one's transaction is rolled back."""


@cache
def flask_app() -> Flask:
    """This process's app, made on first use: after the fork, so that no connection is shared."""
    return create_app(Settings.from_env())


def work(topic: str, **options: Any) -> Callable[[Callable[..., None]], Any]:
    """Make a function the task of a topic: `function(row_id, **payload)`.

    The start is counted and committed first; what fails is noted on the row, which comes again
    until it was started five times. A row that is done or given up is passed over.
    """

    def decorate(function: Callable[..., None]) -> Any:
        @app.task(name=outbox.TOPICS[topic].task, **options)
        @wraps(function)
        def run(row_id: int, **payload: Any) -> None:
            with flask_app().app_context():
                if not _started(row_id):
                    return
                try:
                    function(row_id, **payload)
                except AlreadyEnded:
                    db.session.rollback()
                except Exception as fault:
                    db.session.rollback()
                    outbox.note_error(db.session(), row_id, _name(fault), utc_now())
                    db.session.commit()
                    raise

        return run

    return decorate


@contextmanager
def unit_of_work(row_id: int) -> Iterator[Session]:
    """The writing transaction of a task: its work and the row's end are one commit."""
    yield db.session()
    if not outbox.finish(db.session(), row_id, utc_now()):
        raise AlreadyEnded
    db.session.commit()


@contextmanager
def short_read() -> Iterator[Session]:
    """A reading transaction that is over when the block is."""
    with reading():
        yield db.session()
        db.session.rollback()


def _started(row_id: int) -> bool:
    started = outbox.start(db.session(), row_id)
    db.session.commit()
    return started


def _name(fault: Exception) -> str:
    """What went wrong without what it was about: messages may hold a rider's words."""
    return f"{type(fault).__name__}: {getattr(fault, 'code', '')}".rstrip(": ")
