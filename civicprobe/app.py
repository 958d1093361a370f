"""The Flask app: its parts, its blueprints, how it fails. Everything below is wired here alone."""

from pathlib import Path

from apiflask import APIFlask
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from civicprobe import operations
from civicprobe.accounts import limits, signin
from civicprobe.accounts.api import blueprint as accounts_api
from civicprobe.accounts.pages import blueprint as pages_staff
from civicprobe.administration import pages as pages_registers
from civicprobe.administration import pages_work
from civicprobe.db import db, engine_options
from civicprobe.grid.api import blueprint as grid_api
from civicprobe.reports.api import blueprint as reports_api
from civicprobe.reports.api_queue import blueprint as queue_api
from civicprobe.reports.api_rider import blueprint as rider_api
from civicprobe.reports.pages import (
    case_map,
    documents,
    duty,
    export,
    link,
    locate,
    member,
    my_queue,
    office,
    photos,
    rider,
    rider_app,
    rider_me,
    roster,
    roster_file,
    rules,
    ui,
    unit,
    whistles,
)
from civicprobe.settings import Settings
from civicprobe.stats.pages import blueprint as pages_stats
from civicprobe.storage import open_storage
from civicprobe.web import headers, locale, logs, parts, problem

ROOT = Path(__file__).parents[1]
MIGRATIONS = ROOT / "migrations"
APIS = (reports_api, rider_api, queue_api, grid_api, accounts_api, operations.api)
PAGES = (
    pages_staff,
    rider.blueprint,
    duty.blueprint,
    rider_app.blueprint,
    rider_me.blueprint,
    member.blueprint,
    unit.blueprint,
    documents.blueprint,
    case_map.blueprint,
    locate.blueprint,
    ui.blueprint,
    roster.blueprint,
    roster_file.blueprint,
    rules.blueprint,
    export.blueprint,
    link.blueprint,
    pages_work.blueprint,
    pages_registers.blueprint,
    whistles.blueprint,
    office.blueprint,
    my_queue.blueprint,
    pages_stats,
    photos.blueprint,
    operations.pages,
)


def create_app(settings: Settings) -> APIFlask:
    """An app on these settings; opens no connection yet, and the map when it is first asked."""
    settings = settings.with_secret()
    logs.configure(settings.log_level)
    app = APIFlask(
        "civicprobe",
        title="civicprobe",
        version="1",
        static_folder=str(ROOT / "static"),
        spec_path="/api/v1/openapi.json",
        docs_path=None,
    )
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
        MAX_CONTENT_LENGTH=3 * settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=1_000_000,
        BABEL_DEFAULT_LOCALE=settings.default_locale,
    )
    if settings.trusted_proxies:  # else a header could name any address
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    parts.install(app, parts.Parts(settings, open_storage(settings.storage_url)))
    headers.install(app)
    locale.install(app)
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True, compare_type=True)
    signin.install(app, settings)
    for blueprint in (*APIS, *PAGES):
        app.register_blueprint(blueprint)
    for blueprint in APIS:
        signin.csrf.exempt(blueprint)
    limits.install(app, settings)
    problem.install(app)
    return app
