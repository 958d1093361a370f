"""A whole app on a new SQLite file, its staff and a rider's device."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from flask_migrate import upgrade

from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.api_tokens import create_token
from civicprobe.accounts.services.people import NewAccount, create_account, create_device
from civicprobe.app import create_app
from civicprobe.db import db, utc_now
from civicprobe.settings import Settings

PASSWORD = "correct horse battery"


@dataclass
class Site:
    """The app, and a token for each role."""

    app: APIFlask
    tokens: dict[str, str]

    def client(self, role: str | None = None) -> FlaskClient:
        client = self.app.test_client()
        if role:
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self.tokens[role]}"
        return client


def build(folder, **changes):
    """The site in this folder, its settings changed."""
    folder.mkdir(exist_ok=True)
    kept, tokens = _peopled()
    (folder / "civicprobe.db").write_bytes(kept)
    return Site(create_app(replace(_settings(folder), **changes)), tokens)


@cache
def _peopled() -> tuple[bytes, dict[str, str]]:
    """The database's file with its people, made once: the real migrations take a second."""
    with TemporaryDirectory() as place:
        folder, tokens = Path(place), {}
        with create_app(_settings(folder)).app_context():
            upgrade()
            session, now = db.session(), utc_now()
            for role in (Role.MEMBER, Role.OFFICE, Role.ADMIN):
                new = NewAccount(f"{role.value}-1", role, "510113002", PASSWORD)
                account = create_account(session, new, now=now)
                tokens[role.value] = create_token(session, account, label="test", now=now)
            device = create_device(session, "rider's cookie", now=now)
            tokens["rider"] = create_token(session, device, label="test", now=now)
            session.commit()
            db.engine.dispose()
        return (folder / "civicprobe.db").read_bytes(), tokens


def _settings(folder):
    return Settings.from_env({"CIVICPROBE_VAR_DIR": str(folder), "CIVICPROBE_TWO_FACTOR": "0"})


@pytest.fixture
def site(tmp_path):
    return build(tmp_path / "var")
