"""What every answer carries: a request id, and headers that let a browser do only what we do."""

import secrets
import time
from contextlib import ExitStack
from functools import partial
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, g, request

from civicprobe.db import reading
from civicprobe.web.parts import KEY

log = structlog.get_logger()

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob: data:{tiles}",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def install(app: Flask) -> None:
    """Number each request, mark reads as such, and finish each answer."""
    tiles = urlsplit(app.extensions[KEY].settings.tile_url.replace("{s}", "*"))
    policy = POLICY.format(tiles=f" {tiles.scheme}://{tiles.netloc}" if tiles.netloc else "")
    app.before_request(_begin)
    app.after_request(partial(_finish, policy))
    app.teardown_request(_end)


def _begin() -> None:
    g.request_id = secrets.token_hex(8)
    g.began = time.perf_counter()
    g.while_asked = ExitStack()
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        g.while_asked.enter_context(reading())


def _finish(policy: str, response: Response) -> Response:
    response.headers.update(FIXED)
    response.headers.setdefault("Content-Security-Policy", policy)
    if request.endpoint == "static" and "v" in request.args:
        # Its address changes with its content.
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Request-Id"] = g.get("request_id", "")
    log.info(
        "request",
        id=g.get("request_id"),
        method=request.method,
        rule=str(request.url_rule),
        status=response.status_code,
        ms=round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
    )
    return response


def _end(_fault: BaseException | None) -> None:
    if "while_asked" in g:
        g.while_asked.close()
