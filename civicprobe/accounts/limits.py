"""How fast one caller and one address may go; without its Redis it counts in memory."""

import hashlib
from collections.abc import Callable, Mapping

from flask import Flask, request, session
from flask_limiter import Limit, Limiter
from flask_limiter.util import get_remote_address

from civicprobe.accounts.identity import COOKIE
from civicprobe.settings import Settings

READS, WRITES = ["GET", "HEAD"], ["PUT", "POST", "PATCH", "DELETE"]
SUBMITS = frozenset({"reports_api.put_report", "reports_api.post_report", "pages_rider.submit"})
# What goes with one report, its photos and later fixes, may be so many times more.
PER_REPORT = 4
# A guess of a password, a one-time code or a recovery code: few for one name from one address,
# more for a name from anywhere, so that nobody can lock a colleague out with ten wrong tries.
SIGN_IN, SIGN_IN_ANYWHERE = "10 per 5 minutes", "60 per hour"
# A code that links a phone is one of 10^16: few tries a phone and, more widely, an address.
CODE_TRIES, CODE_GUESS = "10 per 5 minutes", "pages_rider_me.link"
GUESSES = (
    "security.login",
    "security.verify",
    "security.two_factor_token_validation",
    "security.two_factor_setup_validate",
    "pages_staff.reset",
)


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
    for endpoint in GUESSES:
        if endpoint in app.view_functions:
            _limit_guesses(app, limiter, endpoint, settings.address_factor)
    if CODE_GUESS in app.view_functions:
        _limit_codes(app, limiter, settings.address_factor)


def _limit_codes(app: Flask, limiter: Limiter, address_factor: int) -> None:
    for limit, key in (
        (CODE_TRIES, _caller),
        (f"{10 * address_factor} per 5 minutes", get_remote_address),
    ):
        guarded = limiter.limit(
            limit, key_func=key, methods=["POST"], scope="codes", override_defaults=False
        )
        app.view_functions[CODE_GUESS] = guarded(app.view_functions[CODE_GUESS])  # type: ignore[assignment]


def _limit_guesses(app: Flask, limiter: Limiter, endpoint: str, address_factor: int) -> None:
    limits = (
        (SIGN_IN, lambda: f"{_named()} {get_remote_address()}"),
        (SIGN_IN_ANYWHERE, _named),
        (f"{10 * address_factor} per 5 minutes", get_remote_address),
    )
    for limit, key in limits:
        guarded = limiter.limit(
            limit, key_func=key, methods=["POST"], scope="sign-in", override_defaults=False
        )
        app.view_functions[endpoint] = guarded(app.view_functions[endpoint])  # type: ignore[assignment]


def _named() -> str:
    """Whose door is being tried, hashed: the name typed, else who has given their password."""
    said = request.get_json(silent=True) if request.is_json else request.form
    typed = said.get("username") if isinstance(said, Mapping) else None
    name = typed or session.get("tf_user_id") or session.get("_user_id") or ""
    return _hashed(str(name).strip().lower())


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
    return _hashed(str(held))


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _storage(redis_url: str) -> str:
    return redis_url.replace("unix://", "redis+unix://", 1) if redis_url else "memory://"


def _options(redis_url: str) -> dict[str, str | int]:
    # Fractions of a second: a broker that hangs must not hold a rider's report.
    short: dict[str, object] = {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}
    return short if redis_url else {}  # type: ignore[return-value]  # redis-py takes floats
