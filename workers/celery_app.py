"""The Celery app: its broker, queues and limits, and the beat's timetable."""

from celery import Celery

from civicprobe.broker import celery_config, ensure_broker
from civicprobe.outbox import TOPICS
from civicprobe.settings import Settings

# Broker only: a worker's child makes its own Flask app, after the fork (`work.py`).
_settings = Settings.from_env()

app = Celery(
    "civicprobe",
    include=[
        "workers.reports",
        "workers.notices",
        "workers.clocks",
        "workers.proof",
        "workers.deliveries",
        "workers.stats",
    ],
)
app.conf.update(
    celery_config(_settings.redis_url or ensure_broker(_settings.var_dir).redis_url),
    task_routes={route.task: {"queue": route.queue} for route in TOPICS.values()},
    beat_schedule_filename=str(_settings.var_dir / "beat-schedule"),
    beat_schedule={
        "tick": {"task": "clocks.tick", "schedule": 30.0, "options": {"queue": "clocks"}},
        "deliver": {"task": "notices.deliver", "schedule": 5.0, "options": {"queue": "notices"}},
        "seal": {"task": "proof.seal", "schedule": 900.0, "options": {"queue": "clocks"}},
        "walk": {"task": "proof.walk", "schedule": 60.0, "options": {"queue": "clocks"}},
        "forget": {"task": "clocks.forget", "schedule": 86_400.0, "options": {"queue": "clocks"}},
        "roll": {"task": "stats.roll", "schedule": 60.0, "options": {"queue": "clocks"}},
        "sweep": {"task": "clocks.sweep", "schedule": 600.0, "options": {"queue": "clocks"}},
    },
)
