"""One embedded run: settings, parts, sample city, story, then serving until it is stopped."""

import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

from celery import Celery
from flask_migrate import upgrade

from civicprobe.app import create_app
from civicprobe.broker import broker_at, celery_config, foreground_argv
from civicprobe.db import db, utc_now
from civicprobe.demo.sample import Sample, load_sample
from civicprobe.demo.story import Caller, tell
from civicprobe.demo.supervisor import Part, RunFault, Supervisor, alone, python
from civicprobe.settings import Settings

READY_WITHIN_S = 60.0
HOST = "127.0.0.1"
Say = Callable[[str], None]


class Stopped(Exception):
    """Somebody asked the run to end."""


def run(folder: Path, port: int, *, once: bool, say: Say) -> None:
    """The whole demo; returns when it was stopped, or with `once` after the main job.

    Raises RunFault and StoryFault with what happened and what to do.
    """
    folder = folder.absolute()
    with alone(folder), _stoppable():
        settings = embedded_settings(folder, port)
        _check_port(port)
        (folder / "demo.json.new").unlink(missing_ok=True)
        with Supervisor(folder, settings.to_env()) as supervisor:
            try:
                _serve(supervisor, settings, port, once=once, say=say)
            except Stopped:
                say("停止 / stopping")
            finally:
                supervisor.stop()
                broker_at(folder).stop()


def embedded_settings(folder: Path, port: int = 8000) -> Settings:
    """The settings of an embedded run in a folder; the shell's own play no part."""
    settings = Settings(
        var_dir=folder,
        redis_url=broker_at(folder).redis_url,
        public_url=f"http://{HOST}:{port}",
        two_factor=False,
    )
    return replace(settings.completed(), secret_key="").with_secret()


def _serve(supervisor: Supervisor, settings: Settings, port: int, *, once: bool, say: Say) -> None:
    folder = settings.var_dir
    began = time.monotonic()
    supervisor.start(Part("broker", tuple(foreground_argv(folder))))
    sample = prepare(settings, say)
    for part in parts(port):
        supervisor.start(part)
    say("启动服务 / starting server and workers")
    if not supervisor.wait(lambda: is_ready(settings), READY_WITHIN_S):
        raise RunFault(f"not ready after {READY_WITHIN_S:.0f} s; see the logs in {folder / 'logs'}")
    _write_access(folder / "demo.json", settings, sample)
    say(f"就绪 / ready after {time.monotonic() - began:.1f} s\n\n主流程 / the main job")
    report = tell(Caller(settings.public_url, sample.tokens), sample, say)
    if once:
        say(f"\n完成 / done: {report['number']}")
        return
    _invite(settings, sample, report, say)
    supervisor.wait(lambda: False, float("inf"))


def parts(port: int) -> tuple[Part, ...]:
    """The processes of a run besides the broker."""
    celery = ("-m", "celery", "-A", "workers.celery_app")
    worker = (*celery, "worker", "--without-mingle", "--without-gossip", "--loglevel=INFO")
    return (
        Part(
            "server", python("-m", "waitress", f"--listen={HOST}:{port}", "--threads=8", "wsgi:app")
        ),
        Part("relay", python("-m", "workers.relay")),
        Part(
            "worker",
            python(*worker, "-Q", "enrich,notices,clocks", "-c", "2", "-n", "worker@%h"),
        ),
        Part("pictures", python(*worker, "-Q", "pictures", "-c", "1", "-n", "pictures@%h"), nice=5),
        Part("beat", python(*celery, "beat", "--loglevel=INFO", "--pidfile=")),
    )


def prepare(settings: Settings, say: Say) -> Sample:
    """Bring the database up to date and load the sample city."""
    say(f"数据 / data in {settings.var_dir}")
    app = create_app(replace(settings, log_level="WARNING"))
    with app.app_context():
        upgrade()
        sample = load_sample(
            db.session(), settings.city_code, settings.var_dir / "demo.json", say, now=utc_now()
        )
        db.session.commit()
        db.engine.dispose()
    return sample


def is_ready(settings: Settings) -> bool:
    """Whether the server is healthy and both workers answer."""
    try:
        with urllib.request.urlopen(f"{settings.public_url}/health/ready", timeout=2) as answer:
            healthy = json.load(answer)["status"] == "ok"
    except (OSError, ValueError, urllib.error.HTTPError):
        return False
    return healthy and _workers_answer(settings)


def _workers_answer(settings: Settings) -> bool:
    app = Celery("demo")
    app.conf.update(celery_config(settings.redis_url))
    try:
        with closing(app):
            return len(app.control.ping(timeout=1.0, limit=2) or ()) >= 2
    except OSError:
        return False


def _write_access(path: Path, settings: Settings, sample: Sample) -> None:
    """What programs need of this run, for this user's eyes only; there when the run is ready."""
    new = path.with_suffix(".json.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(
            {
                "url": settings.public_url,
                "pid": os.getpid(),
                "tokens": sample.tokens,
                "logins": sample.logins,
                "district": sample.district,
                "edition": sample.edition,
            },
            file,
            indent=1,
            ensure_ascii=False,
        )
    new.replace(path)


def _invite(settings: Settings, sample: Sample, report: dict[str, object], say: Say) -> None:
    url = settings.public_url
    say(f"\n骑手不用登录 / riders need not sign in:  {url}/r")
    say(f"工作人员登录 / staff sign in at:           {url}/login")
    for role, page in (
        ("member", "/g"),
        ("unit", "/h"),
        ("office", "/o"),
        ("district", "/o"),
        ("admin", "/o"),
    ):
        login = sample.logins[role]
        say(f"  {role:9} {login['name']:16} {login['password']:14} {url}/login?next={page}")
    say(f"这一件 / this case: {url}/o/{report['number']}")
    say(f"接口 / API: {url}/api/docs   令牌 / tokens: {settings.var_dir / 'demo.json'}")
    say("Ctrl-C 停止 / to stop")


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as fault:
            raise RunFault(
                f"port {port} cannot be used ({fault.strerror}); name another with --port"
            ) from None


@contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM and Ctrl-C end the run in order; a second one does not cut the ending short."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise Stopped

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except Stopped:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
