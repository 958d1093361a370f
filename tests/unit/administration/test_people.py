"""The page on which a desk helps somebody back in."""

import re

from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.people import NewAccount, create_account
from civicprobe.db import db, utc_now
from tests.unit.accounts.conftest import PASSWORD, build
from tests.unit.accounts.test_signin import sign_in

DESK = "510113002"


def test_a_desk_gives_a_code_and_its_member_is_back_in(tmp_path):
    site = build(tmp_path / "var")
    with site.app.app_context():
        stranger = NewAccount("member-2", Role.MEMBER, "510199001", PASSWORD)
        create_account(db.session(), stranger, now=utc_now())
        db.session.commit()
    desk = site.client()
    sign_in(desk)
    page = desk.get("/o/admin/people").get_data(as_text=True)
    assert "member-1" in page
    assert "member-2" not in page
    said = {"csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', page)[1]}
    assert desk.post("/o/admin/people/at/member-2/code", data=said).status_code == 403
    page = desk.post("/o/admin/people/at/member-1/code", data=said).get_data(as_text=True)
    code = re.search(r"\d{4}(-\d{4}){3}", page)[0]
    assert code not in desk.get("/o/admin/people/at/member-1").get_data(as_text=True)

    member = site.client()
    form = member.get("/login/reset").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]
    said = {"username": "member-1", "code": code, "password": "a new long one"}
    assert member.post("/login/reset", data={**said, "csrf_token": token}).status_code == 303
    assert sign_in(member, "a new long one", "member-1").status_code == 302


def test_members_and_riders_see_no_list_of_people(tmp_path):
    site = build(tmp_path / "var")
    assert site.client("member").get("/o/admin/people").status_code == 403
    assert site.client("rider").get("/o/admin/people").status_code == 403
    assert site.client("admin").get("/o/admin/people?named=mem").status_code == 200
