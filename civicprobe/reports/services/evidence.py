"""What a report's row and photos say of where it is, as `place.weigh` takes it."""

from collections.abc import Sequence
from typing import Any

from civicprobe.grid.coords import Datum
from civicprobe.grid.landmarks import Place
from civicprobe.reports.lifecycle.commands import Fix, Pin, SubmitReport
from civicprobe.reports.models import Report
from civicprobe.reports.photo.exif import PhotoFacts
from civicprobe.reports.place import Evidence
from civicprobe.reports.sightings import Sighting

EARLIER = "earlier"  # the key of a row's other fixes, beside what the command brought


def evidence_of(
    report: Report, photos: Sequence[PhotoFacts], spot: Place | None = None
) -> Evidence:
    """All evidence of where; the row's part is read back through the commands that wrote it.

    `spot` is what the landmark's words were found to mean.
    """
    kept: dict[str, Any] = dict(report.evidence)
    earlier = [Fix.model_validate(item) for item in kept.pop(EARLIER, [])]
    said = SubmitReport.model_validate(kept)
    return Evidence(
        photos=tuple(photos),
        fix=_measured(said.fix) if said.fix else None,
        earlier=tuple(_measured(fix) for fix in earlier),
        pin=_set(said.pin) if said.pin else None,
        landmark=said.landmark,
        spot=_named(spot) if spot else None,
        taken_at=said.taken_at,
    )


def _measured(fix: Fix) -> Sighting:
    return Sighting(
        lat=fix.lat,
        lon=fix.lon,
        accuracy_m=fix.accuracy_m,
        datum=Datum(fix.datum),
        at=fix.at,
        speed_mps=fix.speed,
    )


def _named(spot: Place) -> Sighting:
    return Sighting(spot.point.lat, spot.point.lon, accuracy_m=spot.radius_m)


def _set(pin: Pin) -> Sighting:
    return Sighting(lat=pin.lat, lon=pin.lon, datum=Datum(pin.datum), at=pin.at)
