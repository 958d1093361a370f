"""Which desk answers for a report: looked for upward, past whoever is barred."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account, Device
from civicprobe.accounts.roles import Role
from civicprobe.reports.bonds import FOLLOWER, Naming, Tie
from civicprobe.reports.lifecycle.checks import REOPENS_BY_RIDERS
from civicprobe.reports.models import Report
from civicprobe.reports.queries import left_by

LEVELS = ("street", "district", "city")
ABOVE_STREET = LEVELS[1:]


def desk_for(
    session: Session,
    report: Report,
    *,
    barred: Iterable[int] = (),
    areas: Mapping[str, str] | None = None,
    levels: Sequence[str] = LEVELS,
) -> str:
    """The code of the lowest area above the report with an officer who is not barred.

    The reporter's own account is always barred, and so is whom the report names (涉及本单位): that
    never goes to a street, and neither does what was reopened twice. Ends with the city, whoever
    sits there, so that no report is without a desk. `areas` (level to code) stands in for the
    report's own areas, `levels` says which desks to look at.
    """
    if report.about_us or report.reopened >= REOPENS_BY_RIDERS:
        levels = [level for level in levels if level in ABOVE_STREET]
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
    staffed -= _named_areas(session, report)
    found = (codes[level] for level in levels if codes.get(level) in staffed)
    return next(found, report.city_code)


def lowest_above_all(session: Session, report: Report, areas: Iterable[str]) -> str:
    """The lowest staffed desk above all of these street codes and the report's own street.

    Streets of one district have their district's; the first six digits of a code name it.
    """
    districts = {code[:6] for code in areas if code != report.city_code}
    one = districts <= {report.district_code}
    return desk_for(session, report, levels=("district", "city") if one else ("city",))


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
    """Accounts of those who sent or follow the report, or whom it names: they decide nothing."""
    return frozenset(_own_account(session, report))


def _named_areas(session: Session, report: Report) -> set[str]:
    if not report.about_us:
        return set()
    named = select(Naming.area_code).where(
        Naming.report_id == report.id, Naming.area_code.is_not(None)
    )
    return {code for code in session.scalars(named) if code}


def _own_account(session: Session, report: Report) -> set[int]:
    follows = select(Tie.device_id).where(Tie.report_id == report.id, Tie.kind == FOLLOWER)
    tied = or_(Device.id == report.reporter_id, Device.id.in_(left_by(session, report.id)))
    linked = select(Device.account_id).where(
        or_(tied, Device.id.in_(follows)) if report.followers else tied,
        Device.account_id.is_not(None),
    )
    return {account for account in session.scalars(linked) if account is not None}
