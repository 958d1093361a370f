"""A signed link to one case (承包人链接): for whoever does the work without an account.

It stands for the unit's person who gave it, for this dispatch of this case, for a week; and for
nothing but `LINK_ACTIONS`. Nothing is stored: the signature, the person and the case say it all.
"""

from dataclasses import astuple, dataclass
from datetime import timedelta

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Account
from civicprobe.accounts.queries import actor_of_account
from civicprobe.accounts.roles import Role
from civicprobe.errors import Forbidden, NotFound
from civicprobe.reports.lifecycle.table import Action, State
from civicprobe.reports.models import Report
from civicprobe.reports.queries import get_report

LASTS = timedelta(days=7)
LINK_ACTIONS = frozenset({Action.ACCEPT, Action.RETURN, Action.PROPOSE})
_SALT = "case-link-1"


@dataclass(frozen=True)
class CaseLink:
    """Who gave it, for which case, and which dispatch of it (seconds since 1970)."""

    account_id: int
    number: str
    dispatched_s: int


def make_link(secret: str, report: Report, giver: Actor) -> str:
    """The token of a link; raises Forbidden `forbidden` where the case is not with the giver."""
    if report.state != State.DISPATCHED or report.dispatched_at is None or not giver.account_id:
        raise Forbidden("link_not_now")
    link = CaseLink(giver.account_id, report.number, int(report.dispatched_at.timestamp()))
    return URLSafeTimedSerializer(secret, _SALT).dumps(astuple(link))


def read_link(session: Session, secret: str, token: str) -> tuple[Actor, Report]:
    """For whom a link stands, and its case as it is now.

    Raises Forbidden `link_over`: forged, a week old, taken back with the person's account, or the
    case has moved on since.
    """
    try:
        signed = URLSafeTimedSerializer(secret, _SALT)
        link = CaseLink(*signed.loads(token, max_age=int(LASTS.total_seconds())))
    except (BadData, TypeError):
        raise Forbidden("link_over") from None
    account = session.get(Account, link.account_id)
    if account is None or not account.active or account.role != Role.UNIT:
        raise Forbidden("link_over")
    actor = actor_of_account(session, account)
    try:
        report = get_report(session, link.number, visible=actor)
    except NotFound:
        raise Forbidden("link_over") from None
    given = report.dispatched_at and int(report.dispatched_at.timestamp())
    if report.state != State.DISPATCHED or given != link.dispatched_s:
        raise Forbidden("link_over")
    return actor, report
