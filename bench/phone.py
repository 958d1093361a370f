"""The rider's page in Chromium on a slow phone: slow 4G and a processor four times slower.

What it weighs and how it feels: LCP and CLS of the first visit, INP over the taps of a report, how
long from 提交 to the receipt; beside them the same on a fast line, as a ratio.
"""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

from playwright.sync_api import Browser, CDPSession, FilePayload, Page, sync_playwright

from bench.city import City, running_city
from civicprobe.samples import Scene, Shot, photograph

ROUNDS = 5
# Lighthouse's slow 4G as the browser applies it: bytes a second, milliseconds.
SLOW = {"latency": 150, "downloadThroughput": 1_600_000 // 8, "uploadThroughput": 750_000 // 8}
CPU = 4
WATCH = """
window.seen = { lcp: 0, cls: 0, taps: {}, saved: 0 };
new PerformanceObserver((list) => {
  for (const { startTime } of list.getEntries()) window.seen.lcp = startTime;
}).observe({ type: 'largest-contentful-paint', buffered: true });
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput } of list.getEntries()) {
    if (!hadRecentInput) window.seen.cls += value;
  }
}).observe({ type: 'layout-shift', buffered: true });
new PerformanceObserver((list) => {
  for (const { interactionId, duration } of list.getEntries()) {
    if (interactionId) {
      window.seen.taps[interactionId] = Math.max(window.seen.taps[interactionId] ?? 0, duration);
    }
  }
}).observe({ type: 'event', buffered: true, durationThreshold: 16 });
addEventListener('click', ({ target, timeStamp }) => {
  if (!target.closest('[data-send]')) return;
  const look = () => {
    if (document.querySelector('[data-receipt]').hidden) requestAnimationFrame(look);
    else window.seen.saved = performance.now() - timeStamp;
  };
  look();
}, true);
"""


@dataclass
class Visit:
    """One first visit with a report, as it was measured: milliseconds, bytes as they came."""

    lcp_ms: float
    cls: float
    inp_ms: float
    saved_ms: float
    bytes: int
    again_bytes: int


def run() -> dict[str, float]:
    """Medians of a few visits on a slow phone, and what a fast one needs of that."""
    with running_city("sqlite") as city, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        slow = [visit(chromium, city, slow=True) for _ in range(ROUNDS)]
        fast = [visit(chromium, city, slow=False) for _ in range(ROUNDS)]
        chromium.close()
    return {
        "lcp_ms": _middle(slow, "lcp_ms"),
        "inp_ms": _middle(slow, "inp_ms"),
        "cls": _middle(slow, "cls"),
        "saved_ms": _middle(slow, "saved_ms"),
        "first_bytes": _middle(slow, "bytes"),
        "again_bytes": _middle(slow, "again_bytes"),
        "lcp_over_fast": round(_middle(slow, "lcp_ms") / _middle(fast, "lcp_ms"), 1),
        "saved_over_fast": round(_middle(slow, "saved_ms") / _middle(fast, "saved_ms"), 1),
    }


def _middle(visits: list[Visit], name: str) -> float:
    return round(median(float(getattr(one, name)) for one in visits), 3)


def visit(browser: Browser, city: City, *, slow: bool) -> Visit:
    """A phone that was never here: the page, a report with a photo, the page again."""
    spot = city.sample.spot
    context = browser.new_context(
        viewport={"width": 360, "height": 760},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
        permissions=["geolocation"],
        geolocation={"latitude": spot.lat, "longitude": spot.lon, "accuracy": 9},
        service_workers="block",  # an extra: not every phone has one
    )
    page = context.new_page()
    page.add_init_script(WATCH)
    wire = context.new_cdp_session(page)
    came = _count(wire)
    if slow:
        wire.send("Network.emulateNetworkConditions", {"offline": False, **SLOW})
        wire.send("Emulation.setCPUThrottlingRate", {"rate": CPU})
    page.goto(f"{city.settings.public_url}/r", wait_until="networkidle")
    first = sum(came)
    _report(page, photograph(Scene.MISSING_COVER, Shot(datetime.now(UTC), spot), size=(4032, 3024)))
    seen: dict[str, Any] = page.evaluate("window.seen")
    came.clear()
    page.goto(f"{city.settings.public_url}/r", wait_until="networkidle")
    again = sum(came)
    context.close()
    return Visit(
        lcp_ms=seen["lcp"],
        cls=seen["cls"],
        inp_ms=max(seen["taps"].values(), default=0),
        saved_ms=seen["saved"],
        bytes=first,
        again_bytes=again,
    )


def _count(wire: CDPSession) -> list[int]:
    """Bytes on the wire, heads and all, as they come."""
    came: list[int] = []
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", lambda told: came.append(int(told["encodedDataLength"])))
    return came


def _report(page: Page, photo: bytes) -> None:
    """Camera, category, send: by touch, as a thumb does it."""
    with page.expect_file_chooser() as asked:
        page.locator("label[for=camera]:visible").first.tap()
    asked.value.set_files(FilePayload(name="p.jpg", mimeType="image/jpeg", buffer=photo))
    page.locator("[data-shots] img").wait_for(timeout=60_000)
    page.locator(".tile").first.tap()
    page.locator("[data-send]").tap()
    page.locator("[data-receipt] [data-title]").wait_for(timeout=60_000)
    page.wait_for_function("window.seen.saved > 0")
