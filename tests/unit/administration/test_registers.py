"""Every register by every role: seen, changed and refused; written down with before and after."""

import io
import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.people import NewAccount, create_account
from civicprobe.administration.registers import REGISTERS
from civicprobe.audit import AuditFilter, search
from civicprobe.catalog.models import CalendarDay, Category, TimeLimit, Unit
from civicprobe.db import db, utc_now
from civicprobe.grid.areas import Level
from civicprobe.grid.queries import find_active
from civicprobe.outbox import OutboxRow
from tests.unit.grid.conftest import level_file
from tests.unit.notices.conftest import mailbox
from tests.unit.reports.pages.conftest import DISTRICT, GENERAL, STREET, built, forms_in, town

__all__ = ["built", "mailbox", "town"]

CITY_WIDE = {"editions", "categories", "limits", "calendar", "retention"}
# A line of each register, as somebody would type it.
TYPED = {
    "units": {
        "code": "drains",
        "name_zh": "排水",
        "name_en": "Drains",
        "area": STREET,
        "phone": "028-1",
        "active": "1",
    },
    "categories": {
        "code": "0301",
        "name_zh": "占道",
        "name_en": "Stalls",
        "major": "街面秩序",
        "icon": "other",
        "source": "本市",
        "active": "1",
    },
    "limits": {
        "stage": "handling",
        "category": "light_out",
        "severity": "",
        "amount": "3",
        "unit": "working_day",
        "source": "本市 2026-1",
    },
    "calendar": {"day": "2028-01-03", "worked": "0"},
    "people": {"username": "zhou", "role": "member", "area": f"{GENERAL}002", "alias": "老周"},
    "channels": {"username": "unit", "channel": "email", "address": "a@example.org", "lang": "zh"},
    "retention": {"what": "originals", "outcome": "fixed", "days": "90", "source": "本市 2026-2"},
}
KEYS = {
    "units": "drains",
    "categories": "0301",
    "limits": "handling:light_out:",
    "calendar": "2028-01-03",
    "people": "zhou",
    "channels": "1",
    "retention": "originals:fixed",
}


@pytest.fixture
def city(town):
    with town.app.app_context():
        new = NewAccount("city", Role.OFFICE, "510100", "correct horse battery")
        create_account(db.session(), new, now=utc_now())
        db.session.commit()
    return town


def fill(town, who, key, **typed):
    """Send the form for a new line, as a browser does."""
    client = town.staff(who)
    page = client.get(f"/o/admin/{key}/new")
    if page.status_code != 200:
        return page
    form = next(form for form in forms_in(page) if form.action.endswith("/new"))
    return town.send(client, form, **{**TYPED[key], **typed})


def recorded(town, **ask):
    with town.app.app_context():
        return [
            (row.what, row.subject, row.data) for row in search(db.session(), AuditFilter(**ask))
        ]


def kept(town, model, key):
    with town.app.app_context():
        return db.session.get(model, key)


def test_offices_and_administrators_see_them_and_nobody_else_does(town):
    asked = {
        who: {town.staff(who).get(f"/o/admin/{key}").status_code for key in REGISTERS}
        for who in ("street", "district", "admin", "member", "unit")
    }
    assert asked == {
        **{who: {200} for who in ("street", "district", "admin")},
        **{who: {403} for who in ("member", "unit")},
    }
    assert town.app.test_client().get("/o/admin/people").status_code == 302


@pytest.mark.parametrize("who", ["street", "district", "city", "admin"])
def test_a_line_is_made_by_those_whose_it_is(city, who):
    desk = who in ("street", "district")
    # What the whole city shares is not a street's; the unit that is to be told is the district's.
    refused = (CITY_WIDE if desk else set()) | ({"channels"} if who == "street" else set())
    for key, typed in TYPED.items():
        answer = fill(city, who, key)
        if key in refused:
            assert answer.status_code == 403, key
            again = city.staff(who).post(f"/o/admin/{key}/new", data=typed)
            assert again.status_code in (400, 403), key
            continue
        assert answer.status_code in (200, 303), answer.text
        page = city.staff(who).get(f"/o/admin/{key}/at/{KEYS[key]}")
        assert page.status_code == 200
        assert recorded(city, what=REGISTERS[key].audit)[0][1] == KEYS[key]


@pytest.mark.parametrize("text", ["", "长" * 400, "a\x00b"], ids=["empty", "long", "nul"])
def test_every_fault_is_said_beside_its_field(town, text):
    for key, typed in TYPED.items():
        answer = fill(town, "admin", key, **dict.fromkeys(typed, text))
        assert answer.status_code == 422
        assert "有误" in answer.text
    assert recorded(town) == []


def test_a_street_keeps_to_its_own(city):
    """Not the unit of the district, not an area elsewhere, not a desk beside it."""
    street = city.staff("street")
    assert street.get("/o/admin/units/at/roads").status_code == 403
    assert "养护队" not in street.get("/o/admin/units").text
    assert fill(city, "street", "units", area=DISTRICT).status_code == 422
    assert street.get("/o/admin/people/at/street-2").status_code == 403
    assert street.get("/o/admin/people/at/district").status_code == 403
    assert fill(city, "street", "people", role="office", area=STREET).status_code == 403
    assert fill(city, "street", "people", role="admin", area="510100").status_code == 422
    assert "district" not in street.get("/o/admin/people").text.split("<main")[1]


def test_a_limit_is_changed_with_history_and_open_cases_are_reckoned_anew(town):
    admin, at = town.staff("admin"), "/o/admin/limits/at/triage::"
    form = forms_in(admin.get(at))[-1]
    assert town.send(admin, form, amount="2", source="本市 2026-9").status_code == 303
    with town.app.app_context():
        general = TimeLimit.stage == "triage", TimeLimit.severity.is_(None)
        rows = db.session.scalars(select(TimeLimit).where(*general).order_by(TimeLimit.id)).all()
        assert [(row.amount, row.until is None) for row in rows] == [(4, False), (2, True)]
        assert rows[1].set_by_id is not None
        assert db.session.scalars(select(OutboxRow.topic)).all() == ["reckon"]
    what, subject, data = recorded(town, what="limit")[0]
    assert (what, subject) == ("limit.set", "triage::")
    assert data["before"]["amount"] == "4"
    assert data["after"] == {"amount": "2", "source": "本市 2026-9"}
    page = admin.get(at).text
    assert "admin" in page
    assert "本市 2026-9" in page


def test_a_particular_limit_ends_and_a_general_one_never(town):
    admin = town.staff("admin")
    special = forms_in(admin.get("/o/admin/limits/at/handling:rubbish:"))[-1]
    assert special.action.endswith("/end")
    assert town.send(admin, special).status_code == 303
    assert recorded(town, what="limit")[0][0] == "limit.ended"
    assert "/end" not in admin.get("/o/admin/limits/at/triage::").text


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(town):
    admin, at = town.staff("admin"), "/o/admin/categories/at/rubbish"
    mine, theirs = (forms_in(admin.get(at))[-1] for _ in range(2))
    assert town.send(admin, theirs, name_zh="垃圾").status_code == 303
    answer = town.send(admin, mine, name_zh="暴露的垃圾")
    assert answer.status_code == 409
    assert "暴露的垃圾" in answer.text
    assert kept(town, Category, "rubbish").name_zh == "垃圾"


def test_a_table_comes_out_and_goes_in_again_unchanged(town):
    fill(town, "admin", "calendar")
    admin = town.staff("admin")
    before = len(recorded(town))
    for key in ("categories", "limits", "calendar"):
        data = admin.get(f"/o/admin/{key}/file").data
        assert upload(town, admin, key, data).status_code == 200
        bad = data.decode() + "a,b\n"
        assert upload(town, admin, key, bad.encode()).status_code == 422
    assert len(recorded(town)) == before


def upload(town, client, key, data, **typed):
    form = next(f for f in forms_in(client.get(f"/o/admin/{key}")) if f.action == f"/o/admin/{key}")
    fields = {**form.fields.to_dict(), **typed, "file": (io.BytesIO(data), "x")}
    return client.post(form.action, data=fields, content_type="multipart/form-data")


def test_days_are_imported_and_one_goes_back_to_what_is_announced(town):
    admin = town.staff("admin")
    assert upload(town, admin, "calendar", b"day,worked\n2028-01-03,0\n").status_code == 200
    assert "2028" in admin.get("/o/admin/calendar").text
    back = forms_in(admin.get("/o/admin/calendar/at/2028-01-03"))[-1]
    assert town.send(admin, back).headers["Location"] == "/o/admin/calendar"
    with town.app.app_context():
        assert db.session.scalars(select(CalendarDay)).all() == []


def test_a_person_is_invited_by_code_and_signs_in(town):
    page = fill(town, "street", "people")
    code = re.search(r"\d{4}(-\d{4}){3}", page.text)[0]
    guest = town.app.test_client()
    form = next(form for form in forms_in(guest.get("/login/reset")) if "code" in form.fields)
    form.action = "/login/reset"
    said = {"username": "zhou", "code": code, "password": "a long enough one"}
    assert town.send(guest, form, **said).status_code == 303
    assert code not in town.staff("street").get("/o/admin/people/at/zhou").text


def test_who_is_suspended_is_out_at_once_and_may_come_back(town):
    member, street = town.staff("member"), town.staff("street")
    at = "/o/admin/people/at/member"
    out = next(f for f in forms_in(street.get(at)) if f.action.endswith("/suspend"))
    assert town.send(street, out).status_code == 303
    assert member.get("/g").status_code == 302
    back = next(f for f in forms_in(street.get(at)) if f.action.endswith("/reinstate"))
    assert town.send(street, back).status_code == 303
    assert town.staff("member").get("/g").status_code == 200


def test_a_map_is_imported_level_by_level_and_switched_on(town):
    admin = town.staff("admin")
    for level in ("district", "street", "community", "general", "micro"):
        data = level_file(Level(level))
        said = upload(town, admin, "editions", data, edition="2027", level=level, datum="wgs84")
        assert said.status_code == 200, said.text
    again = upload(town, admin, "editions", data, edition="2027", level="micro", datum="wgs84")
    assert again.status_code == 422
    assert "编码已经有了" in again.text
    switch = forms_in(admin.get("/o/admin/editions/at/2027"))[-1]
    assert town.send(admin, switch).status_code == 303
    with town.app.app_context():
        assert find_active(db.session()).name == "2027"
    assert recorded(town, what="edition")[0][0] == "edition.activated"
    street = town.staff("street").get("/o/admin/editions/at/town").text.split("<main")[1]
    assert "<form" not in street


def test_an_address_is_tried_out_and_the_answer_is_shown(town, mailbox):
    fill(town, "admin", "channels", address="desk@example.org")
    admin = town.staff("admin")
    test = next(
        f for f in forms_in(admin.get("/o/admin/channels/at/1")) if f.action.endswith("/test")
    )
    assert "还没有配置" in town.send(admin, test).text
    set_up(town, smtp_url=mailbox.url, mail_from="civic@example.org")
    assert town.send(admin, test).status_code == 303
    assert [mail.rcpt_tos for mail in mailbox.got] == [["desk@example.org"]]
    mailbox.answer = "550 no"
    assert "没有发出去" in town.send(admin, test).text
    said = [data["sent"] for what, _, data in recorded(town, what="channel.tested")]
    assert said == [False, True]


def set_up(town, **changes):
    known = town.app.extensions["civicprobe"]
    town.app.extensions["civicprobe"] = replace(known, settings=replace(known.settings, **changes))


def test_only_an_administrator_names_a_webhook(town):
    typed = {"channel": "webhook", "address": "https://example.org/x"}
    assert fill(town, "district", "channels", **typed).status_code == 422
    page = fill(town, "admin", "channels", **typed)
    assert re.search(r'class="quote number">[^<]{20,}<', page.text)


def test_the_checklist_is_derived_from_what_is_there(town):
    def states(who="admin"):
        page = town.staff(who).get("/o/admin").text
        return dict(re.findall(r'data-step="(\w+)" data-state="(\w+)"', page))

    assert states() == {
        "workers": "todo",
        "map": "done",
        "units": "done",
        "categories": "look",
        "limits": "look",
        "desks": "done",
        "members": "done",
        "roster": "look",
        "channel": "look",
    }
    assert states("street")["units"] == "todo"
    fill(town, "street", "units")
    assert states("street")["units"] == "done"
    fill(town, "admin", "categories")
    assert states()["categories"] == "done"


def test_a_unit_keeps_its_code_and_whom_to_call(town):
    fill(town, "street", "units", contact="王工")
    with town.app.app_context():
        unit = db.session.scalars(select(Unit).where(Unit.code == "drains")).one()
        assert (unit.contact, unit.phone, unit.area_code) == ("王工", "028-1", STREET)
    assert "王工" not in str(recorded(town, what="unit"))
    assert fill(town, "admin", "units").status_code == 409


def test_nothing_that_is_not_there_is_found(town):
    admin = town.staff("admin")
    for path in ("nothing", *(f"{key}/at/nothing" for key in REGISTERS), "editions/new/x"):
        assert admin.get(f"/o/admin/{path}").status_code == 404, path
    assert admin.get("/o/admin/editions/file").status_code == 404
