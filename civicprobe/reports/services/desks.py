"""Which desk answers for a report: looked for upward, past whoever is barred."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account, Device
from civicprobe.accounts.roles import Role
from civicprobe.reports.models import Report

LEVELS = ("street", "district", "city")


def desk_for(
    session: Session,
    report: Report,
    *,
    barred: Iterable[int] = (),
    areas: Mapping[str, str] | None = None,
) -> str:
    """The code of the lowest area above the report with an officer who is not barred.

    The reporter's own account is always barred. Ends with the city, whoever sits there, so that
    no report is without a desk. `areas` (level to code) stands in for the report's own areas.
    """
    codes = report.area_codes if areas is None else {**areas, "city": report.city_code}
    out = {*barred, *_own_account(session, report)}
    staffed = set(
        session.scalars(
            select(Account.area_code).where(
                Account.role == Role.OFFICE.value,
                Account.active,
                Account.area_code.in_(codes.values()),
                Account.id.not_in(out),
            )
        )
    )
    found = (codes[level] for level in LEVELS if codes.get(level) in staffed)
    return next(found, report.city_code)


def desk_above(session: Session, report: Report) -> str | None:
    """The next staffed desk above the one that answers now; None at the top."""
    codes = [code for level in LEVELS if (code := report.area_codes.get(level))]
    above = codes[codes.index(report.desk_code) + 1 :] if report.desk_code in codes else []
    staffed = set(
        session.scalars(
            select(Account.area_code).where(
                Account.role == Role.OFFICE.value,
                Account.active,
                Account.area_code.in_(above),
                Account.id.not_in(_own_account(session, report)),
            )
        )
    )
    return next((code for code in above if code in staffed or code == report.city_code), None)


def barred_accounts(session: Session, report: Report) -> frozenset[int]:
    """Accounts of the person who sent the report: they decide nothing on it."""
    return frozenset(_own_account(session, report))


def _own_account(session: Session, report: Report) -> set[int]:
    linked = select(Device.account_id).where(
        Device.id == report.reporter_id, Device.account_id.is_not(None)
    )
    return {account for account in session.scalars(linked) if account is not None}
