"""A caller who goes too fast is told so; a dead broker refuses nobody."""

import socket
import time
from uuid import uuid4

from tests.unit.accounts.conftest import build


def report(client):
    return client.put(f"/api/v1/reports/{uuid4()}", json={"note": "井盖"})


def test_reports_are_limited_per_device_and_say_when_to_come_back(tmp_path):
    site = build(tmp_path / "var", reports_burst=5, reports_per_minute=1)
    client = site.client("rider")
    answers = [report(client) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [429]
    assert answers[-1].json["code"] == "too_many_requests"
    assert int(answers[-1].headers["Retry-After"]) > 0
    other = site.client()
    other.post("/api/v1/device")
    assert report(other).status_code == 201


def test_an_address_may_ten_times_as_much(tmp_path):
    site = build(tmp_path / "var", reports_burst=2, reports_per_minute=1, address_factor=2)
    statuses = []
    for _ in range(5):
        client = site.client()
        client.post("/api/v1/device")
        statuses.append(report(client).status_code)
    assert statuses == [201] * 4 + [429]


def test_reads_are_limited(tmp_path):
    client = build(tmp_path / "var", reads_per_second=5).client("rider")
    assert 429 in [client.get("/api/v1/queue").status_code for _ in range(30)]


def test_a_dead_broker_turns_no_answer_into_a_fault(tmp_path):
    site = build(tmp_path / "var", redis_url=f"unix://{tmp_path}/nobody.sock")
    assert report(site.client("rider")).status_code == 201
    ready = site.client().get("/health/ready")
    assert ready.json["broker"] is False


def test_a_broker_that_hangs_costs_one_answer_a_moment(tmp_path):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "silent.sock"))
        silent.listen(16)
        client = build(tmp_path / "var", redis_url=f"unix://{silent.getsockname()}").client("rider")
        began = time.monotonic()
        assert [report(client).status_code for _ in range(5)] == [201] * 5
        assert time.monotonic() - began < 4


def test_behind_a_proxy_each_address_counts_for_itself_and_else_no_header_is_believed(tmp_path):
    def statuses(folder, **changes):
        site = build(folder, reports_burst=1, reports_per_minute=1, address_factor=1, **changes)
        answers = []
        for number in range(3):
            client = site.client()
            client.environ_base["HTTP_X_FORWARDED_FOR"] = f"203.0.113.{number}"
            client.post("/api/v1/device")
            answers.append(report(client).status_code)
        return answers

    assert statuses(tmp_path / "proxied", trusted_proxies=1) == [201, 201, 201]
    assert statuses(tmp_path / "plain") == [201, 429, 429]
