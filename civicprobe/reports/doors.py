"""What API and pages share of HTTP: an upload checked and kept, a whole form, one action."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID, uuid5

from pydantic import TypeAdapter, ValidationError
from werkzeug.datastructures import FileStorage, Headers

from civicprobe.accounts.identity import current_actor
from civicprobe.db import db, utc_now
from civicprobe.errors import (
    Conflict,
    Fault,
    FieldFault,
    Invalid,
    NotFound,
    TooLarge,
    Unprocessable,
)
from civicprobe.grid.city import City, active_city
from civicprobe.reports.lifecycle.commands import ActionAsk, SubmitReport
from civicprobe.reports.lifecycle.commands_queue import BulkAsk, BulkRow
from civicprobe.reports.lifecycle.table import State
from civicprobe.reports.models import Report
from civicprobe.reports.photo.intake import check_upload
from civicprobe.reports.queries import find_own, get_report, get_report_to_act
from civicprobe.reports.schemas import report_body
from civicprobe.reports.schemas_queue import BulkResult
from civicprobe.reports.services.perform import find_answer, keep_answer, perform
from civicprobe.reports.services.photos import MAX_PHOTOS, StoredPhoto, add_photo
from civicprobe.reports.services.submit import Intake, Receipt, submit
from civicprobe.reports.transitions import By
from civicprobe.web.messages import title_of
from civicprobe.web.parts import parts

_JSON_OBJECT: TypeAdapter[dict[str, object]] = TypeAdapter(dict[str, object])


@dataclass(frozen=True)
class Taken:
    """A report taken in: its JSON as the caller sees it, and whether it was made now."""

    number: str
    body: str
    created: bool


def shown(report: Report) -> str:
    """The report's JSON as the caller may see it now."""
    body = report_body(db.session(), report, seen_by=current_actor(), now=utc_now())
    return body.model_dump_json()


def act_on(number: str, ask: ActionAsk) -> str:
    """Take one action for the caller and commit; the JSON of the answer, the first one if again.

    A Conflict carries the present report in `params["report"]`, so that no second call is needed.
    """
    try:
        return _act_on(number, ask)
    except Conflict as fault:
        db.session.rollback()
        report = get_report(db.session(), number, visible=current_actor())
        fault.params["report"] = json.loads(shown(report))
        raise


def _act_on(number: str, ask: ActionAsk) -> str:
    actor, now = current_actor(), utc_now()
    report = get_report_to_act(db.session(), number, ask.action, actor=actor)
    body = find_answer(db.session(), report, ask, actor)
    if body is None:
        by = By(actor, now, ask.version)
        perform(db.session(), report, ask, by=by, city=_city)
        body = shown(report)
        keep_answer(db.session(), report, ask, body, by=by)
    db.session.commit()
    return body


def act_on_many(ask: BulkAsk) -> list[BulkResult]:
    """The same action on many reports, each committed by itself; one that fails stops no other.

    Each row's own id comes of the client's and its number, so that asking again repeats nothing.
    """
    return [_act_on_row(ask, row) for row in ask.rows]


def _act_on_row(ask: BulkAsk, row: BulkRow) -> BulkResult:
    own_id = uuid5(ask.id, row.number)
    try:
        single = ActionAsk(id=own_id, action=ask.action, version=row.version, data=ask.data)
        body = json.loads(act_on(row.number, single))
    except Fault as fault:
        db.session.rollback()
        return BulkResult(
            number=row.number, status=fault.status, code=fault.code, title=title_of(fault.code)
        )
    return BulkResult(
        number=row.number,
        status=HTTPStatus.OK,
        state=State(body["state"]),
        version=body["version"],
    )


def take_in(uuid: UUID, command: SubmitReport) -> Receipt:
    """Submit for the caller; the commit is the door's."""
    settings = parts().settings
    intake = Intake(settings.city_code, settings.photo_wait_s)
    return submit(db.session(), uuid, command, intake=intake, by=By(current_actor(), utc_now()))


def _city() -> City:
    return active_city(db.session(), parts().settings)


def own_report(uuid: UUID) -> Report:
    """The caller's own report, locked until the commit; raises NotFound `no_report`."""
    report = find_own(db.session(), uuid, current_actor(), lock=True)
    if report is None:
        raise NotFound("no_report")
    return report


def read_uuid(text: str) -> UUID:
    """Raises Invalid `uuid_malformed` for what is none."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("uuid_malformed") from None


def read_report_part(text: str) -> tuple[UUID, SubmitReport]:
    """The UUID and the report in the JSON part of a multipart form."""
    try:
        asked = _JSON_OBJECT.validate_json(text)
    except ValidationError:
        raise Invalid("not_json", part="report") from None
    return read_uuid(str(asked.pop("uuid", ""))), SubmitReport.model_validate(asked)


def submit_with_photos(uuid: UUID, command: SubmitReport, files: Sequence[FileStorage]) -> Taken:
    """Take a whole form in at once and commit: all of it, or nothing and the fault of one file."""
    chosen = [file for file in files if file.filename or file.mimetype.startswith("image/")]
    if len(chosen) > MAX_PHOTOS:
        raise Unprocessable("incomplete", FieldFault("photo", "too_many"), most=MAX_PHOTOS)
    stored = [store_upload(file.read(), file.mimetype, file.headers) for file in chosen]
    whole = command.model_copy(update={"photos": len(stored)})
    receipt = take_in(uuid, whole)
    report = own_report(uuid)
    for n, photo in enumerate(stored, start=1):
        add_photo(db.session(), report, n, photo, by=By(current_actor(), utc_now()))
    taken = Taken(report.number, shown(report), receipt.created)
    db.session.commit()
    return taken


def store_upload(data: bytes, declared: str | None, headers: Headers) -> StoredPhoto:
    """Check bytes against what is said of them and keep them; raises the fault of `check_upload`,
    TooLarge, or Invalid `digest_differs`."""
    db.session.rollback()  # whatever was read is read: no transaction waits for the disk
    settings = parts().settings
    if len(data) > settings.max_body_bytes:
        raise TooLarge("photo_too_large", most=settings.max_body_bytes)
    _check_digest(data, headers.get("Repr-Digest"))
    media = check_upload(data, declared or None, settings.max_body_bytes, settings.max_pixels)
    return StoredPhoto(parts().storage.put(data), media.value, len(data))


def _check_digest(data: bytes, header: str | None) -> None:
    """Raises Invalid `digest_differs` when a SHA-256 is given (RFC 9530) and is another."""
    given = dict(part.strip().partition("=")[::2] for part in (header or "").split(","))
    actual = base64.b64encode(hashlib.sha256(data).digest()).decode()
    if given.get("sha-256", f":{actual}:") != f":{actual}:":
        raise Invalid("digest_differs")
