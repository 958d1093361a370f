"""The same bytes, the same promises, in a folder and in a bucket of moto's real S3 server."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
import pytest

from civicprobe.errors import NotFound
from civicprobe.storage import Bucket, Damaged, Folder, Storage, StorageDown, open_storage

PHOTO = os.urandom(300_000)
DIGEST = hashlib.sha256(PHOTO).hexdigest()
KEY = f"{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}"


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest) -> Storage:
    found: Storage = request.getfixturevalue(request.param)
    return found


def test_gives_back_what_was_put(storage: Storage) -> None:
    assert storage.put(PHOTO) == DIGEST
    assert storage.get(DIGEST) == PHOTO
    assert storage.has(DIGEST)


def test_keeps_the_same_bytes_once(storage: Storage) -> None:
    assert storage.put(PHOTO) == storage.put(PHOTO)
    storage.put(b"another")
    assert sorted(s.size_bytes for s in storage.digests()) == [7, len(PHOTO)]


def test_bytes_that_are_gone_are_not_found(storage: Storage) -> None:
    with pytest.raises(NotFound) as fault:
        storage.get(DIGEST)
    assert (fault.value.code, fault.value.params) == ("photo_bytes_gone", {"digest": DIGEST})
    assert not storage.has(DIGEST)
    assert not storage.delete(DIGEST)


def test_deletes(storage: Storage) -> None:
    storage.put(PHOTO)
    assert storage.delete(DIGEST)
    assert not storage.has(DIGEST)
    assert list(storage.digests()) == []


def test_a_sweep_leaves_what_was_put_again_meanwhile(storage: Storage) -> None:
    storage.put(PHOTO)
    [seen] = storage.digests()
    assert abs(seen.stored_at - datetime.now(UTC)) < timedelta(seconds=5)
    assert not storage.delete(DIGEST, older_than=seen.stored_at - timedelta(hours=24))
    assert storage.has(DIGEST)
    assert storage.delete(DIGEST, older_than=seen.stored_at + timedelta(hours=24))
    assert not storage.has(DIGEST)


def test_twenty_threads_putting_one_photo_leave_one_whole_object(storage: Storage) -> None:
    results: list[str] = []
    threads = [
        threading.Thread(target=lambda: results.append(storage.put(PHOTO))) for _ in "x" * 20
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [DIGEST] * 20
    assert [s.digest for s in storage.digests()] == [DIGEST]
    assert storage.get(DIGEST) == PHOTO


@pytest.mark.parametrize(
    "digest",
    ["", "../../etc/passwd", DIGEST.upper(), DIGEST + "0"],
    ids=["empty", "path", "upper", "long"],
)
def test_refuses_what_is_no_digest(storage: Storage, digest: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        storage.get(digest)


def test_takes_no_bytes_at_all(storage: Storage) -> None:
    assert storage.get(storage.put(b"")) == b""


def test_check_passes_and_leaves_nothing(storage: Storage) -> None:
    storage.check()
    assert list(storage.digests()) == []
    assert storage.sweep_temporary(datetime.now(UTC) + timedelta(days=1)) == 0


def test_a_damaged_file_is_noticed_and_mended_by_the_next_put(folder: Folder) -> None:
    folder.put(PHOTO)
    (folder.root / KEY).write_bytes(PHOTO[:-1])
    with pytest.raises(Damaged):
        folder.get(DIGEST)
    folder.put(PHOTO)
    assert folder.get(DIGEST) == PHOTO


def test_damaged_s3_bytes_are_noticed(bucket: Bucket) -> None:
    bucket.put(PHOTO)
    obstore.put(bucket.store, KEY, b"other")
    with pytest.raises(Damaged):
        bucket.get(DIGEST)


def test_putting_again_renews_the_age(folder: Folder) -> None:
    folder.put(PHOTO)
    os.utime(folder.root / KEY, (1, 1))
    folder.put(PHOTO)
    assert not folder.delete(DIGEST, older_than=datetime.now(UTC) - timedelta(minutes=1))


def test_puts_and_sweeps_at_once_never_lose_what_was_just_put(folder: Folder) -> None:
    stop = threading.Event()
    swept = 0

    def sweep() -> None:
        nonlocal swept
        while not stop.is_set():
            swept += folder.delete(DIGEST, older_than=datetime.now(UTC) - timedelta(minutes=1))

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        for _ in range(50):
            folder.put(PHOTO)
            assert folder.get(DIGEST) == PHOTO
            os.utime(folder.root / KEY, (1, 1))  # old: swept now, or renewed by the next put
    finally:
        stop.set()
        sweeper.join()
    assert swept


def test_the_write_is_synced_before_it_is_named(folder: Folder) -> None:
    script = "import sys; from civicprobe.storage import *; open_storage(sys.argv[1]).put(b'x')"
    calls = _system_calls(script, folder.root.as_uri())
    rename = next(i for i, call in enumerate(calls) if call.startswith("rename"))
    assert any(call.startswith("fsync") for call in calls[:rename])
    assert any(call.startswith("fsync") for call in calls[rename:])


def _system_calls(script: str, url: str) -> list[str]:
    watch = ["strace", "-f", "-qq", "-e", "trace=fsync,rename,renameat,renameat2"]
    try:
        done = subprocess.run(
            [*watch, sys.executable, "-c", script, url], capture_output=True, text=True, check=True
        )
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("strace is not here or may not trace")
    return [line.split("] ")[-1] for line in done.stderr.splitlines()]


def test_killed_in_the_middle_of_writing_nothing_half_is_seen(folder: Folder) -> None:
    script = (
        "import os, sys; from civicprobe.storage import *; s = open_storage(sys.argv[1])\n"
        "print('go', flush=True)\n"
        "while True: s.put(os.urandom(3_000_000))\n"
    )
    for round_s in (0.05, 0.11, 0.17):
        writer = subprocess.Popen(
            [sys.executable, "-c", script, folder.root.as_uri()], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(round_s)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
    for stored in folder.digests():
        assert len(folder.get(stored.digest)) == 3_000_000


def test_leftovers_are_swept_once_old(folder: Folder) -> None:
    folder.put(PHOTO)
    left = folder.root / "incoming" / "4711-left"
    left.write_bytes(PHOTO[:1000])
    now = datetime.now(UTC)
    assert folder.sweep_temporary(now - timedelta(hours=1)) == 0
    assert folder.sweep_temporary(now + timedelta(seconds=2)) == 1
    assert not left.exists()
    assert folder.get(DIGEST) == PHOTO


def test_a_folder_that_cannot_be_used_is_down(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    storage = open_storage((tmp_path / "file" / "photos").as_uri())
    for use in (storage.check, lambda: storage.put(PHOTO)):
        with pytest.raises(StorageDown) as fault:
            use()
        assert fault.value.code == "storage_failed"


def test_a_bucket_that_is_not_there_or_silent_is_down(bucket_url: str, s3_endpoint: str) -> None:
    missing = open_storage(f"s3://no-such-bucket?endpoint={s3_endpoint}")
    silent = open_storage("s3://photos?endpoint=http://127.0.0.1:9")
    for use in (
        missing.check,
        lambda: missing.put(PHOTO),
        lambda: missing.get(DIGEST),
        silent.check,
    ):
        with pytest.raises(StorageDown):
            use()


def test_a_bucket_used_before_a_fork_fails_instead_of_hanging(bucket_url: str) -> None:
    script = (
        "import os, sys; from civicprobe.storage import *; s = open_storage(sys.argv[1])\n"
        "s.put(b'x')\n"
        "if os.fork() == 0: s.put(b'x')\n"
        "else: os.wait()\n"
    )
    ran = [sys.executable, "-c", script, bucket_url]
    done = subprocess.run(ran, check=False, capture_output=True, text=True, timeout=20)
    assert "storage_used_before_fork" in done.stderr


@pytest.mark.parametrize(
    "url",
    ["", "file://", "file:///", "file://host/x", "s3://", "http://x/y", "s3://b?key=x", "/var/x"],
)
def test_refuses_other_urls(url: str) -> None:
    with pytest.raises(ValueError, match="storage"):
        open_storage(url)
