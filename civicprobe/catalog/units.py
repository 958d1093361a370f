"""Handling units: made and changed by the office that they work for. Never commits."""

import re
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.audit import record_change
from civicprobe.catalog.models import Unit
from civicprobe.errors import Conflict, FieldFault, Unprocessable

SIZES = {"name_zh": 64, "name_en": 64, "area_code": 32, "contact": 64, "phone": 32}
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_PHONE = re.compile(r"[0-9+() -]{0,32}")
# Whom to ask for is a person's name: that it changed is written down, not what it says.
_UNSAID = ("contact",)


def set_unit(
    session: Session, unit: Unit | None, row: Mapping[str, str], *, by: int | None, now: datetime
) -> Unit:
    """Make a unit (`unit` None) or change one; its code stays.

    Raises Unprocessable naming the fields at fault, Conflict `unit_taken`.
    """
    _check(row, made=unit is None)
    before = {} if unit is None else _facts(unit)
    if unit is None:
        if session.scalar(select(Unit.id).where(Unit.code == row["code"])) is not None:
            raise Conflict("unit_taken", unit=row["code"])
        unit = Unit(code=row["code"])
        session.add(unit)
    was = {name: getattr(unit, name) for name in _UNSAID}
    for name in SIZES:
        setattr(unit, name, row[name])
    unit.active = row["active"] == "1"
    session.flush()
    after = _facts(unit)
    if before:
        after |= {name: "…" for name in _UNSAID if was[name] != getattr(unit, name)}
    record_change(session, "unit.set", unit.code, before, after, by=by, now=now)
    return unit


def find_unit_by_code(session: Session, code: str) -> Unit | None:
    """The unit of this code, active or not."""
    return session.scalar(select(Unit).where(Unit.code == code))


def _facts(unit: Unit) -> dict[str, object]:
    said: dict[str, object] = {name: getattr(unit, name) for name in SIZES if name not in _UNSAID}
    return {**said, "active": unit.active}


def _check(row: Mapping[str, str], *, made: bool) -> None:
    faults = [
        FieldFault(name, "field_too_long") for name, most in SIZES.items() if len(row[name]) > most
    ]
    needed = ("name_zh", "name_en", "area_code")
    faults += [FieldFault(name, "missing") for name in needed if not row[name]]
    if made and not _CODE.fullmatch(row["code"]):
        faults.append(FieldFault("code", "code_malformed"))
    if not _PHONE.fullmatch(row["phone"]):
        faults.append(FieldFault("phone", "phone_malformed"))
    if faults:
        raise Unprocessable("incomplete", *faults)
