"""Which areas of a new map have a report of an earlier one, and why.

Pure. Where its finest area ceased, the successor named for that area has it, else the first area
above that is still there or has one; otherwise the point decides.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from civicprobe.grid.areas import AreaName
from civicprobe.grid.locator import Located, Locator


class Why(StrEnum):
    """Why a report moves; `outside` does not: nobody serves its point any more, a desk decides."""

    BORDER = "border"
    PARENTS = "parents"
    SUCCESSOR = "successor"
    ABOVE = "above"
    OUTSIDE = "outside"


def new_areas(
    locator: Locator, followed: Mapping[str, str], was: Sequence[str], located: Located
) -> tuple[Why, tuple[AreaName, ...]]:
    """The areas on the new map, finest first.

    `was` are the codes on the earlier map, widest first; `followed` gives the successor of codes
    that ceased; `located` is the point on the new map.
    """
    chain = located.chain or located.nearest_chain
    if was and locator.find(was[-1]) is None:
        return _heir(locator, followed, was, chain)
    if not chain:
        return Why.OUTSIDE, ()
    same = bool(was) and chain[0].code == was[-1]
    return (Why.PARENTS if same else Why.BORDER), chain


def _heir(
    locator: Locator,
    followed: Mapping[str, str],
    was: Sequence[str],
    chain: tuple[AreaName, ...],
) -> tuple[Why, tuple[AreaName, ...]]:
    for code in reversed(was):
        there = locator.chain_of(code)
        if there:
            return Why.ABOVE, there
        heir = _last(locator, followed, code)
        if heir is not None:
            # One that is divided further: the part of it that holds the point.
            within = any(area.code == heir for area in chain)
            return Why.SUCCESSOR, chain if within else locator.chain_of(heir)
    return (Why.BORDER if chain else Why.OUTSIDE), chain


def _last(locator: Locator, followed: Mapping[str, str], code: str) -> str | None:
    """The area of this map that follows, over as many editions as it took."""
    for _ in range(len(followed)):
        heir = followed.get(code)
        if heir is None or locator.find(heir):
            return heir
        code = heir
    return None
