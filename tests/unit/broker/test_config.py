"""Celery's values, and what a sender feels when the broker is away."""

from pathlib import Path

import pytest
from celery import Celery

from civicprobe.broker import QUEUES, celery_config, celery_url, ensure_broker


def test_celery_gets_json_only_and_the_four_queues() -> None:
    app = Celery()
    app.conf.update(celery_config("redis://127.0.0.1/1"))
    assert sorted(queue.name for queue in app.conf.task_queues) == sorted(QUEUES)
    assert app.conf.accept_content == ["json"]
    assert app.conf.broker_transport_options["visibility_timeout"] > app.conf.task_time_limit
    with pytest.raises(ValueError, match="visibility"):
        celery_config("redis://127.0.0.1/1", visibility_s=15)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("redis://:pw@127.0.0.1:6379/1", "redis://:pw@127.0.0.1:6379/1"),
        ("unix:///run/v.sock", "redis+socket:///run/v.sock"),
        ("unix:///run/v.sock?db=2", "redis+socket:///run/v.sock?virtual_host=2"),
    ],
)
def test_names_the_broker_as_celery_does(url: str, wanted: str) -> None:
    assert celery_url(url) == wanted


def test_sending_to_a_dead_broker_fails_and_does_not_wait_for_it(var_dir: Path) -> None:
    broker = ensure_broker(var_dir)
    app = Celery()
    app.conf.update(celery_config(broker.redis_url))
    app.send_task("enrich", queue="enrich")
    broker.stop()
    with pytest.raises(Exception, match=r"socket|[Cc]onnect"):
        app.send_task("enrich", queue="enrich")
    assert ensure_broker(var_dir).answers()
    app.send_task("enrich", queue="enrich")  # and is well again without a new start
    app.close()
