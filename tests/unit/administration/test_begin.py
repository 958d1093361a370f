"""A fresh installation leads its newcomer: what the front door, the sign-in and the desk say."""

from flask_migrate import upgrade

from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.people import NewAccount, create_account
from civicprobe.app import create_app
from civicprobe.catalog.defaults import load_defaults
from civicprobe.db import db, utc_now
from tests.conftest import settings_in
from tests.unit.reports.pages.conftest import Town


def test_an_empty_installation_says_how_to_begin_until_there_is_somebody(tmp_path):
    app = create_app(settings_in(tmp_path / "var"))
    (tmp_path / "var").mkdir(exist_ok=True)
    with app.app_context():
        upgrade()
        load_defaults(db.session(), utc_now())
        db.session.commit()
    guest = app.test_client()
    page = guest.get("/").text
    assert "civicprobe account create admin --role admin --area 510100" in page
    assert "make worker" in page
    assert 'href="/"' in guest.get("/login").text.split("<main")[1]
    with app.app_context():
        new = NewAccount("admin", Role.ADMIN, "510100", "correct horse battery")
        create_account(db.session(), new, now=utc_now())
        db.session.commit()
    assert guest.get("/").location == "/r"
    assert 'href="/"' not in guest.get("/login").text.split("<main")[1]
    admin = Town(app).staff("admin")
    assert 'href="/o/admin"' in admin.get("/o").text.split("<main")[1]
    checklist = admin.get("/o/admin").text
    assert checklist.count('data-state="todo"') == 6
    for key in ("editions", "units", "people", "channels"):
        assert "这里还没有" in admin.get(f"/o/admin/{key}").text, key
    with app.app_context():
        db.engine.dispose()
