"""A made-up map under the real districts: real names and codes, seeded outlines, all marked so.

Below the district no free outlines exist. Micro cells are grouped upwards by halving, so that every
area is the exact union of its children; the district stays the real one. Some areas lie apart or
hold a piece of another in their midst; dedicated grids (malls, schools, sites) lie over all.
"""

import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from civicprobe.errors import NotFound
from civicprobe.grid import chengdu
from civicprobe.grid.areas import AreaShape, Level
from civicprobe.grid.coords import degree_lengths_m
from civicprobe.grid.tessellation import Cells, Floats, Shapes, scatter, tessellate

ALL = "all"
# Of the city as published: 14,020 general grids in 3,047 communities, 126,449 micro grids.
_MOST_GENERALS, _GENERAL_SHARE = 9, 0.45  # 1 + binomial(8, 0.45): 4.6 on average
MICROS_PER_GENERAL = 9
# Made up: every fourth street and community has a piece of its neighbour in its midst, every second
# community a place with a keeper of its own, 60 to 250 m long.
_ENCLAVE_EACH, _DEEPEST = 4, 6
_DEDICATED_EACH, _DEDICATED_M = 2, (60.0, 250.0)
_DEDICATED_KINDS = ("商场", "学校", "工地", "医院", "产业园", "市场")
DEDICATED_FROM = 901  # sequence numbers within the community, apart from the general grids'

_SUFFIX = re.compile("(居民委员会|居委会|(?<=村)村民委员会|(?<=村)村委会|民委员会|委会)$")

Progress = Callable[[int, int], None]
Rows = NDArray[np.int64]


def synthesize(district: str, seed: int, progress: Progress | None = None) -> Iterator[AreaShape]:
    """Areas of the whole map, parents first: all districts, those below `district` (or `all`).

    The other districts have no children: they are known, and not divided. `progress` is told how
    much is done of how much. Raises NotFound `no_district`.
    """
    known = chengdu.districts()
    chosen = [shape for shape in known if district in (ALL, shape.code)]
    if not chosen:
        raise NotFound("no_district", district=district)
    plans = {shape.code: _Plan(shape, seed) for shape in chosen}
    rng = np.random.default_rng([seed, len(chosen), int(chosen[0].code)])
    regions = np.array([shape.outline for shape in known], dtype=object)
    seeds = [plans[shape.code].seeds() if shape.code in plans else None for shape in known]
    # A district's lines, its areas, and what takes longest, all lines cut at one another: so much.
    lines, cuts, areas = 1, 2 * len(plans), 1
    told = _Told(progress, (lines + areas) * len(plans) + cuts)
    cells = tessellate(regions, seeds, rng, lambda: told.on(lines))
    told.on(cuts)
    for number, shape in enumerate(known):
        mine = cells.region == number
        own = Cells(cells.outlines[mine], cells.points[mine], cells.region[mine])
        if shape.code in plans:
            yield from plans[shape.code].areas(own)
            told.on(areas)
        else:
            yield _area(Level.DISTRICT, shape.code, shape.name, shape.parent, own.outlines)


class _Told:
    """How much is done, told to whoever wants to know."""

    def __init__(self, progress: Progress | None, of: int) -> None:
        self._progress, self._done, self._of = progress, 0, of

    def on(self, steps: int) -> None:
        self._done += steps
        if self._progress is not None:
            self._progress(self._done, self._of)


class _Plan:
    """What one district is divided into; random by its own code, whatever else is made with it."""

    def __init__(self, district: AreaShape, seed: int) -> None:
        self._district, self._seed = district, seed
        self._rng = np.random.default_rng([seed, int(district.code)])
        self._streets = chengdu.streets()[district.code]
        self._communities = [chengdu.communities()[code] for code, _ in self._streets]
        self._generals = [
            1 + self._rng.binomial(_MOST_GENERALS - 1, _GENERAL_SHARE, size=len(communities))
            for communities in self._communities
        ]

    def seeds(self) -> Floats:
        """One seed a micro grid."""
        count = MICROS_PER_GENERAL * int(sum(each.sum() for each in self._generals))
        return scatter(self._district.outline, count, len(self._streets), self._rng)

    def areas(self, cells: Cells) -> Iterator[AreaShape]:
        """The district and everything below it, parents first."""
        whole = np.arange(len(cells.outlines))
        district = self._district
        by_street = self._split(cells, whole, [int(each.sum()) for each in self._generals])
        by_street = _with_enclaves(cells, by_street)
        made: list[AreaShape] = []
        for (code, name), rows, communities, generals in zip(
            self._streets, by_street, self._communities, self._generals, strict=True
        ):
            inner: list[AreaShape] = []
            parts = _with_enclaves(cells, self._split(cells, rows, generals.tolist()))
            for community, own, count in zip(communities, parts, generals.tolist(), strict=True):
                inner += self._community(cells, own, community, count)
            made.append(_union(Level.STREET, code, name, district.code, inner, synthetic=True))
            made += inner
        yield _union(Level.DISTRICT, district.code, district.name, district.parent, made)
        yield from made

    def _community(
        self, cells: Cells, rows: Rows, community: tuple[str, str], count: int
    ) -> list[AreaShape]:
        """One community, its general grids and their micro grids."""
        code, name = community
        stem = _SUFFIX.sub("", name)
        weights = self._rng.uniform(0.7, 1.3, size=count).tolist()
        parts = _in_reading_order(cells, self._split(cells, rows, weights))
        inner: list[AreaShape] = []
        for number, own in enumerate(parts, start=1):
            general, title = f"{code}{number:03d}", f"{stem}第{number}网格"
            micros = [
                _area(
                    Level.MICRO,
                    f"{general}{place:03d}",
                    f"{title}{place}号微网格",
                    general,
                    cells.outlines[each],
                    synthetic=True,
                )
                for place, each in enumerate(_in_reading_order(cells, list(own[:, None])), start=1)
            ]
            inner.append(_union(Level.GENERAL, general, title, code, micros, synthetic=True))
            inner += micros
        whole = _union(Level.COMMUNITY, code, name, code[:9], inner, synthetic=True)
        return [whole, *inner, *self._dedicated(cells, rows, whole, stem)]

    def _dedicated(
        self, cells: Cells, rows: Rows, community: AreaShape, stem: str
    ) -> Iterator[AreaShape]:
        """A place of its own in every second community: a rectangle wholly inside, or one cell."""
        order = int(community.code[-3:])
        if order % _DEDICATED_EACH:
            return
        dice = np.random.default_rng([self._seed, int(community.code)])
        row = rows[dice.integers(len(rows))]
        outline = _rectangle(cells.points[row], dice)
        if not community.outline.contains(outline):
            outline = cells.outlines[row]
        code = f"{community.code}{DEDICATED_FROM:03d}"
        name = f"{stem}{_DEDICATED_KINDS[dice.integers(len(_DEDICATED_KINDS))]}"
        yield AreaShape(Level.DEDICATED, code, name, community.code, outline, synthetic=True)

    def _split(self, cells: Cells, rows: Rows, weights: Sequence[float]) -> list[Rows]:
        """Rows in compact groups, about in proportion to the weights, none empty: by halving."""
        if len(weights) == 1:
            return [rows]
        half = len(weights) // 2
        share = sum(weights[:half]) / sum(weights)
        cut = min(max(round(len(rows) * share), half), len(rows) - (len(weights) - half))
        spots = cells.points[rows] * [0.859, 1.0]
        wide, high = np.ptp(spots, axis=0)
        angle = (0.0 if wide > high else np.pi / 2) + self._rng.uniform(-0.5, 0.5)
        order = np.argsort(spots @ [np.cos(angle), np.sin(angle)], kind="stable")
        return [
            *self._split(cells, rows[order[:cut]], weights[:half]),
            *self._split(cells, rows[order[cut:]], weights[half:]),
        ]


def _with_enclaves(cells: Cells, groups: list[Rows]) -> list[Rows]:
    """Groups of which every fourth gives the next one a cell that lies wholly within it."""
    for number in range(1, len(groups) - 1, _ENCLAVE_EACH):
        own = groups[number]
        away = np.abs(cells.points[own] - cells.points[own].mean(axis=0)).sum(axis=1)
        for row in own[np.argsort(away, kind="stable")[:_DEEPEST]].tolist():
            rest = own[own != row]
            around = shapely.coverage_union_all(cells.outlines[rest])
            if shapely.get_num_interior_rings(shapely.get_parts(around)).sum():
                groups[number] = rest
                groups[number + 1] = np.append(groups[number + 1], row)
                break
    return groups


def _rectangle(middle: Floats, dice: np.random.Generator) -> BaseGeometry:
    """A turned rectangle around a point, its sides in true metres to about a hundredth."""
    north, east = degree_lengths_m(float(middle[1]))
    half = dice.uniform(*_DEDICATED_M, size=2) / 2
    turn = dice.uniform(0, np.pi / 2)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    turned = corners @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    return shapely.Polygon(np.round(middle + turned / [east, north], 7))


def _in_reading_order(cells: Cells, groups: Sequence[Rows]) -> list[Rows]:
    """Groups from north to south, as sequence numbers are given."""
    return sorted(groups, key=lambda rows: -float(cells.points[rows][:, 1].mean()))


def _union(
    level: Level,
    code: str,
    name: str,
    parent: str,
    below: Sequence[AreaShape],
    *,
    synthetic: bool = False,
) -> AreaShape:
    """The area its children make up, vertex for vertex."""
    outlines = np.array([each.outline for each in below if each.parent == code], dtype=object)
    return _area(level, code, name, parent, outlines, synthetic=synthetic)


def _area(
    level: Level, code: str, name: str, parent: str, outlines: Shapes, *, synthetic: bool = False
) -> AreaShape:
    outline = outlines[0] if len(outlines) == 1 else _merged(outlines)
    return AreaShape(level, code, name, parent, outline, synthetic)


def _merged(outlines: Shapes) -> BaseGeometry:
    whole = shapely.coverage_union_all(outlines)
    parts = shapely.get_parts(whole)
    return next(iter(parts)) if len(parts) == 1 else whole
