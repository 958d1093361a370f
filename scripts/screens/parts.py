"""What a table of screens is made of: a look, a screen in one of its states, a visit to it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from playwright.sync_api import FilePayload, Page

from civicprobe.demo.story import Caller
from civicprobe.grid.coords import Point
from civicprobe.samples import Scene, Shot, photograph


@dataclass(frozen=True)
class Look:
    """How a screen is looked at: language, width in CSS px, scheme, size of text in percent."""

    locale: str = "zh"
    width: int = 360
    scheme: str = "light"
    text: int = 100
    scripts: bool = True

    @property
    def name(self) -> str:
        """Short, as it stands in file names."""
        parts = [self.locale, str(self.width), self.scheme]
        parts += [str(self.text)] if self.text != 100 else []
        return "-".join(parts if self.scripts else [*parts, "noscript"])


PHONE = Look()
PHONE_EN = Look(locale="en")
PHONE_DARK = Look(scheme="dark")
SMALL = Look(width=320)
SMALL_EN = Look("en", 320)
SMALL_EN_DARK = Look("en", 320, "dark")
LARGE_PHONE = Look(width=390)
TWICE = Look(text=200)
TWICE_SMALL_EN = Look("en", 320, text=200)
NO_SCRIPT = Look(scripts=False)
DESK = Look(width=1280)
DESK_EN = Look("en", 1280)
DESK_DARK = Look(width=1280, scheme="dark")
DESK_SMALL = Look(width=1024)


@dataclass
class City:
    """The run that is visited: its people, where its own story took place and the unit that had it;
    `kept` is what tables remember between screens, by their own keys."""

    url: str
    spot: Point
    unit: int
    caller: Caller
    logins: dict[str, dict[str, str]]
    kept: dict[str, Any] = field(default_factory=dict)


@dataclass
class Visit:
    """A browser page of one person with one look; it has been nowhere yet."""

    page: Page
    city: City
    look: Look

    def go(self, path: str) -> None:
        """To a page of the city, with the text as large as the look wants it."""
        self.page.goto(self.city.url + path)
        if self.look.text != 100:
            grow = f"document.documentElement.style.fontSize = '{self.look.text}%'"
            self.page.evaluate(grow)

    def put(self, path: str, body: object, kind: str = "application/json") -> dict[str, Any]:
        """Ask the API as this browser's own person."""
        data = body if isinstance(body, bytes) else json.dumps(body)
        headers = {"Content-Type": kind, "Origin": self.city.url}
        answer = self.page.context.request.put(self.city.url + path, data=data, headers=headers)
        assert answer.ok, f"PUT {path}: {answer.status} {answer.text()[:300]}"
        found: dict[str, Any] = answer.json()
        return found

    def post(self, path: str, body: object) -> dict[str, Any]:
        """The same for POST."""
        headers = {"Content-Type": "application/json", "Origin": self.city.url}
        answer = self.page.context.request.post(
            self.city.url + path, data=json.dumps(body), headers=headers
        )
        assert answer.ok, f"POST {path}: {answer.status} {answer.text()[:300]}"
        found: dict[str, Any] = answer.json()
        return found


@dataclass(frozen=True)
class Screen:
    """One screen in one state, how to get there, in which looks, and what was looked at.

    `who` is a key of the run's logins, or None for a rider. A screen that shares its rider with
    others names them in `rider`: the first one makes their cookies, the others go on with them.
    Without `whole` the image ends where the screen does.
    """

    name: str
    state: str
    show: Callable[[Visit], None]
    looks: Sequence[Look] = (PHONE,)
    who: str | None = None
    rider: str = ""
    options: tuple[tuple[str, Any], ...] = ()
    note: str = ""
    whole: bool = True

    def file(self, look: Look) -> str:
        """The image's name."""
        return f"{self.name}-{self.state}-{look.name}.webp"


def picture(
    at: Point | None, scene: Scene = Scene.MISSING_COVER, seed: int = 0, wide: int = 1200
) -> bytes:
    """A photo taken now at a place, or nowhere."""
    size = (wide, wide * 3 // 4)
    return photograph(scene, Shot(datetime.now(UTC), at), size=size, seed=seed)


def upload(data: bytes) -> FilePayload:
    """The photo as a file to be chosen."""
    return FilePayload(name="photo.jpg", mimeType="image/jpeg", buffer=data)


def new_report(visit: Visit, photo: bytes, **said: object) -> str:
    """A report of this browser's rider, in through the API; its number."""
    uuid = str(uuid4())
    found = visit.put(f"/api/v1/reports/{uuid}", {"photos": 1, **said})
    visit.put(f"/api/v1/reports/{uuid}/photos/1", photo, "image/jpeg")
    return str(found["number"])
