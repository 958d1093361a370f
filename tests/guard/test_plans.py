"""No queue walks a table: the plans that PostgreSQL makes of them are read."""

import pytest

from civicprobe.db import db, utc_now
from civicprobe.reports.queue.filters import QueueFilter
from civicprobe.reports.queue.queues import count_views, list_queue, list_saved
from civicprobe.reports.queue.views import VIEWS
from civicprobe.reports.services.late import list_due
from civicprobe.reports.services.words import index_words
from tests.plans import noted, walked
from tests.town import build_town

FILTERS = [
    {"state": "filed"},
    {"category": "rubbish"},
    {"area": "510113001001"},
    {"area": "510113001001001001"},
    {"severity": "grave", "older_h": "24"},
    {"grade": "A", "urgent": "1"},
    {"near": "30.6,104.0,500"},
    {"text": "井盖"},
    {"text": "jinggai"},
    {"unit": "1"},
    {"assignee": "1"},
    {"assignee": "none"},
]


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_every_queue_has_an_index(session, settings):
    town = build_town(session, settings)
    index_words(session, town.assigned(note="井盖没了").id)
    session.commit()
    with noted(db.engine) as statements:
        for who in ("rider", "member", "unit-roads", "left-1", "district", "city", "admin"):
            actor = town.actor(who)
            count_views(session, actor, utc_now())
            for view in VIEWS[actor.role]:
                for asked in [{}, *FILTERS]:
                    ask = QueueFilter.read({"view": view, **asked})
                    list_queue(session, actor, ask, now=utc_now())
                    list_queue(session, actor, ask, now=utc_now(), after=(utc_now(), 1))
            list_saved(session, town.actor("left-1"))
        list_due(session, utc_now())
    assert len(statements) > 100
    assert walked(session, statements) == {}
