"""A desk's rules of routing: their order, the editor, its test, and a dry run over last week."""

from dataclasses import dataclass, replace
from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.models import Account
from civicprobe.accounts.roles import Role
from civicprobe.audit import record
from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.db import db, utc_now
from civicprobe.errors import FieldFault, NotFound, Unprocessable
from civicprobe.grid.choosing import AimKind
from civicprobe.grid.city import City, active_city
from civicprobe.grid.coords import Datum, to_wgs84
from civicprobe.grid.duty_text import read_spans, show_spans
from civicprobe.grid.models import RoutingRule
from civicprobe.grid.people import list_rules, rule_of
from civicprobe.grid.queries import find_active
from civicprobe.grid.rules import Conditions, Rule
from civicprobe.grid.services import rules as ruling
from civicprobe.reports.lifecycle.table import Severity
from civicprobe.reports.lifecycle.word_codes import word
from civicprobe.reports.pages.case import name_categories, severities
from civicprobe.reports.pages.forms import PageForm, read_point
from civicprobe.reports.pages.parts import pages, weekday
from civicprobe.reports.services.dry_run import DryRun, dry_run
from civicprobe.reports.services.who import Answer, Asked, who_gets
from civicprobe.web.parts import parts

blueprint = pages("pages_rules", "/o/rules")

_YES_NO = {"yes": True, "no": False}


@dataclass(frozen=True)
class Line:
    """A rule in the list; `mine` may be changed here; `missing` is what it names and is gone."""

    row: RoutingRule
    conditions: Conditions
    to: str
    mine: bool
    missing: tuple[str, ...]


@blueprint.get("")
@requires(Role.OFFICE, Role.ADMIN)
def rules() -> str:
    """All rules that hold here, in the order in which they are asked."""
    session, actor = db.session(), current_actor()
    active = find_active(session)
    broken = {
        b.rule_id: b.missing for b in ruling.broken_rules(session, active.id if active else 0)
    }
    scopes = _scopes(actor)
    rows = [
        session.get_one(RoutingRule, each.id) for each in list_rules(session, scopes, all_of=True)
    ]
    lines = [
        Line(
            row,
            Conditions.from_json(row.conditions),
            _to(row),
            row.area_code == actor.area_code,
            tuple(broken.get(row.id, ())),
        )
        for row in rows
    ]
    return render_template(
        "office/rules.html",
        here="people",
        lines=lines,
        categories=name_categories(session),
        spans=show_spans,
        may_change=actor.role is Role.OFFICE,
    )


@blueprint.get("/<rule>")
@requires(Role.OFFICE)
def editor(rule: str) -> str:
    """A new rule, or one of this desk's own."""
    row = _find(rule)
    return _editor(rule, _typed(row) if row else MultiDict({"active": "1"}))


@blueprint.post("/<rule>")
@requires(Role.OFFICE)
def change(rule: str) -> Response | str | tuple[str, int]:
    """Save what was typed, or try it first: nothing is kept by a test or a dry run."""
    do = request.form.get("do", "save")
    if do in _ORDERS:
        return _order(int(_find(rule, must=True).id), do)  # type: ignore[union-attr]
    row = _find(rule)
    try:
        return _do(rule, row, do)
    except Unprocessable as fault:
        db.session.rollback()
        form = PageForm.of(fault)
        return _editor(rule, request.form, form=form), form.status


def _do(rule: str, row: RoutingRule | None, do: str) -> Response | str:
    session, actor, now = db.session(), current_actor(), utc_now()
    city_code, draft = parts().settings.city_code, _draft(request.form)
    if do == "save":
        number = row.id if row else None
        ruling.save_rule(session, number, draft, by=actor, city_code=city_code, now=now)
        session.commit()
        flash(gettext("规则已保存"), "good")
        return redirect(url_for(".rules"), 303)
    checked = ruling.check_rule(session, draft, by=actor, city_code=city_code)
    checked.id = row.id if row else 0
    tried = rule_of(checked)
    city = active_city(session, parts().settings)
    if do == "dry":
        before = list_rules(session, [city_code, *_above_and_own(city, actor)])
        after = _with(before, tried, draft.active)
        scope = actor.area_code or ""
        found = dry_run(session, city, scope, before, after, now=now)
        session.rollback()
        return _editor(rule, request.form, dry=found)
    answer = _test(city, tried, draft.active, now)
    session.rollback()
    return _editor(rule, request.form, answer=answer)


def _test(city: City, tried: Rule, active: bool, now: datetime) -> Answer:
    """Where the report described below the editor would go with this rule in place."""
    form, session = request.form, db.session()
    at = read_point(form.get("point", ""))
    located = city.locator.locate(
        to_wgs84(float(at["lat"]), float(at["lon"]), Datum.WGS84),
        nearest_limit_m=city.nearest_limit_m,
    )
    chain = located.chain or located.nearest_chain
    if not chain:
        raise Unprocessable("incomplete", FieldFault("point", "outside"))
    scopes = [city.city_code, *(area.code for area in reversed(chain))]
    rules = _with(list_rules(session, scopes), tried, active)
    asked = Asked(
        _moment(form.get("at", ""), now),
        form.get("test_category") or None,
        form.get("test_severity") or None,
        form.get("test_urgent") == "1",
    )
    return who_gets(session, city, located, asked, rules=rules)


def _with(rules: list[Rule], tried: Rule, active: bool) -> list[Rule]:
    """The rules with the tried one in its place: where it stood, else last of its desk's."""
    if tried.id and any(each.id == tried.id for each in rules):
        put = [replace(tried, id=each.id) if each.id == tried.id else each for each in rules]
        return put if active else [each for each in put if each.id != tried.id]
    if not active:
        return rules
    own = [n for n, each in enumerate(rules) if each.scope == tried.scope]
    at = own[-1] + 1 if own else len(rules)
    return [*rules[:at], tried, *rules[at:]]


_ORDERS = frozenset({"up", "down", "remove"})


def _order(number: int, do: str) -> Response:
    session, actor = db.session(), current_actor()
    if do == "remove":
        ruling.remove_rule(session, number, by=actor)
        record(
            session,
            "rule.removed",
            account_id=actor.account_id,
            now=utc_now(),
            subject=str(number),
        )
    else:
        ruling.move_rule(session, number, up=do == "up", by=actor)
    session.commit()
    flash(gettext("规则已删除") if do == "remove" else gettext("次序已改"), "good")
    return redirect(url_for(".rules"), 303)


def _find(rule: str, *, must: bool = False) -> RoutingRule | None:
    if rule == "new" and not must:
        return None
    if not (rule.isascii() and rule.isdigit() and len(rule) < 10):
        raise NotFound("no_rule")
    return ruling.get_rule(db.session(), int(rule), current_actor())


def _draft(form: MultiDict[str, str]) -> ruling.Draft:
    hours = read_spans(form.get("hours", "")[:40], "hours")
    if len(hours) > 1:
        raise Unprocessable("incomplete", FieldFault("hours", "too_many_spans"))
    categories, graves = form.getlist("categories")[:100], form.getlist("severities")[:10]
    known = name_categories(db.session())
    if any(code not in known for code in categories):
        raise Unprocessable("incomplete", FieldFault("categories", "no_such_category"))
    if any(code not in frozenset(Severity) for code in graves):
        raise Unprocessable("incomplete", FieldFault("severities", "no_such_severity"))
    areas = form.get("areas", "")[:2_000].replace("，", ",").replace("\n", ",").split(",")
    return ruling.Draft(
        name=form.get("name", "")[:64],
        conditions=Conditions(
            categories=tuple(categories),
            areas=tuple(code.strip() for code in areas if code.strip()),
            severities=tuple(graves),
            weekdays=tuple(day for day in range(7) if str(day) in form.getlist("weekdays")),
            hours=hours[0] if hours else None,
            urgent=_YES_NO.get(form.get("urgent", "")),
            component=_YES_NO.get(form.get("component", "")),
        ),
        aim=form.get("aim", ""),
        to=form.get("to", "").strip()[:64],
        active=form.get("active") == "1",
    )


def _typed(row: RoutingRule) -> MultiDict[str, str]:
    """A stored rule as the editor's fields."""
    of = Conditions.from_json(row.conditions)
    words = {None: "", True: "yes", False: "no"}
    typed: MultiDict[str, str] = MultiDict(
        {
            "name": row.name,
            "areas": ", ".join(of.areas),
            "hours": show_spans([of.hours] if of.hours else []),
            "urgent": words[of.urgent],
            "component": words[of.component],
            "aim": row.aim,
            "to": _to(row),
            "active": "1" if row.active else "",
        }
    )
    lists = {"categories": of.categories, "severities": of.severities, "weekdays": of.weekdays}
    for name, values in lists.items():
        typed.setlist(name, [str(value) for value in values])
    return typed


def _to(row: RoutingRule) -> str:
    if row.aim_account_id is None:
        return row.aim_area or ""
    account = db.session.get(Account, row.aim_account_id)
    return account.username if account else ""


def _scopes(actor: Actor) -> list[str]:
    """The desks whose rules hold in this desk's area, widest first; for an admin those of all."""
    session = db.session()
    if actor.role is Role.ADMIN:
        return ruling.list_scopes(session)
    city = active_city(session, parts().settings)
    return [city.city_code, *_above_and_own(city, actor)]


def _above_and_own(city: City, actor: Actor) -> list[str]:
    chain = city.locator.chain_of(actor.area_code or "")
    return [area.code for area in reversed(chain)]


def _moment(text: str, now: datetime) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE) if text else now
    except ValueError:
        raise Unprocessable("incomplete", FieldFault("at", "day_malformed")) from None


def _editor(
    rule: str,
    typed: MultiDict[str, str],
    *,
    form: PageForm | None = None,
    answer: Answer | None = None,
    dry: DryRun | None = None,
) -> str:
    shown = form or PageForm(typed, "", "", 200, {})
    return render_template(
        "office/rule.html",
        here="people",
        rule=rule,
        form=shown,
        refused=form,
        chosen={name: typed.getlist(name) for name in ("categories", "severities", "weekdays")},
        categories=[(each.code, each.name) for each in name_categories(db.session()).values()],
        severities=[(code, words) for code, words, *_more in severities()],
        weekdays=[(day, weekday(day)) for day in range(7)],
        aims=[(kind.value, word("aim", kind)) for kind in AimKind],
        answer=answer,
        dry=dry,
    )
