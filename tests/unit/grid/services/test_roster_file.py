"""The roster out and in again: the same comes back, faults are named, nothing is half done."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from sqlalchemy import select

from civicprobe.accounts.models import Account
from civicprobe.errors import TooLarge, Unprocessable
from civicprobe.grid.models import Member
from civicprobe.grid.people import get_member
from civicprobe.grid.queries import member_grids
from civicprobe.grid.roster_table import COLUMNS, Entry, read_entries
from civicprobe.grid.services.activate import activate
from civicprobe.grid.services.enrol import assign_grids, enrol
from civicprobe.grid.services.import_areas import new_edition, write_areas
from civicprobe.grid.services.roster_file import (
    MOST_BYTES,
    export_roster,
    import_roster,
    read_table,
    write_csv,
    write_xlsx,
)
from tests.unit.grid.conftest import LEFT, NOW, RIGHT, TOWN, toy_map

MICRO = f"{LEFT}001001001"
CITY = "510100"


@pytest.fixture
def town(session, account_of):
    write_areas(session, new_edition(session, "2026-1", now=NOW), toy_map())
    activate(session, "2026-1", now=NOW)
    account = account_of("zhang", "member", MICRO)
    member = enrol(session, account, "=张师傅", now=NOW)
    assign_grids(session, member.id, [MICRO])
    member.windows, member.quiet, member.cap = [[0, 480, 720]], [[660, 780]], 5
    account_of("desk", "office", LEFT)
    session.commit()
    return session


def lines(*rows, columns=COLUMNS):
    out = io.StringIO()
    csv.writer(out).writerows([columns, *rows])
    return out.getvalue().encode()


LI = ("rider-li", "小李", "part_time", f"{MICRO}; {LEFT}001001", "1 08:00-12:00", "", "yes", "3")


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_what_goes_out_comes_in_again(town, write):
    entries = export_roster(town, LEFT, CITY)
    assert [(e.username, e.alias, e.grids, e.cap) for e in entries] == [
        ("zhang", "=张师傅", (MICRO,), 5)
    ]
    assert read_entries(read_table(write(entries))) == entries
    found = import_roster(town, write(entries), now=NOW)
    assert (found.made, found.changed) == (0, 1)
    assert export_roster(town, TOWN, CITY) == entries
    assert export_roster(town, None, CITY) == entries


def test_no_cell_is_a_formula(town):
    entries = export_roster(town, None, CITY)
    assert "'=张师傅" in write_csv(entries).decode()
    book = load_workbook(io.BytesIO(write_xlsx(entries)))
    assert {cell.data_type for row in book.active.iter_rows() for cell in row} <= {"s", "n"}
    assert write_csv(entries).startswith(b"\xef\xbb\xbf")


def test_somebody_new_is_made_without_a_password(town):
    found = import_roster(town, lines(LI), now=NOW)
    assert (found.made, found.changed) == (1, 0)
    account = town.scalar(select(Account).where(Account.username == "rider-li"))
    assert (account.role, account.password) == ("member", None)
    member = get_member(town, account.id)
    assert (member.alias, member.cap, member.rests_on_holidays) == ("小李", 3, True)
    assert len(member_grids(town, account.id)) == 2


def changed(**values):
    return tuple({**dict(zip(COLUMNS, LI, strict=True)), **values}.values())


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (changed(username=""), ("3.username", "missing")),
        (changed(username="zhang"), ("3.username", "twice")),
        (changed(alias=""), ("3.alias", "alias_length")),
        (changed(kind="boss"), ("3.kind", "enum")),
        (changed(windows="Monday"), ("3.windows", "spans_malformed")),
        (changed(quiet="11-13"), ("3.quiet", "spans_malformed")),
        (changed(rests_on_holidays="perhaps"), ("3.rests_on_holidays", "enum")),
        (changed(cap="0"), ("3.cap", "cap_out_of_range")),
        (changed(cap="-1"), ("3.cap", "cap_out_of_range")),
        (changed(grids="nowhere"), ("3.grids", "unknown")),
        (changed(grids=""), ("3.grids", "missing")),
        (changed(username="desk"), ("3.username", "no_such_member")),
        (changed(username="Großes"), ("3.username", "username_malformed")),
    ],
)
def test_each_fault_is_named_and_nothing_is_kept(town, row, fault):
    good = changed(username="zhang", alias="改名")
    with pytest.raises(Unprocessable, match="roster_faulty") as refused:
        import_roster(town, lines(good, row), now=NOW)
    assert fault in [(item.field, item.code) for item in refused.value.fields]
    town.rollback()
    assert [member.alias for member in town.scalars(select(Member))] == ["=张师傅"]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (changed(grids=f"{MICRO}; {RIGHT}001001001"), ("3.grids", "not_below_you")),
        (changed(username="next-door"), ("3.username", "not_below_you")),
    ],
)
def test_a_desk_brings_nobody_and_no_grid_of_its_neighbours(town, account_of, row, fault):
    enrol(town, account_of("next-door", "member", f"{RIGHT}001001001"), "邻", now=NOW)
    town.commit()
    file = lines(changed(username="zhang", alias="改名"), row)
    with pytest.raises(Unprocessable, match="roster_faulty") as refused:
        import_roster(town, file, now=NOW, top=LEFT, city_code=CITY)
    assert [(item.field, item.code) for item in refused.value.fields] == [fault]
    town.rollback()
    assert import_roster(town, lines(changed()), now=NOW, top=LEFT, city_code=CITY).made == 1


def test_what_is_no_roster_is_refused(town):
    book = Workbook()
    out = io.BytesIO()
    book.save(out)
    for data in (b"", b"a,b\n1,2\n", out.getvalue()):
        with pytest.raises(Unprocessable, match="columns_missing"):
            import_roster(town, data, now=NOW)
    for data in (b"\xff\xfe\x00", b"PK\x03\x04 but no zip", b'"open'):
        with pytest.raises(Unprocessable, match="roster_unreadable"):
            import_roster(town, data, now=NOW)
    with pytest.raises(TooLarge, match="roster_too_large"):
        read_table(b"x" * (MOST_BYTES + 1))


@given(st.text(min_size=1, max_size=20).filter(lambda text: text == text.strip() and text))
def test_any_alias_survives_its_journey(alias):
    usual = not alias.startswith(("'", "\ufeff")) and not any(ord(char) < 32 for char in alias)
    entry = Entry("li", alias, "part_time", (MICRO,), (), (), False, None)
    cells = entry.cells()
    assert not cells[1].startswith(("=", "+", "-", "@"))
    if usual:
        assert read_entries([COLUMNS, cells]) == [entry]
