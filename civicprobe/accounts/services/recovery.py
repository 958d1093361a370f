"""A lost password: a desk above gives a code that works once within a day; no e-mail needed."""

import secrets
from datetime import datetime, timedelta

from flask_security.utils import hash_password
from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account
from civicprobe.accounts.queries import find_account
from civicprobe.accounts.services.people import MIN_PASSWORD
from civicprobe.accounts.tokens import token_hash
from civicprobe.errors import FieldFault, Forbidden, Unprocessable

CODE_LIFE = timedelta(hours=24)


def issue_reset(session: Session, account: Account, *, now: datetime) -> str:
    """A one-time code for this account; an older one stops working."""
    code = "-".join(f"{secrets.randbelow(10_000):04d}" for _ in range(4))
    account.reset_hash, account.reset_until = token_hash(code), now + CODE_LIFE
    session.flush()
    return code


def reset_password(
    session: Session, username: str, code: str, password: str, *, now: datetime
) -> Account:
    """Set a new password with a code; every session of the account ends.

    Raises Unprocessable for a short password, Forbidden `code_wrong` for everything else alike.
    """
    if len(password) < MIN_PASSWORD:
        raise Unprocessable("incomplete", FieldFault("password", "too_short"))
    account = find_account(session, username)
    if account is None or not _fits(account, code, now):
        raise Forbidden("code_wrong")
    account.password = hash_password(password)
    account.fs_uniquifier = secrets.token_hex(16)
    account.reset_hash = account.reset_until = None
    account.tf_primary_method = account.tf_totp_secret = None
    session.flush()
    return account


def _fits(account: Account, code: str, now: datetime) -> bool:
    if account.reset_hash is None or account.reset_until is None or not account.active:
        return False
    return (
        secrets.compare_digest(account.reset_hash, token_hash(code)) and now < account.reset_until
    )
