"""How fast one caller and one address may go; without its Redis it counts in memory."""

import hashlib
from collections.abc import Callable

from flask import Flask, request, session
from flask_limiter import Limit, Limiter
from flask_limiter.util import get_remote_address

from civicprobe.accounts.identity import COOKIE
from civicprobe.settings import Settings

READS, WRITES = ["GET", "HEAD"], ["PUT", "POST", "PATCH", "DELETE"]
SUBMITS = frozenset({"reports_api.put_report", "reports_api.post_report", "pages_rider.submit"})
# What goes with one report, its photos and later fixes, may be so many times more.
PER_REPORT = 4
SIGN_IN = "10 per 5 minutes"


def install(app: Flask, settings: Settings) -> None:
    """Limit each endpoint per caller and, more widely, per address; sign-in has its own limit."""
    limiter = Limiter(
        key_func=get_remote_address,
        storage_uri=_storage(settings.redis_url),
        storage_options=_options(settings.redis_url),
        strategy="moving-window",
        in_memory_fallback_enabled=True,
        default_limits=_limits(settings),
    )
    limiter.init_app(app)
    sign_in = limiter.limit(SIGN_IN, methods=["POST"], override_defaults=False)
    for endpoint in ("security.login", "pages_staff.reset"):
        if endpoint in app.view_functions:
            app.view_functions[endpoint] = sign_in(app.view_functions[endpoint])  # type: ignore[assignment]


def _limits(settings: Settings) -> list[str | Callable[[], str] | Limit]:
    minutes = max(1, round(settings.reports_burst / settings.reports_per_minute))
    writes = settings.reports_burst * PER_REPORT
    return [
        Limit(f"{settings.reads_per_second} per second", key_function=_caller, methods=READS),
        Limit(f"{settings.reads_per_second * settings.address_factor} per second", methods=READS),
        Limit(f"{writes} per {minutes} minutes", key_function=_caller, methods=WRITES, cost=_cost),
        Limit(
            f"{writes * settings.address_factor} per {minutes} minutes", methods=WRITES, cost=_cost
        ),
    ]


def _cost() -> int:
    return PER_REPORT if request.endpoint in SUBMITS else 1


def _caller() -> str:
    """One string a caller, without looking anybody up: what they hold, hashed."""
    held = (
        request.headers.get("Authorization")
        or session.get("_user_id")
        or request.cookies.get(COOKIE)
        or get_remote_address()
    )
    return hashlib.sha256(str(held).encode()).hexdigest()[:32]


def _storage(redis_url: str) -> str:
    return redis_url.replace("unix://", "redis+unix://", 1) if redis_url else "memory://"


def _options(redis_url: str) -> dict[str, str | int]:
    # Fractions of a second: a broker that hangs must not hold a rider's report.
    short: dict[str, object] = {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}
    return short if redis_url else {}  # type: ignore[return-value]  # redis-py takes floats
