"""How people and programs enter the sample city: passwords, tokens, and `demo.json` with them.

The file is for its user's eyes only (0600) and is there once the run is ready.
"""

import contextlib
import json
import os
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from flask_security.utils import hash_password, verify_password
from sqlalchemy.orm import Session

from civicprobe.accounts.queries import find_token, get_account
from civicprobe.accounts.services.api_tokens import create_token
from civicprobe.accounts.services.people import create_device
from civicprobe.accounts.tokens import new_token
from civicprobe.demo.sample import Sample
from civicprobe.settings import Settings

NAME, LAST = "demo.json", "demo.last.json"


def give_access(
    session: Session, sample: Sample, known: Mapping[str, Any], *, now: datetime
) -> None:
    """Passwords and tokens: those of the last run here if all still work, else new ones."""
    if _names(known) == _names({"logins": sample.logins}) and _all_work(session, known, now):
        sample.logins, sample.tokens = known["logins"], known["tokens"]
        return
    for role, login in sample.logins.items():
        account = get_account(session, login["name"])
        login["password"] = secrets.token_urlsafe(9)
        account.password = hash_password(login["password"])
        sample.tokens[role] = create_token(session, account, label="demo", now=now)
    device = create_device(session, new_token(), now=now)
    sample.tokens["rider"] = create_token(session, device, label="demo", now=now)


def _names(known: Mapping[str, Any]) -> dict[str, str]:
    return {role: login["name"] for role, login in known.get("logins", {}).items()}


def _all_work(session: Session, known: Mapping[str, Any], now: datetime) -> bool:
    tokens = [known["tokens"].get(role, "") for role in ("rider", *known["logins"])]
    return all(find_token(session, token, now) for token in tokens) and all(
        verify_password(login["password"], get_account(session, login["name"]).password or "")
        for login in known["logins"].values()
    )


def set_aside(folder: Path) -> None:
    """An earlier run's file says nothing of this one; what it gave out is kept for it."""
    with contextlib.suppress(FileNotFoundError):
        (folder / NAME).replace(folder / LAST)


def read_last(folder: Path) -> dict[str, Any]:
    """What the run here, or else the last one here, gave out; empty if none did."""
    for name in (NAME, LAST):
        try:
            known = json.loads((folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(known, dict) and all(
            isinstance(known.get(part), dict) for part in ("logins", "tokens")
        ):
            return known
    return {}


def write(settings: Settings, sample: Sample) -> None:
    """Tell programs where the run is and how to enter."""
    folder = settings.var_dir
    new = folder / f"{NAME}.new"
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(
            {
                "url": settings.public_url,
                "pid": os.getpid(),
                "tokens": sample.tokens,
                "logins": sample.logins,
                "district": sample.district,
                "edition": sample.edition,
            },
            file,
            indent=1,
            ensure_ascii=False,
        )
    new.replace(folder / NAME)
    (folder / LAST).unlink(missing_ok=True)
