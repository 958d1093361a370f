"""Celery's configuration: no work lost, none doubled for long, nobody hung on a dead broker.

The outbox is the truth: a row is done when its task says so in its own transaction. The broker
only carries; each value below says what it spares us.
"""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from kombu import Queue

from civicprobe.broker import transport

QUEUES = ("enrich", "notices", "clocks", "pictures")

SOFT_LIMIT_S = 12
HARD_LIMIT_S = 15
# A killed worker's task is back after this and the sweep below: 21 s, under the 30 s promised.
# Above the hard limit, so that no light task is ever handed out while it still runs. Pictures may
# run longer (a slow machine, 60 megapixels): one visible again meanwhile waits behind the same
# single child, then finds its row done. A longer time for them alone would need keys of their own,
# as every worker's sweep gives back every queue's tasks.
VISIBILITY_S = 20
RESTORE_EVERY_S = 1
# For `@app.task(queue="pictures", **PICTURES_LIMITS)`.
PICTURES_LIMITS = {"soft_time_limit": 50, "time_limit": 60}


def celery_config(
    redis_url: str, *, visibility_s: int = VISIBILITY_S, hard_limit_s: int = HARD_LIMIT_S
) -> dict[str, Any]:
    """Everything for `app.conf.update`, but which task goes to which queue.

    `redis_url` as in the settings: `redis://`, `rediss://` or `unix:///socket`. The two times are
    parameters for tests only. Raises ValueError if a task could outlive its visibility. Registers
    our transport with kombu.
    """
    transport.register()
    if hard_limit_s >= visibility_s:
        raise ValueError("visibility must exceed the hard time limit, or tasks run twice")
    return {
        "broker_url": celery_url(redis_url),
        "broker_transport_options": _transport(visibility_s),
        "broker_connection_timeout": 2,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # a worker waits for its broker for ever
        "task_publish_retry_policy": _SHORT_RETRIES,
        **_tasks(hard_limit_s),
        **_workers(),
    }


def celery_url(redis_url: str) -> str:
    """The same broker as Celery names it: `unix:///s?db=1` is `redis+socket:///s?virtual_host=1`."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    options = {("virtual_host" if k == "db" else k): v for k, v in parse_qsl(parts.query)}
    query = f"?{urlencode(options)}" if options else ""
    return f"redis+socket://{parts.netloc}{parts.path}{query}"


# Whoever sends (the relay, beat) learns within about a second that the broker is away; the row
# stays due. The defaults would hold it for minutes.
_SHORT_RETRIES = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.2}


def _transport(visibility_s: int) -> dict[str, Any]:
    return {
        "visibility_timeout": visibility_s,
        # By default a sweep runs only every 10 x 10 s.
        "unacked_restore_interval": RESTORE_EVERY_S,
        "unacked_restore_throttle": 1,
        # A worker killed within its sweep leaves the lock; by default that stops sweeps for 300 s.
        "unacked_mutex_expire": 5,
        "socket_connect_timeout": 1,
        "socket_timeout": 3,
        "health_check_interval": 10,
        **_SHORT_RETRIES,
    }


def _tasks(hard_limit_s: int) -> dict[str, Any]:
    return {
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "result_backend": None,  # what was done is in the database
        "task_queues": [Queue(name, routing_key=name) for name in QUEUES],
        "task_default_queue": "enrich",
        "task_create_missing_queues": False,  # a mistyped queue is an error, not a dead letter box
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_acks_on_failure_or_timeout": True,  # the outbox decides when to try again
        "task_soft_time_limit": hard_limit_s * SOFT_LIMIT_S / HARD_LIMIT_S,
        "task_time_limit": hard_limit_s,
        "enable_utc": True,
        "timezone": "UTC",
    }


def _workers() -> dict[str, Any]:
    return {
        "worker_prefetch_multiplier": 1,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_send_task_events": False,
        # Tasks run on through a broker's restart: their rows matter, not their acknowledgement.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_lost_wait": 2,  # default 10 s before a killed child's task goes back
        "worker_proc_alive_timeout": 30,  # importing OpenCV on a busy machine outlasts the 4 s
    }
