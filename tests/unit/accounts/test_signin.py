"""Staff sign in by user name; a lost password is mended by a desk's code; guessing is slow."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from civicprobe.accounts.models import Account
from civicprobe.accounts.queries import get_account
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.people import NewAccount, create_account
from civicprobe.accounts.services.recovery import issue_reset, reset_password
from civicprobe.app import create_app
from civicprobe.db import db, utc_now
from civicprobe.errors import Conflict, Fault, Forbidden
from civicprobe.web.parts import KEY
from tests.unit.accounts.conftest import PASSWORD, build


def sign_in(client, password=PASSWORD, name="office-1", follow="/o"):
    form = client.get("/login").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)[1]
    said = {"username": name, "password": password, "csrf_token": token}
    return client.post(f"/login?next={follow}", data=said)


def test_signs_in_by_user_name_and_goes_where_one_wanted(site):
    client = site.client()
    answer = sign_in(client)
    assert (answer.status_code, answer.location) == (302, "/o")
    assert client.get("/o").status_code == 200
    assert client.get("/start").location == "/o"
    assert client.get("/api/v1/queue").status_code == 200


def test_never_sends_to_another_site(site):
    answer = sign_in(site.client(), follow="https://evil.example/")
    assert "evil" not in (answer.location or "")


@pytest.mark.parametrize(
    ("name", "password"), [("office-1", "wrong"), ("nobody", PASSWORD), ("", "")]
)
def test_a_wrong_name_and_a_wrong_password_look_alike(site, name, password):
    answer = sign_in(site.client(), password, name)
    assert answer.status_code == 200
    assert "用户名或密码不对" in answer.get_data(as_text=True)


def test_a_form_without_its_token_is_refused(site):
    answer = site.client().post("/login", data={"username": "office-1", "password": PASSWORD})
    assert answer.status_code == 400


def test_guessing_is_slowed_down(site):
    client = site.client()
    answers = [sign_in(client, "wrong") for _ in range(11)]
    assert answers[-1].status_code == 429


def test_a_colleague_beside_one_who_guesses_still_signs_in(site):
    with site.app.app_context():
        create_account(
            db.session(), NewAccount("office-2", Role.OFFICE, "510113", PASSWORD), now=utc_now()
        )
        db.session.commit()
    for _ in range(11):
        sign_in(site.client(), "wrong")
    assert sign_in(site.client()).status_code == 429
    assert sign_in(site.client(), name="office-2").status_code == 302


def test_another_secret_key_locks_nobody_out(site):
    settings = site.app.extensions[KEY].settings
    other = create_app(replace(settings, secret_key="another " * 8))
    assert sign_in(other.test_client()).status_code == 302


def test_a_password_is_typed_as_keyboards_type_it(site):
    with site.app.app_context():
        wide = NewAccount("office-2", Role.OFFICE, "510113", " ｐａｓｓ 密码 １２３ é ")
        create_account(db.session(), wide, now=utc_now())
        db.session.commit()
    assert sign_in(site.client(), wide.password, "office-2").status_code == 302


def test_passwords_are_argon2(site):
    with site.app.app_context():
        assert get_account(db.session(), "office-1").password.startswith("$argon2")


def test_two_factor_asks_for_a_code_first(tmp_path):
    client = build(tmp_path / "var", two_factor=True).client()
    assert sign_in(client).location == "/tf-setup"
    assert client.get("/o").location.startswith("/login")


def test_a_code_sets_a_new_password_once(site):
    with site.app.app_context():
        session, now = db.session(), utc_now()
        code = issue_reset(session, get_account(session, "office-1"), now=now)
        session.commit()
    client = site.client()
    assert sign_in(client).status_code == 302
    form = site.client()
    page = form.get("/login/reset").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    said = {"username": "office-1", "password": "another long one", "csrf_token": token}
    assert form.post("/login/reset", data={**said, "code": "0000"}).status_code == 403
    assert form.post("/login/reset", data={**said, "code": code}).status_code == 303
    assert form.post("/login/reset", data={**said, "code": code}).status_code == 403
    assert client.get("/o").status_code == 302, "older sessions end with the old password"
    assert sign_in(site.client(), "another long one").status_code == 302


def test_a_code_expires_and_short_passwords_are_refused(site):
    with site.app.app_context():
        session, now = db.session(), utc_now()
        code = issue_reset(session, get_account(session, "office-1"), now=now)
        with pytest.raises(Fault) as refused:
            reset_password(session, "office-1", code, "short", now=now)
        assert refused.value.fields[0].code == "too_short"
        typed = code.replace("-", " ").translate({48 + n: 0xFF10 + n for n in range(10)})
        assert reset_password(session, "office-1", typed, PASSWORD, now=now).username == "office-1"
        code = issue_reset(session, get_account(session, "office-1"), now=now)
        with pytest.raises(Forbidden):
            reset_password(session, "office-1", code, PASSWORD, now=now + timedelta(hours=25))


@pytest.mark.parametrize(
    "new",
    [
        NewAccount("No Spaces", Role.OFFICE, "510113", PASSWORD),
        NewAccount("office-2", Role.OFFICE, "510113", "short"),
        NewAccount("unit-2", Role.UNIT, "510113", PASSWORD),
        NewAccount("office-2", Role.OFFICE, "510113", PASSWORD, unit_id=1),
        NewAccount("rider-2", Role.RIDER, "510113", PASSWORD),
    ],
)
def test_a_wrong_account_is_not_made(site, new):
    with site.app.app_context():
        before = db.session.query(Account).count()
        with pytest.raises(Fault):
            create_account(db.session(), new, now=utc_now())
        assert db.session.query(Account).count() == before


def test_a_name_is_taken_once(site):
    new = NewAccount("office-1", Role.OFFICE, "510113", PASSWORD)
    with site.app.app_context():
        session = db.session()
        with pytest.raises(Conflict):
            create_account(session, new, now=utc_now())


def test_signs_out_by_a_form_and_not_by_a_link(site):
    client = site.client()
    sign_in(client)
    assert client.get("/logout").status_code == 405
    page = client.get("/o").get_data(as_text=True)
    token = re.search(r'action="/logout".*?name="csrf_token" value="([^"]+)"', page, re.DOTALL)[1]
    assert client.post("/logout", data={"csrf_token": token}).status_code == 302
    assert client.get("/o").status_code == 302
