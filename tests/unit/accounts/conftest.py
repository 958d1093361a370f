"""A whole app on a new SQLite file, its staff and a rider's device."""

from dataclasses import dataclass, replace

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
    settings = Settings.from_env({"CIVICPROBE_VAR_DIR": str(folder), "CIVICPROBE_TWO_FACTOR": "0"})
    folder.mkdir(exist_ok=True)
    app = create_app(replace(settings, **changes))
    tokens = {}
    with app.app_context():
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
    return Site(app, tokens)


@pytest.fixture
def site(tmp_path):
    return build(tmp_path / "var")
