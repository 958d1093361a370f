"""A toy town on the real tables: two streets of four micro grids, and the people who serve them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Account, Device
from civicprobe.accounts.queries import actor_of_account, actor_of_device
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.api_tokens import create_token
from civicprobe.accounts.services.people import create_device
from civicprobe.accounts.tokens import new_token
from civicprobe.catalog.defaults import load_defaults
from civicprobe.catalog.models import Unit
from civicprobe.db import utc_now
from civicprobe.grid.city import City, active_city
from civicprobe.grid.coords import Point
from civicprobe.grid.services.activate import activate
from civicprobe.grid.services.enrol import assign_grids, enrol
from civicprobe.grid.services.import_areas import new_edition, write_areas
from civicprobe.reports.lifecycle.commands import SubmitReport
from civicprobe.reports.models import Photo, Report
from civicprobe.reports.proofs import is_drawn
from civicprobe.reports.services.enrich import enrich
from civicprobe.reports.services.submit import Intake, submit
from civicprobe.reports.transitions import By
from civicprobe.settings import Settings
from tests.unit.grid.conftest import LEFT, RIGHT, SIDE, SOUTH, TOWN, WEST, toy_map

CITY = "510100"
INTAKE = Intake(CITY, 600)
GRID = f"{LEFT}001001001"  # the south-western micro grid of the left street
SPOT = Point(SOUTH + SIDE / 2, WEST + SIDE / 2)  # in its middle


def undrawn() -> UUID:
    """A report's UUID for which no inspection is drawn by lot: tests that want one say so."""
    return next(
        uuid
        for uuid in iter(uuid4, None)
        if not any(is_drawn(str(uuid), proposal) for proposal in range(3, 30))
    )


@dataclass
class Town:
    """People by name, the map, and short ways to what a test needs."""

    session: Session
    settings: Settings
    accounts: dict[str, Account] = field(default_factory=dict)
    rider: Device | None = None
    units: dict[str, Unit] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def city(self) -> City:
        return active_city(self.session, self.settings)

    def actor(self, name: str) -> Actor:
        if name == "rider":
            assert self.rider
            return actor_of_device(self.rider.id)
        return actor_of_account(self.session, self.accounts[name])

    def by(self, name: str, report: Report | None = None, now: datetime | None = None) -> By:
        version = report.version if report is not None else None
        return By(self.actor(name), now or utc_now(), version)

    def hire(self, name: str, role: Role, area: str, unit: Unit | None = None) -> Account:
        # Not by `create_account`: ten argon2 hashes would take longer than the test.
        account = Account(
            username=name,
            role=role.value,
            area_code=area,
            unit_id=unit.id if unit else None,
            fs_uniquifier=name,
            active=True,
            created_at=utc_now(),
        )
        self.session.add(account)
        self.session.flush()
        self.accounts[name] = account
        self.tokens[name] = create_token(self.session, account, label="test", now=utc_now())
        return account

    def member(self, name: str, *grids: str) -> Account:
        account = self.hire(name, Role.MEMBER, grids[0])
        member = enrol(self.session, account.id, f"别名{name}", now=utc_now())
        assign_grids(self.session, member.id, grids)
        return account

    def reported(self, *, uuid: UUID | None = None, **said: Any) -> Report:
        """A report of the rider, by default with a pin in the middle of the first micro grid."""
        pin = {"lat": SPOT.lat, "lon": SPOT.lon}
        command = SubmitReport.model_validate({"note": "井盖没了", "pin": pin, **said})
        receipt = submit(
            self.session, uuid or undrawn(), command, intake=INTAKE, by=self.by("rider")
        )
        return receipt.report

    def assigned(self, **said: Any) -> Report:
        """A report that the worker has placed."""
        report = self.reported(**said)
        enrich(self.session, report.id, {}, city=self.city, now=utc_now())
        return report

    def evidence(self, report: Report, name: str) -> UUID:
        """A picture brought by one of the staff."""
        photo = Photo(
            id=uuid4(),
            report_id=report.id,
            kind="evidence",
            state="stored",
            received_at=utc_now(),
            added_by_id=self.accounts[name].id,
            sha256="0" * 64,
        )
        self.session.add(photo)
        self.session.flush()
        return photo.id


def build_town(session: Session, settings: Settings) -> Town:
    """The map active, two officers at each street, one above at district and city, two units."""
    now = utc_now()
    load_defaults(session, utc_now())
    write_areas(session, new_edition(session, "toy", now=now), toy_map())
    activate(session, "toy", now=now)
    town = Town(session, settings)
    for code in ("roads", "drains"):
        town.units[code] = Unit(code=code, name_zh=code, name_en=code, area_code=TOWN, active=True)
        session.add(town.units[code])
    session.flush()
    town.member("member", GRID)
    for street, name in ((LEFT, "left"), (RIGHT, "right")):
        for number in (1, 2):
            town.hire(f"{name}-{number}", Role.OFFICE, street)
    town.hire("district", Role.OFFICE, TOWN)
    town.hire("city", Role.OFFICE, CITY)
    town.hire("admin", Role.ADMIN, CITY)
    for code, unit in town.units.items():
        town.hire(f"unit-{code}", Role.UNIT, TOWN, unit)
    town.rider = create_device(session, new_token(), now=now)
    town.tokens["rider"] = create_token(session, town.rider, label="test", now=now)
    session.commit()
    return town
