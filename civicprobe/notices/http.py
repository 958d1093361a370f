"""One JSON over HTTP to a system outside: short time limits, no redirects, an answer's status."""

import json
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from civicprobe.notices.message import ChannelDown, Refused

TIMEOUT_S = 5
# Refusals that are about the moment and not about the message.
_FOR_NOW = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


class _Stay(HTTPRedirectHandler):
    """A redirect is an answer like another: what is signed for one place goes to no other."""

    def redirect_request(self, *_args: Any) -> None:
        return None


def body_of(value: object) -> bytes:
    """The bytes of a JSON value."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def post(url: str, body: bytes, headers: dict[str, str]) -> None:
    """Post JSON; raises Refused for what the other side will never take, else ChannelDown."""
    request = Request(url, data=body, method="POST")  # noqa: S310  # `is_url` allowed it
    for name, value in {"Content-Type": "application/json", **headers}.items():
        request.add_header(name, value)
    try:
        with build_opener(_Stay).open(request, timeout=TIMEOUT_S) as answer:
            answer.read(1_000)
    except HTTPError as fault:
        fault.close()
        for_good = 300 <= fault.code < 500 and fault.code not in _FOR_NOW
        raise (Refused if for_good else ChannelDown)(f"http {fault.code}") from None
    except (OSError, ValueError) as fault:
        raise ChannelDown(type(fault).__name__) from fault


def is_url(text: str) -> bool:
    """Whether a text is a URL that may be posted to."""
    return text.startswith(("https://", "http://")) and len(text) <= 300 and " " not in text
