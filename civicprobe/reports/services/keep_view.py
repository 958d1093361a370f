"""Filters of a queue that somebody keeps under a name (常用筛选), thirty a person."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.errors import Conflict, NotFound
from civicprobe.reports.lifecycle.commands_queue import KeepView
from civicprobe.reports.models_queue import SavedView
from civicprobe.reports.queue.filters import FILTERS, QueueFilter

MOST_VIEWS = 30


def keep_view(session: Session, command: KeepView, actor: Actor, *, now: datetime) -> SavedView:
    """Keep filters under a name; the same name again is overwritten.

    Raises Invalid for filters that are none, Conflict `saved_views_full` beyond thirty.
    """
    query = {name: text for name in FILTERS if (text := command.query.get(name))}
    QueueFilter.read(query).view_of(actor.role)
    kept = session.scalar(
        select(SavedView).where(
            SavedView.account_id == actor.account_id, SavedView.name == command.name
        )
    )
    if kept is None:
        own = select(func.count()).where(SavedView.account_id == actor.account_id)
        if (session.scalar(own) or 0) >= MOST_VIEWS:
            raise Conflict("saved_views_full", most=MOST_VIEWS)
        kept = SavedView(account_id=actor.account_id, name=command.name, created_at=now)
        session.add(kept)
    kept.query = query
    session.flush()
    return kept


def drop_view(session: Session, view_id: int, actor: Actor) -> None:
    """Forget a kept view; raises NotFound `no_saved_view` for one that is not the caller's."""
    gone = session.execute(
        delete(SavedView)
        .where(SavedView.id == view_id, SavedView.account_id == actor.account_id)
        .returning(SavedView.id)
    )
    if gone.first() is None:
        raise NotFound("no_saved_view")
