"""The main job once through, over real HTTP: from the snap to closed, each step with its time."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from civicprobe.demo.sample import Sample
from civicprobe.reports.word_codes import word
from civicprobe.samples import Scene, Shot, photograph

PLACED_WITHIN_S = 60.0
COPIES_WITHIN_S = 30.0
Report = dict[str, Any]


class StoryFault(RuntimeError):
    """A step did not lead where it should; the message says which and what was answered."""


@dataclass
class Caller:
    """Speaks to the server as one of the sample's people."""

    url: str
    tokens: Mapping[str, str]

    def ask(
        self, who: str, method: str, path: str, body: object = None, kind: str = "application/json"
    ) -> Report:
        """The answer's JSON; raises StoryFault with what was answered."""
        data = (
            body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        )
        request = urllib.request.Request(
            self.url + path,
            data=data,
            method=method,
            headers={
                "Authorization": f"Bearer {self.tokens[who]}",
                "Content-Type": kind,
                "Accept-Language": "zh",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                said: Report = json.load(answer)
                return said
        except urllib.error.HTTPError as fault:
            words = fault.read().decode(errors="replace")[:400]
            raise StoryFault(f"{method} {path}: {fault.code} {words}") from None
        except OSError as fault:
            raise StoryFault(f"{method} {path}: {fault}") from None

    def act(self, who: str, report: Report, action: str, **data: object) -> Report:
        """One action by one person; the report afterwards."""
        body = {"id": str(uuid4()), "action": action, "version": report["version"], "data": data}
        return self.ask(who, "POST", f"/api/v1/reports/{report['number']}/actions", body)


def tell(caller: Caller, sample: Sample, say: Callable[[str], None]) -> Report:
    """Run the main job and say each step; the closed report as its rider sees it."""
    step = _Steps(say)
    uuid = str(uuid4())
    report = caller.ask(
        "rider",
        "PUT",
        f"/api/v1/reports/{uuid}",
        {"photos": 1, "note": "井盖没了，晚上很危险", "taken_at": datetime.now(UTC).isoformat()},
    )
    photo = photograph(Scene.MISSING_COVER, Shot(datetime.now(UTC), sample.spot), seed=1)
    caller.ask("rider", "PUT", f"/api/v1/reports/{uuid}/photos/1", photo, "image/jpeg")
    step(f"已上报 submitted       {report['number']}，照片 {len(photo) // 1024} KB")

    report = _until(caller, uuid, lambda seen: seen["state"] != "received", PLACED_WITHIN_S)
    _expect(report, "assigned")
    place, who = report["place"], report["assignee"]
    why = f"{word('rule', who['rule'])}，{word('reason', who['reason'])}"
    areas = " ".join(area["name"] for area in report["areas"].values())
    how = f"{word('source', place['source'])} ±{place['radius_m']:.0f} 米 ({place['grade']})"
    step(f"已定位 placed          {how} {areas}")
    step(f"待核实 assigned        {who['alias']}，{why}")

    report = caller.ask("member", "GET", f"/api/v1/reports/{report['number']}")
    report = caller.act("member", report, "file", category="missing_cover", severity="serious")
    step("已立案 filed           井盖缺失破损，严重")

    report = caller.act("office", report, "dispatch", unit=sample.unit_id, note="今晚先围挡")
    step(f"处置中 dispatched      承办单位 {report['unit']}")
    report = caller.act("unit", report, "accept")
    step("已签收 accepted")

    after = photograph(Scene.COVER_FITTED, Shot(datetime.now(UTC), sample.spot), seed=1)
    after_id = str(uuid4())
    caller.ask(
        "unit",
        "PUT",
        f"/api/v1/reports/{report['number']}/evidence/{after_id}",
        after,
        "image/jpeg",
    )
    report = caller.act(
        "unit", report, "propose", outcome="fixed", note="已换新井盖", photos=[after_id]
    )
    step("待核查 handled         已修复，附处理后照片")

    closed = caller.act("district", report, "close", public_note="新井盖已装好，谢谢您的上报。")
    _expect(closed, "closed")
    step("已结案 closed          由另一名工作人员核查结案")
    shown = _until(caller, uuid, _has_copies, COPIES_WITHIN_S)
    seen = f"{len(shown['timeline'])} 步，{len(shown['photos'])} 张照片"
    step(f"骑手看到 rider sees     {seen}：“{_last_words(shown)}”")
    return shown


class _Steps:
    """Says each step with the seconds since the first."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._began = say, time.monotonic()

    def __call__(self, words: str) -> None:
        self._say(f"  {time.monotonic() - self._began:6.2f} s  {words}")


def _until(caller: Caller, uuid: str, done: Callable[[Report], bool], within_s: float) -> Report:
    deadline = time.monotonic() + within_s
    while True:
        report = caller.ask("rider", "GET", f"/api/v1/reports/{uuid}")
        if done(report):
            return report
        if time.monotonic() > deadline:
            raise StoryFault(f"report {report['number']} is still {report['state']}: see the logs")
        time.sleep(0.05)


def _has_copies(report: Report) -> bool:
    return all(photo["state"] == "ready" for photo in report["photos"])


def _expect(report: Report, state: str) -> None:
    if report["state"] != state:
        raise StoryFault(f"report {report['number']} is {report['state']}, not {state}")


def _last_words(report: Report) -> str:
    return str(next(step["note"] for step in reversed(report["timeline"]) if step["note"]))
