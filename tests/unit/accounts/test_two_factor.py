"""A one-time code after the password: set up once, asked for each time, guessed slowly."""

import base64
import hmac
import re
import time
from dataclasses import replace

import pytest

from civicprobe.accounts.queries import get_account
from civicprobe.accounts.services.recovery import issue_reset, reset_password
from civicprobe.app import create_app
from civicprobe.db import db, utc_now
from civicprobe.web.parts import KEY
from tests.unit.accounts.conftest import PASSWORD, build
from tests.unit.accounts.test_signin import sign_in

# Flask-Security's forms, with the newest WTForms.
pytestmark = pytest.mark.filterwarnings("ignore:.*choices:DeprecationWarning")


class Authenticator:
    """What a phone does (RFC 6238): a key and the clock make six digits."""

    def __init__(self, shown: str) -> None:
        self.key = base64.b32decode(shown.replace("-", ""))

    def now(self, ahead: int = 0) -> str:
        step = int(time.time() // 30) + ahead
        digest = hmac.digest(self.key, step.to_bytes(8, "big"), "sha1")
        at = digest[-1] & 15
        return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 10**6:06d}"


@pytest.fixture
def guarded(tmp_path):
    return build(tmp_path / "var", two_factor=True)


def csrf(page):
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]


def set_up(client):
    """Sign in for the first time; the authenticator that was set up."""
    sign_in(client)
    form = client.get("/tf-setup").get_data(as_text=True)
    said = {"setup": "authenticator", "csrf_token": csrf(form)}
    page = client.post("/tf-setup", data=said).get_data(as_text=True)
    assert 'src="data:image/' in page
    authenticator = Authenticator(re.search(r">([2-7A-Z-]{30,})<", page)[1])
    assert enter(client, authenticator.now(), page).location == "/start"
    return authenticator


def enter(client, code, page):
    return client.post("/tf-validate", data={"code": code, "csrf_token": csrf(page)})


def ask(client):
    assert sign_in(client).location == "/tf-validate?next=/o"
    return client.get("/tf-validate?next=/o").get_data(as_text=True)


def test_a_code_is_set_up_once_and_asked_for_each_time(guarded):
    first, later = guarded.client(), guarded.client()
    authenticator = set_up(first)
    assert first.get("/o").status_code == 200
    page = ask(later)
    assert "输入登录验证码" in page
    assert later.get("/o").status_code == 302
    assert enter(later, authenticator.now(ahead=1), page).status_code == 302
    assert later.get("/o").status_code == 200


def test_a_code_counts_once(guarded):
    authenticator = set_up(guarded.client())
    code = authenticator.now(ahead=1)
    first, second = guarded.client(), guarded.client()
    enter(first, code, ask(first))
    assert first.get("/o").status_code == 200
    enter(second, code, ask(second))
    assert second.get("/o").status_code == 302


def test_guessing_codes_is_slowed_down(guarded):
    set_up(guarded.client())
    client = guarded.client()
    page = ask(client)
    statuses = [enter(client, "000000", page).status_code for _ in range(11)]
    assert statuses[0] == 200
    assert statuses[-1] == 429


def test_a_lost_phone_is_mended_by_a_desk_and_not_by_mail(guarded):
    set_up(guarded.client())
    client = guarded.client()
    page = ask(client)
    said = {"help_setup": "email", "csrf_token": csrf(page)}
    assert client.post("/tf-rescue", data=said).status_code == 404
    with guarded.app.app_context():
        session, now = db.session(), utc_now()
        code = issue_reset(session, get_account(session, "office-1"), now=now)
        reset_password(session, "office-1", code, PASSWORD, now=now)
        session.commit()
    assert sign_in(guarded.client()).location == "/tf-setup"


def test_another_secret_key_asks_for_a_new_set_up_and_fails_nowhere(guarded):
    authenticator = set_up(guarded.client())
    settings = guarded.app.extensions[KEY].settings
    client = create_app(replace(settings, secret_key="another " * 8)).test_client()
    page = ask(client)
    answer = enter(client, authenticator.now(), page)
    assert answer.status_code == 200
    assert "验证码不对" in answer.get_data(as_text=True)
