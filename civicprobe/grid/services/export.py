"""One level of an edition as GeoJSON that `import_areas` takes back bit for bit."""

import json
from collections.abc import Iterator

import shapely
from sqlalchemy.orm import Session

from civicprobe.grid.areas import AreaShape, Level
from civicprobe.grid.queries import get_edition, read_shapes, successors


def export_areas(session: Session, name: str, level: Level) -> Iterator[str]:
    """The pieces of a FeatureCollection, a feature a line; raises NotFound `no_edition`."""
    edition = get_edition(session, name)
    followed: dict[str, list[str]] = {}
    for code, successor in successors(session, edition.id).items():
        followed.setdefault(successor, []).append(code)
    lead = '{"type": "FeatureCollection", "features": [\n'
    for area in read_shapes(session, edition.id, level):
        yield lead + _feature(area, followed.get(area.code, []))
        lead = ",\n"
    yield "\n]}\n" if lead == ",\n" else lead + "]}\n"


def _feature(area: AreaShape, replaces: list[str]) -> str:
    properties: dict[str, object] = {
        "code": area.code,
        "name": area.name,
        "parent": area.parent,
    }
    if area.synthetic:
        properties["synthetic"] = True
    if replaces:
        properties["replaces"] = sorted(replaces)
    said, geometry = json.dumps(properties, ensure_ascii=False), shapely.to_geojson(area.outline)
    return f'{{"type": "Feature", "properties": {said}, "geometry": {geometry}}}'
