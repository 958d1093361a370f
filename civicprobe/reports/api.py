"""The reports over HTTP: submit, photos, read, act. Parses, picks a status, commits once."""

import json
from http import HTTPStatus
from typing import Any

from apiflask import APIBlueprint
from flask import Response, request

from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.roles import Role
from civicprobe.db import db, reading, utc_now
from civicprobe.errors import Fault, NotFound
from civicprobe.reports.doors import (
    act_on,
    own_report,
    read_report_part,
    read_uuid,
    shown,
    store_upload,
    submit_with_photos,
    take_in,
)
from civicprobe.reports.lifecycle.commands import ActionAsk, LaterFix, SubmitReport
from civicprobe.reports.queries import find_own, get_report
from civicprobe.reports.schemas import ReportBody
from civicprobe.reports.services.keeping import erase_rider
from civicprobe.reports.services.later_fix import add_fix
from civicprobe.reports.services.photos import add_evidence, add_photo, check_number, refuse_photo
from civicprobe.reports.transitions import By
from civicprobe.web.etag import tagged

blueprint = APIBlueprint("reports_api", __name__, url_prefix="/api/v1", tag="reports")

STAFF = (Role.MEMBER, Role.UNIT, Role.OFFICE)
READERS = (Role.RIDER, *STAFF, Role.ADMIN)


@blueprint.put("/reports/<uuid_text>")
@requires(Role.RIDER)
@blueprint.input(SubmitReport, arg_name="command")
@blueprint.output(ReportBody, status_code=201)
def put_report(uuid_text: str, command: SubmitReport) -> Response:
    """Submit a report under the phone's own UUID; the same again is answered with the same."""
    receipt = take_in(read_uuid(uuid_text), command)
    body = shown(receipt.report)
    db.session.commit()
    return _json(body, HTTPStatus.CREATED if receipt.created else HTTPStatus.OK)


@blueprint.put("/reports/<uuid_text>/photos/<int:n>")
@requires(Role.RIDER)
@blueprint.doc(summary="Send one photo as raw bytes")
def put_photo(uuid_text: str, n: int) -> Response:
    """Photo 1 to 3 of a report; the same bytes again change nothing."""
    uuid, actor, now = read_uuid(uuid_text), current_actor(), utc_now()
    check_number(n)
    with reading():
        if find_own(db.session(), uuid, actor) is None:
            raise NotFound("no_report")
        db.session.rollback()
    try:
        stored = store_upload(request.get_data(cache=False), request.mimetype, request.headers)
    except Fault as fault:
        if fault.code.startswith("photo_"):
            refuse_photo(db.session(), own_report(uuid), n, fault.code, now=now)
            db.session.commit()
        raise
    receipt = add_photo(db.session(), own_report(uuid), n, stored, by=By(actor, now))
    answer = {"id": str(receipt.photo.id), "n": n, "sha256": stored.sha256}
    db.session.commit()
    return _json(answer, HTTPStatus.CREATED if receipt.created else HTTPStatus.OK)


@blueprint.put("/reports/<uuid_text>/fix")
@requires(Role.RIDER)
@blueprint.input(LaterFix, arg_name="command")
def put_fix(uuid_text: str, command: LaterFix) -> Response:
    """A later position or pin; weighed only until the case is filed."""
    report = own_report(read_uuid(uuid_text))
    taken = add_fix(db.session(), report, command, by=By(current_actor(), utc_now()))
    db.session.commit()
    return _json({"taken": taken}, HTTPStatus.OK)


@blueprint.put("/reports/<number>/evidence/<uuid_text>")
@requires(*STAFF, Role.RIDER)
@blueprint.doc(summary="Send a picture for an action, as raw bytes")
def put_evidence(number: str, uuid_text: str) -> Response:
    """A picture to be named in an action's `photos`; swept after a day if none does."""
    photo_id, actor, now = read_uuid(uuid_text), current_actor(), utc_now()
    with reading():
        get_report(db.session(), number, visible=actor)
        db.session.rollback()
    stored = store_upload(request.get_data(cache=False), request.mimetype, request.headers)
    report = get_report(db.session(), number, visible=actor, lock=True)
    receipt = add_evidence(db.session(), report, photo_id, stored, by=By(actor, now))
    db.session.commit()
    status = HTTPStatus.CREATED if receipt.created else HTTPStatus.OK
    return _json({"id": str(photo_id), "sha256": stored.sha256}, status)


@blueprint.post("/reports")
@requires(Role.RIDER)
@blueprint.doc(summary="Submit a report and its photos as one multipart form")
def post_report() -> Response:
    """The same as one form: a `report` part of JSON with its `uuid`, and `photo` parts."""
    uuid, command = read_report_part(request.form.get("report", ""))
    receipt = submit_with_photos(uuid, command, request.files.getlist("photo"))
    return _json(receipt.body, HTTPStatus.CREATED if receipt.created else HTTPStatus.OK)


@blueprint.get("/reports/<key>")
@requires(*READERS)
@blueprint.output(ReportBody)
def read_report(key: str) -> Response:
    """The report of this number, or of this UUID for the one who sent it."""
    report = get_report(db.session(), key, visible=current_actor())
    return tagged(shown(report))


@blueprint.delete("/me")
@requires(Role.RIDER)
@blueprint.doc(summary="Forget this rider: photos as they came, words, positions, ties")
def delete_me() -> Response:
    """The hazards stay, with redacted pictures. `held` counts reports that the law keeps."""
    erased = erase_rider(db.session(), current_actor().device_ids, now=utc_now())
    db.session.commit()
    return _json({"reports": erased.reports, "held": erased.held}, HTTPStatus.OK)


@blueprint.post("/reports/<number>/actions")
@requires(Role.RIDER, *STAFF)
@blueprint.input(ActionAsk, arg_name="ask")
@blueprint.output(ReportBody)
def act(number: str, ask: ActionAsk) -> Response:
    """Take one action; the answer is the report afterwards. The same `id` gets the same answer."""
    return _json(act_on(number, ask), HTTPStatus.OK)


def _json(body: str | dict[str, Any], status: HTTPStatus) -> Response:
    text = body if isinstance(body, str) else json.dumps(body)
    return Response(text, status=status, mimetype="application/json")
