"""A raster laid over a layer: most points of a long list are answered without looking at outlines.

Pure. Worth its making for millions of points only; what it says is what the layer would say.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from civicprobe.grid.layer import Floats, Layer, Rows

OUTSIDE, UNSURE = -1, -2
_MARGIN_DEG = 1e-9
_AT_ONCE = 200_000


class Cells:
    """Per cell the row of the area that holds all of it, `OUTSIDE`, or `UNSURE` at a border.

    `nbytes` is what it costs in memory.
    """

    def __init__(self, layer: Layer, side_deg: float = 6e-4) -> None:
        """Cells of this many degrees a side: 6e-4 are about 60 m."""
        self._layer, self._side = layer, side_deg
        west, south, east, north = shapely.total_bounds(layer.parts)
        self._corner = np.array([west, south]) - side_deg
        wide, high = np.ceil((np.array([east, north]) - self._corner) / side_deg).astype(int) + 1
        self._rows = np.zeros((high, wide), dtype=np.int32)
        for first in range(0, layer.size, _AT_ONCE // 10):
            self._mark_borders(layer.parts[first : first + _AT_ONCE // 10])
        # Along a line of cells the area changes at borders only: one look for each run of cells.
        edge = np.ones((high, wide), dtype=bool)
        edge[:, 1:] = self._rows[:, 1:] != self._rows[:, :-1]
        starts = np.flatnonzero(edge & (self._rows == 0))
        lines, columns = np.divmod(starts, wide)
        middles = self._corner + (np.column_stack([columns, lines]) + 0.5) * side_deg
        held = np.concatenate(
            [layer.holders(part) for part in np.array_split(middles, len(starts) // _AT_ONCE + 1)]
        )
        of_run = np.cumsum((edge & (self._rows == 0)).ravel()) - 1
        sure = (self._rows == 0).ravel()
        self._rows.ravel()[sure] = held[of_run[sure]]
        self.nbytes = self._rows.nbytes

    def holders(self, lonlat: Floats) -> Rows:
        """As `Layer.holders`: the lowest row that holds each point, -1 where none does."""
        found = np.full(len(lonlat), OUTSIDE, dtype=np.int32)
        column, line = ((lonlat - self._corner) // self._side).T
        high, wide = self._rows.shape
        within = (column >= 0) & (column < wide) & (line >= 0) & (line < high)
        found[within] = self._rows[line[within].astype(int), column[within].astype(int)]
        unsure = np.flatnonzero(found == UNSURE)
        found[unsure] = self._layer.holders(lonlat[unsure])
        return found

    def _mark_borders(self, parts: NDArray[np.object_]) -> None:
        """Every cell that an edge may touch; no edge is left longer than a cell."""
        rings = shapely.segmentize(shapely.get_rings(parts), self._side / 2)
        places, ring = shapely.get_coordinates(rings, return_index=True)
        same = ring[1:] == ring[:-1]
        one, two = places[:-1][same], places[1:][same]
        low = ((np.minimum(one, two) - _MARGIN_DEG - self._corner) // self._side).astype(int)
        high = ((np.maximum(one, two) + _MARGIN_DEG - self._corner) // self._side).astype(int)
        for x in (low[:, 0], high[:, 0]):
            for y in (low[:, 1], high[:, 1]):
                self._rows[y, x] = UNSURE
