"""Administration and the whistle board: every register full, empty, failing and forbidden."""

from collections.abc import Callable
from dataclasses import replace

from civicprobe.administration.registers import REGISTERS
from scripts.screens.parts import DESK_EN, DESK_SMALL, Screen, Visit

LOOKS = (DESK_SMALL, DESK_EN)
# A line of each register in the demo's city, to be looked at alone.
LINES = {
    "editions": "sample",
    "units": "roads",
    "categories": "rubbish",
    "limits": "handling:rubbish:",
    "people": "member-01",
}


def _at(path: str) -> Callable[[Visit], None]:
    return lambda visit: visit.go(path)


def _refused(visit: Visit) -> None:
    """A form sent as it stands, with nothing filled in."""
    visit.go("/o/admin/units/new")
    visit.page.locator("form.sheet button").click()


def _faulty_table(visit: Visit) -> None:
    visit.go("/o/admin/limits")
    table = b"stage,category,severity,amount,unit,source\nhandling,nothing,,0,days,\n"
    file = {"name": "limits.csv", "mimeType": "text/csv", "buffer": table}
    visit.page.set_input_files("#file", file)  # type: ignore[arg-type]
    visit.page.locator("form[enctype] button").click()


def _screen(name: str, state: str, path: str, note: str, who: str = "admin") -> Screen:
    return Screen(name, state, _at(path), LOOKS, who=who, note=note)


SCREENS = (
    _screen("admin", "full", "/o/admin", "the checklist, the doors"),
    _screen("admin", "street", "/o/admin", "a street's own checklist", "office"),
    _screen("admin", "forbidden", "/o/admin", "a member is told", "member"),
    *(
        _screen(f"admin-{key}", "list", f"/o/admin/{key}", "full, file, history")
        for key in REGISTERS
    ),
    *(
        _screen(f"admin-{key}", "line", f"/o/admin/{key}/at/{line}", "form, deeds, history")
        for key, line in LINES.items()
    ),
    _screen("admin-people", "new", "/o/admin/people/new", "the form"),
    _screen("admin-units", "empty", "/o/admin/units", "a street without units", "office"),
    _screen("admin-limits", "readonly", "/o/admin/limits", "a street reads", "office"),
    _screen("admin-limits", "new-forbidden", "/o/admin/limits/new", "a street is told", "office"),
    replace(_screen("admin-units", "failing", "", "each fault beside its field"), show=_refused),
    replace(_screen("admin-limits", "failing", "", "each fault by line"), show=_faulty_table),
    _screen("admin-work", "empty", "/o/admin/work", "nothing failed"),
    _screen("admin-tokens", "empty", "/o/admin/tokens", "the form"),
    _screen("admin-audit", "full", "/o/admin/audit", "search, before and after"),
    _screen("whistles", "empty", "/o/whistles", "nobody is called", "office"),
)
