"""Tasks of the notices: tell the people of one step."""

from civicprobe.db import utc_now
from civicprobe.reports.lifecycle.table import Topic
from civicprobe.reports.services.tell import tell as tell_people
from workers.work import unit_of_work, work


@work("notice")
def tell(row_id: int, report_id: int, seq: int, about: str) -> None:
    """Put a notice into each inbox it belongs in."""
    with unit_of_work(row_id) as session:
        tell_people(session, report_id, seq, Topic(about), now=utc_now())
