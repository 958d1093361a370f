"""No task is lost with its worker or its broker: a real prefork worker, killed for good."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import Celery

from civicprobe.broker import BrokerHandle, celery_config, ensure_broker

WORKER = """
import os, sys, time
from celery import Celery
from civicprobe.broker import celery_config
url, log, hold, options = sys.argv[1], sys.argv[2], float(sys.argv[3]), eval(sys.argv[4])
app = Celery(set_as_current=False)
app.conf.update(celery_config(url, **options))

def note(*words):
    with open(log, "a") as file:
        print(*words, time.time(), file=file)

@app.task(name="work", queue="enrich")
def work(number):
    note("start", number, os.getpid())
    time.sleep(hold)
    note("done", number, os.getpid())

app.worker_main(["worker", "-c", "2", "-Q", "enrich,notices,clocks", "-l", "WARNING"])
"""
QUICK = {"visibility_s": 3, "hard_limit_s": 2}


class Worker:
    """A worker in a process group of its own, and what its tasks wrote."""

    def __init__(self, broker: BrokerHandle, log: Path) -> None:
        self.broker, self.log = broker, log
        self.running: list[subprocess.Popen[bytes]] = []
        log.touch()

    def start(self, hold_s: float, **options: int) -> None:
        words = [self.broker.redis_url, str(self.log), str(hold_s), repr(options)]
        with self.log.with_suffix(".err").open("ab") as errors:
            self.running.append(
                subprocess.Popen(
                    [sys.executable, "-c", WORKER, *words], start_new_session=True, stderr=errors
                )
            )

    def kill(self) -> None:
        process = self.running.pop()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def seen(self, what: str) -> list[list[str]]:
        return [line.split() for line in self.log.read_text().splitlines() if line.startswith(what)]

    def send(self, number: int) -> None:
        with Celery(set_as_current=False) as app:
            app.conf.update(celery_config(self.broker.redis_url))
            app.send_task("work", [number], queue="enrich")


@pytest.fixture
def worker(var_dir: Path, tmp_path: Path) -> Iterator[Worker]:
    worker = Worker(ensure_broker(var_dir), tmp_path / "tasks.log")
    yield worker
    while worker.running:
        worker.kill()


def wait_for(happened: Callable[[], object], timeout_s: float) -> float:
    """Seconds until it happened; fails the test if it does not."""
    started = time.monotonic()
    while not happened():
        assert time.monotonic() - started < timeout_s, f"not within {timeout_s} s"
        time.sleep(0.05)
    return time.monotonic() - started


def killed_and_back_s(worker: Worker, **options: int) -> float:
    worker.start(60, **options)
    worker.send(1)
    wait_for(lambda: worker.seen("start"), 60)
    worker.kill()
    killed = time.monotonic()
    worker.start(0, **options)
    wait_for(lambda: worker.seen("done"), 60)
    return time.monotonic() - killed


def test_a_killed_workers_task_comes_back(worker: Worker) -> None:
    killed_and_back_s(worker, **QUICK)
    assert len(worker.seen("start")) == 2


@pytest.mark.slow
def test_a_killed_workers_task_is_back_within_30_s(
    worker: Worker, record_property: Callable[[str, object], None]
) -> None:
    back_s = killed_and_back_s(worker)
    record_property("back_s", back_s)
    assert back_s < 30


def test_a_killed_childs_task_goes_back_at_once(worker: Worker) -> None:
    worker.start(1.5)
    worker.send(1)
    wait_for(lambda: worker.seen("start"), 60)
    os.kill(int(worker.seen("start")[0][2]), signal.SIGKILL)
    wait_for(lambda: worker.seen("done"), 60)
    assert [line[1] for line in worker.seen("start")] == ["1", "1"]


def test_a_worker_outlives_its_broker_with_a_task_in_hand(worker: Worker, var_dir: Path) -> None:
    worker.start(2)
    worker.send(1)
    wait_for(lambda: worker.seen("start 1"), 60)
    os.kill(worker.broker.pid or 0, signal.SIGKILL)
    ensure_broker(var_dir)
    wait_for(lambda: worker.seen("done 1"), 60)
    worker.send(2)
    wait_for(lambda: worker.seen("done 2"), 60)
    assert worker.running[0].poll() is None


def test_a_worker_outlives_its_brokers_data(worker: Worker, var_dir: Path) -> None:
    worker.start(0)
    worker.send(1)
    wait_for(lambda: worker.seen("done 1"), 60)
    os.kill(worker.broker.pid or 0, signal.SIGKILL)
    shutil.rmtree(worker.broker.data_dir)
    ensure_broker(var_dir)
    worker.send(2)
    wait_for(lambda: worker.seen("done 2"), 60)
    assert worker.running[0].poll() is None
