"""The people of a simulated city: who sits where, and the pictures they bring."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Account
from civicprobe.accounts.queries import actor_of_account, actor_of_device
from civicprobe.accounts.roles import Role
from civicprobe.grid.city import City
from civicprobe.reports.models import Photo, Report

Data = Mapping[str, Any]


@dataclass
class Crowd:
    """The people of a city, found in its tables, and the pictures that they bring."""

    session: Session
    city: City
    dice: Random
    pictures: tuple[Data, ...]
    devices: list[int] = field(default_factory=list)
    _known: dict[int, Actor] = field(default_factory=dict)
    _seats: dict[tuple[Role, object], list[Actor]] = field(default_factory=dict)

    def account(self, account_id: int) -> Actor:
        """The caller that an account is."""
        if account_id not in self._known:
            account = self.session.get_one(Account, account_id)
            self._known[account_id] = actor_of_account(self.session, account)
        return self._known[account_id]

    def officers(self, area: str | None) -> list[Actor]:
        """The officers of one desk."""
        return self._staff(Account.area_code, area, Role.OFFICE)

    def unit(self, unit_id: int | None) -> list[Actor]:
        """The handlers of one unit; some units have none."""
        return self._staff(Account.unit_id, unit_id, Role.UNIT)

    def rider(self, report: Report) -> list[Actor]:
        """Who sent it, if they are still tied to it."""
        return [] if report.reporter_id is None else [actor_of_device(report.reporter_id)]

    def desks(self, report: Report) -> list[Actor]:
        """The officers who may act: of the desk that answers for it first, then those above."""
        codes = [report.desk_code, report.street_code, report.district_code, report.city_code]
        return [one for code in dict.fromkeys(codes) for one in self.officers(code)]

    def evidence(self, report: Report, actor: Actor, now: datetime) -> str:
        """A picture brought to a report, as an upload leaves it."""
        photo = Photo(
            id=uuid4(),
            report_id=report.id,
            kind="evidence",
            received_at=now,
            added_by_id=actor.account_id,
            **self.dice.choice(self.pictures),
        )
        self.session.add(photo)
        self.session.flush()
        return str(photo.id)

    def snap(self, report: Report, now: datetime) -> None:
        """The picture that a rider sent with a report."""
        kept = self.dice.choice(self.pictures)
        photo = Photo(id=uuid4(), report_id=report.id, kind="hazard", n=1, received_at=now, **kept)
        self.session.add(photo)
        self.session.flush()

    def _staff(self, column: Any, where: object, role: Role) -> list[Actor]:
        """Who sits somewhere; nobody is hired or leaves in a simulation, so it is asked once."""
        if (role, where) not in self._seats:
            found = select(Account.id).where(
                column == where, Account.role == role.value, Account.active
            )
            ids = self.session.scalars(found.order_by(Account.id))
            self._seats[role, where] = [self.account(one) for one in ids]
        return list(self._seats[role, where])
