"""Cases for the desks' tests, by the real services in the running demo's own database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Account
from civicprobe.accounts.queries import actor_of_account, actor_of_device
from civicprobe.accounts.services.people import create_device
from civicprobe.accounts.tokens import new_token
from civicprobe.catalog.models import Unit
from civicprobe.cli.edge import working
from civicprobe.db import utc_now, writing
from civicprobe.demo.pictures import draw_pictures
from civicprobe.grid.city import active_city
from civicprobe.reports.lifecycle.commands import ActionAsk, SubmitReport
from civicprobe.reports.models import Photo, Report
from civicprobe.reports.numbers import row_id_of
from civicprobe.reports.services.enrich import enrich
from civicprobe.reports.services.perform import perform
from civicprobe.reports.services.submit import Intake, submit
from civicprobe.reports.transitions import By
from civicprobe.settings import Settings
from civicprobe.web.parts import parts

from .conftest import City

STEP = 0.00002  # degrees: so far apart that a list tells them, all within the member's grid


@dataclass
class Stock:
    """Makes cases in the city's tables and takes steps in the name of its people."""

    city: City
    session: Session
    settings: Settings
    pictures: Sequence[dict[str, Any]] = ()
    _made: int = field(default=0)

    def cards(self, n: int, **said: Any) -> list[str]:
        """So many reports of riders that wait for the member, each with a photo; their numbers."""
        return [self._card(said).number for _ in range(n)]

    def act(self, who: str, number: str, action: str, **data: Any) -> None:
        """One action by the person whose login is `who`."""
        report = self._report(number)
        ask = ActionAsk.model_validate(
            {"id": uuid4(), "action": action, "version": report.version, "data": data}
        )
        by = By(self._actor(who), utc_now(), report.version)
        perform(self.session, report, ask, by=by, city=self._map)
        self.session.commit()

    def evidence(self, who: str, number: str) -> str:
        """A picture of the place brought by `who`: its id."""
        account_id = self._actor(who).account_id
        photo = self._photo(self._report(number), kind="evidence", added_by_id=account_id)
        self.session.commit()
        return photo

    def state(self, number: str) -> tuple[str, int]:
        """The state and version of a report now."""
        self.session.rollback()
        report = self._report(number)
        found = report.state, report.version
        self.session.rollback()
        return found

    def unit_id(self, code: str) -> int:
        """The id of a unit."""
        found = self.session.scalars(select(Unit.id).where(Unit.code == code)).one()
        self.session.rollback()
        return found

    def unit(self, number: str) -> str | None:
        """The code of the unit that has it."""
        self.session.rollback()
        unit = self.session.get(Unit, self._report(number).unit_id or 0)
        code = unit.code if unit else None
        self.session.rollback()
        return code

    def _card(self, said: dict[str, Any]) -> Report:
        """In one commit: else the demo's own worker weighs it too, and the card changes in hand."""
        self._made += 1
        now, spot = utc_now(), self.city.spot
        pin = {"lat": spot.lat + STEP * (self._made % 5), "lon": spot.lon}
        device = create_device(self.session, new_token(), now=now)
        self.session.flush()
        asked = SubmitReport.model_validate({"note": "路口有问题", "pin": pin, **said})
        intake = Intake(self.settings.city_code, 0)
        by = By(actor_of_device(device.id), now)
        report = submit(self.session, uuid4(), asked, intake=intake, by=by).report
        self._photo(report, kind="hazard", n=1)
        enrich(self.session, report.id, {}, city=self._map(), now=now)
        self.session.commit()
        return report

    def _photo(self, report: Report, **fields: Any) -> str:
        self._made += 1
        kept = self.pictures[self._made % len(self.pictures)]
        photo = Photo(id=uuid4(), report_id=report.id, received_at=utc_now(), **fields, **kept)
        self.session.add(photo)
        self.session.flush()
        return str(photo.id)

    def _map(self) -> Any:
        return active_city(self.session, self.settings)

    def _report(self, number: str) -> Report:
        self.session.expire_all()
        return self.session.get_one(Report, row_id_of(number))

    def _actor(self, who: str) -> Actor:
        name = self.city.logins.get(who, {"name": who})["name"]
        named = select(Account).where(Account.username == name)
        return actor_of_account(self.session, self.session.scalars(named).one())


@contextmanager
def stock_of(city: City) -> Iterator[Stock]:
    """The demo's tables, beside its own processes."""
    with working(city.folder) as (session, settings), writing():
        pictures = draw_pictures(parts().storage, settings.max_pixels, seeds=(1,))
        session.rollback()
        yield Stock(city, session, settings, pictures)
