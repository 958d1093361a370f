"""E-mail over SMTP: one at most every five minutes a person, what comes meanwhile in one."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from civicprobe.notices.message import Address, ChannelDown, Letter, Refused
from civicprobe.notices.rules import Rate
from civicprobe.settings import Settings

TIMEOUT_S = 5
_ADDRESS = re.compile(r"[^\s@<>,;\"\\]{1,64}@[a-zA-Z0-9.-]{1,180}")


class Mail:
    """The channel `email`; its server is `CIVICPROBE_SMTP_URL` (smtp:// with STARTTLS where it is
    offered, or smtps://)."""

    name = "email"
    shared = True
    rate = Rate(gap=timedelta(minutes=5))

    def is_set_up(self, settings: Settings) -> bool:
        """A server and a sender are named."""
        return bool(settings.smtp_url and settings.mail_from)

    def check(self, to: str) -> bool:
        """An address of the ordinary form."""
        return _ADDRESS.fullmatch(to) is not None

    def send(self, letter: Letter, address: Address, settings: Settings) -> None:
        """Hand one mail over; its `Message-ID` is the letter's, so that a copy is known as one."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = settings.mail_from, address.to, letter.subject
        mail["Message-ID"] = f"<{letter.id}@{urlsplit(settings.public_url).hostname}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(f"{letter.text}\n\n{letter.link}\n")
        try:
            with _server(settings.smtp_url) as server:
                server.send_message(mail)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as fault:
            raise _refusal(fault) from fault
        except (OSError, smtplib.SMTPException) as fault:
            raise ChannelDown(type(fault).__name__) from fault


@contextmanager
def _server(url: str) -> Iterator[smtplib.SMTP]:
    parts = urlsplit(url)
    host, tls = parts.hostname or "localhost", ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, parts.port or 465, timeout=TIMEOUT_S, context=tls
        )
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT_S)
    with server:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=tls)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server


def _refusal(fault: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) -> Exception:
    """4xx is for now, 5xx for good (RFC 5321, 4.2.1)."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in fault.recipients.values()]
    else:
        codes = [fault.smtp_code]
    for_good = all(code >= 500 for code in codes)
    return (Refused if for_good else ChannelDown)(f"smtp {codes[0]}")
