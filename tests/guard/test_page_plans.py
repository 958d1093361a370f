"""No page walks a table: the plans that PostgreSQL makes of them are read."""

from concurrent.futures import ThreadPoolExecutor
from random import Random
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from civicprobe.accounts.roles import Role
from civicprobe.administration.registers import REGISTERS
from civicprobe.db import db, utc_now
from civicprobe.errors import Fault
from civicprobe.reports.case_link import make_link
from civicprobe.reports.lifecycle.commands import ActionAsk, Dispatch, FileReport, OpenOriginal
from civicprobe.reports.lifecycle.table import Severity
from civicprobe.reports.models import Photo
from civicprobe.reports.services.dispatch import dispatch
from civicprobe.reports.services.open_original import open_original
from civicprobe.reports.services.perform import DOINGS, perform
from civicprobe.reports.services.review import file
from civicprobe.reports.services.words import index_words
from civicprobe.stats.services.roll import roll
from civicprobe.stats.tables import TABLES
from civicprobe.web.parts import parts
from tests.guard.test_routes import OTHERS
from tests.plans import noted, walked
from tests.town import SPOT, Town, build_town
from tests.unit.reports.deeds import bring

# A line of each register.
LINES = {
    "editions": "toy",
    "units": "roads",
    "categories": "rubbish",
    "limits": "none",
    "days": "2026-10-01",
    "people": "member",
    "channels": "1",
    "retention": "none",
}
# Who asks, one of each role.
CALLERS = {
    "rider": Role.RIDER,
    "member": Role.MEMBER,
    "unit-roads": Role.UNIT,
    "left-1": Role.OFFICE,
    "admin": Role.ADMIN,
}
# A developer's page, and there for nobody else.
UNASKED = {"pages_ui.every_part"}
# Pages about all of a city's people, some thousands, and what of them they read as a whole.
WHOLE = {
    "pages_map.coverage": {"members"},
    "pages_registers.file": {"members", "member_grids"},
    "pages_registers.index": {"members", "accounts"},
    "pages_registers.lines": {"members", "accounts", "contacts"},
    "pages_roster.roster": {"members"},
    "pages_roster_file.take": {"members", "member_grids"},
}
# The addresses of a route where its rule alone is none, or says too little; of a report in each.
AT = f"lat={SPOT.lat}&lon={SPOT.lon}"
ASKED = {
    "grid_api.landmarks": ["/api/v1/grid/landmarks?q=一街"],
    "grid_api.locate": [f"/api/v1/grid/locate?{AT}&radius_m=30"],
    "pages_admin.audit": [f"/o/admin/audit{ask}" for ask in ("", "?what=export.csv", "?subject=1")],
    "pages_case_map.case_map": ["/o/map", "/o/map?view=all&text=井盖"],
    "pages_case_map.window": ["/o/map/cases?view=all&text=井盖"],
    "pages_document.document": ["/o/{number}/document.pdf"],
    "pages_document.handover": ["/o/{number}/handover.json"],
    "pages_duty.join": ["/g/join?code=none"],
    "pages_export.export": [f"/o/export.{kind}?view=all" for kind in ("csv", "xlsx", "geojson")],
    "pages_link.case": ["/c/{token}"],
    "pages_link.photo": ["/c/{token}/photos/{photo}/screen"],
    "pages_map.locate": [f"/o/map/locate?{AT}"],
    "pages_member.card": ["/g/{number}"],
    "pages_office.case": ["/o/{number}"],
    "pages_office.desk": ["/o", "/o?view=all&text=井盖", "/o?open={number}"],
    "pages_office.follow": ["/to/{number}"],
    "pages_office.preview": ["/o/{number}/preview"],
    "pages_registers.at": [f"/o/admin/{key}/at/{line}" for key, line in LINES.items()],
    "pages_registers.file": [f"/o/admin/{key}/file" for key in REGISTERS],
    "pages_registers.lines": [f"/o/admin/{key}{m}" for key in REGISTERS for m in ("", "?named=m")],
    "pages_registers.new": [f"/o/admin/{key}/new" for key in REGISTERS],
    "pages_rider.report": ["/r/reports/{number}"],
    "pages_rider_app.module": ["/r/app/any/snap.js"],
    "pages_roster.member": ["/o/roster/member"],
    "pages_roster_file.take": ["/o/roster/file/csv", "/o/roster/file/xlsx"],
    "pages_rules.editor": ["/o/rules/new"],
    "pages_stats.as_csv": [f"/o/stats/{table}.csv" for table in TABLES],
    "pages_stats.behind": [
        f"/o/stats/behind/{figure}"
        for figure in ("funnel/closed", "week/2026-06-01", "age/2.1", "age/2")
    ],
    "pages_stats.statistics": ["/o/stats", "/o/stats?category=rubbish"],
    "pages_unit.case": ["/h/{number}"],
    "photos.original": ["/photos/{photo}/original"],
    "photos.photo": ["/photos/{photo}/screen"],
    "pages_unit.cases": ["/h", "/h?view=all"],
    "queue_api.read_queue": ["/api/v1/queue", "/api/v1/queue?limit=5"],
    "reports_api.read_report": ["/api/v1/reports/{number}", "/api/v1/reports/{uuid}"],
    "rider_api.ahead": ["/api/v1/rider/ahead/1500-5200"],
    "rider_api.around": [f"/api/v1/rider/around?{AT}"],
    "rider_api.get_steps": ["/api/v1/rider/steps?day=2026-06-01"],
    "rider_api.guess": [f"/api/v1/rider/guess?{AT}"],
}


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_every_page_has_an_index(app, session, settings):
    town = build_town(session, settings)
    holds = fill(town)
    in_vain = set()
    with noted(db.engine) as statements, ThreadPoolExecutor(1) as pool:
        for rule in app.url_map.iter_rules():
            if "GET" not in rule.methods or rule.endpoint in OTHERS | UNASKED:
                continue
            allowed = app.view_functions[rule.endpoint].allowed_roles
            addresses = ASKED.get(rule.endpoint, [rule.rule])
            statuses = {
                # A thread of its own: a request in the test's context would share its `g`.
                pool.submit(ask, app.test_client(), address, town.tokens[who]).result()
                for address in {each.format(**held) for each in addresses for held in holds}
                for who, role in CALLERS.items()
                if role in allowed
            }
            assert max(statuses) < 500, rule
            if min(statuses) >= 400:
                in_vain.add(rule.endpoint)
    assert in_vain == set(), "nobody saw a page of it: ASKED says how one is asked"
    assert walked(session, statements) == WHOLE


def ask(client: FlaskClient, address: str, token: str) -> int:
    """The status of a whole answer."""
    answer = client.get(address, headers={"Authorization": f"Bearer {token}"})
    answer.get_data()
    return answer.status_code


def fill(town: Town) -> list[dict[str, object]]:
    """Cases that went every which way, one that is with its unit; what addresses are made of."""
    session, dice = town.session, Random(5)  # noqa: S311
    reports = [town.assigned(category="road_damage") for _ in range(3)]
    for report in reports * 25:
        who, action = dice.choice([*town.accounts, "rider"]), dice.choice(list(DOINGS))
        data = bring(town, report, who, action, dice, utc_now())
        asked = ActionAsk(id=uuid4(), action=action, version=report.version, data=data)
        step = session.begin_nested()
        try:
            perform(session, report, asked, by=town.by(who, report), city=lambda: town.city)
            step.commit()
        except Fault:
            step.rollback()
            session.refresh(report)
    report, now = town.assigned(note="井盖没了"), utc_now()
    digest = parts().storage.put(b"a picture")
    copies = dict.fromkeys(("sha256", "screen_sha256", "thumb_sha256", "plates_sha256"), digest)
    photo = Photo(
        id=uuid4(),
        report_id=report.id,
        kind="report",
        n=1,
        state="ready",
        received_at=now,
        media_type="image/jpeg",
        **copies,
    )
    session.add(photo)
    filed = FileReport(category="road_damage", severity=Severity.ORDINARY)
    file(session, report, filed, by=town.by("member", report))
    dispatch(session, report, Dispatch(unit=town.units["roads"].id), by=town.by("left-1", report))
    see = OpenOriginal(photo=photo.id, reason="要看")
    open_original(session, report, see, by=town.by("left-1", report))
    index_words(session, report.id)
    roll(session, now)
    session.commit()
    known = {
        "token": make_link(town.settings.secret_key, report, town.actor("unit-roads")),
        "photo": photo.id,
    }
    return [{**known, "number": each.number, "uuid": each.uuid} for each in (report, *reports)]
