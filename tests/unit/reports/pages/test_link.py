"""A contractor's link: one case, three actions, a week; and nothing else whatever one tries."""

import re
from datetime import timedelta

import pytest
from itsdangerous import URLSafeTimedSerializer

from civicprobe.accounts.queries import get_account
from civicprobe.db import db
from civicprobe.samples import Scene

from .conftest import HERE, a_photo, form_for, forms_in


def link_to(town, number):
    unit = town.staff("unit")
    form = next(f for f in forms_in(unit.get(f"/h/{number}")) if f.action.endswith("/link"))
    page = unit.get(town.send(unit, form).location).text
    return re.search(r"/c/[\w.~-]+", page)[0]


def actions_on(page):
    return {form.fields["action"] for form in forms_in(page) if "action" in form.fields}


def test_it_accepts_and_feeds_back_without_a_login_and_is_over_then(town):
    number = town.dispatched(note="我是老王")
    path, phone = link_to(town, number), town.app.test_client()
    page = phone.get(path)
    assert actions_on(page) == {"accept", "propose", "return"}
    assert "老王" not in page.text
    assert town.act(phone, path, "accept").status_code == 303
    photo = re.search(r'src="(/c/[^"]+/screen)"', page.text)[1]
    assert phone.get(photo).status_code == 200
    assert phone.get(photo[photo.index("/photos") :]).status_code == 401
    done = town.act(
        phone, path, "propose", [a_photo(HERE, 9, Scene.COVER_FITTED)], outcome="fixed", note="好了"
    )
    assert done.status_code == 200
    assert "待核查" in town.staff("street").get(f"/o/{number}").text
    assert phone.get(path).status_code == 403


def test_it_returns_a_case(town):
    number = town.dispatched()
    path, phone = link_to(town, number), town.app.test_client()
    answer = town.act(phone, path, "return", ground="not_ours", note="是供电的", whom="供电")
    assert answer.status_code == 200
    assert "已立案" in town.staff("street").get(f"/o/{number}").text


@pytest.mark.parametrize("action", ["close", "add", "dispatch", "request", "undo", "no", ""])
def test_it_does_nothing_else(town, action):
    number = town.dispatched()
    path, phone = link_to(town, number), town.app.test_client()
    form = form_for(phone.get(path), "accept")
    assert town.send(phone, form, action=action, note="x").status_code == 403
    for other in ("/h", f"/h/{number}", "/o", "/inbox", f"/api/v1/reports/{number}"):
        assert phone.get(other).status_code in (302, 401), other


def test_it_opens_no_other_case_and_no_other_picture(town):
    first, second = town.dispatched(), town.dispatched()
    paths, phone = [link_to(town, number) for number in (first, second)], town.app.test_client()
    photo = re.search(r'src="/c/[^/]+(/photos/[^"]+)"', phone.get(paths[0]).text)[1]
    assert phone.get(paths[1] + photo).status_code == 404
    assert first not in phone.get(paths[1]).text


def test_forged_old_and_taken_back_it_is_over(town, monkeypatch):
    number = town.dispatched()
    path, phone = link_to(town, number), town.app.test_client()
    assert phone.get(path[:-2] + "xx").status_code == 403
    signer = URLSafeTimedSerializer("another key", "case-link-1")
    assert phone.get("/c/" + signer.dumps([1, number, 0])).status_code == 403
    monkeypatch.setattr("civicprobe.reports.case_link.LASTS", timedelta(days=-1))
    assert phone.get(path).status_code == 403
    monkeypatch.undo()
    assert phone.get(path).status_code == 200
    with town.app.app_context():
        get_account(db.session(), "unit").active = False
        db.session.commit()
    assert phone.get(path).status_code == 403
