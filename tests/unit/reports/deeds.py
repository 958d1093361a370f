"""What random people bring to random actions: mostly what a form brings, sometimes nonsense."""

from datetime import datetime, timedelta
from random import Random
from uuid import uuid4

from sqlalchemy import select

from civicprobe.reports.lifecycle.table import Action, Outcome, Severity
from civicprobe.reports.models import Photo, Report
from civicprobe.reports.orders import Whistle
from tests.town import Town
from tests.unit.grid.conftest import LEFT, RIGHT, SIDE, SOUTH, WEST

_A = Action
RESULTS = ("received", "waiting")
WORDS = ("reason", "question", "public_note", "note")


def bring(  # noqa: PLR0917
    town: Town, report: Report, who: str, action: Action, dice: Random, now: datetime
):
    """The data of an action; raises nothing, whatever the report's state."""
    return _BUILT.get(action, lambda *_: {})(town, report, who, dice, now)


def _words(name):
    return lambda *_: {name: "说明"}


def _point(town, report, who, dice, now):
    lat, lon = SOUTH + SIDE * dice.uniform(0.1, 0.9), WEST + SIDE * dice.uniform(0.1, 3.9)
    return {"lat": lat, "lon": lon, "radius_m": 20}


def _file(town, report, who, dice, now):
    category = dice.choice(("road_damage", "rubbish", "missing_cover", "nonsense"))
    return {"category": category, "severity": dice.choice(list(Severity)).value}


def _reclassify(*args):
    return {**_file(*args), "reason": "更正"}


def _photos(town, report, who):
    return [str(town.evidence(report, who))] if who in town.accounts else []


def _propose(town, report, who, dice, now):
    outcome = dice.choice(list(Outcome)).value
    photos = _photos(town, report, who)
    return {
        "outcome": outcome,
        "note": "说明",
        "photos": photos,
        "destination": "12345",
        "receipt": "1",
    }


def _return(town, report, who, dice, now):
    return {"ground": "not_ours", "note": "不是我们的", "whom": "别家"}


def _suspend(town, report, who, dice, now):
    review_at = (now + timedelta(days=dice.randrange(1, 5))).isoformat()
    return {"ground": "season", "photos": _photos(town, report, who), "review_at": review_at}


def _until(town, report, who, dice, now):
    return {"until": (now + timedelta(days=dice.randrange(-1, 9))).isoformat(), "reason": "等料"}


def _inspect(town, report, who, dice, now):
    at = {"lat": report.lat or SOUTH, "lon": report.lon or WEST}
    result = dice.choice(("fixed", "not_fixed", "fenced"))
    return {"result": result, "photos": _photos(town, report, who), **at}


def _merge(town, report, who, dice, now):
    ids = list(town.session.scalars(select(Report.id).order_by(Report.id.desc()).limit(6)))
    return {"primary": town.session.get_one(Report, dice.choice(ids)).number}


def _split(town, report, who, dice, now):
    part = {name: _point(town, report, who, dice, now)[name] for name in ("lat", "lon")}
    return {"parts": [{"note": "另一处", **part}] * dice.randrange(1, 3)}


def _whistle(town, report, who, dice, now):
    calls = list(town.session.scalars(select(Whistle.id).where(Whistle.report_id == report.id)))
    if calls and dice.random() < 0.7:
        step = dice.choice(("acknowledge", "on_site", "answer", "decline", "cancel"))
        return {"step": step, "whistle": dice.choice(calls), "answer": "答"}
    unit = dice.choice(list(town.units.values()))
    until = (now + timedelta(days=1)).isoformat()
    return {"units": [unit.id], "question": "请到场", "until": until}


def _rule(town, report, who, dice, now):
    if dice.random() < 0.5:
        return {"desk": dice.choice((LEFT, RIGHT)), "reason": "指定"}
    return {"unit": dice.choice(list(town.units.values())).id, "reason": "指定", "keep": True}


def _confirm(town, report, who, dice, now):
    fix = {"lat": report.lat or SOUTH, "lon": report.lon or WEST}
    return {"answer": dice.choice(("fixed", "not_fixed", "unseen")), "fix": fix}


def _mark(town, report, who, dice, now):
    unit = dice.choice(list(town.units.values())).id
    marking = dice.choice(("about_us", "sensitive", "sensitive"))
    return {"marking": marking, "on": dice.random() < 0.8, "units": [unit]}


def _picture(town, report):
    """Its first picture, or one that is not there."""
    found = select(Photo.id).where(Photo.report_id == report.id).order_by(Photo.n, Photo.id)
    return str(town.session.scalar(found.limit(1)) or uuid4())


def _open(town, report, who, dice, now):
    return {"photo": _picture(town, report), "reason": "要看"}


def _redact(town, report, who, dice, now):
    hide = {"left": dice.randrange(80), "top": dice.randrange(80), "width": 9, "height": 9}
    return {**_open(town, report, who, dice, now), "add": [hide]}


def _reassign(town, report, who, dice, now):
    members = [account.id for account in town.accounts.values() if account.role == "member"]
    return {"reason": "说明"} | ({"whom": dice.choice(members)} if dice.random() < 0.3 else {})


_BUILT = {
    _A.OPEN_ORIGINAL: _open,
    _A.REDACT: _redact,
    _A.PLACE: _point,
    _A.FILE: _file,
    _A.RECLASSIFY: _reclassify,
    _A.DISPATCH: lambda town, r, w, dice, n: {"unit": dice.choice(list(town.units.values())).id},
    _A.RETURN: _return,
    _A.SUSPEND: _suspend,
    _A.PROPOSE: _propose,
    _A.SEND_BACK: _words("reason"),
    _A.CLOSE: _words("public_note"),
    _A.MERGE: _merge,
    _A.UNMERGE: _words("reason"),
    _A.SPLIT: _split,
    _A.REOPEN: _words("reason"),
    _A.REASSIGN: _reassign,
    _A.RAISE: _words("reason"),
    _A.REQUEST: _until,
    _A.EXTEND: _until,
    _A.INSPECT: _inspect,
    _A.ASK: _words("question"),
    _A.ADD: _words("note"),
    _A.RELOCATE: _point,
    _A.WHISTLE: _whistle,
    _A.RATE: lambda *_: {"answer": "satisfied"},
    _A.CONFIRM: _confirm,
    _A.MARK: _mark,
    _A.RULE: _rule,
    _A.WATCH: lambda *_: {"on": True},
    _A.ASK_UNMASK: _words("reason"),
    _A.GRANT_UNMASK: _words("reason"),
    _A.RESULT: lambda t, r, w, dice, n: {"answer": dice.choice(RESULTS), "note": "说明"},
}
