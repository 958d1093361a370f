"""What a rider does with the phone, and what has arrived of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import FilePayload, Page, expect

from civicprobe.grid.coords import Point
from civicprobe.samples import Scene, Shot, photograph

# So short that a test need not wait, and yet real: the same code, the same order.
QUICK = {"first": 150, "most": 600, "stall": 1500}


def shot(at: Point | None = None, seed: int = 0, size: tuple[int, int] = (1200, 900)) -> bytes:
    """A photo taken now, with or without its place."""
    return photograph(Scene.MISSING_COVER, Shot(datetime.now(UTC), at), size=size, seed=seed)


def payload(data: bytes, name: str = "photo.jpg") -> FilePayload:
    return FilePayload(name=name, mimeType="image/jpeg", buffer=data)


def hurry(page: Page, **tempo: int) -> None:
    """Let the page's client wait less than it would."""
    told = json.dumps(json.dumps({**QUICK, **tempo}))
    page.context.add_init_script(
        f"try {{ localStorage.setItem('civicprobe.tempo', {told}) }} catch {{}}"
    )


@dataclass
class Phone:
    """A page of the rider, and how often it was touched."""

    page: Page
    url: str
    taps: int = 0
    typed: int = 0
    photos: list[bytes] = field(default_factory=list)

    def open(self) -> None:
        self.page.goto(f"{self.url}/r")

    def tap(self, target: Any) -> None:
        self.taps += 1
        target.click()

    def shoot(self, data: bytes | None = None) -> None:
        """The button, then the two taps of the camera app: shutter and accept."""
        button = self.page.locator("label[for=camera]:visible").first
        with self.page.expect_file_chooser() as asked:
            self.tap(button)
        self.taps += 2
        data = data if data is not None else shot(seed=len(self.photos))
        self.photos.append(data)
        asked.value.set_files(payload(data))
        expect(self.page.locator("[data-shots] img")).to_have_count(1)

    def send(self) -> None:
        self.tap(self.page.get_by_role("button", name="提交"))
        expect(self.page.locator("[data-receipt] [data-title]")).to_be_visible()

    def snap(self, data: bytes | None = None) -> None:
        self.shoot(data)
        self.send()

    def number(self) -> str:
        """The number on the receipt, once it is there."""
        link = self.page.locator("[data-receipt] [data-number]")
        expect(link).to_be_visible()
        return link.inner_text()

    def done(self) -> None:
        """Wait until nothing waits on this phone."""
        for _ in range(200):
            if not waiting(self.page):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(waiting(self.page))

    def arrived(self, settled: bool = True) -> list[dict[str, Any]]:
        """This phone's reports as the server has them, the oldest first."""
        for _ in range(100):
            bodies: list[dict[str, Any]] = self.page.evaluate(ARRIVED)
            if not settled or all(body["state"] != "received" for body in bodies):
                break
            self.page.wait_for_timeout(200)
        return sorted(bodies, key=lambda body: str(body["created_at"]))


ARRIVED = """async () => {
  const list = await (await fetch('/api/v1/queue?view=mine&limit=100')).json();
  const read = async ({ number }) => (await fetch(`/api/v1/reports/${number}`)).json();
  return Promise.all(list.items.map(read));
}"""

KEPT = """() => new Promise((done) => {
  const opening = indexedDB.open('civicprobe');
  opening.onerror = () => done([]);
  opening.onsuccess = () => {
    const db = opening.result;
    if (!db.objectStoreNames.contains('reports')) { db.close(); done([]); return; }
    const asked = db.transaction('reports').objectStore('reports').getAll();
    asked.onsuccess = () => { db.close(); done(asked.result); };
  };
})"""


def kept(page: Page) -> list[dict[str, Any]]:
    """What the phone's own database holds."""
    found: list[dict[str, Any]] = page.evaluate(KEPT)
    return found


def waiting(page: Page) -> list[dict[str, Any]]:
    """What has not been sent yet."""
    return [entry for entry in kept(page) if entry["state"] in ("waiting", "sending")]


def photo_numbers(report: dict[str, Any]) -> Sequence[int]:
    return sorted(photo["n"] for photo in report["photos"])
