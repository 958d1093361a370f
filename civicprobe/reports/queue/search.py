"""Reports by their words: which terms are meant, and the condition that holds them; selects only.

A rare term is turned into its reports first, by their ids, so that no estimate of the database's
comes between; a common one is asked of each row that a queue reads: a page is then found soon.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from civicprobe.accounts.roles import Role
from civicprobe.reports.models import EventPrivate, Report
from civicprobe.reports.models_queue import SearchPosting, SearchTerm
from civicprobe.reports.queue.terms import Sought, chinese_runs, ways_to

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


# A condition on a row that is read, under whatever name the query reads it.
Loose = Callable[[type[Report]], ColumnElement[bool]]


@dataclass(frozen=True)
class Words:
    """Reports in whose words something stands: which few they can be, if it is rare, and what is
    asked of each."""

    narrow: list[ColumnElement[bool]]
    loose: list[Loose]


def holding(session: Session, text: str, role: Role) -> Words:
    """Reports in whose words, as far as this role may read them, `text` stands."""
    audiences = AUDIENCES.get(role, ("public",))
    runs = [_known(session, ways) for ways in ways_to(text)]
    if not runs or not all(runs):
        return Words([false()], [])
    counted = [_rarity(session, run) for run in runs]
    rarest = min(range(len(runs)), key=counted.__getitem__)
    narrow: list[ColumnElement[bool]] = []
    if counted[rarest] <= RARE:
        narrow.append(Report.id.in_(_reports_of(session, runs[rarest])))
    asked: list[Loose] = [partial(_any_way, run=run, audiences=audiences) for run in runs]
    return Words(narrow, [*asked, *_phrases(text, audiences)])


def _reports_of(session: Session, run: Sequence[_Way]) -> list[int]:
    """The reports that hold the rarest set of any way, sorted; no more than RARE."""
    found: set[int] = set()
    for way in run:
        terms = min(way, key=lambda terms: _count(session, terms))
        posted = select(SearchPosting.report_id).where(SearchPosting.term.in_(terms))
        found.update(session.scalars(posted))
    return sorted(found)


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


def _any_way(
    seen: type[Report], run: Sequence[_Way], audiences: Sequence[str]
) -> ColumnElement[bool]:
    return or_(*(and_(*(_held(seen, terms, audiences) for terms in way)) for way in run))


def _held(
    seen: type[Report], terms: Sequence[str], audiences: Sequence[str]
) -> ColumnElement[bool]:
    return exists().where(
        SearchPosting.report_id == seen.id,
        SearchPosting.term.in_(terms),
        SearchPosting.audience.in_(audiences),
    )


def _phrases(text: str, audiences: Sequence[str]) -> list[Loose]:
    """From three characters on their pairs may stand apart: the words themselves decide."""
    return [
        partial(_said, run=run, audiences=audiences) for run in chinese_runs(text) if len(run) > 2
    ]


def _said(seen: type[Report], run: str, audiences: Sequence[str]) -> ColumnElement[bool]:
    note, readers = (EventPrivate.body[name].as_string() for name in ("note", "for"))
    return exists().where(
        EventPrivate.report_id == seen.id,
        readers.in_(audiences),
        note.contains(run, autoescape=True),
    )
