"""What every answer carries: a request id, and headers that let a browser do only what we do."""

import secrets
import time
from contextlib import ExitStack

import structlog
from flask import Flask, Response, g, request

from civicprobe.db import reading

log = structlog.get_logger()

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob: data:",
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
}


def install(app: Flask) -> None:
    """Number each request, mark reads as such, and finish each answer."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(_end)


def _begin() -> None:
    g.request_id = secrets.token_hex(8)
    g.began = time.perf_counter()
    g.while_asked = ExitStack()
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        g.while_asked.enter_context(reading())


def _finish(response: Response) -> Response:
    response.headers.update(FIXED)
    response.headers.setdefault("Content-Security-Policy", POLICY)
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
