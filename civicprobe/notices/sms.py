"""Text messages through an HTTP gateway: only what is urgent, day and night."""

import re
from datetime import timedelta

from civicprobe.notices.http import body_of, post
from civicprobe.notices.message import Address, Letter
from civicprobe.notices.rules import Rate
from civicprobe.settings import Settings

_NUMBER = re.compile(r"\+?[0-9]{5,15}")


class Sms:
    """The channel `sms`; the gateway is `CIVICPROBE_SMS_URL`, which takes `{id, to, text}`."""

    name = "sms"
    shared = True
    rate = Rate(gap=timedelta(minutes=1), bundle=3, quiet=False, urgent_only=True)

    def is_set_up(self, settings: Settings) -> bool:
        """A gateway is named."""
        return bool(settings.sms_url)

    def check(self, to: str) -> bool:
        """A telephone number."""
        return _NUMBER.fullmatch(to) is not None

    def send(self, letter: Letter, address: Address, settings: Settings) -> None:
        """Hand one over; the gateway knows a second copy by its id."""
        body = body_of({"id": letter.id, "to": address.to, "text": f"{letter.text} {letter.link}"})
        post(settings.sms_url, body, {"Authorization": f"Bearer {settings.sms_token}"})
