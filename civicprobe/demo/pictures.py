"""Pictures that a simulation's people bring: drawn once, stored once, shown by many rows."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from civicprobe.reports.services.pictures import Source, make
from civicprobe.samples import Scene, Shot, photograph
from civicprobe.storage import Storage

SEEDS = range(3)


def draw_pictures(
    storage: Storage, max_pixels: int, seeds: Sequence[int] = SEEDS
) -> list[dict[str, Any]]:
    """The fields of a photo's row for each drawn picture, its copies made and stored."""
    return [_stored(storage, scene, seed, max_pixels) for scene in Scene for seed in seeds]


def _stored(storage: Storage, scene: Scene, seed: int, max_pixels: int) -> dict[str, Any]:
    shot = Shot(datetime(2026, 1, 1, tzinfo=UTC))
    data = photograph(scene, shot, size=(800, 600), seed=seed)
    digest = storage.put(data)
    # Nobody is on a drawn picture: there is nothing to look for.
    copies = make(storage, Source(digest), max_pixels, look=lambda _: ())
    return {
        "state": "unreadable" if copies.reason else "ready",
        "reason": copies.reason,
        "sha256": digest,
        "media_type": "image/jpeg",
        "size": len(data),
        "screen_sha256": copies.screen_sha256,
        "thumb_sha256": copies.thumb_sha256,
        "facts": {},
    }
