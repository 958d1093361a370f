"""The copies of photos that people see: through the app, rights checked each time."""

from uuid import UUID

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.identity import COOKIE, current_actor, requires
from civicprobe.accounts.queries import actor_of_device, find_device
from civicprobe.accounts.roles import Role
from civicprobe.db import db
from civicprobe.errors import NotFound
from civicprobe.reports.alike import is_offered
from civicprobe.reports.lifecycle import Party
from civicprobe.reports.models import Photo, Report
from civicprobe.reports.queries import find_audience, get_photo, get_report_by_id, is_visible
from civicprobe.reports.schemas import READERS
from civicprobe.reports.transitions import Audience, standing_of
from civicprobe.web.parts import parts

blueprint = Blueprint("photos", __name__)
ROLES = (Role.MEMBER, Role.UNIT, Role.OFFICE, Role.ADMIN, Role.RIDER)


@blueprint.get("/photos/<uuid:photo_id>/<any(screen, thumb):size>")
@requires(*ROLES)
def photo(photo_id: UUID, size: str) -> Response:
    """A copy for a screen or a thumbnail; never the original, never a redirect.

    404 `no_photo` also where there is one that the caller may not see, or it is not ready.
    """
    digest = next((d for actor in _callers() if (d := _copy_for(actor, photo_id, size))), None)
    if digest is None:
        raise NotFound("no_photo")
    db.session.rollback()
    response = Response(mimetype="image/jpeg")
    response.set_etag(digest[:32])
    response.headers["Cache-Control"] = "private, max-age=0, must-revalidate"
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.make_conditional(request)
    if response.status_code == 200:
        response.set_data(parts().storage.get(digest))
    return response


def copy_to_show(session: Session, photo: Photo, size: str, actor: Actor) -> str | None:
    """The hash of the copy that this caller may see of a photo; None for none.

    The one place that decides: whoever may know of the report sees what the rider sent; what was
    brought later is seen by those who may read the step it came with, or its sender before that.
    """
    report = get_report_by_id(session, photo.report_id)
    if photo.state != "ready" or not _may_know(session, photo, report, actor):
        return None
    if photo.kind == "evidence" and not _may_see_evidence(session, photo, report, actor):
        return None
    return photo.thumb_sha256 if size == "thumb" else photo.screen_sha256


def _may_know(session: Session, photo: Photo, report: Report, actor: Actor) -> bool:
    """Of a report offered as 疑似重复 the rider's pictures are seen, but not whose it is."""
    if is_visible(session, report, actor):
        return True
    return photo.kind == "hazard" and is_offered(session, report.id, actor)


def _may_see_evidence(session: Session, photo: Photo, report: Report, actor: Actor) -> bool:
    if photo.used_seq is None:
        return actor.account_id is not None and photo.added_by_id == actor.account_id
    audience = find_audience(session, report.id, photo.used_seq)
    parties = standing_of(session, report, actor).parties
    if actor.role is Role.ADMIN:
        parties |= {Party.DESK}
    return audience is not None and bool(parties & READERS[Audience(audience)])


def _copy_for(actor: Actor, photo_id: UUID, size: str) -> str | None:
    return copy_to_show(db.session(), get_photo(db.session(), photo_id), size, actor)


def _callers() -> list[Actor]:
    """A browser may be a desk's and a rider's phone at once: either may let it see."""
    first = current_actor(*ROLES)
    token = request.cookies.get(COOKIE)
    device = find_device(db.session(), token) if token and first.role is not Role.RIDER else None
    return [first, actor_of_device(device.id)] if device else [first]
