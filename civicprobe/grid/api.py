"""The map over HTTP: where a point is."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request

from civicprobe.accounts.identity import requires
from civicprobe.accounts.roles import Role
from civicprobe.db import db
from civicprobe.errors import Invalid
from civicprobe.grid.areas import AreaName
from civicprobe.grid.city import active_city
from civicprobe.grid.coords import Datum, to_wgs84
from civicprobe.grid.landmarks import Match
from civicprobe.grid.locator import Candidate
from civicprobe.web.parts import parts

blueprint = APIBlueprint("grid_api", __name__, url_prefix="/api/v1/grid", tag="grid")

MAX_RADIUS_M = 1_000.0
MAX_WORDS = 100


@blueprint.get("/locate")
@requires(Role.RIDER, Role.MEMBER, Role.UNIT, Role.OFFICE, Role.ADMIN)
def locate() -> Response:
    """The areas that hold a point, the candidates within its radius, the nearest when outside."""
    city = active_city(db.session(), parts().settings)
    point = to_wgs84(_number("lat"), _number("lon"), _datum())
    radius_m = _number("radius_m", 0.0)
    if not 0 <= radius_m <= MAX_RADIUS_M:
        raise Invalid("radius_out_of_range", most=MAX_RADIUS_M)
    found = city.locator.locate(point, radius_m, nearest_limit_m=city.nearest_limit_m)
    return jsonify(
        edition=city.edition.name,
        synthetic=city.edition.synthetic,
        point={"lat": point.lat, "lon": point.lon, "datum": "wgs84"},
        areas={area.level.value: _area(area) for area in found.chain},
        border_m=found.border_m,
        on_border=found.on_border,
        candidates=[_candidate(item) for item in found.candidates],
        dedicated=_area(found.dedicated) if found.dedicated else None,
        nearest=_candidate(found.nearest) if found.nearest else None,
    )


@blueprint.get("/landmarks")
@requires(Role.RIDER, Role.MEMBER, Role.UNIT, Role.OFFICE, Role.ADMIN)
def landmarks() -> Response:
    """Areas and landmarks that the words `q` may mean, the likeliest first; sound is enough."""
    words = request.args.get("q", "").strip()
    if not 1 <= len(words) <= MAX_WORDS:
        raise Invalid("landmark_words", most=MAX_WORDS)
    city = active_city(db.session(), parts().settings)
    return jsonify(
        edition=city.edition.name,
        landmarks=[_landmark(match) for match in city.landmarks.search(words)],
    )


def _landmark(match: Match) -> dict[str, Any]:
    place = match.place
    return {
        "name": place.name,
        "code": place.code or None,
        "above": list(place.above),
        "point": {"lat": place.point.lat, "lon": place.point.lon, "datum": "wgs84"},
        "radius_m": place.radius_m,
        "score": round(match.score, 1),
    }


def _number(name: str, default: float | None = None) -> float:
    text = request.args.get(name)
    if text is None and default is not None:
        return default
    try:
        return float(text or "")
    except ValueError:
        raise Invalid("not_a_number", field=name) from None


def _datum() -> Datum:
    try:
        return Datum(request.args.get("datum", "wgs84"))
    except ValueError:
        raise Invalid("no_such_datum") from None


def _area(area: AreaName) -> dict[str, Any]:
    return {"code": area.code, "name": area.name}


def _candidate(item: Candidate) -> dict[str, Any]:
    return {
        **_area(item.area),
        "distance_m": round(item.distance_m, 2),
        "share": round(item.share, 4),
    }
