"""All channels by name: a new one is a file beside these and a line here."""

from collections.abc import Mapping

from civicprobe.notices.mail import Mail
from civicprobe.notices.message import Channel
from civicprobe.notices.sms import Sms
from civicprobe.notices.webhook import Webhook

CHANNELS: Mapping[str, Channel] = {channel.name: channel for channel in (Mail(), Webhook(), Sms())}
