"""Apps under test: each process builds one for each way of being set up, and moves it about.

Building one takes longer than most tests last, and its engine remembers the statements it compiled.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from apiflask import APIFlask
from sqlalchemy import event, make_url

from civicprobe.app import create_app
from civicprobe.db import db
from civicprobe.settings import Settings
from civicprobe.storage import open_storage
from civicprobe.web.parts import Parts, install

_apps: dict[Settings, APIFlask] = {}
_configs: dict[Settings, dict[str, Any]] = {}


def app_on(settings: Settings) -> APIFlask:
    """An app as `create_app` makes it, with nothing of the test before: its places, its settings
    and its configuration are these, nobody has asked it anything, no connection is open."""
    settings = settings.with_secret()
    kind = replace(
        settings,
        var_dir=Path(),
        database_url=make_url(settings.database_url).drivername,
        storage_url="",
    )
    if kind not in _apps:
        _apps[kind] = create_app(settings)
        _configs[kind] = dict(_apps[kind].config)
        _connect_where_it_stands(_apps[kind])
    app = _apps[kind]
    app.config.clear()
    app.config.update(_configs[kind], SQLALCHEMY_DATABASE_URI=settings.database_url)
    install(app, Parts(settings, open_storage(settings.storage_url)))
    for limiter in app.extensions["limiter"]:
        limiter.reset()
    with app.app_context():
        db.engine.dispose()
    return app


def _connect_where_it_stands(app: APIFlask) -> None:
    with app.app_context():
        engine = db.engine

    @event.listens_for(engine, "do_connect")
    def _(dialect: Any, record: Any, cargs: list[Any], cparams: dict[str, Any]) -> None:
        url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
        cargs[:], there = dialect.create_connect_args(url)
        cparams.update(there)
