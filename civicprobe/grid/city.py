"""The active map of this process: one immutable index, exchanged whole when another is activated.

The file under `var_dir/editions` is a cache: what is missing is built from the database again.
"""

import ctypes
import logging
import threading
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from civicprobe.db import reading
from civicprobe.errors import NotFound
from civicprobe.grid.landmarks import Landmarks, Place, bounds_of, named_areas, read_places
from civicprobe.grid.locator import Locator
from civicprobe.grid.mapfile import Arrays, compile_areas, load_arrays, save_arrays
from civicprobe.grid.queries import ActiveEdition, get_active, read_shapes
from civicprobe.settings import Settings

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class City:
    """One edition as a request or task uses it from start to end.

    A point at most `nearest_limit_m` outside every grid still belongs to the nearest. `bounds` are
    the map's south, west, north and east in degrees, `landmarks` all names that it knows.
    """

    edition: ActiveEdition
    city_code: str
    locator: Locator
    nearest_limit_m: float = 0.0
    bounds: tuple[float, float, float, float] | None = None
    landmarks: Landmarks = field(default_factory=Landmarks)


class _Holder:
    """The present city of one database in this process."""

    def __init__(self) -> None:
        self._building = threading.Lock()
        self._city: City | None = None
        self._looked_s = float("-inf")

    def get(self, session: Session, settings: Settings) -> City:
        idle_s = time.monotonic() - self._looked_s
        if self._city is not None and idle_s < settings.edition_check_s:
            return self._city
        active = get_active(session)
        self._looked_s = time.monotonic()
        city = self._city
        if city is not None and city.edition == active:
            return city
        engine = session.get_bind()
        if city is None or idle_s > 2 * settings.edition_check_s or not isinstance(engine, Engine):
            return self._build_now(session, settings, active)
        threading.Thread(
            target=self._build_aside, args=(engine, settings, active), daemon=True
        ).start()
        return city

    def _build_now(self, session: Session, settings: Settings, active: ActiveEdition) -> City:
        """For a first request, or one after a long pause: it waits rather than use an old map."""
        with self._building:
            if self._city is None or self._city.edition != active:
                self._city = build_city(session, settings, active)
                give_back()
            return self._city

    def _build_aside(self, engine: Engine, settings: Settings, active: ActiveEdition) -> None:
        """While requests go on with the map they have."""
        if not self._building.acquire(blocking=False):
            return
        try:
            with reading(), Session(engine) as session:
                self._city = build_city(session, settings, active)
            give_back()
        except Exception:
            _log.exception("the map of edition %s could not be built; the old one stays", active.id)
        finally:
            self._building.release()


def give_back() -> None:
    """Hand what the map before held back to the system: glibc would keep it for the next one."""
    with suppress(OSError, AttributeError):  # another libc keeps nothing
        ctypes.CDLL(None).malloc_trim(0)


_holders: dict[tuple[str, Path], _Holder] = {}
_holders_lock = threading.Lock()


def active_city(session: Session, settings: Settings) -> City:
    """The active map; keep what is returned for the whole request or task.

    Looks at the database every `edition_check_s` at most. Raises NotFound `no_active_edition`.
    """
    with _holders_lock:
        holder = _holders.setdefault((settings.database_url, settings.var_dir), _Holder())
    return holder.get(session, settings)


def find_city(session: Session, settings: Settings) -> City | None:
    """The active map, or None where none was ever activated."""
    try:
        return active_city(session, settings)
    except NotFound:
        return None


def build_city(session: Session, settings: Settings, active: ActiveEdition) -> City:
    """The city of an edition, from its file or, where that is missing or broken, the database."""
    arrays = keep_file(session, settings, active)
    return City(
        edition=active,
        city_code=settings.city_code,
        locator=Locator(arrays),
        nearest_limit_m=float(settings.nearest_limit_m),
        bounds=bounds_of(arrays),
        landmarks=Landmarks((*named_areas(arrays), *_own_places(settings.landmarks_file))),
    )


def _own_places(path: str) -> list[Place]:
    """The city's own list of landmarks; one that cannot be read is said aloud and left out."""
    if not path:
        return []
    try:
        return read_places(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as fault:
        _log.error("the list of landmarks is not used: %s", fault)
        return []


def keep_file(session: Session, settings: Settings, edition: ActiveEdition) -> Arrays:
    """The arrays of an edition's file, which is made when there is none that can be read.

    Whoever activates makes it beforehand, so that the processes of this machine only load it.
    """
    path = settings.var_dir / "editions" / f"{edition.id}-{edition.checksum}.npz"
    try:
        return load_arrays(path)
    except (OSError, ValueError, zipfile.BadZipFile):
        arrays = compile_areas(read_shapes(session, edition.id))
        save_arrays(arrays, path)
        return arrays
