"""What a report's row and photos say of where it is, as `place.weigh` takes it."""

from collections.abc import Sequence

from civicprobe.grid.coords import Datum
from civicprobe.reports.commands import Fix, Pin, SubmitReport
from civicprobe.reports.exif import PhotoFacts
from civicprobe.reports.models import Report
from civicprobe.reports.place import Evidence
from civicprobe.reports.sightings import Sighting


def evidence_of(report: Report, photos: Sequence[PhotoFacts]) -> Evidence:
    """All evidence of where; the row's part is read back through the command that wrote it."""
    said = SubmitReport.model_validate(report.evidence)
    return Evidence(
        photos=tuple(photos),
        fix=_measured(said.fix) if said.fix else None,
        pin=_set(said.pin) if said.pin else None,
        landmark=said.landmark,
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


def _set(pin: Pin) -> Sighting:
    return Sighting(lat=pin.lat, lon=pin.lon, datum=Datum(pin.datum), at=pin.at)
