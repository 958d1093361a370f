"""From the last photo's answer to assigned: one after another, over HTTP and real workers."""

import json
import time
import urllib.request
from collections import Counter
from datetime import UTC, datetime

from bench.chaos import send
from bench.city import City, running_city
from civicprobe.samples import Scene, Shot, photograph

REPORTS = 50


def run(database: str) -> dict[str, float]:
    """Seconds, p50 and p95 of 50; and how many bare requests the p95 is worth."""
    with running_city(database) as city:
        shot = Shot(datetime.now(UTC), city.sample.spot)
        photo = photograph(Scene.MISSING_COVER, shot, size=(4032, 3024))
        waits, asks = [], []
        for _ in range(REPORTS):
            uuid = send(city, photo, Counter())
            began = time.perf_counter()
            while True:
                asked = time.perf_counter()
                state = look(city, uuid)
                asks.append(time.perf_counter() - asked)
                if state == "assigned":
                    break
                time.sleep(0.02)
            waits.append(time.perf_counter() - began)
    waits.sort()
    ask_s = sorted(asks)[len(asks) // 2]
    return {
        "assigned_p50_s": round(waits[REPORTS // 2], 3),
        "assigned_p95_s": round(waits[int(REPORTS * 0.95)], 3),
        "read_p50_s": round(ask_s, 4),
        "assigned_p95_over_read": round(waits[int(REPORTS * 0.95)] / ask_s, 1),
    }


def look(city: City, uuid: str) -> str:
    """The report's state as its rider sees it."""
    request = urllib.request.Request(f"{city.settings.public_url}/api/v1/reports/{uuid}")
    request.add_header("Authorization", f"Bearer {city.sample.tokens['rider']}")
    with urllib.request.urlopen(request, timeout=15) as answer:
        return str(json.load(answer)["state"])
