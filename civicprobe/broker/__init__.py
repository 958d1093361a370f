"""The task queue: Celery's configuration, and the embedded Valkey for where no Redis is named."""

from civicprobe.broker.config import PICTURES_LIMITS, QUEUES, celery_config, celery_url
from civicprobe.broker.handle import BrokerFault, BrokerHandle, broker_at
from civicprobe.broker.valkey import ensure_broker, foreground_argv

__all__ = [
    "PICTURES_LIMITS",
    "QUEUES",
    "BrokerFault",
    "BrokerHandle",
    "broker_at",
    "celery_config",
    "celery_url",
    "ensure_broker",
    "foreground_argv",
]
