"""The roster out to a CSV or XLSX file and in again: all of it or nothing, each fault named."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account
from civicprobe.accounts.queries import find_account
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.people import NewAccount, add_account, check_new
from civicprobe.errors import Fault, FieldFault, TooLarge, Unprocessable
from civicprobe.grid.duty import Window
from civicprobe.grid.models import Member, MemberGrid
from civicprobe.grid.people import find_member, list_members
from civicprobe.grid.queries import within
from civicprobe.grid.roster_table import COLUMNS, MOST_FAULTS, MOST_ROWS, Entry, read_entries
from civicprobe.grid.services.duty import Plan, set_plan
from civicprobe.grid.services.enrol import assign_grids, enrol

MOST_BYTES, MOST_UNPACKED = 5_000_000, 50_000_000


@dataclass(frozen=True)
class Brought:
    """How many members a file made and how many it changed."""

    made: int
    changed: int


def export_roster(session: Session, top: str | None, city_code: str) -> list[Entry]:
    """Everybody enrolled in an area (None: the whole city), by area and user name."""
    people = list_members(session, top, city_code, limit=MOST_ROWS)
    ids = {member.id for member, _account in people}
    grids: dict[int, list[str]] = {}
    held = select(MemberGrid.member_id, MemberGrid.area_code).order_by(MemberGrid.area_code)
    for member_id, code in session.execute(held):
        if member_id in ids:
            grids.setdefault(member_id, []).append(code)
    return [
        Entry(
            account.username,
            member.alias,
            member.kind,
            tuple(grids.get(member.id, ())),
            tuple(Window(*each) for each in member.windows),
            tuple((start, end) for start, end in member.quiet),
            member.rests_on_holidays,
            member.cap,
        )
        for member, account in people
    ]


def write_csv(entries: Sequence[Entry]) -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheets read the Chinese."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([COLUMNS, *(entry.cells() for entry in entries)])
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(entries: Sequence[Entry]) -> bytes:
    """A workbook of one sheet; every cell is text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("roster")
    for row in (COLUMNS, *(entry.cells() for entry in entries)):
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read_table(data: bytes) -> list[list[str]]:
    """The cells of a CSV or XLSX file, told apart by its first bytes.

    Raises TooLarge `roster_too_large`, Unprocessable `roster_unreadable`.
    """
    if len(data) > MOST_BYTES:
        raise TooLarge("roster_too_large", most=MOST_BYTES)
    try:
        return _read_xlsx(data) if data.startswith(b"PK\x03\x04") else _read_csv(data)
    except (UnicodeDecodeError, csv.Error, InvalidFileException, zipfile.BadZipFile, KeyError,
            ValueError, OSError, EOFError):  # fmt: skip
        raise Unprocessable("roster_unreadable") from None


def import_roster(
    session: Session,
    data: bytes,
    *,
    now: datetime,
    top: str | None = None,
    city_code: str = "",
    most: int = MOST_ROWS,
) -> Brought:
    """Bring every line of a file: known members change, others are made, without a password: the
    desk gives them a one-time code. Members whom the file does not name stay as they are.

    With `top` every member and grid must lie in that area; `most` bounds the rows. Raises as
    `read_table` and `read_entries`, and Unprocessable `roster_faulty` naming as `row.column` who
    or what is not there; then nothing may be committed.
    """
    entries = read_entries(read_table(data), most)
    faults = list(_not_below(session, entries, top, city_code)) if top is not None else []
    made = 0
    for entry in [] if faults else entries:
        try:
            made += _bring(session, entry, now)
        except Fault as fault:
            named = fault.fields or (FieldFault("username", fault.code),)
            faults += [FieldFault(f"{entry.row}.{item.field}", item.code) for item in named]
    if faults:
        session.rollback()
        raise Unprocessable("roster_faulty", *faults[:MOST_FAULTS], count=len(faults))
    return Brought(made, len(entries) - made)


def _not_below(
    session: Session, entries: Sequence[Entry], top: str, city_code: str
) -> Iterator[FieldFault]:
    """Lines about a member or a grid that does not lie in the area."""
    names = [entry.username for entry in entries]
    rows = session.execute(
        select(Account.username, Account.area_code).where(Account.username.in_(names))
    )
    areas = {row.username: row.area_code or "" for row in rows}
    grids = {code for entry in entries for code in entry.grids}
    inside = within(session, grids | set(areas.values()), top, city_code)
    for entry in entries:
        if entry.username in areas and areas[entry.username] not in inside:
            yield FieldFault(f"{entry.row}.username", "not_below_you")
        if not inside.issuperset(entry.grids):
            yield FieldFault(f"{entry.row}.grids", "not_below_you")


def _bring(session: Session, entry: Entry, now: datetime) -> bool:
    """One line; whether it made somebody new."""
    account = find_account(session, entry.username)
    member = find_member(session, account.id, lock=True) if account is not None else None
    if account is not None and (member is None or member.ended_at is not None):
        raise Unprocessable("incomplete", FieldFault("username", "no_such_member"))
    made = member is None
    if member is None:
        member = _enrol(session, entry, now)
    member.alias, member.kind = entry.alias, entry.kind
    try:
        assign_grids(session, member.id, entry.grids)
    except Unprocessable as fault:  # it names the codes that the map lacks
        raise Unprocessable("incomplete", FieldFault("grids", "unknown")) from fault
    plan = Plan(entry.windows, entry.quiet, entry.rests_on_holidays, entry.cap)
    set_plan(session, member, plan)
    return made


def _enrol(session: Session, entry: Entry, now: datetime) -> Member:
    if not entry.grids:
        raise Unprocessable("incomplete", FieldFault("grids", "missing"))
    new = NewAccount(entry.username, Role.MEMBER, entry.grids[0], "")
    check_new(session, new)
    account = add_account(session, new, None, now=now)
    return enrol(session, account.id, entry.alias, now=now, kind=entry.kind)


def _read_csv(data: bytes) -> list[list[str]]:
    rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
    return [row for _n, row in zip(range(MOST_ROWS + 2), rows, strict=False)]


def _read_xlsx(data: bytes) -> list[list[str]]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if sum(item.file_size for item in packed.infolist()) > MOST_UNPACKED:
            raise TooLarge("roster_too_large", most=MOST_UNPACKED)
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    try:
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=20, values_only=True)
        return [["" if cell is None else str(cell) for cell in row] for row in rows]
    finally:
        book.close()
