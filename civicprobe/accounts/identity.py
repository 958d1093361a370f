"""Who is calling: a rider's cookie, a staff session, or a bearer token. The only way to ask.

`requires` declares who may call a route, and `public` that everybody may; a guard test walks all
routes and fails on one that says neither.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Response, g, request
from flask_login import current_user

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Account, Device
from civicprobe.accounts.queries import (
    actor_of_account,
    actor_of_rider,
    find_device,
    find_token,
)
from civicprobe.accounts.roles import Role
from civicprobe.accounts.tokens import WRITE, new_token, token_hash
from civicprobe.db import db, utc_now, writing
from civicprobe.errors import Forbidden, Unauthorised
from civicprobe.web.parts import parts

COOKIE, TWO_YEARS_S = "device", 2 * 365 * 86_400
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
P = ParamSpec("P")
R = TypeVar("R")


def requires(*roles: Role) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let only callers of these roles through; others get 401 or 403."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            refuse_other_sites()
            actor = current_actor(*roles)
            if actor.role not in roles:
                raise Forbidden("forbidden", role=actor.role.value)
            return view(*args, **kwargs)

        guarded.allowed_roles = frozenset(roles)  # type: ignore[attr-defined]
        return guarded

    return decorate


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Declare that everybody may call this route."""
    view.allowed_roles = frozenset(Role)  # type: ignore[attr-defined]
    return view


def current_actor(*wanted: Role) -> Actor:
    """The caller of this request; raises Unauthorised (`no_device`, `not_signed_in`, …).

    A browser may hold both a rider's cookie and a staff session: `wanted` says which the route is
    for; without it the one that was found first in this request counts.
    """
    if "actor" not in g:
        g.actor = _find_actor(frozenset(wanted))
    found: Actor = g.actor
    return found


def act_as(actor: Actor) -> None:
    """Let this request be `actor`'s: of a signed link, once its signature was checked."""
    g.actor = actor


def ensure_device(response_later: Callable[[Callable[[Response], Response]], Any]) -> Actor:
    """The rider's device of this browser, made on first use; the cookie goes with the answer.

    `response_later` is Flask's `after_this_request`. Committed at once: the page reads afterwards.
    A rider's bearer token stands for its own device; anybody else's is refused.
    """
    if "Authorization" in request.headers:
        actor = current_actor(Role.RIDER)
        if actor.role is not Role.RIDER:
            raise Forbidden("forbidden", role=actor.role.value)
        return actor
    token = request.cookies.get(COOKIE)
    known = find_device(db.session(), token) if token else None
    if token is None or known is None:
        token = new_token()
        known = _keep(Device(token_hash=token_hash(token), created_at=utc_now()))
        kept: str = token
        response_later(lambda response: _set_cookie(response, kept))
    elif known.last_seen_on != utc_now().date():
        _keep(known)
    g.actor = actor_of_rider(db.session(), known)
    found: Actor = g.actor
    return found


def _keep(device: Device) -> Device:
    """Write down that a device was seen today: the day alone, at most once a day."""
    db.session.rollback()
    with writing():
        db.session.add(device)
        device.last_seen_on = utc_now().date()
        db.session.commit()
    return device


def _set_cookie(response: Response, token: str) -> Response:
    secure = parts().settings.public_url.startswith("https:")
    response.set_cookie(
        COOKIE, token, max_age=TWO_YEARS_S, httponly=True, samesite="Lax", secure=secure
    )
    return response


def _find_actor(wanted: frozenset[Role]) -> Actor:
    header = request.headers.get("Authorization", "")
    if header:
        return _of_token(header)
    staff = wanted - {Role.RIDER}
    if staff and current_user.is_authenticated:
        return actor_of_account(db.session(), current_user)
    if Role.RIDER in wanted or not wanted:
        token = request.cookies.get(COOKIE)
        device = find_device(db.session(), token) if token else None
        if device is not None:
            return actor_of_rider(db.session(), device)
        raise Unauthorised("no_device")
    raise Unauthorised("not_signed_in")


def _of_token(header: str) -> Actor:
    kind, _, token = header.partition(" ")
    is_bearer = kind.lower() == "bearer"
    found = find_token(db.session(), token.strip(), utc_now()) if is_bearer else None
    if found is None:
        raise Unauthorised("token_unknown")
    if request.method not in SAFE and not request.path.startswith("/api/"):
        raise Forbidden("token_reads_pages_only")
    if request.method not in SAFE and WRITE not in found.scopes:
        raise Forbidden("token_reads_only")
    if found.device_id is not None:
        device = db.session.get_one(Device, found.device_id)
        return actor_of_rider(db.session(), device, found.id)
    account = db.session.get(Account, found.account_id)
    if account is None or not account.active:
        raise Unauthorised("token_unknown")
    return actor_of_account(db.session(), account, found.id)


def refuse_other_sites() -> None:
    """A cookie caller of `/api` must come from our own pages; forms carry a CSRF token instead.

    Raises Forbidden `cross_site`.
    """
    if request.method in SAFE or "Authorization" in request.headers:
        return
    if not request.path.startswith("/api/"):
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    own = {urlsplit(parts().settings.public_url).netloc, request.host}
    if site in {"same-origin", "none"} or (site is None and _is_own(origin, own)):
        return
    raise Forbidden("cross_site")


def _is_own(origin: str | None, own: set[str]) -> bool:
    return origin is None or urlsplit(origin).netloc in own
