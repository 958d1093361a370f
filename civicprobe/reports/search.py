"""Reports by their words: which terms are meant, and the condition that holds them; selects only.

A rare term is turned into its reports first; a common one is asked of each row on the way, since
a page of them is then found soon. Both walk an index, whatever the database thinks of a term.
"""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from civicprobe.accounts.roles import Role
from civicprobe.reports.models import EventPrivate, Report, SearchPosting, SearchTerm
from civicprobe.reports.terms import Sought, chinese_runs, ways_to

RARE = 1_000
MOST_TERMS = 200
# Whose words a role may look into; riders look at their own reports without it.
AUDIENCES: Mapping[Role, tuple[str, ...]] = {
    Role.UNIT: ("public", "staff"),
    Role.MEMBER: ("public", "staff", "triage"),
    Role.OFFICE: ("public", "staff", "triage", "office"),
    Role.ADMIN: ("public", "staff", "triage", "office"),
}

# A way is there when each of its sets is: a set is there when one of its terms is.
_Way = Sequence[Sequence[str]]


def holding(session: Session, text: str, role: Role) -> ColumnElement[bool]:
    """Reports in whose words, as far as this role may read them, `text` stands."""
    audiences = AUDIENCES.get(role, ("public",))
    runs = [_known(session, ways) for ways in ways_to(text)]
    if not runs or not all(runs):
        return false()
    counted = [_rarity(session, run) for run in runs]
    rarest = min(range(len(runs)), key=counted.__getitem__)
    wanted = [
        _any_way(run, audiences, first=at == rarest and counted[at] <= RARE)
        for at, run in enumerate(runs)
    ]
    return and_(*wanted, *_phrases(text, audiences))


def _known(session: Session, ways: Sequence[Sequence[Sought]]) -> list[_Way]:
    """The ways that any report holds at all, with the terms that stand for them."""
    found = ([_terms(session, sought) for sought in way] for way in ways)
    return [way for way in found if all(way)]


def _terms(session: Session, sought: Sought) -> list[str]:
    if sought.term is not None:
        return [sought.term]
    terms = select(SearchTerm.term).where(_like(sought)).order_by(SearchTerm.term)
    return list(session.scalars(terms.limit(MOST_TERMS)))


def _like(sought: Sought) -> ColumnElement[bool]:
    if sought.begins is not None:
        return SearchTerm.term.startswith(sought.begins, autoescape=True)
    if sought.sounds is not None:
        return SearchTerm.sounds == sought.sounds
    if sought.sounds_begin is not None:
        return SearchTerm.sounds.startswith(sought.sounds_begin, autoescape=True)
    return SearchTerm.initials == sought.initials


def _rarity(session: Session, run: Sequence[_Way]) -> int:
    """How many postings the rarest set of each way has, up to just beyond RARE."""
    return sum(min(_count(session, terms) for terms in way) for way in run)


def _count(session: Session, terms: Sequence[str]) -> int:
    some = select(SearchPosting.report_id).where(SearchPosting.term.in_(terms)).limit(RARE + 1)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def _any_way(run: Sequence[_Way], audiences: Sequence[str], *, first: bool) -> ColumnElement[bool]:
    return or_(*(and_(*_sets(way, audiences, first=first)) for way in run))


def _sets(way: _Way, audiences: Sequence[str], *, first: bool) -> Iterator[ColumnElement[bool]]:
    for terms in way:
        held = and_(SearchPosting.term.in_(terms), SearchPosting.audience.in_(audiences))
        if first:
            yield Report.id.in_(select(SearchPosting.report_id).where(held))
        else:
            yield exists().where(SearchPosting.report_id == Report.id, held)


def _phrases(text: str, audiences: Sequence[str]) -> list[ColumnElement[bool]]:
    """From three characters on their pairs may stand apart: the words themselves decide."""
    note, readers = (EventPrivate.body[name].as_string() for name in ("note", "for"))
    return [
        exists().where(
            EventPrivate.report_id == Report.id,
            readers.in_(audiences),
            note.contains(run, autoescape=True),
        )
        for run in chinese_runs(text)
        if len(run) > 2
    ]
