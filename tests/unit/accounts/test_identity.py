"""Who is calling, and what a cookie, a token and another site may do."""

from datetime import timedelta

import pytest

from civicprobe.accounts.models import Account, ApiToken, Device
from civicprobe.accounts.queries import find_device
from civicprobe.accounts.services.api_tokens import create_token, revoke_token
from civicprobe.accounts.services.people import link_device
from civicprobe.accounts.tokens import READ, new_token, token_hash
from civicprobe.db import db, utc_now

REPORT = "/api/v1/reports/6f0c9a1e-0000-4000-8000-000000000001"


def test_a_call_without_identity_is_told_how_to_get_one(site):
    answer = site.client().put(REPORT, json={"note": "井盖"})
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"] == "no_device"


def test_a_device_is_made_once_and_reports(site):
    client = site.client()
    first = client.post("/api/v1/device")
    assert first.status_code == 201
    cookie = client.get_cookie("device")
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert client.post("/api/v1/device").status_code == 201
    assert client.get_cookie("device").value == cookie.value
    assert client.put(REPORT, json={"note": "井盖"}).status_code == 201
    with site.app.app_context():
        device = find_device(db.session(), cookie.value)
        assert device.token_hash == token_hash(cookie.value) != cookie.value


def test_a_reporting_call_never_makes_a_device(site):
    client = site.client()
    client.put(REPORT, json={"note": "井盖"})
    assert client.get_cookie("device") is None


def test_a_form_on_another_site_never_replaces_a_riders_device(site):
    answer = site.client().post("/api/v1/device", headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.json["code"]) == (403, "cross_site")
    assert "Set-Cookie" not in answer.headers


def test_a_device_keeps_the_day_it_was_seen(site):
    client = site.client()
    client.get("/r")
    with site.app.app_context():
        device = find_device(db.session(), client.get_cookie("device").value)
        assert device.last_seen_on == device.created_at.date()
        device.last_seen_on = None
        db.session.commit()
    assert client.get("/r").status_code == 200
    with site.app.app_context():
        device = find_device(db.session(), client.get_cookie("device").value)
        assert device.last_seen_on == utc_now().date()


def test_a_riders_token_reads_the_pages_of_its_own_device(site):
    client = site.client("rider")
    assert client.put(REPORT, json={"note": "井盖"}).status_code == 201
    page = client.get("/r/mine")
    assert "/r/reports/" in page.get_data(as_text=True)
    assert client.get_cookie("device") is None
    assert site.client("member").get("/r/mine").status_code == 403


def test_a_token_to_read_changes_nothing(site):
    with site.app.app_context():
        device = db.session.query(Device).one()
        token = create_token(
            db.session(), device, label="x", now=utc_now(), scopes=[READ], life=timedelta(hours=1)
        )
        db.session.commit()
    client, held = site.client(), {"Authorization": f"bearer {token}"}
    assert client.get("/api/v1/queue", headers=held).status_code == 200
    answer = client.put(REPORT, json={"note": "井盖"}, headers=held)
    assert (answer.status_code, answer.json["code"]) == (403, "token_reads_only")


def test_an_unknown_cookie_is_no_identity(site):
    client = site.client()
    client.set_cookie("device", new_token())
    assert client.put(REPORT, json={"note": "井盖"}).json["code"] == "no_device"


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic eDp5", "Bearer ", "x"])
def test_a_wrong_token_is_refused(site, header):
    answer = site.client().get("/api/v1/queue", headers={"Authorization": header})
    assert (answer.status_code, answer.json["code"]) == (401, "token_unknown")


def test_revoked_and_expired_tokens_open_nothing(site):
    with site.app.app_context():
        session = db.session()
        member = session.query(ApiToken).filter_by(token_hash=token_hash(site.tokens["member"]))
        revoke_token(session, member.one(), now=utc_now())
        office = session.query(ApiToken).filter_by(token_hash=token_hash(site.tokens["office"]))
        office.one().expires_at = utc_now() - timedelta(seconds=1)
        session.commit()
    for role in ("member", "office"):
        assert site.client(role).get("/api/v1/queue").status_code == 401


def test_an_inactive_account_is_nobody(site):
    with site.app.app_context():
        db.session.query(Account).update({"active": False})
        db.session.commit()
    assert site.client("office").get("/api/v1/queue").status_code == 401


def test_a_token_reads_pages_and_changes_them_not(site):
    client = site.client("office")
    assert client.get("/o").status_code == 200
    site.app.config["WTF_CSRF_ENABLED"] = False
    answer = client.post("/o/C8898-6217-3", data={})
    assert answer.status_code == 403


def test_the_wrong_role_is_refused(site):
    assert site.client("member").put(REPORT, json={"note": "x"}).status_code == 403
    assert site.client("rider").get("/o").status_code == 403
    assert site.client("admin").post("/api/v1/reports/C8898-6217-3/actions").status_code == 403


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
    ],
)
def test_a_cookie_caller_must_come_from_our_own_pages(site, headers, taken):
    client = site.client()
    client.post("/api/v1/device")
    answer = client.put(REPORT, json={"note": "井盖"}, headers=headers)
    assert answer.status_code == (201 if taken else 403)
    assert taken or answer.json["code"] == "cross_site"


def test_a_members_phone_stays_a_rider_and_is_known_as_theirs(site):
    with site.app.app_context():
        session = db.session()
        device = session.query(Device).one()
        link_device(session, device, session.query(Account).filter_by(role="member").one())
        session.commit()
    assert site.client("rider").put(REPORT, json={"note": "井盖"}).status_code == 201


def test_staff_pages_send_to_the_sign_in_and_riders_to_their_home(site):
    assert site.client().get("/o?view=closed").location == "/login?next=%2Fo%3Fview%3Dclosed"
    assert site.client().get("/r").status_code == 200
