"""Photo bytes in a folder: written to a temporary file, synced, renamed, the folder synced."""

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from civicprobe.errors import NotFound
from civicprobe.storage.content import KEY, Storage, StorageDown, Stored, key_of

MIN_FREE_BYTES = 64 * 1024 * 1024
FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True)
class Folder(Storage):
    """`ab/cd/abcd…` under one folder, by plain system calls.

    Not obstore's LocalStore: it never calls fsync (seen with strace, 0.12.1), so that a power cut
    could leave an empty file under a full name, and it hangs in a process forked after its first
    use. `docs/adr/0003-photo-bytes-by-content.md` has the measurements.
    """

    root: Path

    def has(self, digest: str) -> bool:
        with _disk_faults():
            return self._path(digest).is_file()

    def delete(self, digest: str, older_than: datetime | None = None) -> bool:
        path = self._path(digest)
        with _disk_faults(), self._locked(fcntl.LOCK_EX):
            try:
                if older_than is not None and _written_at(path.stat()) >= older_than:
                    return False
                path.unlink()
            except FileNotFoundError:
                return False
            _sync_folder(path.parent)
            return True

    def digests(self) -> Iterator[Stored]:
        with _disk_faults():
            for path in self.root.glob("??/??/*"):
                if KEY.fullmatch(path.relative_to(self.root).as_posix()):
                    with suppress(FileNotFoundError):
                        seen = path.stat()
                        yield Stored(path.name, seen.st_size, _written_at(seen))

    def check(self) -> None:
        with _disk_faults():
            space = os.statvfs(self._incoming())
            if space.f_bavail * space.f_frsize < MIN_FREE_BYTES:
                raise StorageDown("storage_full")
            self._temporary(b"", durable=False).unlink()

    def sweep_temporary(self, older_than: datetime) -> int:
        swept = 0
        with _disk_faults():
            for path in self._incoming().iterdir():
                with suppress(FileNotFoundError):
                    if _written_at(path.stat()) < older_than:
                        path.unlink()
                        swept += 1
        return swept

    def _write(self, digest: str, data: bytes) -> None:
        path = self._path(digest)
        with _disk_faults():
            with self._locked(fcntl.LOCK_SH):
                kept = _touch_same(path, data)
            if not kept:
                temporary = self._temporary(data, durable=True)
                try:
                    self._publish(temporary, path)
                except BaseException:
                    temporary.unlink(missing_ok=True)
                    raise
            # Also if it was there: its rename may be another thread's, and not on the disk yet.
            _sync_folder(path.parent)

    def _publish(self, temporary: Path, path: Path) -> None:
        with self._locked(fcntl.LOCK_SH):
            if path.parent.is_dir():
                temporary.replace(path)
                return
        with self._locked(fcntl.LOCK_EX):  # so that nobody uses a folder not yet on the disk
            _make_folder(path.parent)
            temporary.replace(path)

    def _read(self, digest: str) -> bytes:
        with _disk_faults():
            try:
                return self._path(digest).read_bytes()
            except FileNotFoundError:
                raise NotFound("photo_bytes_gone", digest=digest) from None

    def _path(self, digest: str) -> Path:
        return self.root / key_of(digest)

    def _incoming(self) -> Path:
        folder = self.root / "incoming"
        _make_folder(folder)
        return folder

    def _temporary(self, data: bytes, *, durable: bool) -> Path:
        """A new file on the volume of its goal, so that the rename is atomic."""
        path = self._incoming() / f"{os.getpid()}-{secrets.token_hex(8)}"
        try:
            with path.open("xb") as file:
                file.write(data)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        """Shared to add or renew, exclusive to remove: a sweep cannot take what was just put."""
        _make_folder(self.root)
        file = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, how)
            yield
        finally:
            os.close(file)


def _touch_same(path: Path, data: bytes) -> bool:
    try:
        if path.read_bytes() != data:
            return False  # damaged: written anew
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _written_at(seen: os.stat_result) -> datetime:
    return datetime.fromtimestamp(seen.st_mtime, UTC)


@contextmanager
def _disk_faults() -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        code = "storage_full" if fault.errno in FULL else "storage_failed"
        raise StorageDown(code, reason=errno.errorcode.get(fault.errno or 0, "")) from fault
