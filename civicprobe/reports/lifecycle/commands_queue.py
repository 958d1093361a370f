"""What people bring to their queue: a snooze, a view to keep, one action for many reports. Pure."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from civicprobe.reports.lifecycle.commands import Command, SomeWords
from civicprobe.reports.lifecycle.table import Action

MOST_ROWS = 200


class Until(StrEnum):
    """How long a card is put aside: half an hour, until tonight, until somebody is on site."""

    HALF_HOUR = "half_hour"
    TONIGHT = "tonight"
    ON_SITE = "on_site"


class SnoozeCard(Command):
    """Put a card aside."""

    until: Until


class KeepView(Command):
    """Filters as they stand in a queue's URL, and the name they are kept under."""

    name: Annotated[SomeWords, StringConstraints(max_length=40)]
    query: Annotated[dict[str, Annotated[str, Field(max_length=100)]], Field(max_length=20)]


class BulkRow(Command):
    """One of many reports; moves need its version."""

    number: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
    version: Annotated[int, Field(ge=0)] | None = None


class BulkAsk(Command):
    """One action for many reports; `id` is the client's own, so that asking again is safe."""

    id: UUID
    action: Action
    data: dict[str, Any] = Field(default_factory=dict)
    rows: Annotated[tuple[BulkRow, ...], Field(min_length=1, max_length=MOST_ROWS)]
