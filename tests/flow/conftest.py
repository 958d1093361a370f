"""A city of real processes on each database: broker, relay, two workers, server; no eager mode."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bench.city import City, database_of, running_city
from civicprobe.samples import Scene, Shot, photograph

PHOTO_WAIT_S = 8
Answer = tuple[int, dict[str, Any]]


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in Path(item.fspath).parents:
            item.add_marker(pytest.mark.flow)
            item.add_marker(pytest.mark.timeout(300))  # the first waits for the city


@dataclass
class Live:
    """A running city, spoken to over HTTP as this or that person."""

    city: City

    def ask(
        self, who: str | None, method: str, path: str, body: object = None, **headers: str
    ) -> Answer:
        """Status and JSON of one call."""
        data = (
            body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        )
        named = {
            "Content-Type": "application/json",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        if who:
            named["Authorization"] = f"Bearer {self.city.sample.tokens[who]}"
        url = self.city.settings.public_url + path
        request = urllib.request.Request(url, data=data, method=method, headers=named)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as fault:
            return fault.code, json.loads(fault.read() or b"{}")

    def submit(self, uuid: str | None = None, **said: object) -> tuple[str, dict[str, Any]]:
        """A report sent by the rider: its UUID and the answer."""
        uuid = uuid or str(uuid4())
        status, body = self.ask("rider", "PUT", f"/api/v1/reports/{uuid}", {"note": "井盖", **said})
        assert status in (200, 201), body
        return uuid, body

    def photo(self, uuid: str, n: int = 1, data: bytes | None = None) -> Answer:
        """One photo sent by the rider."""
        path = f"/api/v1/reports/{uuid}/photos/{n}"
        return self.ask("rider", "PUT", path, data or self.picture(), Content_Type="image/jpeg")

    def picture(self, seed: int = 0) -> bytes:
        """A photo taken now in the sample member's grid."""
        shot = Shot(datetime.now(UTC), self.city.sample.spot)
        return photograph(Scene.MISSING_COVER, shot, size=(640, 480), seed=seed)

    def snapped(self) -> tuple[str, dict[str, Any]]:
        """A report with its photo, placed: its UUID, and the report as the member sees it."""
        uuid, _ = self.submit(photos=1)
        assert self.photo(uuid)[0] == 201
        body = self.until(uuid, lambda seen: seen["state"] != "received")
        assert body["state"] == "assigned", body
        return uuid, self.ask("member", "GET", f"/api/v1/reports/{body['number']}")[1]

    def until(
        self, uuid: str, done: Callable[[dict[str, Any]], bool], within_s: float = 60
    ) -> dict[str, Any]:
        """The rider's view of the report once it is so."""
        end = time.monotonic() + within_s
        while True:
            _, body = self.ask("rider", "GET", f"/api/v1/reports/{uuid}")
            if done(body):
                return body
            assert time.monotonic() < end, body
            time.sleep(0.05)

    def act(
        self,
        who: str,
        report: dict[str, Any],
        action: str,
        *,
        id: str | None = None,
        **data: object,
    ) -> Answer:
        """One action on a report."""
        ask = {
            "id": id or str(uuid4()),
            "action": action,
            "version": report["version"],
            "data": data,
        }
        return self.ask(who, "POST", f"/api/v1/reports/{report['number']}/actions", ask)

    def logs(self) -> str:
        """All that the parts have logged."""
        folder = self.city.settings.var_dir / "logs"
        return "".join(path.read_text(errors="replace") for path in folder.glob("*.log"))


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def live(request) -> Iterator[Live]:
    with running_city(request.param, photo_wait_s=PHOTO_WAIT_S, log_level="INFO") as city:
        ended = threading.Event()

        def keep_alive() -> None:
            while not ended.wait(0.2):
                city.supervisor.look()

        keeper = threading.Thread(target=keep_alive)
        keeper.start()
        try:
            yield Live(city)
        finally:
            ended.set()
            keeper.join()


@pytest.fixture
def rows(live):
    """The city's database, looked at by this process."""
    with database_of(live.city):
        yield
