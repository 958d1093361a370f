"""How far riders get: counts by day, kind of browser, step and time. Nobody can be told apart."""

from datetime import date

from sqlalchemy import Date, Integer, String, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from civicprobe.db import Model

SHELLS = ("wechat", "pwa", "browser")
STEPS = (
    "open",
    "cam_tap",
    "geo_first",
    "photo_ready",
    "geo_good",  # within 100 m when it was sent
    "submit_tap",
    "saved_local",
    "retried",
    "acked",
)
BUCKETS_S = (1, 2, 5, 10, 15, 30, 60, 300)


class ClientStep(Model):
    """So many times a step was reached within so many seconds of the first tap; 0: later still."""

    __tablename__ = "client_steps"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    shell: Mapped[str] = mapped_column(String(16), primary_key=True)
    step: Mapped[str] = mapped_column(String(16), primary_key=True)
    within_s: Mapped[int] = mapped_column(Integer, primary_key=True)
    count: Mapped[int] = mapped_column(Integer)


def bucket_of(after_ms: int) -> int:
    """The smallest bucket that holds a time, in seconds; 0 for what took longer than any."""
    return next((most for most in BUCKETS_S if after_ms <= most * 1000), 0)


def count_step(session: Session, key: tuple[date, str, str, int]) -> None:
    """Add one to the counter of day, shell, step and bucket; two at once count twice."""
    if _add_one(session, key):
        return
    names = ("day", "shell", "step", "within_s")
    try:
        with session.begin_nested():
            session.add(ClientStep(**dict(zip(names, key, strict=True)), count=1))
            session.flush()
    except IntegrityError:
        _add_one(session, key)


def read_funnel(session: Session, day: date) -> list[ClientStep]:
    """The counters of a day."""
    asked = select(ClientStep).where(ClientStep.day == day)
    return list(session.scalars(asked.order_by(ClientStep.shell, ClientStep.step)))


def _add_one(session: Session, key: tuple[date, str, str, int]) -> bool:
    day, shell, step, within_s = key
    done = session.execute(
        update(ClientStep)
        .where(
            ClientStep.day == day,
            ClientStep.shell == shell,
            ClientStep.step == step,
            ClientStep.within_s == within_s,
        )
        .values(count=ClientStep.count + 1)
        .returning(ClientStep.count)
        .execution_options(synchronize_session=False)
    )
    return done.first() is not None
