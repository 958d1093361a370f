"""What dies in the middle, comes twice or never: nothing is lost and nothing is done twice."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from uuid import UUID, uuid4

from celery import Celery
from sqlalchemy import func, select

from bench.chaos import kill_broker_with_data, kill_server
from civicprobe.broker import broker_at, celery_config
from civicprobe.db import db
from civicprobe.outbox import TOPICS, OutboxRow
from civicprobe.reports.models import Photo, Report, ReportEvent


def events(uuid: str, action: str) -> int | None:
    db.session.rollback()
    found = (
        select(func.count())
        .select_from(ReportEvent)
        .join(Report, Report.id == ReportEvent.report_id)
    )
    count = db.session.scalar(found.where(Report.uuid == UUID(uuid), ReportEvent.action == action))
    db.session.rollback()
    return count


def is_assigned(seen):
    return seen["state"] == "assigned"


def test_the_broker_is_down_at_submit(live, rows):
    os.killpg(live.city.supervisor.pids()["broker"], signal.SIGSTOP)
    server = broker_at(live.city.settings.var_dir).pid
    assert server
    os.kill(server, signal.SIGSTOP)
    try:
        uuid, _ = live.submit(photos=1)
        assert live.photo(uuid)[0] == 201
        assert live.ask("rider", "GET", f"/api/v1/reports/{uuid}")[1]["state"] == "received"
        assert live.ask(None, "GET", "/health/ready")[1]["status"] == "degraded"
    finally:
        os.kill(server, signal.SIGCONT)
        os.killpg(live.city.supervisor.pids()["broker"], signal.SIGCONT)
    live.until(uuid, is_assigned, 100)
    assert events(uuid, "place") == 1


def test_the_worker_is_killed_among_enrichments(live, rows):
    sent = [live.submit(photos=1)[0] for _ in range(12)]
    picture = live.picture()
    for n, uuid in enumerate(sent):
        live.photo(uuid, data=picture)
        if n == 6:
            os.killpg(live.city.supervisor.pids()["worker"], signal.SIGKILL)
    for uuid in sent:
        live.until(uuid, is_assigned, 100)
        assert events(uuid, "place") == 1


def test_the_broker_loses_all_it_held(live, rows):
    sent = [live.submit(photos=1)[0] for _ in range(4)]
    picture = live.picture()
    for uuid in sent[:2]:
        live.photo(uuid, data=picture)
    kill_broker_with_data(live.city)
    for uuid in sent[2:]:
        assert live.photo(uuid, data=picture)[0] == 201
    for uuid in sent:
        live.until(uuid, is_assigned, 110)
        assert events(uuid, "place") == 1


def test_the_server_is_killed_while_photos_come_in(live, rows):
    picture = live.picture()

    def send(uuid: str) -> None:
        for path, body, kind in (
            (f"/api/v1/reports/{uuid}", {"photos": 1}, "application/json"),
            (f"/api/v1/reports/{uuid}/photos/1", picture, "image/jpeg"),
        ):
            for _ in range(300):
                try:
                    status, _ = live.ask("rider", "PUT", path, body, Content_Type=kind)
                except (OSError, HTTPException):  # cut before or within the answer
                    status = 0
                if status in (200, 201):
                    break
                time.sleep(0.1)
            assert status in (200, 201)

    sent = [str(uuid4()) for _ in range(24)]
    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(send, uuid) for uuid in sent]
        time.sleep(0.15)
        kill_server(live.city)
        for job in jobs:
            job.result(60)
    for uuid in sent:
        live.until(uuid, is_assigned, 100)
    found = select(func.count()).select_from(Photo).join(Report, Report.id == Photo.report_id)
    db.session.rollback()
    assert db.session.scalar(found.where(Report.uuid.in_(map(UUID, sent)))) == len(sent)


def test_the_same_report_again_and_another_under_its_uuid(live):
    uuid, first = live.submit(photos=1)
    status, again = live.ask(
        "rider", "PUT", f"/api/v1/reports/{uuid}", {"note": "井盖", "photos": 1}
    )
    assert (status, again["number"]) == (200, first["number"])
    status, body = live.ask(
        "rider", "PUT", f"/api/v1/reports/{uuid}", {"note": "别的", "photos": 1}
    )
    assert (status, body["code"]) == (409, "other_content")
    picture = live.picture()
    assert [live.photo(uuid, data=picture)[0] for _ in range(2)] == [201, 200]
    status, body = live.photo(uuid, data=live.picture(seed=5))
    assert (status, body["code"]) == (409, "photo_differs")


def test_the_same_report_ten_times_at_once(live, rows):
    uuid = str(uuid4())
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: live.submit(uuid, photos=0), range(10)))
    assert len({body["number"] for _, body in answers}) == 1
    live.until(uuid, lambda seen: seen["state"] == "needs_place")
    assert events(uuid, "submit") == 1


def test_each_task_delivered_twice_does_its_work_once(live, rows):
    uuid, report = live.snapped()
    live.act("member", report, "file", category="other", severity="minor")
    time.sleep(1)
    app = Celery("again")
    app.conf.update(celery_config(live.city.settings.redis_url))
    app.conf.task_routes = {route.task: {"queue": route.queue} for route in TOPICS.values()}
    db.session.rollback()
    before = db.session.execute(select(func.count()).select_from(ReportEvent)).scalar()
    for row in db.session.scalars(select(OutboxRow).order_by(OutboxRow.id.desc()).limit(12)):
        for _ in range(2):
            app.send_task(TOPICS[row.topic].task, args=[row.id], kwargs=dict(row.payload))
    time.sleep(2)
    db.session.rollback()
    assert db.session.execute(select(func.count()).select_from(ReportEvent)).scalar() == before
    assert events(uuid, "place") == 1
    app.close()


def test_two_last_photos_at_the_same_instant(live, rows):
    for _ in range(5):
        uuid, _ = live.submit(photos=2)
        with ThreadPoolExecutor(2) as pool:
            jobs = [pool.submit(live.photo, uuid, n, live.picture(seed=n)) for n in (1, 2)]
        assert [job.result()[0] for job in jobs] == [201, 201]
        live.until(uuid, is_assigned)
        assert events(uuid, "place") == 1
        settled = select(Report.photos_settled).where(Report.uuid == UUID(uuid))
        assert db.session.scalar(settled) == 2


def test_a_photo_that_never_comes_is_not_waited_for_for_ever(live):
    spot = live.city.sample.spot
    fix = {"lat": spot.lat, "lon": spot.lon, "accuracy_m": 12}
    uuid, _ = live.submit(photos=2, fix=fix)
    body = live.until(uuid, is_assigned)
    assert body["place"]["source"] == "device"
    assert live.photo(uuid)[0] == 201, "a late one is welcome"
    live.until(uuid, lambda seen: seen["photos"] and seen["photos"][0]["state"] == "ready", 30)


def test_a_photo_refused_for_good_holds_nothing_up(live):
    uuid, _ = live.submit(photos=2)
    assert live.photo(uuid, 1)[0] == 201
    assert live.photo(uuid, 2, b"%PDF-1.7 no photo")[0] == 415
    assert live.until(uuid, is_assigned, 7)["photos"][1]["reason"] == "photo_not_an_image"
    assert live.photo(uuid, 2)[0] == 201, "the right bytes are taken after all"
