"""Photos over HTTP, rights checked each time: the copies that people see, and the sealed original
to a desk that has just opened it with a reason."""

from uuid import UUID

from flask import Blueprint, Response, request

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.identity import COOKIE, current_actor, requires
from civicprobe.accounts.queries import actor_of_rider, find_device
from civicprobe.accounts.roles import Role
from civicprobe.db import db, utc_now
from civicprobe.errors import NotFound
from civicprobe.reports.queries import get_photo, get_report_by_id
from civicprobe.reports.rights import copy_to_show, has_opened
from civicprobe.web.parts import parts

blueprint = Blueprint("photos", __name__)
ROLES = (Role.MEMBER, Role.UNIT, Role.OFFICE, Role.ADMIN, Role.RIDER)


@blueprint.get("/photos/<uuid:photo_id>/<any(screen, thumb):size>")
@requires(*ROLES)
def photo(photo_id: UUID, size: str) -> Response:
    """A copy for a screen or a thumbnail; never the original, never a redirect.

    404 `no_photo` also where there is one that the caller may not see, or it is not ready.
    """
    digest = next((d for actor in _callers() if (d := copy_for(actor, photo_id, size))), None)
    if digest is None:
        raise NotFound("no_photo")
    return answer_with(digest)


def answer_with(digest: str) -> Response:
    """The bytes of a copy, or 304 where the caller has them."""
    db.session.rollback()
    response = Response(mimetype="image/jpeg")
    response.set_etag(digest[:32])
    response.headers["Cache-Control"] = "private, max-age=0, must-revalidate"
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.make_conditional(request)
    if response.status_code == 200:
        response.set_data(parts().storage.get(digest))
    return response


@blueprint.get("/photos/<uuid:photo_id>/original")
@requires(Role.OFFICE)
def original(photo_id: UUID) -> Response:
    """The bytes as they came, for 15 minutes after this desk's `open_original`, to be saved.

    404 `no_photo` without that event, which says who, when and why. An urgent one whose copies are
    not ready is shown at once instead of saved.
    """
    found = get_photo(db.session(), photo_id)
    event = has_opened(db.session(), found, current_actor(), utc_now())
    if event is None or found.sha256 is None:
        raise NotFound("no_photo")
    report = get_report_by_id(db.session(), found.report_id)
    kind = (found.media_type or "application/octet-stream").partition("/")[2]
    name, shown = f"{report.number}-{event.seq}.{kind}", bool(event.data.get("urgent"))
    digest, media_type = found.sha256, found.media_type
    db.session.rollback()
    response = Response(parts().storage.get(digest), mimetype=media_type)
    how = "inline" if shown else "attachment"
    response.headers["Content-Disposition"] = f'{how}; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def copy_for(actor: Actor, photo_id: UUID, size: str) -> str | None:
    """The digest of the copy that this caller may see; None where there is none."""
    return copy_to_show(db.session(), get_photo(db.session(), photo_id), size, actor)


def _callers() -> list[Actor]:
    """A browser may be a desk's and a rider's phone at once: either may let it see."""
    first = current_actor(*ROLES)
    token = request.cookies.get(COOKIE)
    device = find_device(db.session(), token) if token and first.role is not Role.RIDER else None
    return [first, actor_of_rider(db.session(), device)] if device else [first]
