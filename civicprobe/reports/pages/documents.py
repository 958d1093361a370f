"""The case document and the hand-over document over HTTP, for the desks."""

import json
from uuid import UUID

from flask import Blueprint, Response

from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.roles import Role
from civicprobe.db import db, utc_now
from civicprobe.reports.handover import handover_of
from civicprobe.reports.models import Report
from civicprobe.reports.pages.case import Case, read_case
from civicprobe.reports.pages.document import Proof, case_document
from civicprobe.reports.queries import get_photo, get_report
from civicprobe.reports.rights import copy_to_show
from civicprobe.web.parts import parts

blueprint = Blueprint("pages_document", __name__)


@blueprint.get("/o/<number>/document.pdf")
@requires(Role.OFFICE, Role.ADMIN)
def document(number: str) -> Response:
    """The case on paper, with the head of its chain."""
    now = utc_now()
    report = get_report(db.session(), number, visible=current_actor())
    case = read_case(db.session(), report, seen_by=current_actor(), now=now)
    digests = _digests(case, report)
    proof = Proof(report.seq, report.head_hash, now)
    db.session.rollback()
    pictures = {photo_id: parts().storage.get(digest) for photo_id, digest in digests.items()}
    response = Response(case_document(case, pictures, proof), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{report.number}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/o/<number>/handover.json")
@requires(Role.OFFICE)
def handover(number: str) -> Response:
    """The case as another body takes it over (转办单), to hand in at the 12345 line."""
    report = get_report(db.session(), number, visible=current_actor())
    body = json.dumps(handover_of(db.session(), report, utc_now()), ensure_ascii=False, indent=1)
    response = Response(body, mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{report.number}.json"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _digests(case: Case, report: Report) -> dict[UUID, str]:
    """The copies with plates hidden too, of what this desk may see; none of a sensitive case."""
    if report.sensitive:
        return {}
    session = db.session()
    photos = [get_photo(session, photo.id) for photo in (*case.before, *case.after)]
    return {
        photo.id: photo.screen_sha256
        for photo in photos
        if photo.screen_sha256 and copy_to_show(session, photo, "screen", current_actor())
    }
