"""Whatever the work does to its child, the next work is done as if nothing had happened."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from civicprobe.sandbox import Died, Sandbox, SandboxFault
from tests.sandbox_jobs import JOBS

MODULE = "tests.sandbox_jobs"


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    box = Sandbox(MODULE)
    yield box
    box.close()


@pytest.fixture
def sandbox(shared) -> Iterator[Sandbox]:
    """One that still works after the test."""
    yield shared
    assert run(shared, "echo", b"abc").blobs == [b"cba"]


def run(box: Sandbox, job: str, data: bytes = b"", **args: object):
    return box.run(job, data, JOBS[job].wall_s, **args)


def test_a_job_is_given_bytes_and_values_and_answers_both(sandbox):
    done = run(sandbox, "echo", bytes(range(256)) * 20_000, n=7)
    assert done.blobs == [bytes(reversed(bytes(range(256)) * 20_000))]
    assert done.answer["n"] == 7
    assert 0 < done.peak_bytes < JOBS["echo"].memory_bytes


def test_each_work_has_a_child_of_its_own_from_one_that_stays(sandbox):
    first, second = (run(sandbox, "echo").answer for _ in range(2))
    assert first["pid"] != second["pid"]
    assert first["parent"] == second["parent"] != os.getpid()


@pytest.mark.parametrize(
    ("job", "cause"),
    [
        ("hog", "too_heavy"),
        ("spin", "too_slow"),
        ("crash", "crashed"),
        ("fail", "crashed"),
        ("lie", "crashed"),
    ],
)
def test_work_that_ends_its_child_is_blamed_on_its_bytes(sandbox, job, cause):
    with pytest.raises(Died) as death:
        run(sandbox, job)
    assert death.value.cause == cause


@pytest.mark.parametrize("job", ["doze", "stop", "take_over", "flood"])
def test_work_that_was_stopped_may_be_tried_again(sandbox, job):
    with pytest.raises(SandboxFault):
        run(sandbox, job)


def test_the_child_can_open_nothing_and_knows_nothing_of_the_worker(sandbox, monkeypatch):
    monkeypatch.setenv("CIVICPROBE_SECRET_KEY", "a key")
    box = Sandbox(MODULE)
    answer = run(box, "reach").answer
    box.close()
    assert answer["done"] == []
    assert not [name for name in answer["environment"] if name.startswith("CIVICPROBE")]


def test_a_module_that_cannot_be_loaded_is_a_fault_at_once():
    with pytest.raises(SandboxFault, match="does not start"):
        Sandbox("no.such.module").run("echo", b"", 1.0)


def test_a_forked_worker_starts_a_child_of_its_own(sandbox):
    before = run(sandbox, "echo").answer["parent"]
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            mine = run(sandbox, "echo").answer["parent"]
            os.write(writing, str(mine).encode())
            sandbox.close()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    assert int(os.read(reading, 99)) != before
    assert run(sandbox, "echo").answer["parent"] == before


def test_the_child_ends_with_its_worker():
    """Even when that was killed: the pipe's end says so."""
    script = (
        "import os, signal\n"
        "from civicprobe.sandbox import Sandbox\n"
        f"done = Sandbox({MODULE!r}).run('echo', b'', 60.0)\n"
        "print(done.answer['parent'], flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    # The child holds the same standard error: that it can be read to its end is the proof.
    worker = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert worker.returncode == -signal.SIGKILL
    assert int(worker.stdout) > 0
