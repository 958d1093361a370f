"""For those who run it: alive, ready, metrics, and the contract's page."""

from apiflask import APIBlueprint
from flask import Blueprint, Response, current_app, jsonify, render_template
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis import Redis, RedisError
from sqlalchemy import text

from civicprobe import outbox
from civicprobe.accounts.identity import public
from civicprobe.db import db
from civicprobe.errors import Fault
from civicprobe.grid.city import find_city
from civicprobe.reports.services.seal import last_seal
from civicprobe.reports.services.walk_chains import last_walk
from civicprobe.web.parts import parts

api = APIBlueprint("operations", __name__, enable_openapi=False)
pages = Blueprint("contract", __name__)


@api.get("/health/live")
@public
def live() -> Response:
    """The process is up."""
    return jsonify(status="ok")


@api.get("/health/ready")
@public
def ready() -> tuple[Response, int]:
    """Database, storage and map can be used; without a broker it is `degraded` and still ready."""
    found = {"database": _database(), "storage": _storage(), "map": _map(), "broker": _broker()}
    usable = found["database"] and found["storage"] and found["map"]
    status = "ok" if all(found.values()) else "degraded" if usable else "unusable"
    return jsonify(status=status, **found), 200 if usable else 503


@api.get("/metrics")
@public
def metrics() -> Response:
    """Counts for Prometheus: the process's, the outbox's by state, how the proof stands."""
    counts = outbox.counts(db.session())
    lines = ["# TYPE civicprobe_outbox_rows gauge"]
    lines += [f'civicprobe_outbox_rows{{state="{state}"}} {n}' for state, n in counts.items()]
    seal, walk = last_seal(db.session()), last_walk(db.session())
    lines += ["# TYPE civicprobe_last_seal gauge", f"civicprobe_last_seal {seal.id if seal else 0}"]
    lines += ["# TYPE civicprobe_chains_broken gauge"]
    lines += [f"civicprobe_chains_broken {walk.broken if walk else 0}"]
    body = generate_latest().decode() + "\n".join(lines) + "\n"
    return Response(body, content_type=CONTENT_TYPE_LATEST)


@pages.get("/api/docs")
@public
def docs() -> str:
    """The contract, to read and try."""
    return render_template("layout/docs.html")


def _database() -> bool:
    try:
        db.session.execute(text("SELECT 1"))
    except Exception:
        current_app.logger.exception("database unusable")
        db.session.rollback()
        return False
    return True


def _storage() -> bool:
    try:
        parts().storage.check()
    except Fault:
        return False
    return True


def _map() -> bool:
    try:
        return find_city(db.session(), parts().settings) is not None
    except Exception:
        current_app.logger.exception("map unusable")
        db.session.rollback()
        return False


def _broker() -> bool:
    url = parts().settings.redis_url
    if not url:
        return False
    try:
        with Redis.from_url(url, socket_timeout=0.2, socket_connect_timeout=0.2) as client:
            return bool(client.ping())
    except RedisError:
        return False
