"""The shapes that go over HTTP: a report as one caller may see it, queues, actions."""

from collections.abc import Container
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.roles import Role
from civicprobe.grid.queries import area_names, find_alias
from civicprobe.reports.alike import find_same_photo, list_resemblances
from civicprobe.reports.lifecycle.checks import allowed_actions
from civicprobe.reports.lifecycle.clocks import Lateness, Stage, lateness
from civicprobe.reports.lifecycle.table import Action, Outcome, Party, Severity, State
from civicprobe.reports.likeness import ASKED_FROM
from civicprobe.reports.models import Photo, Report, Resemblance
from civicprobe.reports.one_clock import due_from
from civicprobe.reports.proofs import doubts_of
from civicprobe.reports.queries import (
    TimelineEntry,
    is_visible,
    list_photos,
    list_taken_over,
    list_thumbs,
    list_timeline,
)
from civicprobe.reports.rights import may_see_pictures, pictures_opened, readers_of
from civicprobe.reports.schemas_hands import Body, Hands, hands_of
from civicprobe.reports.schemas_photo import PhotoBody, photo_body
from civicprobe.reports.services.perform import DOINGS
from civicprobe.reports.standings import facts_of, standing_of
from civicprobe.reports.transitions import Audience
from civicprobe.reports.winding import list_running

# Of an event's data, what all may see; the rest (who was passed over and why) is for desks.
OPEN_DATA = frozenset(
    {
        "answer",
        "areas",
        "category",
        "destination",
        "kind",
        "marking",
        "on",
        "parts",
        "primary",
        "receipt",
        "result",
        "review_at",
        "step",
        "undone",
        "units",
        "until",
        "grade",
        "ground",
        "on_border",
        "outcome",
        "outside_m",
        "photo",
        "photos",
        "reason",
        "rule",
        "severity",
        "source",
        "unit",
        "urgent",
        "was",
    }
)


# Who only passes by knows where it stands, not what it looks like.
PASSER = frozenset({Party.RIDER})
_OF_A_PAIR = ("score", "distance_m", "reasons", "answer")
_MAY_BE_TAKEN_BACK = frozenset({State.RECEIVED, State.NEEDS_PLACE, State.ASSIGNED})


class AreaBody(Body):
    """An area that holds the report's place; `synthetic` outlines are made up and say so."""

    code: str
    name: str
    synthetic: bool


class PlaceBody(Body):
    """Where it is, in WGS-84, and how sure that is."""

    lat: float
    lon: float
    datum: str = "wgs84"
    source: str
    radius_m: float
    grade: str
    warnings: list[str]


class AssigneeBody(Body):
    """Who has it, under their alias, and why they were chosen."""

    alias: str
    area: str | None
    rule: str | None
    reason: str | None


class TimelineBody(Body):
    """One step, with the words that this caller may read."""

    seq: int
    at: datetime
    action: Action
    actor_role: Party
    state: State
    note: str | None
    data: dict[str, Any]


class AlikeBody(Body):
    """A report near this one that may be the same (疑似重复): where it stands and why it is shown.

    `answer` is what this report's rider said of it: `same`, or nothing yet.
    """

    number: str
    state: State
    created_at: datetime
    category: str | None
    score: float
    distance_m: float
    reasons: list[str]
    answer: str | None
    screen_url: str | None


class ClockBody(Body):
    """A time limit that runs: `late` says how it stands, `provisional` that the calendar of those
    days is not announced yet. Without `due_at` it stands still."""

    stage: Stage
    started_at: datetime
    due_at: datetime | None
    late: Lateness
    provisional: bool


class Headline(Body):
    """What every answer says of a report first; the UUID is for its reporter alone."""

    number: str
    uuid: UUID | None
    state: State
    outcome: Outcome | None
    version: int
    created_at: datetime
    due_at: datetime | None
    category: str | None
    severity: Severity | None
    urgent: bool


class ReportBody(Headline, Hands):
    """A report as the caller may see it."""

    place: PlaceBody | None
    areas: dict[str, AreaBody]
    desk: str
    unit: int | None
    assignee: AssigneeBody | None
    photos: list[PhotoBody]
    alike: list[AlikeBody]
    same_photo_as: str | None
    timeline: list[TimelineBody]
    clocks: list[ClockBody]
    allowed_actions: list[Action]


class QueueItem(Headline):
    """One row of a queue: enough to choose by."""

    grade: str | None
    areas: dict[str, str]
    thumb_url: str | None


def report_body(session: Session, report: Report, *, seen_by: Actor, now: datetime) -> ReportBody:
    """The report as `seen_by` may see it at this moment."""
    standing = standing_of(session, report, seen_by)
    parties = standing.parties | ({Party.DESK} if seen_by.role is Role.ADMIN else frozenset())
    taken_over = list_taken_over(session, [report.id]).get(report.id, 0)
    names = area_names(session, report.edition_id, report.area_codes)
    steps = [
        entry
        for entry in list_timeline(session, report.id)
        if parties & readers_of(entry.event.audience, entry.event, taken_over)
    ]
    seen = {entry.event.seq for entry in steps}
    opened = pictures_opened((entry.event for entry in steps), seen_by, now)
    return ReportBody(
        **_headline(report, own=Party.REPORTER in parties and not taken_over),
        place=_place(report),
        areas={
            level: AreaBody(code=area.code, name=area.name, synthetic=area.synthetic)
            for level, area in names.items()
        },
        desk=report.desk_code,
        unit=report.unit_id,
        assignee=_assignee(session, report),
        photos=[
            photo_body(
                photo,
                report,
                parties,
                seen_by=seen_by,
                doubts=_doubts(session, report, photo, parties),
                opened=str(photo.id) in opened,
            )
            for photo in list_photos(session, report.id)
            if (photo.kind == "hazard" or photo.used_seq in seen) and parties != PASSER
        ],
        alike=_alike(session, report, parties, seen_by),
        same_photo_as=_same_photo(session, report, parties),
        timeline=[_step(entry, parties, taken_over) for entry in steps],
        clocks=_clocks(session, report, parties, now),
        **hands_of(session, report, parties, seen_by, now),
        allowed_actions=list(
            allowed_actions(facts_of(session, report, now, seen_by), standing, DOINGS)
        ),
    )


def queue_item(
    report: Report, thumb: Photo | None, seen_by: Actor, taken_over: Container[int]
) -> QueueItem:
    """One row of the caller's queue; `taken_over` are the reports that were another rider's."""
    own = report.reporter_id in seen_by.device_ids and report.id not in taken_over
    return QueueItem(
        **_headline(report, own=own),
        grade=str(report.place["grade"]) if report.place else None,
        areas=report.area_codes,
        thumb_url=f"/photos/{thumb.id}/thumb"
        if thumb and may_see_pictures(report, seen_by)
        else None,
    )


def _headline(report: Report, *, own: bool) -> dict[str, Any]:
    return {
        "number": report.number,
        "uuid": report.uuid if own else None,
        "state": State(report.state),
        "outcome": Outcome(report.outcome) if report.outcome else None,
        "version": report.version,
        "created_at": report.created_at,
        "due_at": report.due_at if report.state not in ("closed", "merged") else None,
        "category": report.category_code,
        "severity": Severity(report.severity) if report.severity else None,
        "urgent": report.urgent,
    }


def _place(report: Report) -> PlaceBody | None:
    if report.lat is None or report.lon is None:
        return None
    return PlaceBody(
        lat=report.lat,
        lon=report.lon,
        **{name: report.place[name] for name in ("source", "radius_m", "grade", "warnings")},
    )


def _assignee(session: Session, report: Report) -> AssigneeBody | None:
    if report.assignee_id is None:
        return None
    return AssigneeBody(
        alias=find_alias(session, report.assignee_id) or "",
        area=_text(report.route.get("area")),
        rule=_text(report.route.get("rule")),
        reason=_text(report.route.get("reason")),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _alike(
    session: Session, report: Report, parties: frozenset[Party], seen_by: Actor
) -> list[AlikeBody]:
    """For who is asked: whoever looks at the card, and the rider where it is worth asking."""
    staff = parties & {Party.MEMBER, Party.DESK}
    if not staff and Party.REPORTER not in parties:
        return []
    found = [
        (pair, other)
        for pair, other in list_resemblances(session, report.id)
        if (_may_be_told(session, other, seen_by) if staff else _may_be_asked(pair, other))
    ]
    thumbs = list_thumbs(session, [other.id for _, other in found])
    return [
        AlikeBody(
            number=other.number,
            state=State(other.state),
            created_at=other.created_at,
            category=other.category_code,
            screen_url=f"/photos/{thumbs[other.id].id}/screen"
            if other.id in thumbs and may_see_pictures(other, seen_by)
            else None,
            **{name: getattr(pair, name) for name in _OF_A_PAIR},
        )
        for pair, other in found
    ]


def _may_be_told(session: Session, other: Report, staff: Actor) -> bool:
    return not other.about_us or is_visible(session, other, staff)


def _may_be_asked(pair: Resemblance, other: Report) -> bool:
    return pair.score >= ASKED_FROM and not (other.discreet or other.about_us)


def _clocks(
    session: Session, report: Report, parties: frozenset[Party], now: datetime
) -> list[ClockBody]:
    """The running ones; riders and comparisons see the whole case's."""
    staff = parties & {Party.MEMBER, Party.UNIT, Party.DESK}
    return [
        ClockBody(
            stage=Stage(clock.stage),
            started_at=clock.started_at,
            due_at=clock.due_at,
            late=lateness(due_from(clock), now),
            provisional=clock.provisional,
        )
        for clock in list_running(session, report.id)
        if staff or clock.stage == Stage.WHOLE
    ]


def _same_photo(session: Session, report: Report, parties: frozenset[Party]) -> str | None:
    """The rider's own earlier report of the very same photo: nobody else may link the two."""
    if Party.REPORTER not in parties or report.state not in _MAY_BE_TAKEN_BACK:
        return None
    earlier = find_same_photo(session, report)
    return earlier.number if earlier else None


def _doubts(session: Session, report: Report, photo: Photo, parties: frozenset[Party]) -> list[str]:
    checked = photo.kind == "evidence" and photo.used_seq is not None and report.outcome == "fixed"
    return doubts_of(session, report, photo) if checked and Party.DESK in parties else []


def _step(entry: TimelineEntry, parties: frozenset[Party], taken_over: int) -> TimelineBody:
    event = entry.event
    readers = readers_of(entry.private.get("for", Audience.OFFICE), event, taken_over)
    note = entry.private.get("note") if parties & readers else None
    return TimelineBody(
        seq=event.seq,
        at=event.at,
        action=Action(event.action),
        actor_role=Party(event.party),
        state=State(event.to_state),
        note=note or None,
        data=event.data if Party.DESK in parties else _open_data(event.data),
    )


def _open_data(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name in OPEN_DATA}
