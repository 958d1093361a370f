"""Administration: failed work with replay, tokens, the audit.

What is changed here is written down in the same transaction (`audit`).
"""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from civicprobe import outbox
from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.models import ApiToken
from civicprobe.accounts.queries import get_account
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.api_tokens import create_token, revoke_token
from civicprobe.accounts.tokens import READ, WRITE
from civicprobe.administration.pages import names_of
from civicprobe.audit import PAGE, AuditFilter, record, search
from civicprobe.db import db, utc_now
from civicprobe.errors import NotFound
from civicprobe.reports.pages.parts import pages

blueprint = pages("pages_admin", "/o/admin")
MOST = 200


@blueprint.get("/work")
@requires(Role.ADMIN)
def work() -> str:
    """Follow-up work that was given up, and how much waits."""
    rows = outbox.list_failed(db.session(), MOST)
    counts = outbox.counts(db.session())
    return render_template("admin/work.html", here="admin", rows=rows, counts=counts)


@blueprint.post("/work")
@requires(Role.ADMIN)
def replay() -> Response:
    """Send all failed work again."""
    now = utc_now()
    sent = outbox.replay(db.session(), now)
    _record("work.replayed", data={"rows": sent})
    db.session.commit()
    flash(gettext("%(n)d 项已重新排队", n=sent), "good")
    return redirect(url_for(".work"), 303)


@blueprint.get("/tokens")
@requires(Role.ADMIN)
def tokens() -> str:
    """API tokens of accounts: whose, for what, until when; the tokens themselves are not kept."""
    return _tokens()


@blueprint.post("/tokens")
@requires(Role.ADMIN)
def make_token() -> str:
    """A new token, shown once; raises NotFound `no_account`."""
    account = get_account(db.session(), request.form.get("username", "").strip())
    scopes = (READ, WRITE) if request.form.get("write") else (READ,)
    label = request.form.get("label", "").strip()[:64]
    made = create_token(db.session(), account, label=label, now=utc_now(), scopes=scopes)
    _record("token.made", subject=account.username, data={"scopes": list(scopes), "label": label})
    db.session.commit()
    return _tokens(made)


@blueprint.post("/tokens/<int:token_id>/revoke")
@requires(Role.ADMIN)
def revoke(token_id: int) -> Response:
    """From now on this token opens nothing."""
    token = db.session.get(ApiToken, token_id)
    if token is None or token.account_id is None:
        raise NotFound("no_such_page")
    revoke_token(db.session(), token, now=utc_now())
    _record("token.revoked", subject=str(token_id), data={"label": token.label})
    db.session.commit()
    return redirect(url_for(".tokens"), 303)


@blueprint.get("/audit")
@requires(Role.ADMIN)
def audit() -> str:
    """What was changed or taken out by whom, the newest first."""
    before = request.args.get("before", "")
    ask = AuditFilter(
        what=request.args.get("what", "").strip()[:40] or None,
        subject=request.args.get("subject", "").strip()[:100] or None,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None,
    )
    rows = search(db.session(), ask)
    return render_template(
        "admin/audit.html",
        here="admin",
        ask=ask,
        rows=rows[:PAGE],
        next=rows[PAGE - 1].id if len(rows) > PAGE else None,
        names=names_of({row.account_id for row in rows if row.account_id is not None}),
    )


def _tokens(made: str | None = None) -> str:
    found = select(ApiToken).where(ApiToken.account_id.is_not(None))
    rows = db.session.scalars(found.order_by(ApiToken.id.desc()).limit(MOST)).all()
    names = names_of({row.account_id for row in rows if row.account_id is not None})
    return render_template(
        "admin/tokens.html", here="admin", rows=rows, names=names, made=made, now=utc_now()
    )


def _record(what: str, *, subject: str = "", data: dict[str, object]) -> None:
    actor = current_actor()
    record(
        db.session(),
        what,
        account_id=actor.account_id,
        now=utc_now(),
        subject=subject,
        data=data,
    )
