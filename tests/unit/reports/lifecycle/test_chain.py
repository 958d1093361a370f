"""A chain names the first edit, gap, lost tail or changed order, in any column."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from civicprobe.reports.lifecycle.chain import Link, bind, canonical, first_break, link_hash

REPORT = "6f0c9a1e-0000-4000-8000-000000000001"
MOVES = [
    ("submit", None, "received"),
    ("place", "received", "assigned"),
    ("file", "assigned", "filed"),
    ("add", "filed", "filed"),
    ("dispatch", "filed", "dispatched"),
]


def chain():
    links, before = [], ""
    for seq, (action, from_state, to_state) in enumerate(MOVES, start=1):
        link = Link(
            seq=seq,
            at=datetime(2026, 11, 24, 8, tzinfo=UTC) + timedelta(minutes=seq),
            action=action,
            party="desk",
            account_id=seq,
            from_state=from_state,
            to_state=to_state,
            audience="public",
            data={"note": "井盖 🕳", "n": 1.5},
            private_hash=None,
            before_hash=before,
        )
        before = link_hash(REPORT, link)
        links.append(replace(link, hash=before))
    return links


def check(links, *, seq=None, head=None, state="dispatched"):
    whole = chain()
    return first_break(
        REPORT, links, seq=seq or len(whole), head=head or whole[-1].hash, state=state
    )


def test_an_untouched_chain_holds():
    assert check(chain()) is None


@pytest.mark.parametrize("column", [field.name for field in fields(Link)])
@pytest.mark.parametrize("at", range(len(MOVES)))
def test_an_edit_in_any_column_of_any_event_is_named(column, at):
    other = {
        "seq": 99,
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "account_id": 77,
        "data": {"note": "x"},
    }.get(column, "abuse")
    links = chain()
    links[at] = replace(links[at], **{column: other})
    fault = check(links)
    assert fault is not None
    # An edited hash shows where the next event holds on to it, or at the head.
    assert fault.seq == at + 1


@pytest.mark.parametrize("at", range(len(MOVES)))
def test_a_deleted_event_is_named(at):
    links = chain()
    del links[at]
    assert check(links).seq == at + 1


def test_a_changed_order_is_named():
    links = chain()
    links[1], links[2] = links[2], links[1]
    assert check(links).code == "gap"


def test_a_lost_tail_and_another_state_are_named():
    assert check(chain()[:3]).code == "tail_lost"
    assert check(chain(), state="closed").code == "state_differs"


def test_a_move_outside_the_table_is_named_even_if_its_hashes_hold():
    links = chain()[:2]
    forged = replace(
        links[1], action="close", seq=3, from_state="assigned", to_state="closed",
        before_hash=links[1].hash,
    )  # fmt: skip
    forged = replace(forged, hash=link_hash(REPORT, forged))
    fault = first_break(REPORT, [*links, forged], seq=3, head=forged.hash, state="closed")
    assert fault.code == "move_not_in_table"


def test_canonical_json_has_one_form():
    assert canonical({"b": 1, "a": "井"}) == '{"a":"井","b":1}'.encode()
    with pytest.raises(ValueError, match="Out of range"):
        canonical({"n": float("nan")})


def test_erasable_words_are_bound_by_a_salted_hash():
    assert bind(b"salt", {"note": "a"}) != bind(b"tlas", {"note": "a"})
    assert bind(b"salt", {"note": "a"}) != bind(b"salt", {"note": "b"})
