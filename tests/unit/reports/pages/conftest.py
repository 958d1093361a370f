"""A small town behind a whole app; pages are asked, and forms sent, as a browser does it."""

import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO
from uuid import UUID

import pytest
import shapely
from apiflask import APIFlask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import or_, select
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from civicprobe.accounts.queries import get_account
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.people import NewAccount, create_account
from civicprobe.catalog.defaults import load_defaults
from civicprobe.catalog.models import Unit
from civicprobe.db import db, utc_now
from civicprobe.grid.areas import AreaShape, Level
from civicprobe.grid.city import find_city
from civicprobe.grid.coords import Point
from civicprobe.grid.services.activate import activate
from civicprobe.grid.services.enrol import assign_grids, enrol
from civicprobe.grid.services.import_areas import new_edition, write_areas
from civicprobe.outbox import OutboxRow
from civicprobe.reports.lifecycle.table import Topic
from civicprobe.reports.services import enrich as enriching
from civicprobe.reports.services import hand_over as handing
from civicprobe.reports.services import pictures as copying
from civicprobe.reports.services.tell import tell
from civicprobe.samples import Scene, Shot, photograph
from civicprobe.settings import Settings
from civicprobe.web.parts import parts
from tests.apps import app_on

DISTRICT, STREET = "510113", "510113001"
GENERAL = f"{STREET}001001"
HERE, THERE = Point(30.605, 104.005), Point(30.605, 104.015)


@dataclass
class Form:
    """One form of a page, with what it would send as it stands."""

    action: str
    fields: MultiDict = field(default_factory=MultiDict)


class _Forms(HTMLParser):
    """Collects the forms of a page: hidden and typed fields, chosen tiles and options, texts."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._text: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.forms.append(Form(given.get("action") or ""))
        if not self.forms:
            return
        name, kind = given.get("name"), given.get("type", "text")
        fields = self.forms[-1].fields
        if tag == "input" and name and kind != "file":
            if kind not in ("radio", "checkbox") or "checked" in given:
                fields.add(name, given.get("value") or "")
        elif tag == "textarea" and name:
            self._text = name
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            fields[self._select] = given.get("value") or ""

    def handle_data(self, data):
        if self._text:
            self.forms[-1].fields.add(self._text, data)

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._text = None
        elif tag == "select":
            self._select = None


def forms_in(page: TestResponse) -> list[Form]:
    parser = _Forms()
    parser.feed(page.text)
    return parser.forms


def form_for(page: TestResponse, action: str) -> Form:
    """The form of a page that asks for this action of the table."""
    found = [form for form in forms_in(page) if form.fields.get("action") == action]
    assert found, f"no form for {action}"
    return found[0]


def a_photo(at: Point | None = HERE, seed: int = 0, scene: Scene = Scene.MISSING_COVER) -> bytes:
    taken = utc_now() - timedelta(minutes=1)
    return photograph(scene, Shot(taken, at), size=(640, 480), seed=seed)


@dataclass
class Town:
    """The app, and what a test does with it."""

    app: APIFlask

    def rider(self) -> FlaskClient:
        """A phone that was never here."""
        return self.app.test_client()

    def staff(self, name: str) -> FlaskClient:
        """A browser that is signed in."""
        client = self.app.test_client()
        with self.app.app_context():
            person = get_account(db.session(), name).fs_uniquifier
        with client.session_transaction() as session:
            session.update(_user_id=person, _fresh=True)
        return client

    def snap(self, phone: FlaskClient, photos=(), **typed) -> TestResponse:
        """Fill in the rider's form and send it."""
        form = next(form for form in forms_in(phone.get("/r")) if form.action == "/r/reports")
        return self.send(phone, form, photos, **typed)

    def report(self, phone: FlaskClient, at: Point | None = HERE, **typed) -> str:
        """A report of this place that the worker has seen to; its number."""
        answer = self.snap(phone, [a_photo(at)], **typed)
        assert answer.status_code == 303, answer.text
        self.settle()
        return answer.location.rsplit("/", 1)[1].partition("?")[0]

    def send(self, client: FlaskClient, form: Form, photos=(), **typed) -> TestResponse:
        fields = MultiDict(form.fields)
        for name, value in typed.items():
            fields[name] = value
        for n, data in enumerate(photos):
            fields.add("photo", (BytesIO(data), f"{n}.jpg", "image/jpeg"))
        return client.post(form.action, data=fields, content_type="multipart/form-data")

    def act(self, client: FlaskClient, page: str, action: str, photos=(), **typed) -> TestResponse:
        """Open a page, fill in one of its forms and send it."""
        return self.send(client, form_for(client.get(page), action), photos, **typed)

    def dispatched(self, phone: FlaskClient | None = None, **typed) -> str:
        """A case that is with the unit; its number."""
        number = self.report(phone or self.rider(), **typed)
        assert (
            self.act(
                self.staff("member"), f"/g/{number}", "file", category="road_damage"
            ).status_code
            == 303
        )
        assert (
            self.act(self.staff("street"), f"/o/{number}", "dispatch", unit="1").status_code == 303
        )
        return number

    def handled(self, phone: FlaskClient | None = None) -> str:
        """A case whose unit says that it is fixed; its number."""
        number = self.dispatched(phone)
        after = [a_photo(HERE, 9, Scene.COVER_FITTED)]
        answer = self.act(
            self.staff("unit"), f"/h/{number}", "propose", after, outcome="fixed", note="填平了"
        )
        assert answer.status_code == 303
        self.settle()
        return number

    def looked_at(self, number: str) -> None:
        """Where an inspection is due, somebody who had no part in it has been there."""
        officer, page = self.staff("street-2"), f"/o/{number}"
        if "要现场核查" in officer.get(page).text:
            point = f"{HERE.lat}, {HERE.lon}"
            photo = [a_photo(HERE, 11, Scene.COVER_FITTED)]
            answer = self.act(officer, page, "inspect", photo, result="fixed", point=point)
            assert answer.status_code == 303, answer.text

    def settle(self) -> None:
        """What the workers would do, here and now."""
        with self.app.app_context():
            session = db.session()
            soon = or_(OutboxRow.topic != "pictures", OutboxRow.due_at <= utc_now())
            waiting = select(OutboxRow).where(OutboxRow.state == "waiting", soon)
            waiting = waiting.order_by(OutboxRow.id)
            while row := session.scalar(waiting.limit(1)):
                _do(session, row.topic, dict(row.payload))
                row.state = "done"
                session.flush()
            session.commit()


def _do(session, topic, payload):
    now = utc_now()
    if topic == "enrich":
        wanted = enriching.list_unread(session, payload["report_id"])
        facts = enriching.read_photos(parts().storage, wanted)
        city = find_city(session, parts().settings)
        enriching.enrich(session, payload["report_id"], facts, city=city, now=now)
    elif topic == "pictures":
        photo_id = UUID(payload["photo_id"])
        digest = copying.find_bytes(session, photo_id)
        copies = copying.make(parts().storage, digest, parts().settings.max_pixels)
        copying.keep(session, photo_id, copies, now=utc_now())
    elif topic == "hand_over":
        city, account = find_city(session, parts().settings), payload["account_id"]
        for card in handing.list_cards(session, account):
            handing.hand_over_card(session, card, account, payload["why"], city=city, now=now)
    elif topic == "notice":
        tell(session, payload["report_id"], payload["seq"], Topic(payload["about"]), now=now)


def _areas() -> list[AreaShape]:
    """One street of two micro grids side by side, each 0.01 degrees."""
    halves = [shapely.box(104.0, 30.6, 104.01, 30.61), shapely.box(104.01, 30.6, 104.02, 30.61)]
    whole = shapely.union_all(halves)
    above = [
        AreaShape(Level.DISTRICT, DISTRICT, "青白江区", "510100", whole),
        AreaShape(Level.STREET, STREET, "大弯街道", DISTRICT, whole, synthetic=True),
        AreaShape(Level.COMMUNITY, f"{STREET}001", "怡湖社区", STREET, whole, synthetic=True),
        AreaShape(Level.GENERAL, GENERAL, "第1网格", f"{STREET}001", whole, synthetic=True),
    ]
    return above + [
        AreaShape(Level.MICRO, f"{GENERAL}{n:03d}", f"{n}号微网格", GENERAL, half, synthetic=True)
        for n, half in enumerate(halves, start=1)
    ]


def _people(session, now) -> None:
    session.add(Unit(code="roads", name_zh="养护队", name_en="Road team", area_code=DISTRICT))
    session.flush()
    wanted = (
        ("member", Role.MEMBER, f"{GENERAL}001", None),
        ("unit", Role.UNIT, DISTRICT, 1),
        ("street", Role.OFFICE, STREET, None),
        ("street-2", Role.OFFICE, STREET, None),
        ("district", Role.OFFICE, DISTRICT, None),
        ("admin", Role.ADMIN, "510100", None),
    )
    for name, role, area, unit in wanted:
        new = NewAccount(name, role, area, "correct horse battery", unit)
        account = create_account(session, new, now=now)
        if role is Role.MEMBER:
            member = enrol(session, account.id, "小李", now=now)
            assign_grids(session, member.id, [f"{GENERAL}001"])


def _app(folder):
    return app_on(
        Settings.from_env(
            {
                "CIVICPROBE_VAR_DIR": str(folder),
                "CIVICPROBE_TWO_FACTOR": "0",
                "CIVICPROBE_LOG_LEVEL": "ERROR",
            }
        )
    )


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folder of a town in which nothing has happened yet."""
    folder = tmp_path_factory.mktemp("town")
    with _app(folder).app_context():
        upgrade()
        session, now = db.session(), utc_now()
        load_defaults(session, utc_now())
        edition = new_edition(session, "town", now=now, synthetic=True)
        write_areas(session, edition, _areas())
        activate(session, "town", now=now)
        _people(session, now)
        session.commit()
        db.engine.dispose()
    return folder


@pytest.fixture
def town(built, tmp_path):
    app = _app(shutil.copytree(built, tmp_path / "var"))
    yield Town(app)
    with app.app_context():
        db.engine.dispose()
