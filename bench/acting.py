"""Steps over a million reports on PostgreSQL: what `apply` takes through a case's whole life, what
its commit takes beside it, and two hundred hands on fifty cases at once."""

import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from bench.queues import actor_named, filled
from civicprobe.accounts.actor import Actor
from civicprobe.accounts.queries import actor_of_device
from civicprobe.accounts.services.people import create_device
from civicprobe.accounts.tokens import new_token
from civicprobe.db import db, utc_now
from civicprobe.errors import Fault
from civicprobe.reports.lifecycle.commands import SubmitReport
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.likeness import cell_of
from civicprobe.reports.models import Report
from civicprobe.reports.queries import get_report_by_id
from civicprobe.reports.services.audit import verify_report
from civicprobe.reports.services.submit import Intake, submit
from civicprobe.reports.transitions import WORKER, By, Step, apply

CASES, FOUGHT_OVER, HANDS = 100, 50, 4
STREET = "510101001"
_PLACED = {
    "lat": 30.66,
    "lon": 104.06,
    "cell": cell_of(30.66, 104.06),
    "place": {"radius_m": 10, "grade": "A", "source": "pin", "warnings": []},
    "district_code": STREET[:6],
    "street_code": STREET,
    "desk_code": STREET,
}


@dataclass(frozen=True)
class _Cast:
    """Who takes part: an actor by name, and the unit that gets the cases."""

    rider: Actor
    people: Mapping[str, Actor]
    unit: int


def run(reports: int = 1_000_000) -> dict[str, Any]:
    """Milliseconds p95 of `apply` and of the commit after it, by action; how the fight ended."""
    with filled(reports) as (app, session):
        return measure(app, session) | {"reports": reports}


def measure(app: Flask, session: Session) -> dict[str, Any]:
    """The same on a city that is there already."""
    cast = _cast(session)
    cases = [_new_case(session, cast) for _ in range(CASES + FOUGHT_OVER)]
    bare = _bare(session)
    found: dict[str, Any] = {"select_1_ms": round(bare, 3)}
    found |= _lives(session, cast, cases[:CASES], bare)
    found |= _fight(app, cast, [report.id for report in cases[CASES:]])
    return found


def _cast(session: Session) -> _Cast:
    people = {name: actor_named(session, name) for name in ("m7", "street", "district", "unit")}
    device = create_device(session, new_token(), now=utc_now())
    session.commit()
    unit = people["unit"].unit_id
    assert unit is not None
    return _Cast(actor_of_device(device.id), people, unit)


def _new_case(session: Session, cast: _Cast) -> Report:
    command = SubmitReport.model_validate({"note": "路口的井盖松了，骑过去会响"})
    by = By(cast.rider, utc_now())
    report = submit(session, uuid4(), command, intake=Intake("510100", 600), by=by).report
    change = {**_PLACED, "assignee_id": cast.people["m7"].account_id}
    apply(session, report, TABLE[Action.PLACE], by=By(WORKER, utc_now()), step=Step(change=change))
    session.commit()
    return report


def _steps(cast: _Cast) -> list[tuple[Action, str, Step]]:
    """A case from its filing to its closing: who does what, and what that changes."""
    filed = {"category_code": "missing_cover", "severity": "ordinary"}
    result: dict[str, Any] = {"outcome": "not_found", "photos": [], "destination": None}
    proposed = {"outcome": "not_found", "proposer_id": cast.people["unit"].account_id}
    sent = {"unit_id": cast.unit, "dispatched_at": utc_now(), "accepted_at": None}
    said = {"note": "现场看过，请尽快处理", "for": "staff"}
    return [
        (Action.FILE, "m7", Step(filed, filed, said)),
        (Action.DISPATCH, "street", Step(sent, {"unit": "u1"}, said)),
        (Action.ACCEPT, "unit", Step({"accepted_at": utc_now()})),
        (Action.PROPOSE, "unit", Step(proposed, result, said)),
        (Action.CLOSE, "street", Step({"closed_at": utc_now()}, result, said)),
    ]


def _lives(session: Session, cast: _Cast, cases: list[Report], bare: float) -> dict[str, Any]:
    """Each case through its whole life: what each step takes, its statements, its commit."""
    took: dict[str, list[float]] = {}
    statements: Counter[str] = Counter()
    every: list[float] = []
    commits: list[float] = []
    doing = ""

    def count(*_: object) -> None:
        statements[doing] += 1

    event.listen(db.engine, "before_cursor_execute", count)
    for case in cases:
        for action, who, step in _steps(cast):
            session.expunge_all()
            report, doing = get_report_by_id(session, case.id, lock=True), action.value
            began = time.perf_counter()
            apply(session, report, TABLE[action], by=By(cast.people[who], utc_now()), step=step)
            spent = (time.perf_counter() - began) * 1000
            doing = "between"
            took.setdefault(action.value, []).append(spent)
            every.append(spent)
            began = time.perf_counter()
            session.commit()
            commits.append((time.perf_counter() - began) * 1000)
    event.remove(db.engine, "before_cursor_execute", count)
    return {
        **{
            f"{name}_ms": f"{_p95(spent):.2f} ({_p95(spent) / bare:.1f} x, "
            f"{statements[name] / len(cases):.0f} statements)"
            for name, spent in took.items()
        },
        "apply_ms": f"{_p95(every):.2f} ({_p95(every) / bare:.1f} x)",
        "commit_ms": f"{_p95(commits):.2f} (fsync {_setting(session)})",
    }


def _fight(app: Flask, cast: _Cast, cases: list[int]) -> dict[str, Any]:
    """Four hands on each case at once, all having seen the same version: one wins, three are
    told so, and the chain holds. Raises SystemExit when it does not."""
    told: Counter[str] = Counter()
    won: Counter[int] = Counter()
    start = threading.Barrier(HANDS * 5)
    acts = [(case, hand) for hand in range(HANDS) for case in cases]
    random.Random(5).shuffle(acts)

    def act(case: int, hand: int) -> None:
        with app.app_context():
            session = db.session()
            action, _who, step = _steps(cast)[0]
            by = By(cast.people["m7" if hand % 2 else "street"], utc_now(), versions[case])
            try:
                report = get_report_by_id(session, case, lock=hand < HANDS // 2)
                apply(session, report, TABLE[action], by=by, step=step)
                session.commit()
                won[case] += 1
            except Fault as refused:
                session.rollback()
                told[refused.code] += 1
            finally:
                db.session.remove()

    def hands(part: int) -> None:
        start.wait()
        for case, hand in acts[part :: HANDS * 5]:
            act(case, hand)

    session = db.session()
    seen = session.execute(select(Report.id, Report.version).where(Report.id.in_(cases)))
    versions = {case: version for case, version in seen}
    session.commit()
    began = time.perf_counter()
    with ThreadPoolExecutor(HANDS * 5) as pool:
        list(pool.map(hands, range(HANDS * 5)))
    spent = time.perf_counter() - began
    broken = [case for case in cases if verify_report(session, session.get_one(Report, case))]
    if broken or set(won.values()) != {1} or len(won) != len(cases):
        raise SystemExit(f"won {won}, told {told}, broken chains {broken}")
    others = ", ".join(f"{code} {count}" for code, count in told.items())
    return {"at_once": f"{len(acts)} on {len(cases)}: {len(won)} won, {others}; {spent:.2f} s"}


def _bare(session: Session) -> float:
    return _p95(list(_timed(lambda: session.execute(text("SELECT 1")), 200)))


def _timed(do: Callable[[], object], rounds: int) -> Iterator[float]:
    for _ in range(rounds):
        began = time.perf_counter()
        do()
        yield (time.perf_counter() - began) * 1000


def _p95(spent: list[float]) -> float:
    return statistics.quantiles(spent, n=20)[18]


def _setting(session: Session) -> str:
    return str(session.scalar(text("SHOW fsync")))
