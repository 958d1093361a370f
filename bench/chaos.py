"""Kill -9 in the middle of 200 reports: worker, broker with its data, server. Nothing is lost.

`python -m bench.chaos [sqlite|postgresql] [--reports N]` prints the counts and exits 1 when a
report is not assigned, was placed twice, was told twice, or its chain is broken.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from uuid import UUID, uuid4

from sqlalchemy import func, select

from bench.city import City, database_of, running_city
from civicprobe.broker import broker_at
from civicprobe.db import db
from civicprobe.notices.models import Notice
from civicprobe.outbox import OutboxRow
from civicprobe.reports.models import Photo, Report, ReportEvent
from civicprobe.reports.services.audit import verify
from civicprobe.samples import Scene, Shot, photograph

THREADS = 6
SETTLED_WITHIN_S = 180.0
TRIES_S = 60.0


def kill_worker(city: City) -> None:
    """The enriching worker and its children, at once."""
    os.killpg(city.supervisor.pids()["worker"], signal.SIGKILL)


def kill_broker_with_data(city: City) -> None:
    """The broker dies and everything it held is gone."""
    broker = broker_at(city.settings.var_dir)
    os.killpg(city.supervisor.pids()["broker"], signal.SIGKILL)
    if broker.pid is not None:
        os.kill(broker.pid, signal.SIGKILL)
    for item in broker.data_dir.iterdir():
        if item.name != "launch.lock":
            shutil.rmtree(item) if item.is_dir() else item.unlink(missing_ok=True)


def kill_server(city: City) -> None:
    """The server, with requests in its hands."""
    os.killpg(city.supervisor.pids()["server"], signal.SIGKILL)


KILLS: dict[str, Callable[[City], None]] = {
    "worker": kill_worker,
    "broker with its data": kill_broker_with_data,
    "server": kill_server,
}


def send(city: City, photo: bytes, repeats: Counter[str]) -> str:
    """One report with its photo, every call repeated until it is answered; its UUID."""
    uuid = str(uuid4())
    body = json.dumps({"photos": 1, "note": "井盖"}).encode()
    call(city, f"/api/v1/reports/{uuid}", body, "application/json", repeats)
    call(city, f"/api/v1/reports/{uuid}/photos/1", photo, "image/jpeg", repeats)
    return uuid


def call(city: City, path: str, data: bytes, kind: str, repeats: Counter[str]) -> None:
    """PUT until an answer comes; a refusal ends the bench."""
    request = urllib.request.Request(
        city.settings.public_url + path,
        data=data,
        method="PUT",
        headers={"Authorization": f"Bearer {city.sample.tokens['rider']}", "Content-Type": kind},
    )
    deadline = time.monotonic() + TRIES_S
    while True:
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                answer.read()
                return
        except urllib.error.HTTPError as fault:
            if fault.code < 500:
                raise SystemExit(f"{path}: {fault.code} {fault.read()!r}") from None
        except (OSError, HTTPException):  # cut before or within the answer
            pass
        if time.monotonic() > deadline:
            raise SystemExit(f"{path}: no answer within {TRIES_S:.0f} s")
        repeats["repeated calls"] += 1
        time.sleep(0.2)


def round_of(city: City, name: str, reports: int) -> dict[str, object]:
    """Send the reports, kill in the middle, wait until all is settled, and count."""
    photo = photograph(
        Scene.MISSING_COVER, Shot(datetime.now(UTC), city.sample.spot), size=(640, 480)
    )
    repeats: Counter[str] = Counter()
    sent: list[str] = []
    killed = threading.Event()
    began = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        jobs = [pool.submit(send, city, photo, repeats) for _ in range(reports)]
        while not all(job.done() for job in jobs):
            if sum(job.done() for job in jobs) >= reports // 2 and not killed.is_set():
                KILLS[name](city)
                killed.set()
            city.supervisor.look()
            time.sleep(0.02)
        sent = [job.result() for job in jobs]
    with database_of(city):
        city.supervisor.wait(lambda: settled(sent), SETTLED_WITHIN_S)
        return {
            "killed": name,
            **counts(sent),
            **repeats,
            "seconds": round(time.monotonic() - began, 1),
        }


def settled(sent: list[str]) -> bool:
    """Whether every report is assigned and no work waits that is due."""
    left = db.session.scalar(
        select(func.count()).where(
            Report.uuid.in_([UUID(uuid) for uuid in sent]), Report.state != "assigned"
        )
    )
    # The enrichment that waits for photos that all came is due minutes later and changes nothing.
    soon = datetime.now(UTC) + timedelta(seconds=90)
    waiting = db.session.scalar(
        select(func.count()).where(OutboxRow.state == "waiting", OutboxRow.due_at < soon)
    )
    db.session.rollback()
    return left == 0 and waiting == 0


def counts(sent: list[str]) -> dict[str, object]:
    """What became of the reports that were sent."""
    session = db.session()
    uuids = [UUID(uuid) for uuid in sent]
    mine = select(Report.id).where(Report.uuid.in_(uuids))
    states = session.execute(
        select(Report.state, func.count()).where(Report.uuid.in_(uuids)).group_by(Report.state)
    )
    placed = session.execute(
        select(ReportEvent.report_id, func.count())
        .where(ReportEvent.report_id.in_(mine), ReportEvent.action == "place")
        .group_by(ReportEvent.report_id)
    ).all()
    twice = select(Notice.matter).group_by(Notice.matter, Notice.account_id, Notice.device_id)
    result = {
        "sent": len(sent),
        "by state": {state: count for state, count in states},
        "placed twice": sum(count > 1 for _, count in placed),
        "photos": session.scalar(select(func.count()).where(Photo.report_id.in_(mine))),
        "told twice": len(session.execute(twice.having(func.count() > 1)).all()),
        "broken chains": sum(finding.fault is not None for finding in verify(session)),
        "failed work": session.scalar(select(func.count()).where(OutboxRow.state == "failed")),
    }
    session.rollback()
    return result


def is_whole(result: dict[str, object]) -> bool:
    """Whether nothing was lost and nothing done twice."""
    sent = result["sent"]
    clean = all(
        result[name] == 0 for name in ("placed twice", "told twice", "broken chains", "failed work")
    )
    return clean and result["by state"] == {"assigned": sent} and result["photos"] == sent


def rounds(database: str, reports: int) -> list[dict[str, object]]:
    """One round for each thing to kill, on one city."""
    with running_city(database) as city:
        return [round_of(city, name, reports) for name in KILLS]


def main() -> int:
    """Print a line a round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("databases", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--reports", type=int, default=200)
    asked = parser.parse_args()
    whole = True
    for database in asked.databases:
        for result in rounds(database, asked.reports):
            whole = whole and is_whole(result)
            words = "OK" if is_whole(result) else "LOST"
            print(database, json.dumps(result, ensure_ascii=False), words, flush=True)
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
