"""API tokens are given out once and revoked at any time; only a hash is kept."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account, ApiToken, Device
from civicprobe.accounts.tokens import READ, WRITE, new_token, token_hash

DEFAULT_LIFE = timedelta(days=365)


def create_token(
    session: Session,
    holder: Account | Device,
    *,
    label: str,
    now: datetime,
    life: timedelta = DEFAULT_LIFE,
    scopes: Collection[str] = (READ, WRITE),
) -> str:
    """A bearer token that acts as `holder` within `scopes`; shown now and never again."""
    token = new_token()
    session.add(
        ApiToken(
            token_hash=token_hash(token),
            label=label,
            account_id=holder.id if isinstance(holder, Account) else None,
            device_id=holder.id if isinstance(holder, Device) else None,
            scopes=sorted(scopes),
            created_at=now,
            expires_at=now + life,
        )
    )
    session.flush()
    return token


def revoke_token(session: Session, token: ApiToken, *, now: datetime) -> None:
    """The token opens nothing from now on."""
    token.revoked_at = token.revoked_at or now
    session.flush()
