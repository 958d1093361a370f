"""A year of made-up reports with their events, written straight into the tables."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from civicprobe.catalog.defaults import load_defaults
from civicprobe.catalog.models import Unit
from civicprobe.reports.models import Clock, Report, ReportEvent

NOW = datetime(2026, 6, 10, 4, tzinfo=UTC)
CITY, DISTRICTS = "510100", ("510104", "510113")
PATH = ("file", "dispatch", "return", "dispatch", "propose", "send_back", "propose", "close")


class Maker:
    """Adds reports that came some random way."""

    def __init__(self, session, seed=7):
        self.session, self.made = session, 0
        self.dice = random.Random(seed)  # noqa: S311
        load_defaults(session, NOW)
        for code in ("roads", "lights"):
            session.add(Unit(code=code, name_zh=code, name_en=code, area_code=CITY))
        session.flush()

    def report(self, **given):
        dice = self.dice
        self.made += 1
        district = dice.choice((*DISTRICTS, None))
        values = {
            "uuid": UUID(int=self.made),
            "digest": "",
            "created_at": NOW - timedelta(hours=dice.uniform(1, 24 * 200)),
            "state": "assigned",
            "category_code": dice.choice(("road_damage", "rubbish", None)),
            "city_code": CITY,
            "district_code": district,
            "street_code": f"{district}00{dice.randint(1, 3)}" if district else None,
            "desk_code": CITY,
            "lat": 30.6,
            "lon": 104.0,
            "cell": dice.randint(1, 3),
            "place": {"grade": dice.choice("ABCD")},
        }
        report = Report(**{**values, **given})
        self.session.add(report)
        self.session.flush()
        self.step(report, "submit", 0)
        reach, hours = dice.randint(0, len(PATH)), 0.0
        for action in PATH[:reach]:
            hours += dice.expovariate(1 / 20)
            self.step(report, action, hours)
        if report.state == "closed" and dice.random() < 0.5:
            self.step(report, "rate", hours + 1, answer=dice.choice(("satisfied", "unsatisfied")))
        return report

    def step(self, report, action, hours, **data):
        at = report.created_at + timedelta(hours=hours)
        report.seq += 1
        if action == "dispatch":
            report.unit_id = self.dice.choice((1, 2))
        if action == "close":
            report.state, report.outcome, report.closed_at = "closed", "fixed", at
            due = report.created_at + timedelta(hours=self.dice.choice((20, 400)))
            self.session.add(
                Clock(
                    report_id=report.id,
                    stage="whole",
                    amount=1,
                    unit="day",
                    started_at=report.created_at,
                    due_at=due,
                )
            )
        self.session.add(
            ReportEvent(
                report_id=report.id,
                seq=report.seq,
                at=at,
                action=action,
                party="desk",
                to_state=str(report.state),
                audience="public",
                data=data,
                before_hash="",
                hash="",
            )
        )
        self.session.flush()


@pytest.fixture
def maker(session):
    return Maker(session)
