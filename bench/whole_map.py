"""The whole city's map: made, brought in, loaded, asked one by one and by the million, and proved.

The proof: random points, corners and edge midpoints, on every level, against a search through every
outline. Seconds are those of the processor, so that other work on the machine does not count; the
process that is measured for memory is a fresh one.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import shapely
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

import civicprobe.accounts.models
import civicprobe.catalog.models  # noqa: F401
from bench import brute
from civicprobe.db import Model, engine_options
from civicprobe.grid.areas import TILING, AreaShape, Level
from civicprobe.grid.coords import Point
from civicprobe.grid.locator import Locator
from civicprobe.grid.queries import get_edition, read_shapes
from civicprobe.grid.services.activate import activate
from civicprobe.grid.services.export import export_areas
from civicprobe.grid.services.import_areas import ImportReport, import_areas
from civicprobe.grid.services.synthesize import synthesize_edition

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SINGLE, BULK, PROVED = 20_000, 1_000_000, 20_000
_CHUNK = 1_000_000
T = TypeVar("T")

# What a process that locates does: load, answer, go over to the next map, leave the old one.
_PROCESS = """
import json, resource, sys, time
from pathlib import Path
from civicprobe.grid.city import give_back
from civicprobe.grid.coords import Point
from civicprobe.grid.locator import Locator

def mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

path, before = Path(sys.argv[1]), mb()
began, own = time.perf_counter(), time.process_time()
index = Locator.load(path)
index.locate(Point(30.66, 104.06))
said = {"load_s": time.perf_counter() - began, "load_cpu_s": time.process_time() - own}
said["added_mb"] = mb() - before
for _ in range(4):
    index = Locator.load(path)
    index.locate(Point(30.66, 104.06))
    give_back()
said["after_4_swaps_mb"] = mb() - before
said["most_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6 - before
print(json.dumps(said))
"""


def run() -> dict[str, float]:
    """Figures of one run, ratios beside what they are ratios of."""
    with tempfile.TemporaryDirectory(prefix="civicprobe-map-") as folder:
        areas, figures = _make(Path(folder))
        index_file = Path(folder) / "map.npz"
        Locator.save(areas, index_file)
        command = [sys.executable, "-c", _PROCESS, str(index_file)]
        process = subprocess.run(command, check=True, capture_output=True, text=True)
        figures |= {name: round(v, 2) for name, v in json.loads(process.stdout).items()}
        index = Locator.load(index_file)
    figures |= _single(areas, index) | _bulk(areas, index)
    points = list(brute.sample(areas, PROVED, seed=7))
    seconds, wrong = _cpu(lambda: list(brute.disagreements(areas, index, points)))
    if wrong:
        raise SystemExit(f"{len(wrong)} points disagree with the search: {wrong[:3]}")
    return figures | {"proved_points": len(points), "proved_s": seconds, "disagreements": 0}


def _make(folder: Path) -> tuple[list[AreaShape], dict[str, float]]:
    """The city made up in a database, then all of it once more through export and import."""
    url = f"sqlite:///{folder / 'map.db'}"
    engine = create_engine(url, **engine_options(url))
    Model.metadata.create_all(engine)
    with Session(engine) as session:
        seconds, _ = _cpu(lambda: synthesize_edition(session, "all", seed=7, name="one", now=NOW))
        said = {"synthesize_s": seconds}
        session.commit()
        for level in (*TILING, Level.DEDICATED):
            file = folder / f"{level}.geojson"
            file.write_text("".join(export_areas(session, "one", level)), encoding="utf-8")
            seconds, report = _cpu(lambda level=level, file=file: _bring(session, level, file))
            if report.faults or not report.written:
                raise SystemExit(f"{level} is refused: {report.faults[:3]}")
            said[f"import_{level}_s"] = seconds
            said[f"{level}_areas"] = report.written
            session.commit()
        said["activate_s"], _ = _cpu(lambda: activate(session, "two", now=NOW))
        session.commit()
        areas = list(read_shapes(session, get_edition(session, "two").id))
    engine.dispose()
    return areas, said


def _bring(session: Session, level: Level, file: Path) -> ImportReport:
    with file.open("rb") as stream:
        pieces = iter(lambda: stream.read(_CHUNK), b"")
        return import_areas(session, "two", level, pieces, city_code="510100", now=NOW)


def _single(areas: list[AreaShape], index: Locator) -> dict[str, float]:
    """Mean microseconds a lookup, beside shapely's own bare query in the same loop."""
    micros = [area.outline for area in areas if area.level is Level.MICRO]
    tree, dice = shapely.STRtree(micros), np.random.default_rng(1)
    spots = shapely.point_on_surface([micros[n] for n in dice.integers(len(micros), size=SINGLE)])
    points = [Point(spot.y, spot.x) for spot in spots]
    bare, ours, near = np.median(
        [
            [
                _mean_us(lambda i: tree.query(spots[i], "intersects")),
                _mean_us(lambda i: index.locate(points[i])),
                _mean_us(lambda i: index.locate(points[i], 30.0)),
            ]
            for _ in range(5)
        ],
        axis=0,
    ).tolist()
    return {
        "strtree_us": round(bare, 1),
        "locate_us": round(ours, 1),
        "beyond_strtree_us": round(ours - bare, 1),
        "locate_30m_us": round(near, 1),
        "locate_over_strtree": round(ours / bare, 2),
    }


def _bulk(areas: list[AreaShape], index: Locator) -> dict[str, float]:
    """Millions of points a second of one core, all levels; nine in ten where people live."""
    dice = np.random.default_rng(2)
    micros = np.array([area.outline for area in areas if area.level is Level.MICRO], dtype=object)
    middles = shapely.get_coordinates(shapely.centroid(micros))
    near = middles[dice.integers(len(middles), size=BULK * 9 // 10)]
    near += dice.normal(scale=1e-3, size=near.shape)
    west, south, east, north = shapely.total_bounds(micros)
    anywhere = dice.uniform((west, south), (east, north), (BULK - len(near), 2))
    lonlat = dice.permutation(np.concatenate([near, anywhere]))
    tree = shapely.STRtree(micros)
    bare, _ = _cpu(lambda: tree.query(shapely.points(lonlat), predicate="intersects"))
    plain, rows = _cpu(lambda: index.rows_above(index.rows_at(lonlat)))
    making, cells = _cpu(index.make_cells)
    fast, same = _cpu(lambda: index.rows_above(index.rows_at(lonlat, cells)))
    if not np.array_equal(rows, same):
        raise SystemExit("the raster and the tree disagree")
    return {
        "strtree_bulk_m_per_s": round(BULK / bare / 1e6, 2),
        "bulk_m_per_s": round(BULK / plain / 1e6, 2),
        "bulk_over_strtree": round(bare / plain, 2),
        "cells_m_per_s": round(BULK / fast / 1e6, 2),
        "cells_over_strtree": round(bare / fast, 2),
        "cells_make_s": round(making, 2),
        "cells_mb": round(cells.nbytes / 1e6, 1),
    }


def _mean_us(look: Callable[[int], object]) -> float:
    began = time.process_time()
    for number in range(SINGLE // 5):
        look(number)
    return (time.process_time() - began) / (SINGLE // 5) * 1e6


def _cpu(work: Callable[[], T]) -> tuple[float, T]:
    began = time.process_time()
    found = work()
    return round(time.process_time() - began, 3), found
