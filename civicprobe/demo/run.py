"""One embedded run: settings, parts, sample city, story, then serving until it is stopped."""

import json
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path
from types import FrameType

from celery import Celery
from flask_babel import force_locale, gettext
from flask_migrate import upgrade

from civicprobe.app import create_app
from civicprobe.broker import broker_at, celery_config, foreground_argv
from civicprobe.db import db, utc_now
from civicprobe.demo import access
from civicprobe.demo.sample import Sample, load_sample
from civicprobe.demo.speech import ZH, speaking
from civicprobe.demo.story import Caller, Report, invite, tell
from civicprobe.demo.supervisor import Part, RunFault, Supervisor, alone, python
from civicprobe.settings import Settings

READY_WITHIN_S = 90.0
HOST = "127.0.0.1"
Say = Callable[[str], None]


class Stopped(Exception):
    """Somebody asked the run to end."""


def run(folder: Path, port: int, *, once: bool, say: Say, locale: str = ZH) -> None:
    """The whole demo; returns when it was stopped, or with `once` after the main job.

    Raises RunFault and StoryFault with what happened and what to do, also when it was stopped
    before the main job was done.
    """
    folder = folder.absolute()
    settings = embedded_settings(folder, port, locale)
    with alone(folder), _stoppable(), speaking(locale):
        with Supervisor(folder, settings.to_env()) as supervisor:
            _check_port(port)
            access.set_aside(folder)
            try:
                sample, report = _to_closed(supervisor, settings, port, say)
                if not once:
                    _serve(supervisor, settings, sample, report, say)
            finally:
                supervisor.stop()
                broker_at(folder).stop()
        say(gettext("已停止，没有留下进程。") if not once else gettext("完成，已停止。"))


def embedded_settings(folder: Path, port: int = 8000, locale: str = ZH) -> Settings:
    """The settings of an embedded run in a folder; the shell's own play no part."""
    settings = Settings(
        var_dir=folder,
        redis_url=broker_at(folder).redis_url,
        public_url=f"http://{HOST}:{port}",
        two_factor=False,
        default_locale=locale,
    )
    return replace(settings.completed(), secret_key="").with_secret()


def _to_closed(
    supervisor: Supervisor, settings: Settings, port: int, say: Say
) -> tuple[Sample, Report]:
    """Start everything, and once it is ready run the main job."""
    began = time.monotonic()
    folder, locale = settings.var_dir, settings.default_locale
    supervisor.start(Part("broker", tuple(foreground_argv(folder)), stopped_last=True))
    sample = prepare(settings, say)
    say(gettext("启动服务器、派送、两个工人进程和定时器，日志在 %(logs)s", logs=folder / "logs"))
    for part in parts(port):
        supervisor.start(part)
    if not supervisor.wait(lambda: is_ready(settings), READY_WITHIN_S):
        raise RunFault(f"not ready after {READY_WITHIN_S:.0f} s; see the logs in {folder / 'logs'}")
    access.write(settings, sample)
    say(gettext("就绪，用时 %(s).1f 秒", s=time.monotonic() - began))
    say("\n" + gettext("主流程"))
    caller = Caller(settings.public_url, sample.tokens, locale)
    return sample, supervisor.beside(lambda: tell(caller, sample, say))


def _serve(
    supervisor: Supervisor, settings: Settings, sample: Sample, report: Report, say: Say
) -> None:
    """Tell how to enter, and keep the parts alive until somebody asks to stop."""
    with suppress(Stopped):
        invite(settings, sample, report, say)
        supervisor.wait(lambda: False, float("inf"))
    say("\n" + gettext("正在停止……"))


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
    app = create_app(replace(settings, log_level="WARNING"))
    with app.app_context(), force_locale(settings.default_locale):
        say(gettext("数据放在 %(folder)s", folder=settings.var_dir))
        upgrade()
        session, now = db.session(), utc_now()
        sample = load_sample(session, settings.city_code, say, now=now)
        access.give_access(session, sample, access.read_last(settings.var_dir), now=now)
        session.commit()
        db.engine.dispose()
    return sample


def is_ready(settings: Settings) -> bool:
    """Whether the server is healthy and both workers answer."""
    try:
        with urllib.request.urlopen(f"{settings.public_url}/health/ready", timeout=2) as answer:
            healthy = json.load(answer)["status"] == "ok"
    except (OSError, ValueError, HTTPException):
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
    """SIGTERM, SIGHUP and Ctrl-C end the run in order; a second one does not cut that short."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # else nohup asked for it
        numbers.append(signal.SIGHUP)

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise Stopped

    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    except Stopped:
        raise RunFault("stopped before the main job was done; no process is left") from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
