"""Plain forms on the way to the one door for actions, and back when something is at fault."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from flask import request
from werkzeug.datastructures import FileStorage, MultiDict

from civicprobe.accounts.identity import current_actor
from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.db import db, utc_now
from civicprobe.errors import Fault, FieldFault, Forbidden, NotFound, TooMany, Unprocessable
from civicprobe.reports.doors import act_on, read_uuid, store_upload
from civicprobe.reports.lifecycle.commands import ActionAsk
from civicprobe.reports.lifecycle.table import TABLE, Action, Outcome
from civicprobe.reports.lifecycle.word_faults import field_words
from civicprobe.reports.lifecycle.words import OUTCOME_NOTES
from civicprobe.reports.queries import get_report
from civicprobe.reports.services.perform import DOINGS
from civicprobe.reports.services.photos import add_evidence
from civicprobe.reports.transitions import By
from civicprobe.web.messages import title_of

MOST_PHOTOS = 6
MOST_PARTS = 3
MOMENTS = ("until", "review_at")
EDGES = ("left", "top", "width", "height")
WORDY = ("note", "reason", "public_note")
_POINT = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*[,，;；\s]\s*(-?\d+(?:\.\d+)?)\s*")


@dataclass(frozen=True)
class PageForm:
    """What was typed into a form that could not be taken, and why not, in words.

    `fields` leads from a field's name to its fault; `kept_photos` are uploads that need not be
    sent again; `seen_seq` is the newest step the person had seen.
    """

    typed: MultiDict[str, str]
    code: str
    title: str
    status: int
    fields: Mapping[str, str]
    kept_photos: Sequence[str] = ()

    @classmethod
    def of(
        cls,
        fault: Fault,
        kept_photos: Sequence[str] = (),
        typed: MultiDict[str, str] | None = None,
    ) -> "PageForm":
        """The form of this request (or what was `typed` in its URL), refused with `fault`."""
        fields = {
            _name_of(item.field): field_words(_name_of(item.field), item.code)
            for item in fault.fields
        }
        return cls(
            typed=request.form if typed is None else typed,
            code=fault.code,
            title=title_of(fault.code),
            status=fault.status,
            fields=fields,
            kept_photos=kept_photos,
        )

    @property
    def faults(self) -> bool:
        """Always: a form that is shown again has something at fault."""
        return True

    @property
    def action(self) -> str:
        """The action that was asked for."""
        return self.typed.get("action", "")

    @property
    def reuse_id(self) -> bool:
        """Whether asking again is the same asking; not when this id was already answered."""
        return self.code != "other_content"

    @property
    def seen_seq(self) -> int:
        """The newest step on the page that the form was on."""
        text = self.typed.get("seq", "")
        return int(text) if text.isascii() and text.isdigit() else 0

    @property
    def lost_photos(self) -> bool:
        """Whether pictures came that must be chosen again: a browser does not keep them."""
        return not self.kept_photos and any(file.filename for file in request.files.values())

    def words(self) -> list[str]:
        """The sentences that were typed."""
        return [self.typed[name] for name in WORDY if self.typed.get(name, "").strip()]

    def value(self, name: str, default: object = "") -> str:
        """What was typed into a field."""
        return self.typed.get(name, str(default))


def take_action(number: str) -> PageForm | None:
    """Do what this request's form asks of a report, pictures included; None when it is done.

    The same form sent twice is one action. Raises Forbidden, NotFound and TooMany, which no other
    wording would mend.
    """
    kept: list[str] = []
    try:
        action_id = read_uuid(request.form.get("id", ""))
        kept += _kept_photos()
        kept += _bring(number, action_id, request.files.getlist("photo"))
        act_on(number, _ask(action_id, kept))
    except (Forbidden, NotFound, TooMany):
        raise
    except Fault as fault:
        db.session.rollback()
        return PageForm.of(fault, kept)
    return None


def read_point(text: str) -> dict[str, str]:
    """Latitude and longitude of `30.66, 104.06`; raises Unprocessable (`point`)."""
    found = _POINT.fullmatch(text)
    if not found:
        raise Unprocessable("incomplete", FieldFault("point", "point_malformed"))
    return {"lat": found[1], "lon": found[2]}


def read_patches(form: MultiDict[str, str]) -> dict[str, object]:
    """What a brush form adds and takes away: each `box` is `left,top,width,height` in per cent, one
    more may stand in number fields, `remove` are ticked boxes."""
    drawn = [text.split(",") for text in form.getlist("box") if text]
    typed = [form.get(name, "").strip() for name in EDGES]
    rows = [*drawn, typed] if any(typed) else drawn
    kind = form.get("kind") or "hand"
    add = [{"kind": kind, **dict(zip(EDGES, row, strict=False))} for row in rows]
    return {"add": add, "remove": form.getlist("remove")}


def _ask(action_id: UUID, photos: Sequence[str]) -> ActionAsk:
    form, action = request.form, _action()
    asked = {"id": action_id, "action": action, "data": _data(action, photos)}
    if TABLE[action].is_move:
        asked["version"] = form.get("version", "")
    return ActionAsk.model_validate(asked)


def _action() -> Action:
    try:
        action = Action(request.form.get("action", ""))
    except ValueError:
        raise Unprocessable("incomplete", FieldFault("action", "no_such_action")) from None
    if action not in DOINGS:
        raise Unprocessable("incomplete", FieldFault("action", "no_such_action"))
    return action


def _data(action: Action, photos: Sequence[str]) -> dict[str, object]:
    """The fields of the action's command that the form brings; empty ones are left out."""
    names = DOINGS[action].command.model_fields
    data: dict[str, object] = {
        name: text for name in names if (text := request.form.get(name, "").strip())
    }
    data |= {name: _moment(str(data[name])) for name in MOMENTS if name in data}
    if "units" in names:
        data["units"] = [text for text in request.form.getlist("units") if text]
    if "parts" in names:
        return {"parts": _parts()}
    if "fix" in names and request.form.get("point", "").strip():
        data["fix"] = read_point(request.form["point"])
    if "lat" in names:
        data |= read_point(request.form.get("point", ""))
    if "photos" in names and photos:
        data["photos"] = list(photos)
    if action is Action.REDACT:
        data |= read_patches(request.form)
    if action is Action.PROPOSE and "note" not in data:
        data |= _usual_note(str(data.get("outcome")))
    return data


def _moment(text: str) -> str:
    """A moment as the form's field writes it, on the city's clock."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (at if at.tzinfo else at.replace(tzinfo=CITY_ZONE)).isoformat()


def _parts() -> list[dict[str, object]]:
    """The parts of a split that were filled in: each with a point, words and photos."""
    parts: list[dict[str, object]] = []
    for n in range(1, MOST_PARTS + 1):
        point = request.form.get(f"part{n}_point", "").strip()
        note = request.form.get(f"part{n}_note", "").strip()
        if point or note:
            photos = request.form.getlist(f"part{n}_photos")
            parts.append({"note": note, "photos": photos, **read_point(point)})
    return parts


def _usual_note(outcome: str) -> dict[str, object]:
    """The usual words for an outcome, where the person adds none."""
    words = OUTCOME_NOTES.get(Outcome(outcome)) if outcome in frozenset(Outcome) else None
    return {"note": str(words)} if words else {}


def _kept_photos() -> list[str]:
    return [str(read_uuid(text)) for text in request.form.getlist("photos")[:MOST_PHOTOS]]


def _bring(number: str, action_id: UUID, files: Sequence[FileStorage]) -> list[str]:
    """Keep the form's pictures; their ids come of their bytes, so that twice is once."""
    brought = []
    chosen = [file for file in files if file.filename]
    if len(chosen) > MOST_PHOTOS:
        raise Unprocessable("incomplete", FieldFault("photos", "too_long"))
    for file in chosen:
        data = file.read()
        photo_id = uuid5(action_id, hashlib.sha256(data).hexdigest())
        stored = store_upload(data, file.mimetype, file.headers)
        actor = current_actor()
        report = get_report(db.session(), number, visible=actor, lock=True)
        add_evidence(db.session(), report, photo_id, stored, by=By(actor, utc_now()))
        db.session.commit()
        brought.append(str(photo_id))
    return brought


def _name_of(field: str) -> str:
    """The form's field for a field of a command: a point is typed as one."""
    first = field.split(".", maxsplit=1)[0]
    return "point" if first in {"lat", "lon"} else first
