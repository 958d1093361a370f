"""What people bring to an action: one frozen value a use case, with its limits in the types.

Pure values. JSON bodies and forms are both read into these (`schemas.parse`).
"""

import unicodedata
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.reports.lifecycle.table import Action, Outcome, Severity

MAX_NOTE = 2_000


def _readable(text: str) -> str:
    """Text without control characters (line ends apart); emoji and right-to-left text are words."""
    if any(unicodedata.category(char) == "Cc" and char not in "\n\t\r" for char in text):
        raise ValueError("control_character")
    if any(unicodedata.category(char) == "Cs" for char in text):
        raise ValueError("broken_character")
    return text


def _field_faults(fault: ValidationError) -> list[FieldFault]:
    return [
        FieldFault(
            ".".join(str(part) for part in item["loc"]) or "data",
            str(item["ctx"]["error"]) if item["type"] == "value_error" else item["type"],
        )
        for item in fault.errors(include_url=False, include_input=False)
    ]


Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MAX_NOTE),
    AfterValidator(_readable),
]
SomeWords = Annotated[Words, StringConstraints(min_length=1)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Metres = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
DatumName = Literal["wgs84", "gcj02", "bd09"]


class Command(BaseModel):
    """A frozen value; a field it does not know is a fault, not a surprise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """The command in `obj`; raises our Unprocessable with a code for each field at fault."""
        try:
            return super().model_validate(obj, **options)
        except ValidationError as fault:
            raise Unprocessable("incomplete", *_field_faults(fault)) from None


class Pin(Command):
    """A point set by hand."""

    lat: Latitude
    lon: Longitude
    datum: DatumName = "wgs84"
    at: AwareDatetime | None = None


class Fix(Command):
    """A position the phone measured: accuracy in metres, speed in metres a second."""

    lat: Latitude
    lon: Longitude
    accuracy_m: Metres | None = None
    datum: DatumName = "wgs84"
    at: AwareDatetime | None = None
    speed: Annotated[float, Field(ge=0, le=150, allow_inf_nan=False)] | None = None


class SubmitReport(Command):
    """A rider's report: nothing is required but a photo to come, or words.

    `about_us`: it is about the staff or units of the place itself (涉及本单位), and goes to the
    district past its street and members.
    """

    note: Words = ""
    category: Code | None = None
    urgent: bool = False
    discreet: bool = False
    about_us: bool = False
    taken_at: AwareDatetime | None = None
    fix: Fix | None = None
    pin: Pin | None = None
    landmark: Annotated[Words, StringConstraints(max_length=200)] = ""
    photos: Annotated[int, Field(ge=0, le=3)] = 0


class LaterFix(Command):
    """A later position of a report that is still on its way."""

    fix: Fix | None = None
    pin: Pin | None = None


class PlaceByHand(Command):
    """Where it is: a point, with how far off it may be in metres."""

    lat: Latitude
    lon: Longitude
    datum: DatumName = "wgs84"
    radius_m: Annotated[float, Field(ge=1, le=1_000, allow_inf_nan=False)] = 30


class FileReport(Command):
    """The hazard is real: its category and how grave it is."""

    category: Code
    severity: Severity
    note: Words = ""


class Reclassify(Command):
    """Another category or severity, and why."""

    category: Code
    severity: Severity
    reason: SomeWords


class Dispatch(Command):
    """Which unit is to handle the case."""

    unit: int
    note: Words = ""


class Accept(Command):
    """The unit takes the case on."""

    note: Words = ""


class Propose(Command):
    """What came of it; `fixed` brings an after-photo, `transferred` who has it now and the number
    of their receipt."""

    outcome: Outcome
    note: SomeWords
    photos: Annotated[tuple[UUID, ...], Field(max_length=6)] = ()
    destination: Words = ""
    receipt: Annotated[Words, StringConstraints(max_length=64)] = ""


class Ground(StrEnum):
    """Why a unit returns a case (退单)."""

    NOT_OURS = "not_ours"
    WRONG_PLACE = "wrong_place"
    NOT_FOUND = "not_found"
    NOT_A_HAZARD = "not_a_hazard"
    ALREADY_OPEN = "already_open"
    NEEDS_OTHERS = "needs_others"


class Return(Command):
    """Why the case is not this unit's, with evidence, and who should take it."""

    ground: Ground
    note: SomeWords
    whom: Annotated[SomeWords, StringConstraints(max_length=200)]
    photos: Annotated[tuple[UUID, ...], Field(max_length=6)] = ()


class Reassign(Command):
    """Pass a card on: to the next on the ladder, to a member whom the desk names, or to who serves
    a neighbouring grid that the place may truly lie in."""

    reason: SomeWords
    whom: int | None = None
    area: Code | None = None


class Ask(Command):
    """One question to the reporter."""

    question: SomeWords


class NoteResult(Command):
    """What the other body says that was handed the case, or that it has not answered yet."""

    answer: Literal["received", "waiting"]
    note: SomeWords


class Rate(Command):
    """Whether the reporter is satisfied, and a line if they like."""

    answer: Literal["satisfied", "unsatisfied"]
    note: Words = ""


class Raise(Command):
    """Why the case goes to the next desk up."""

    reason: SomeWords


class SendBack(Command):
    """Why the case is not done."""

    reason: SomeWords


class Close(Command):
    """The words that the rider will read."""

    public_note: SomeWords


class Withdraw(Command):
    """The reporter takes it back."""

    reason: Words = ""


class Reopen(Command):
    """Why a closed case is not over."""

    reason: SomeWords
    photos: Annotated[tuple[UUID, ...], Field(max_length=3)] = ()


class Add(Command):
    """Something more: words or a photo, for all tied to the report or for the desks alone.

    `same_as` and `not_same_as` answer 是同一个吗？ by the number of the report asked about.
    """

    note: Words = ""
    same_as: Annotated[str, Field(max_length=40)] = ""
    not_same_as: Annotated[str, Field(max_length=40)] = ""
    photos: Annotated[tuple[UUID, ...], Field(max_length=3)] = ()
    audience: Literal["public", "staff", "office"] = "public"


class Undo(Command):
    """Take back one's own last step; nothing to say."""


class Merge(Command):
    """The open report that is about the same."""

    primary: Annotated[Code, Field(max_length=40)]


class Unmerge(Command):
    """Why it is not the same after all."""

    reason: SomeWords


class SplitPart(Command):
    """One of several hazards in a report: its words, its place, and which photos show it."""

    note: Words = ""
    category: Code | None = None
    photos: Annotated[tuple[Annotated[int, Field(ge=1, le=3)], ...], Field(max_length=3)] = ()
    lat: Latitude
    lon: Longitude
    datum: DatumName = "wgs84"
    radius_m: Annotated[float, Field(ge=1, le=1_000, allow_inf_nan=False)] = 30


class Split(Command):
    """The hazards that become reports of their own."""

    parts: Annotated[tuple[SplitPart, ...], Field(min_length=1, max_length=9)]


class Remind(Command):
    """Urge whoever has it; a desk may say why."""

    note: Words = ""


class Leave(Command):
    """No longer be tied to the report; the hazard stays."""


class Watch(Command):
    """Hear of the report, or no longer."""

    on: bool = True


class Confirm(Command):
    """What a rider sees of a repair; who passes by brings where they stand."""

    answer: Literal["fixed", "not_fixed", "unseen"]
    fix: Fix | None = None


class Appeal(Command):
    """It was no abuse; a word if they like."""

    note: Words = ""


class Acknowledge(Command):
    """I watch over this one (我来盯)."""


class Marking(StrEnum):
    """What a report may be marked as."""

    ABOUT_US = "about_us"
    SENSITIVE = "sensitive"


class Mark(Command):
    """Mark a report 涉及本单位 or 敏感, naming the units it is about; `on` false takes it off."""

    marking: Marking
    on: bool = True
    units: Annotated[tuple[int, ...], Field(max_length=10)] = ()
    note: Words = ""


class SuspendGround(StrEnum):
    """Why a case cannot go on now (缓办)."""

    SEASON = "season"
    MATERIALS = "materials"
    PLANNED = "planned"
    OWNERSHIP = "ownership"
    PERMIT = "permit"


class Suspend(Command):
    """On which ground the case rests, with evidence, and when it is looked at again."""

    ground: SuspendGround
    photos: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=6)]
    review_at: AwareDatetime
    note: Words = ""


class Resume(Command):
    """The case goes on."""

    note: Words = ""


class Request(Command):
    """The unit asks for more time, or for the case to rest."""

    kind: Literal["extend", "suspend"] = "extend"
    until: AwareDatetime
    reason: SomeWords
    photos: Annotated[tuple[UUID, ...], Field(max_length=6)] = ()


class Extend(Command):
    """Until when the unit has, and why."""

    until: AwareDatetime
    reason: SomeWords


class Inspect(Command):
    """What somebody found at the place, with a photo taken there."""

    result: Literal["fixed", "not_fixed", "fenced"]
    photos: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=6)]
    lat: Latitude
    lon: Longitude
    datum: DatumName = "wgs84"
    note: Words = ""


class Relocate(PlaceByHand):
    """Where it really is, and why it was elsewhere."""

    reason: Words = ""


class Rule(Command):
    """Who has the case: a unit, or the desk of a street; `keep` makes it a rule for this place."""

    unit: int | None = None
    desk: Code | None = None
    reason: SomeWords
    keep: bool = False


class WhistleStep(StrEnum):
    """What is done about a whistle: the desk calls and cancels, the unit does the rest."""

    CALL = "call"
    ACKNOWLEDGE = "acknowledge"
    ON_SITE = "on_site"
    ANSWER = "answer"
    DECLINE = "decline"
    CANCEL = "cancel"


class BlowWhistle(Command):
    """Call 1 to n units with a question and a due time; or go on with one of the calls."""

    step: WhistleStep = WhistleStep.CALL
    units: Annotated[tuple[int, ...], Field(max_length=10)] = ()
    question: Words = ""
    until: AwareDatetime | None = None
    whistle: int | None = None
    answer: Words = ""


class AskUnmask(Command):
    """Why the desk must know who sent it."""

    reason: SomeWords


class GrantUnmask(Command):
    """Why the desk that asks may know, for a day."""

    reason: SomeWords


class Patch(Command):
    """A part of a picture to hide, in per cent of its upright width and height."""

    kind: Literal["face", "plate", "label", "hand"] = "hand"
    left: Percent
    top: Percent
    width: Annotated[Percent, Field(gt=0)]
    height: Annotated[Percent, Field(gt=0)]


class Redact(Command):
    """What else to hide in a picture, and which boxes (by their place in the list) to take away.

    Nothing of either, on a picture that the machine could not look through, says that there is
    nothing to hide.
    """

    photo: UUID
    add: Annotated[tuple[Patch, ...], Field(max_length=20)] = ()
    remove: Annotated[tuple[int, ...], Field(max_length=60)] = ()
    reason: SomeWords


class OpenOriginal(Command):
    """Which picture a desk opens as it came, and why."""

    photo: UUID
    reason: SomeWords


class ActionAsk(Command):
    """An action asked for; `id` is the client's own UUID, so that asking again is safe."""

    id: UUID
    action: Action
    version: Annotated[int, Field(ge=0)] | None = None
    data: dict[str, Any] = Field(default_factory=dict)
