"""What a report's words can be found by is worked out anew from the words that are still kept."""

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from civicprobe.db import inserting
from civicprobe.reports.models import EventPrivate
from civicprobe.reports.models_queue import SearchPosting, SearchTerm
from civicprobe.reports.queue.terms import sound_of, terms_of


def index_words(session: Session, report_id: int) -> int:
    """Make a report findable by its words and by no others; how many terms there are.

    Harmless twice. Called after words were added, and by whoever erases any.
    """
    wanted = _wanted(session, report_id)
    session.execute(delete(SearchPosting).where(SearchPosting.report_id == report_id))
    _learn(session, sorted({term for term, _ in wanted}))
    if wanted:
        rows = [
            {"term": term, "report_id": report_id, "audience": audience}
            for term, audience in sorted(wanted)
        ]
        session.execute(insert(SearchPosting), rows)
    return len(wanted)


def _wanted(session: Session, report_id: int) -> set[tuple[str, str]]:
    bodies = session.scalars(select(EventPrivate.body).where(EventPrivate.report_id == report_id))
    return {
        (term, str(body["for"]))
        for body in bodies
        if body.get("note") and body.get("for")
        for term in terms_of(str(body["note"]))
    }


def _learn(session: Session, terms: list[str]) -> None:
    """Add terms nobody wrote before, in one order everywhere, so that two learners never wait
    for each other in a ring."""
    known = set(session.scalars(select(SearchTerm.term).where(SearchTerm.term.in_(terms))))
    rows = []
    for term in terms:
        if term not in known:
            sounds, initials = sound_of(term)
            rows.append({"term": term, "sounds": sounds, "initials": initials})
    if rows:
        session.execute(inserting(session, SearchTerm).on_conflict_do_nothing(), rows)
