"""kombu's Redis transport, for workers that outlive their broker.

As it comes (kombu 5.7.0), a worker that holds a late-acknowledged task when the broker goes away
ends, with status 0: first it tries to give the message back through the closed connection, then
the finished task is acknowledged on it; both raise what nobody catches. We do neither: such a
message is visible again after the visibility timeout, and its row says that it is done.
"""

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis


class QoS(redis.QoS):
    """What a channel has in hand."""

    restore_at_shutdown = False

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge, unless the connection of the message is gone."""
        if not self.channel.closed:
            super().ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Reject, unless the connection of the message is gone."""
        if not self.channel.closed:
            super().reject(delivery_tag, requeue=requeue)


class Channel(redis.Channel):
    """A channel with our QoS."""

    QoS = QoS


class Transport(redis.Transport):
    """kombu's, with our channel."""

    Channel: Any = Channel


def register() -> None:
    """Make every `redis…://` broker of this process use it."""
    for name in ("redis", "rediss"):
        TRANSPORT_ALIASES[name] = f"{__name__}:Transport"
