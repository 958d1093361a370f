"""Parts on real processes: restarted when they die, ended with their supervisor, none left."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from civicprobe.demo.leftovers import end_leftovers, write_record
from civicprobe.demo.supervisor import Part, RunFault, Supervisor, alone, python

FOREVER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone(pid: int, within_s: float = 5) -> bool:
    deadline = time.monotonic() + within_s
    while lives(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not lives(pid)


def test_a_part_that_dies_is_started_again_within_two_seconds(tmp_path):
    with Supervisor(tmp_path, {}) as supervisor:
        supervisor.start(Part("sleeper", python("-c", FOREVER)))
        first = supervisor.pids()["sleeper"]
        os.kill(first, signal.SIGKILL)
        began = time.monotonic()
        assert supervisor.wait(lambda: supervisor.pids()["sleeper"] != first, 5)
        assert time.monotonic() - began < 2
        assert lives(supervisor.pids()["sleeper"])


def test_gives_up_after_five_deaths_with_the_last_words(tmp_path):
    with Supervisor(tmp_path, {}) as supervisor:
        supervisor.start(Part("dying", python("-c", "print('no such disk'); raise SystemExit(3)")))
        with pytest.raises(RunFault, match="dying died 5 times") as fault:
            supervisor.wait(lambda: False, 30)
        assert "no such disk" in str(fault.value)


def test_leaves_nothing_even_of_a_part_that_will_not_end(tmp_path, monkeypatch):
    monkeypatch.setattr("civicprobe.demo.supervisor.STOP_S", 0.5)
    with Supervisor(tmp_path, {}) as supervisor:
        for name, code in (("sleeper", FOREVER), ("stubborn", STUBBORN)):
            supervisor.start(Part(name, python("-c", code)))
        pids = supervisor.pids().values()
    assert all(gone(pid) for pid in pids)
    assert not (tmp_path / "run.json").exists()


def test_the_shells_own_settings_play_no_part(tmp_path, monkeypatch):
    monkeypatch.setenv("CIVICPROBE_DATABASE_URL", "postgresql://elsewhere")
    code = "import os; print(sorted(n for n in os.environ if n.startswith('CIVICPROBE')))"
    with Supervisor(tmp_path, {"CIVICPROBE_VAR_DIR": str(tmp_path)}) as supervisor:
        supervisor.start(Part("asker", python("-c", f"{code}; {FOREVER}")))
        log = tmp_path / "logs" / "asker.log"
        assert supervisor.wait(lambda: "up" in log.read_text(), 5)
    assert "['CIVICPROBE_VAR_DIR']" in log.read_text()


def start_run(folder: Path) -> tuple[subprocess.Popen, int]:
    """A supervisor in a process of its own, and the pid of its part."""
    code = textwrap.dedent(f"""
        from pathlib import Path
        from civicprobe.demo.supervisor import Part, Supervisor, alone, python
        with alone(Path({str(folder)!r})), Supervisor(Path({str(folder)!r}), {{}}) as s:
            s.start(Part("sleeper", python("-c", {FOREVER!r})))
            print(s.pids()["sleeper"], flush=True)
            s.wait(lambda: False, 600)
        """)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


def test_parts_end_when_their_supervisor_is_killed(tmp_path):
    process, pid = start_run(tmp_path)
    process.kill()
    process.communicate()
    assert gone(pid)


def test_a_second_run_in_the_same_folder_is_refused_by_name(tmp_path):
    process, pid = start_run(tmp_path)
    try:
        with pytest.raises(RunFault, match=str(process.pid)), alone(tmp_path):
            raise AssertionError("it was let in")
    finally:
        process.kill()
        process.communicate()
    assert gone(pid)
    with alone(tmp_path):
        assert (tmp_path / "run.lock").read_text() == str(os.getpid())


def test_work_beside_is_done_while_parts_are_looked_after(tmp_path):
    with Supervisor(tmp_path, {}) as supervisor:
        supervisor.start(Part("sleeper", python("-c", FOREVER)))
        first = supervisor.pids()["sleeper"]

        def work() -> int:
            os.kill(first, signal.SIGKILL)
            deadline = time.monotonic() + 2
            while supervisor.pids()["sleeper"] == first and time.monotonic() < deadline:
                time.sleep(0.02)
            return supervisor.pids()["sleeper"]

        assert supervisor.beside(work) != first
        with pytest.raises(ZeroDivisionError):
            supervisor.beside(lambda: 1 // 0)


def test_what_others_need_is_stopped_last(tmp_path):
    saying = "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(print(time.time())))"
    code = f"{saying}; print('up', flush=True); time.sleep(600)"
    slow = code.replace("print(time.time())", "[time.sleep(0.3), print(time.time())][1]")
    with Supervisor(tmp_path, {}) as supervisor:
        supervisor.start(Part("broker", python("-c", code), stopped_last=True))
        supervisor.start(Part("worker", python("-c", slow)))
        logs = [tmp_path / "logs" / f"{name}.log" for name in ("worker", "broker")]
        assert supervisor.wait(lambda: all("up" in log.read_text() for log in logs), 5)
    worker, broker = (float(log.read_text().split()[-1]) for log in logs)
    assert worker < broker


def test_children_of_a_leader_that_is_gone_are_ended_by_the_next_start(tmp_path):
    child = f"subprocess.Popen([sys.executable, '-c', {FOREVER!r}], stdout=subprocess.DEVNULL)"
    leader = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess, sys; print({child}.pid, flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    pid = int(leader.stdout.readline())
    record = tmp_path / "run.json"
    write_record(record, [leader.pid])
    leader.kill()
    leader.wait()
    leader.stdin.close()
    leader.stdout.close()
    assert lives(pid)
    assert end_leftovers(record) == 1
    assert gone(pid)
    assert not record.exists()


def test_leftovers_are_known_by_start_time_and_strangers_are_spared(tmp_path):
    record = tmp_path / "run.json"
    process = subprocess.Popen([sys.executable, "-c", FOREVER], start_new_session=True)
    try:
        write_record(record, [process.pid])
        seen = json.loads(record.read_text())
        record.write_text(json.dumps({**seen, "parts": {str(process.pid): 1}}))
        assert end_leftovers(record) == 0
        record.write_text(json.dumps({**seen, "boot": "another"}))
        assert end_leftovers(record) == 0
        assert lives(process.pid)
    finally:
        process.kill()
        process.wait()
    record.write_text("half a li")
    assert end_leftovers(record) == 0
