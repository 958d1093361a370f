"""What is like a report, among a million and at a spot of fifty thousand, beside `select 1`."""

import random
import time
from collections.abc import Callable
from statistics import median, quantiles

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bench.history import history
from civicprobe.reports.alike import find_alike, near_ids
from civicprobe.reports.models import Report

LOOKS = 400


def run(reports: int = 1_000_000, hot: int = 50_000) -> dict[str, float]:
    """Milliseconds of the search alone and of the whole comparison, median and 95 of 100."""
    with history(reports, hot) as session:
        dice = random.Random(3)
        ordinary = _sample(session, [dice.randint(1, reports) for _ in range(LOOKS)])
        crowded = _sample(session, [dice.randint(reports + 1, reports + hot) for _ in range(LOOKS)])
        for some in (ordinary, crowded):  # warm, and the statements prepared
            _times(some[:50], lambda report: find_alike(session, report))
        figures: dict[str, float] = {}
        for name, some in (("ordinary", ordinary), ("hot", crowded)):
            search = _times(some, lambda report: near_ids(session, report))
            whole = _times(some, lambda report: find_alike(session, report))
            for what, times in (("search", search), ("whole", whole)):
                figures[f"{name}_{what}_p50_ms"] = round(median(times), 2)
                figures[f"{name}_{what}_p95_ms"] = round(quantiles(times, n=20)[-1], 2)
        bare = _times(ordinary, lambda _: session.execute(text("select 1")).all())
        figures["select_1_ms"] = round(median(bare), 3)
        figures["hot_over_select_1"] = round(figures["hot_search_p50_ms"] / median(bare), 1)
        return figures


def _sample(session: Session, ids: list[int]) -> list[Report]:
    return list(session.scalars(select(Report).where(Report.id.in_(ids))))


def _times(some: list[Report], look: Callable[[Report], object]) -> list[float]:
    times = []
    for report in some:
        began = time.perf_counter()
        look(report)
        times.append((time.perf_counter() - began) * 1e3)
    return times
