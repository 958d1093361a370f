"""Queues over HTTP: views with counts, kept views, snoozes, and one action for many reports."""

from uuid import uuid4

from civicprobe.reports.models import ReportEvent
from tests.unit.reports.test_api import ask, town  # noqa: F401  # fixtures


def test_views_come_with_counts_and_kept_ones(ask, town):  # noqa: F811
    town.assigned()
    views = ask("member", "GET", "/api/v1/queue/views").json
    assert {"name": "new", "count": 1} in views["views"]
    assert {"name": "done", "count": None} in views["views"]
    body = {"name": "近处", "query": {"view": "all", "near": "30.6,104.0"}}
    kept = ask("left-1", "POST", "/api/v1/queue/views", json=body)
    assert kept.status_code == 201
    assert ask("left-1", "GET", "/api/v1/queue/views").json["saved"] == [kept.json]
    path = f"/api/v1/queue/views/{kept.json['id']}"
    assert ask("left-2", "DELETE", path).status_code == 404
    assert ask("left-1", "DELETE", path).status_code == 204
    bad = {"name": "x", "query": {"near": "here"}}
    assert ask("left-1", "POST", "/api/v1/queue/views", json=bad).json["code"] == "filter_malformed"


def test_a_card_is_put_aside_and_taken_up_again(ask, town):  # noqa: F811
    number = town.assigned().number
    path = f"/api/v1/reports/{number}/snooze"
    assert ask("member", "PUT", path, json={"until": "tonight"}).json["until_at"]
    assert ask("member", "GET", "/api/v1/queue?view=new").json["items"] == []
    assert ask("member", "DELETE", path).status_code == 204
    assert len(ask("member", "GET", "/api/v1/queue?view=new").json["items"]) == 1
    assert ask("right-1", "PUT", path, json={"until": "tonight"}).status_code == 404
    assert ask("member", "PUT", path, json={"until": "forever"}).status_code == 422


def test_each_row_has_its_own_answer_and_again_is_the_same(ask, town, session):  # noqa: F811
    rows = [town.assigned() for _ in range(3)]
    bulk = {
        "id": str(uuid4()),
        "action": "file",
        "data": {"category": "rubbish", "severity": "ordinary"},
        "rows": [
            {"number": rows[0].number, "version": rows[0].version},
            {"number": rows[1].number, "version": 99},
            {"number": rows[2].number},
            {"number": "nonsense", "version": 1},
        ],
    }
    first = ask("left-1", "POST", "/api/v1/reports/actions", json=bulk)
    assert first.status_code == 200
    assert [row["status"] for row in first.json["rows"]] == [200, 409, 422, 400]
    assert first.json["rows"][0]["state"] == "filed"
    assert first.json["rows"][1]["code"] == "stale_version"
    assert first.json["rows"][1]["title"]
    events = session.query(ReportEvent).count()
    again = ask("left-1", "POST", "/api/v1/reports/actions", json=bulk)
    assert again.json == first.json
    assert session.query(ReportEvent).count() == events
    other = [
        row["status"]
        for row in ask("right-1", "POST", "/api/v1/reports/actions", json=bulk).json["rows"]
    ]
    assert other == [404, 404, 404, 400]


def test_a_bulk_has_its_limits(ask, town):  # noqa: F811
    many = [{"number": "C1", "version": 1}] * 201
    bulk = {"id": str(uuid4()), "action": "file", "rows": many}
    assert ask("left-1", "POST", "/api/v1/reports/actions", json=bulk).status_code == 422
    assert ask("rider", "POST", "/api/v1/reports/actions", json=bulk).status_code == 403
