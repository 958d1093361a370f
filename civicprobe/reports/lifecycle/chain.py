"""The hash chain of one report's events: how a link is made, and the first fault in a chain.

Pure. A link is SHA-256 over the event's canonical JSON and the link before it, so that an edit, a
gap, a lost tail or a changed order shows at the first event it touches.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from civicprobe.reports.lifecycle.table import TABLE, Action, State, Target


@dataclass(frozen=True)
class Link:
    """One event as it is hashed, with the hashes stored beside it."""

    seq: int
    at: datetime
    action: str
    party: str
    account_id: int | None
    from_state: str | None
    to_state: str
    audience: str
    data: Mapping[str, Any]
    private_hash: str | None
    before_hash: str
    hash: str = ""


@dataclass(frozen=True)
class Break:
    """The first fault of a chain: at which event, and its code."""

    seq: int
    code: str


def canonical(value: object) -> bytes:
    """JSON bytes that are the same wherever and whenever they are made."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def bind(salt: bytes, body: object) -> str:
    """The hash by which an event holds on to words that may be erased beside it."""
    return hashlib.sha256(salt + canonical(body)).hexdigest()


def link_hash(report: str, link: Link) -> str:
    """The hash of an event of this report (its UUID), `link.hash` left out."""
    return digest(
        [
            report,
            link.seq,
            link.at.astimezone(UTC).isoformat(timespec="microseconds"),
            link.action,
            link.party,
            link.account_id,
            link.from_state,
            link.to_state,
            link.audience,
            dict(link.data),
            link.private_hash,
            link.before_hash,
        ]
    )


def first_break(
    report: str, links: Iterable[Link], *, seq: int, head: str, state: str
) -> Break | None:
    """The first fault of a report's events against each other and the report row, or None."""
    before, at_state, reached = "", None, 0
    for expected, link in enumerate(links, start=1):
        code = _fault_of(report, link, expected, before, at_state)
        if code:
            return Break(expected, code)
        before, at_state, reached = link.hash, link.to_state, expected
    if reached != seq or before != head:
        return Break(min(reached, seq) + 1, "tail_lost" if reached < seq else "head_differs")
    return None if at_state == state else Break(reached, "state_differs")


def _fault_of(
    report: str, link: Link, expected: int, before: str, at_state: str | None
) -> str | None:
    if link.seq != expected:
        return "gap"
    if link.before_hash != before:
        return "order"
    if _rehash(report, link) != link.hash:
        return "edited"
    return None if link.from_state == at_state and _is_listed(link) else "move_not_in_table"


def _rehash(report: str, link: Link) -> str:
    """The hash as it ought to be; none for what can no longer be an event at all."""
    try:
        return link_hash(report, link)
    except (TypeError, ValueError):
        return ""


def _is_listed(link: Link) -> bool:
    row = TABLE.get(Action(link.action)) if link.action in frozenset(Action) else None
    if row is None or not {link.from_state, link.to_state} <= {None, *State}:
        return False
    if link.from_state is not None and State(link.from_state) not in row.sources:
        return False
    if isinstance(row.target, State):
        return row.target == link.to_state
    return row.target is not Target.STAY or link.from_state == link.to_state
