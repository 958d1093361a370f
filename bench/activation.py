"""A new map under load: 50 requests a second through an activation, and who sees what when.

Three in five locate a point, one in ten sends a report for the worker to place, the rest read a
queue. Each answer is held against the index of the edition that it names.
"""

import json
import os
import random
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any
from uuid import uuid4

import shapely
from sqlalchemy import select

from bench.city import City, database_of, running_city
from civicprobe.app import create_app
from civicprobe.db import db, utc_now, writing
from civicprobe.grid.areas import Level
from civicprobe.grid.city import keep_file
from civicprobe.grid.coords import Point
from civicprobe.grid.locator import Locator
from civicprobe.grid.queries import find_active, get_edition, read_shapes
from civicprobe.grid.services.activate import prepare, switch
from civicprobe.grid.services.synthesize import synthesize_edition
from civicprobe.reports.models import ReportEvent

RATE = 50
THREADS = 16
EVERYWHERE_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One request: when it was sent (monotonic), how long it took, what came."""

    sent_s: float
    took_s: float
    status: int
    body: Mapping[str, Any]
    point: Point | None = None


@dataclass(frozen=True)
class Seen:
    """What callers and the worker saw; moments in seconds after the switch was committed."""

    answers: Sequence[Answer]
    began_s: float
    switched_s: float
    failed: int
    mixed: int
    server_followed_s: float
    worker_followed_s: float


class Load:
    """Asks a city `RATE` times a second until it is ended, whatever the answers take."""

    def __init__(self, city: City, points: Sequence[Point]) -> None:
        self.answers: list[Answer] = []
        self._city, self._points = city, points
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(n,)) for n in range(THREADS)]
        self._began_s = time.monotonic()
        for thread in self._threads:
            thread.start()

    def end(self) -> list[Answer]:
        """Stop asking; all answers."""
        self._ended.set()
        for thread in self._threads:
            thread.join()
        return self.answers

    def _ask(self, number: int) -> None:
        dice = random.Random(number)
        while not self._ended.wait(max(0.0, self._began_s + number / RATE - time.monotonic())):
            self.answers.append(self._one(number, dice.choice(self._points)))
            number += THREADS

    def _one(self, number: int, point: Point) -> Answer:
        where = {"lat": point.lat, "lon": point.lon}
        if number % 10 == 0:
            body = json.dumps({"note": "井盖", "pin": where}).encode()
            return self._call("rider", "PUT", f"/api/v1/reports/{uuid4()}", body)
        if number % 3 == 0:
            return self._call("member", "GET", "/api/v1/queue")
        path = f"/api/v1/grid/locate?lat={point.lat}&lon={point.lon}"
        return self._call("member", "GET", path, point=point)

    def _call(
        self,
        who: str,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        point: Point | None = None,
    ) -> Answer:
        headers = {
            "Authorization": f"Bearer {self._city.sample.tokens[who]}",
            "Content-Type": "application/json",
        }
        url = self._city.settings.public_url + path
        request = urllib.request.Request(url, data=body, method=method, headers=headers)
        sent_s = time.monotonic()
        status, said = 0, {}
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, said = answer.status, json.load(answer)
        except urllib.error.HTTPError as fault:
            status = fault.code
        except (OSError, HTTPException):
            pass
        return Answer(sent_s, time.monotonic() - sent_s, status, said, point)


def through(
    city: City, activate: Callable[[], str], points: Sequence[Point], *, calm_s: float
) -> Seen:
    """Load for `calm_s`, then `activate` (it gives the edition's name), then until all follow.

    The load goes on `calm_s` beyond that; waits for 20 s at most.
    """
    load = Load(city, points)
    try:
        time.sleep(calm_s)
        began_s = time.monotonic()
        named = activate()
        switched_s, switched_at = time.monotonic(), datetime.now(UTC)
        while time.monotonic() < switched_s + 2 * EVERYWHERE_WITHIN_S:
            time.sleep(0.25)
            if _worker_is_on(city, named, switched_at) and _server_is_on(load.answers, named):
                break
        time.sleep(calm_s)
    finally:
        answers = load.end()
    located = [each for each in answers if each.point is not None and each.status == 200]
    return Seen(
        answers,
        began_s,
        switched_s,
        sum(each.status not in (200, 201) for each in answers),
        _mixed(city, located),
        max(
            (each.sent_s - switched_s for each in located if each.body["edition"] != named),
            default=0.0,
        ),
        _worker_followed_s(city, named, switched_at),
    )


def _server_is_on(answers: Sequence[Answer], named: str) -> bool:
    last = [each.body.get("edition") for each in answers[-RATE:] if each.point is not None]
    return bool(last) and set(last) == {named}


def _placed(city: City, since: datetime) -> list[tuple[datetime, int]]:
    with database_of(city):
        rows = db.session.execute(
            select(ReportEvent.at, ReportEvent.data).where(
                ReportEvent.action == "place", ReportEvent.at >= since
            )
        )
        return [(row.at, row.data["edition"]) for row in rows]


def _worker_is_on(city: City, named: str, since: datetime) -> bool:
    recent = max(since, utc_now() - timedelta(seconds=1))
    placed = {edition for _, edition in _placed(city, recent)}
    return placed == {_edition_id(city, named)}


def _worker_followed_s(city: City, named: str, since: datetime) -> float:
    wanted = _edition_id(city, named)
    old = [at - since for at, edition in _placed(city, since) if edition != wanted]
    return max((wait.total_seconds() for wait in old), default=0.0)


def _edition_id(city: City, named: str) -> int:
    with database_of(city):
        active = find_active(db.session())
    assert active is not None
    assert active.name == named
    return active.id


def _mixed(city: City, located: Sequence[Answer]) -> int:
    """Answers whose areas are not those of the edition they name, by an index of our own."""
    indexes: dict[str, Locator] = {}
    with database_of(city):
        for name in {each.body["edition"] for each in located}:
            found = get_edition(db.session(), name)
            indexes[name] = Locator.build(read_shapes(db.session(), found.id))
    return sum(_said(each) != _meant(indexes[each.body["edition"]], each) for each in located)


def _said(answer: Answer) -> dict[str, list[str]]:
    return {level: [a["code"], a["name"]] for level, a in answer.body["areas"].items()}


def _meant(index: Locator, answer: Answer) -> dict[str, list[str]]:
    assert answer.point is not None
    chain = index.locate(answer.point).chain
    return {area.level.value: [area.code, area.name] for area in chain}


def activate_in(city: City, name: str) -> str:
    """Switch a city's map from this process, as `grid activate` does; the edition's name."""
    app = create_app(city.settings)
    with app.app_context():
        prepared = prepare(db.session(), name)
        keep_file(db.session(), city.settings, prepared.edition)
        db.session.rollback()
        with writing():
            switch(db.session(), prepared, now=utc_now())
            db.session.commit()
        db.engine.dispose()
    return name


def run(database: str = "postgresql") -> dict[str, float]:
    """The whole city's map, then another of it, through `civicprobe grid activate`."""
    with running_city(database) as city:
        points = _make_maps(city)
        _command(city, "grid", "activate", "bench-7")
        time.sleep(EVERYWHERE_WITHIN_S)

        def activate() -> str:
            _command(city, "grid", "activate", "bench-8")
            return "bench-8"

        seen = through(city, activate, points, calm_s=EVERYWHERE_WITHIN_S)
    if seen.failed or seen.mixed:
        raise SystemExit(f"{seen.failed} requests failed, {seen.mixed} answers mixed two maps")
    followed_s = max(seen.server_followed_s, seen.worker_followed_s)
    if followed_s > EVERYWHERE_WITHIN_S:
        raise SystemExit(f"the last process followed after {followed_s:.1f} s")
    before = _tail_ms(seen, seen.answers[0].sent_s, seen.began_s)
    ready = _tail_ms(seen, seen.began_s, seen.switched_s)
    after = _tail_ms(seen, seen.switched_s, seen.switched_s + EVERYWHERE_WITHIN_S)
    return {
        "requests": len(seen.answers),
        "failed": seen.failed,
        "mixed": seen.mixed,
        "server_followed_s": round(seen.server_followed_s, 2),
        "worker_followed_s": round(seen.worker_followed_s, 2),
        **{f"before_{name}_ms": value for name, value in before.items()},
        **{f"preparing_{name}_ms": value for name, value in ready.items()},
        **{f"switching_{name}_ms": value for name, value in after.items()},
        "switching_over_before_p99": round(after["p99"] / before["p99"], 2),
    }


def _tail_ms(seen: Seen, since_s: float, until_s: float) -> dict[str, float]:
    """Waits of the requests sent in between."""
    waits = sorted(each.took_s for each in seen.answers if since_s <= each.sent_s < until_s)
    at = {"p50": len(waits) // 2, "p99": int(len(waits) * 0.99), "max": -1}
    return {name: round(waits[place] * 1e3, 1) for name, place in at.items()}


def _make_maps(city: City) -> list[Point]:
    app = create_app(city.settings)
    with app.app_context(), writing():
        session = db.session()
        for seed in (7, 8):
            name = f"bench-{seed}"
            edition = synthesize_edition(session, "all", seed=seed, name=name, now=utc_now())
        session.commit()
        shapes = [area.outline for area in read_shapes(session, edition.id, Level.MICRO)]
        db.engine.dispose()
    spots = [shapely.point_on_surface(shape) for shape in shapes[::60]]
    return [Point(spot.y, spot.x) for spot in spots]


def _command(city: City, *words: str) -> None:
    """Run a command line on the city's settings."""
    command = [Path(sys.executable).with_name("civicprobe"), *words]
    environ = {**os.environ, **city.settings.to_env()}
    subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)
