"""Where the embedded broker of a data folder is, whether it lives, and how to end it.

A process is known as ours by the socket in its command line, never by a number alone: a pid may
be another's by now, and a server may outlive its starter, its pid file and its folder.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from civicprobe.broker.config import celery_url

# AF_UNIX takes 107 bytes here, 103 elsewhere; URLs of other letters are read in different ways.
PLAIN_SOCKET = re.compile(r"[\w./-]{1,100}", re.ASCII)
SHORT_FOLDERS = Path("/tmp")  # noqa: S108  # not $TMPDIR: all processes must agree, and it is long
START_S = 30.0  # a large append-only file is read before the first answer
STOP_S = 3.0


class BrokerFault(RuntimeError):
    """The embedded broker cannot be started; the message says why and what helps."""


@dataclass(frozen=True)
class BrokerHandle:
    """The broker of one data folder, running or not."""

    data_dir: Path
    socket: Path

    @property
    def redis_url(self) -> str:
        """For `CIVICPROBE_REDIS_URL`, redis-py and Flask-Limiter."""
        return f"unix://{self.socket}"

    @property
    def celery_url(self) -> str:
        """For Celery."""
        return celery_url(self.redis_url)

    @property
    def pid_file(self) -> Path:
        """Written by the server; for people, and to notice that the folder was removed."""
        return self.data_dir / "valkey.pid"

    @property
    def pid(self) -> int | None:
        """The server's process, if it lives; None also where there is no /proc."""
        return min(own_pids(self.socket), default=None)

    def client(self) -> redis.Redis:
        """A client that neither waits nor tries again for long; close it."""
        return redis.Redis(
            unix_socket_path=str(self.socket), socket_timeout=2, retry=Retry(NoBackoff(), 0)
        )

    def answers(self) -> bool:
        """Whether it takes commands now, not while it still loads. At most 2 s."""
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def wait_ready(self, timeout_s: float = START_S) -> bool:
        """Wait for an answer; whether one came."""
        return _wait(self.answers, timeout_s)

    def stop(self) -> None:
        """End the server, its file synced. Does nothing if none runs."""
        with self.alone():
            self.end()

    def end(self) -> None:
        """End every server of this socket: by command, else SIGTERM, else SIGKILL."""
        with contextlib.suppress(redis.RedisError):
            if self.answers():
                with self.client() as client:
                    client.shutdown()
                _wait(self._is_gone, STOP_S)
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in own_pids(self.socket):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            if _wait(self._is_gone, STOP_S):
                break
        self.socket.unlink(missing_ok=True)
        self.pid_file.unlink(missing_ok=True)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """One start or stop at a time for a folder, over all processes. Raises BrokerFault."""
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self.data_dir / "launch.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as fault:
            raise BrokerFault(f"cannot write to {self.data_dir}: {fault.strerror}") from fault
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def _is_gone(self) -> bool:
        return not own_pids(self.socket)


def broker_at(var_dir: Path) -> BrokerHandle:
    """The handle of a data folder's broker; starts and touches nothing."""
    data_dir = var_dir.resolve() / "valkey"
    socket = data_dir / "valkey.sock"
    if not PLAIN_SOCKET.fullmatch(str(socket)):
        short = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
        socket = SHORT_FOLDERS / f"civicprobe-{os.getuid()}-{short}" / "valkey.sock"
    return BrokerHandle(data_dir, socket)


def own_pids(socket: Path) -> list[int]:
    """The live processes of this user that were started on this socket."""
    wanted = [b"--unixsocket", os.fsencode(socket)]
    return [int(e.name) for e in Path("/proc").glob("[0-9]*") if _is_own(e, wanted)]


def _is_own(entry: Path, wanted: list[bytes]) -> bool:
    try:
        if entry.stat().st_uid != os.getuid():
            return False
        words = (entry / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(words[i : i + 2] == wanted for i in range(len(words)))


def _wait(happened: Callable[[], bool], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
