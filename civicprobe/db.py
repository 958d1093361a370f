"""The database: SQLAlchemy base, naming convention, column types, and how SQLite keeps its word."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, BigInteger, Dialect, Engine, Integer, MetaData, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import DateTime, TypeDecorator

_reading: ContextVar[bool] = ContextVar("civicprobe_reading", default=False)

BigId = BigInteger().with_variant(Integer, "sqlite")
JsonDict = JSON().with_variant(JSONB, "postgresql")
# None is no value there, not the JSON word null.
NullableJson = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Model(DeclarativeBase):
    """Base of every table; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC moment on both databases; a naive one is a programming error."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


db = SQLAlchemy(model_class=Model, session_options={"expire_on_commit": False})


def engine_options(url: str) -> dict[str, Any]:
    """Options of `create_engine` for this URL."""
    if url.startswith("sqlite"):
        # The driver's own transactions are off: `begin` below sends the right BEGIN (ADR 0002).
        return {
            "connect_args": {"isolation_level": None, "timeout": 10, "check_same_thread": False},
            "hide_parameters": True,
        }
    return {
        "hide_parameters": True,  # they are people's words; a fault is logged without them
        "pool_pre_ping": True,
        "pool_size": 8,
        "max_overflow": 16,
        "pool_timeout": 10,
    }


@contextmanager
def reading() -> Iterator[None]:
    """Transactions begun inside take no write lock on SQLite; PostgreSQL needs no such hint."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


@contextmanager
def writing() -> Iterator[None]:
    """Transactions begun inside may write, although a `reading()` stands around them."""
    token = _reading.set(False)
    try:
        yield
    finally:
        _reading.reset(token)


def inserting(session: Session, model: type[Model]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that can say what becomes of a row that is there already, on both databases."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(model)
    return sqlite.insert(model)


def hurry(engine: Engine) -> None:
    """Commits on SQLite no longer wait for the disk: for what a power cut may take (a simulation).

    PostgreSQL is left as it is set up.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "checkout", _forget_the_disk)


def one_by_one(items: Iterable[int], do: Callable[[Session, int], None]) -> None:
    """Each in a transaction of its own: one that fails keeps no other waiting, and is raised when
    all were tried, so that the work comes again."""
    failed: Exception | None = None
    for item in items:
        try:
            do(db.session(), item)
            db.session.commit()
        except Exception as fault:
            db.session.rollback()
            failed = fault
    if failed is not None:
        raise failed


def utc_now() -> datetime:
    """The present moment; called at the edges only, services are given it."""
    return datetime.now(UTC)


@event.listens_for(Engine, "connect")
def _configure_sqlite(connection: Any, _record: object) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=10000",
        ):
            connection.execute(f"PRAGMA {pragma}")


def _forget_the_disk(connection: Any, _record: object, _proxy: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN" if _reading.get() else "BEGIN IMMEDIATE")
