"""The embedded broker, with the real Valkey server."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from civicprobe.broker import (
    BrokerFault,
    BrokerHandle,
    broker_at,
    ensure_broker,
    foreground_argv,
)
from civicprobe.broker.handle import own_pids


def set_and_stop(broker: BrokerHandle) -> None:
    with broker.client() as client:
        client.set("queue", "task")
    broker.stop()


def test_starts_answers_and_stops(var_dir: Path) -> None:
    broker = ensure_broker(var_dir)
    assert broker.answers()
    assert broker.pid == int(broker.pid_file.read_text())
    with broker.client() as client:
        assert client.config_get("port", "appendonly", "appendfsync", "maxmemory-policy") == {
            "port": "0",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
        }
    assert broker.socket.stat().st_mode & 0o077 == 0
    broker.stop()
    assert broker.pid is None
    assert not broker.answers()
    assert not broker.socket.exists()


def test_is_used_again_not_started_twice(var_dir: Path) -> None:
    found: list[int | None] = []
    starts = [
        threading.Thread(target=lambda: found.append(ensure_broker(var_dir).pid)) for _ in "xxxx"
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert found[0] is not None
    assert set(found) == {found[0]}
    assert own_pids(broker_at(var_dir).socket) == [found[0]]


def test_what_was_queued_survives_a_stop(var_dir: Path) -> None:
    set_and_stop(ensure_broker(var_dir))
    with ensure_broker(var_dir).client() as client:
        assert client.get("queue") == b"task"


def test_a_killed_server_is_started_again_with_what_it_had_synced(var_dir: Path) -> None:
    broker = ensure_broker(var_dir)
    with broker.client() as client:
        client.set("queue", "task")
    time.sleep(1.5)  # appendfsync everysec
    killed = broker.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    while broker.pid is not None:
        time.sleep(0.02)
    again = ensure_broker(var_dir)
    assert again.pid != killed
    with again.client() as client:
        assert client.get("queue") == b"task"


def test_no_orphan_after_its_starter_was_killed(var_dir: Path) -> None:
    starter = subprocess.Popen(foreground_argv(var_dir), stderr=subprocess.DEVNULL)
    broker = broker_at(var_dir)
    assert broker.wait_ready(10)
    first = broker.pid
    starter.kill()
    starter.wait()
    assert ensure_broker(var_dir).pid == first
    assert own_pids(broker.socket) == [first]


def test_a_silent_orphan_is_ended(var_dir: Path) -> None:
    hung = ensure_broker(var_dir).pid
    assert hung is not None
    os.kill(hung, signal.SIGSTOP)
    broker = ensure_broker(var_dir)
    assert broker.answers()
    assert own_pids(broker.socket) == [broker.pid]
    assert broker.pid != hung


def test_an_orphan_whose_folder_was_removed_is_ended(var_dir: Path) -> None:
    first = ensure_broker(var_dir).pid
    shutil.rmtree(var_dir)
    broker = ensure_broker(var_dir)
    assert broker.answers()
    assert own_pids(broker.socket) == [broker.pid]
    assert broker.pid != first


@pytest.mark.parametrize("name", ["long" * 30, "市 区"])
def test_a_folder_that_no_socket_fits_gets_a_short_private_one(tmp_path: Path, name: str) -> None:
    broker = ensure_broker(tmp_path / name)
    try:
        assert len(str(broker.socket)) < 100
        assert not broker.socket.is_relative_to(tmp_path)
        assert broker.socket.parent.stat().st_mode & 0o777 == 0o700
        assert broker.answers()
        assert ensure_broker(tmp_path / name).pid == broker.pid
        shutil.rmtree(tmp_path / name)
        assert ensure_broker(tmp_path / name).answers()
        assert broker_at(tmp_path / name).pid_file.exists()
    finally:
        broker.stop()
    shutil.rmtree(broker.socket.parent)


@pytest.mark.parametrize("damage", ["tail", "middle", "manifest"])
def test_a_damaged_file_does_not_prevent_a_start(
    var_dir: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    broker = ensure_broker(var_dir)
    with broker.client() as client:
        for n in range(100):
            client.set(f"key{n}", "x" * 100)
    broker.stop()
    folder = broker.data_dir / "appendonlydir"
    [file] = folder.glob("*manifest" if damage == "manifest" else "*.incr.aof")
    data = file.read_bytes()
    half = len(data) // 2
    spoilt = {"tail": data[:-3], "middle": data[:half] + b"\0" * 50 + data[half + 50 :]}
    file.write_bytes(spoilt.get(damage, b"nonsense\n"))
    with ensure_broker(var_dir).client() as client:
        assert client.dbsize() == (99 if damage == "tail" else 0)
    aside = list(broker.data_dir.glob("appendonlydir.unreadable-*"))
    assert len(aside) == (0 if damage == "tail" else 1)
    assert ("could not be read" in caplog.text) == bool(aside)


def test_what_is_not_the_file_leaves_the_file_alone(
    var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_and_stop(ensure_broker(var_dir))
    monkeypatch.setattr("civicprobe.broker.valkey._of_wheel", lambda: None)
    fake = var_dir / "bin" / "valkey-server"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\n[ "$1" = --version ] || { echo "bad option"; exit 1; }\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    with pytest.raises(BrokerFault, match="bad option"):
        ensure_broker(var_dir)
    monkeypatch.undo()
    with ensure_broker(var_dir).client() as client:
        assert client.get("queue") == b"task"


def test_says_what_to_do_when_there_is_no_server(
    var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("civicprobe.broker.valkey._of_wheel", lambda: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BrokerFault, match="CIVICPROBE_REDIS_URL"):
        ensure_broker(var_dir)


def test_a_folder_that_cannot_be_made_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BrokerFault, match="cannot write"):
        ensure_broker(tmp_path / "file")


def test_stop_ends_nobody_else(var_dir: Path) -> None:
    broker = broker_at(var_dir)
    broker.data_dir.mkdir(parents=True)
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    broker.pid_file.write_text(str(bystander.pid))
    broker.stop()
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


@pytest.mark.parametrize("end", ["server", "supervisor"])
def test_in_the_foreground_it_ends_with_its_server_or_on_sigterm(var_dir: Path, end: str) -> None:
    broker = broker_at(var_dir)
    argv = foreground_argv(var_dir)
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            said = process.stderr.readline()  # until then, a server that dies is started once more
            assert "answers at" in said
            if end == "server":
                os.kill(broker.pid or process.pid, signal.SIGKILL)
            else:
                process.terminate()
            assert process.wait(10) == (1 if end == "server" else 0)
        finally:
            process.kill()
    assert broker.pid is None
