"""Faults become answers: problem+json for the API (RFC 9457), a page for people."""

import json
import traceback
from http import HTTPStatus
from typing import cast
from urllib.parse import urlencode

import structlog
from flask import Flask, Response, g, redirect, render_template, request
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from civicprobe.db import db
from civicprobe.errors import Fault
from civicprobe.web.messages import title_of

log = structlog.get_logger()

CODES = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.UNAUTHORIZED: "not_signed_in",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "no_such_page",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "not_json",
    HTTPStatus.TOO_MANY_REQUESTS: "too_many_requests",
}


def install(app: Flask) -> None:
    """Answer every fault in one shape."""
    app.register_error_handler(Fault, _fault)
    app.register_error_handler(RateLimitExceeded, _too_many)
    app.register_error_handler(HTTPException, _http)
    for away in (DBAPIError, PoolTimeout):
        app.register_error_handler(away, _database)
    for mistake in (DataError, ProgrammingError):  # trying again would not help
        app.register_error_handler(mistake, _unexpected)
    app.register_error_handler(Exception, _unexpected)


def problem(
    status: int, code: str, params: dict[str, object], fields: list[dict[str, str]]
) -> Response:
    """The answer to a fault: JSON under `/api`, else a page that says what to do."""
    body = {
        "type": f"urn:civicprobe:problem:{code}",
        "title": title_of(code),
        "status": status,
        "code": code,
        "params": params,
        "request_id": g.get("request_id", ""),
    }
    if fields:
        body["fields"] = fields
    if is_api():
        return Response(json.dumps(body), status=status, mimetype="application/problem+json")
    page = render_template("layout/problem.html", problem=body)
    return Response(page, status=status, mimetype="text/html")


def is_api() -> bool:
    """Whether a program is asking, not a person's browser."""
    return request.path.startswith(("/api/", "/metrics", "/health/", "/photos/"))


def _fault(fault: Fault) -> Response:
    db.session.rollback()
    log.info("refused", code=fault.code, status=fault.status)
    fields = [{"field": item.field, "code": item.code} for item in fault.fields]
    if fault.status == HTTPStatus.UNAUTHORIZED and not is_api():
        entry = "/r" if fault.code == "no_device" else "/login"
        query = urlencode({"next": request.full_path.rstrip("?")})
        return cast(Response, redirect(f"{entry}?{query}"))
    answer = problem(fault.status, fault.code, fault.params, fields)
    if "retry_after_s" in fault.params:
        answer.headers["Retry-After"] = str(fault.params["retry_after_s"])
    return answer


def _too_many(fault: RateLimitExceeded) -> Response:
    db.session.rollback()
    answer = problem(HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", {}, [])
    answer.headers["Retry-After"] = str(max(1, round(fault.limit.limit.get_expiry() / 10)))
    return answer


def _http(fault: HTTPException) -> Response:
    db.session.rollback()
    if fault.code is not None and 300 <= fault.code < 400:
        return Response(fault.get_body(), status=fault.code, headers=fault.get_headers())
    status = HTTPStatus(fault.code or 500)
    code = CODES.get(status, "failed")
    if isinstance(fault, CSRFError):
        code = "form_expired"
    elif status == HTTPStatus.BAD_REQUEST and request.is_json:
        code = "not_json"
    answer = problem(status, code, {}, [])
    if isinstance(fault, MethodNotAllowed) and fault.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(fault.valid_methods))
    return answer


def _database(fault: DBAPIError | PoolTimeout) -> Response:
    """A database that is busy or away: nothing was kept, and trying again is safe."""
    db.session.rollback()
    log.error("database_failed", kind=type(getattr(fault, "orig", fault)).__name__)
    answer = problem(HTTPStatus.SERVICE_UNAVAILABLE, "database_busy", {}, [])
    answer.headers["Retry-After"] = "2"
    return answer


def _unexpected(fault: Exception) -> Response:
    db.session.rollback()
    # Where, not what: a message may hold a rider's words.
    where = traceback.format_tb(fault.__traceback__)
    log.error("failed", kind=type(fault).__name__, where="".join(where))
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "failed", {}, [])
