"""A signed webhook: each matter by itself, to a system that can tell a second copy by its id.

`X-Civicprobe-Signature` is `sha256=` and the HMAC-SHA-256, with the address's secret, over the
timestamp, a dot and the body; a receiver refuses a timestamp that is five minutes old.
"""

import hashlib
import hmac
import time
from datetime import timedelta

from civicprobe.notices.http import body_of, is_url, post
from civicprobe.notices.message import Address, Letter
from civicprobe.notices.rules import Rate
from civicprobe.settings import Settings


class Webhook:
    """The channel `webhook`; day and night, since machines do not sleep."""

    name = "webhook"
    shared = False
    rate = Rate(gap=timedelta(0), bundle=1, quiet=False)

    def is_set_up(self, settings: Settings) -> bool:
        """Each address brings all it needs."""
        return True

    def check(self, to: str) -> bool:
        """A URL."""
        return is_url(to)

    def send(self, letter: Letter, address: Address, settings: Settings) -> None:
        """Post the matter with its signature."""
        body = body_of({"id": letter.id, "link": letter.link, **letter.matters[0]})
        stamp = str(int(time.time()))
        headers = {
            "X-Civicprobe-Delivery": letter.id,
            "X-Civicprobe-Timestamp": stamp,
            "X-Civicprobe-Signature": signature(address.secret, stamp, body),
        }
        post(address.to, body, headers)


def signature(secret: str, stamp: str, body: bytes) -> str:
    """The signature of a body sent at `stamp` (seconds since 1970)."""
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return f"sha256={mac.hexdigest()}"
