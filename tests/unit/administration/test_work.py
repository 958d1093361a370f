"""Administration: who may, what it does, and that each change is written down."""

import re

from civicprobe.audit import AuditFilter, search
from civicprobe.db import db, utc_now
from civicprobe.outbox import OutboxRow
from tests.unit.reports.pages.conftest import built, forms_in, town

__all__ = ["built", "town"]


def recorded(town, what):
    with town.app.app_context():
        return [(row.what, row.subject) for row in search(db.session(), AuditFilter(what=what))]


def test_failed_work_is_seen_and_done_again(town):
    with town.app.app_context():
        now = utc_now()
        row = OutboxRow(topic="notice", payload={}, created_at=now, due_at=now, state="failed")
        db.session.add(row)
        db.session.commit()
    admin = town.staff("admin")
    page = admin.get("/o/admin/work")
    form = next(form for form in forms_in(page) if form.action == "")
    form.action = "/o/admin/work"
    assert "notice" in page.text
    assert town.send(admin, form).status_code == 303
    assert "都做成了" in admin.get("/o/admin/work").text
    assert recorded(town, "work") == [("work.replayed", "")]


def test_a_token_is_shown_once_works_and_is_taken_back(town):
    admin = town.staff("admin")
    form = forms_in(admin.get("/o/admin/tokens"))[-1]
    form.action = "/o/admin/tokens"
    page = town.send(admin, form, username="street", label="报表")
    token = re.search(r'class="quote number">([^<]+)<', page.text)[1]
    call = {"Authorization": f"Bearer {token}"}
    assert town.app.test_client().get("/api/v1/queue", headers=call).status_code == 200
    assert token not in admin.get("/o/admin/tokens").text
    back = next(f for f in forms_in(admin.get("/o/admin/tokens")) if f.action.endswith("/revoke"))
    assert town.send(admin, back).status_code == 303
    assert town.app.test_client().get("/api/v1/queue", headers=call).status_code == 401
    assert [what for what, _ in recorded(town, "token")] == ["token.revoked", "token.made"]


def test_the_audit_is_searched_by_what_and_whom(town):
    town.staff("street").get("/o/export.csv?view=all")
    admin = town.staff("admin")
    assert "export.csv" in admin.get("/o/admin/audit?what=export").text
    assert "export.csv" not in admin.get("/o/admin/audit?what=token").text


def test_a_desk_sees_the_doors_and_none_of_the_administrators(town):
    desk = town.staff("street")
    assert "/o/admin/audit" not in desk.get("/o/admin").text
    for path in ("work", "tokens", "audit"):
        assert desk.get(f"/o/admin/{path}").status_code == 403
    assert town.staff("member").get("/o/admin").status_code == 403
