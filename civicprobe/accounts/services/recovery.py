"""A lost password: a desk above gives a code that works once within a day; no e-mail needed."""

import secrets
import unicodedata
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account
from civicprobe.accounts.queries import find_account
from civicprobe.accounts.services.people import hashed
from civicprobe.accounts.tokens import token_hash
from civicprobe.errors import Forbidden

CODE_LIFE = timedelta(hours=24)


def issue_reset(session: Session, account: Account, *, now: datetime) -> str:
    """A one-time code for this account; an older one stops working."""
    code = "-".join(f"{secrets.randbelow(10_000):04d}" for _ in range(4))
    account.reset_hash, account.reset_until = _code_hash(code), now + CODE_LIFE
    session.flush()
    return code


def reset_password(
    session: Session, username: str, code: str, password: str, *, now: datetime
) -> Account:
    """Set a new password with a code; every session of the account ends.

    Raises Unprocessable for a password of the wrong length, Forbidden `code_wrong` for all else.
    """
    fresh = hashed(password)
    account = find_account(session, username)
    if account is None or not _fits(account, code, now):
        raise Forbidden("code_wrong")
    account.password = fresh
    account.fs_uniquifier = secrets.token_hex(16)
    account.reset_hash = account.reset_until = None
    account.tf_primary_method = account.tf_totp_secret = None
    session.flush()
    return account


def _fits(account: Account, code: str, now: datetime) -> bool:
    if account.reset_hash is None or account.reset_until is None or not account.active:
        return False
    right = secrets.compare_digest(account.reset_hash, _code_hash(code))
    return right and now < account.reset_until


def _code_hash(code: str) -> str:
    """Of the digits alone: a code is read out over the telephone and typed as it comes."""
    return token_hash("".join(filter(str.isdecimal, unicodedata.normalize("NFKC", code))))
