"""The shapes of queues over HTTP: a page, the views, what is kept, one answer a row."""

from datetime import datetime

from civicprobe.reports.lifecycle.table import State
from civicprobe.reports.schemas import QueueItem
from civicprobe.reports.schemas_hands import Body


class QueueBody(Body):
    """A page of a queue; `next` is the cursor of the page after it, if there is one."""

    items: list[QueueItem]
    next: str | None


class ViewBody(Body):
    """A view of the caller's role; `count` is None where nothing waits for anybody."""

    name: str
    count: int | None


class SavedBody(Body):
    """Filters kept under a name: `query` is what goes into a queue's URL."""

    id: int
    name: str
    query: dict[str, str]


class ViewsBody(Body):
    """All views of a caller."""

    views: list[ViewBody]
    saved: list[SavedBody]


class SnoozeBody(Body):
    """Until when a report is put aside."""

    until_at: datetime


class BulkResult(Body):
    """What came of one of many: 200 and where it stands, else the fault as it would be alone."""

    number: str
    status: int
    code: str | None = None
    title: str | None = None
    state: State | None = None
    version: int | None = None


class BulkBody(Body):
    """One answer a row, in the order asked."""

    rows: list[BulkResult]
