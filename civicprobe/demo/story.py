"""The main job once through, over real HTTP: from the snap to closed, each step with its time."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any
from uuid import uuid4

from flask_babel import gettext

from civicprobe.catalog.defaults import DEFAULTS
from civicprobe.demo.sample import Sample
from civicprobe.demo.speech import EN, ZH, padded, speaking
from civicprobe.reports.lifecycle.word_codes import word
from civicprobe.samples import Scene, Shot, photograph
from civicprobe.settings import Settings

PLACED_WITHIN_S = 60.0
COPIES_WITHIN_S = 30.0
CATEGORY = next(kind for kind in DEFAULTS if kind.code == "missing_cover")
Report = dict[str, Any]
Say = Callable[[str], None]


class StoryFault(RuntimeError):
    """A step did not lead where it should; the message says which and what was answered."""


@dataclass
class Caller:
    """Speaks to the server as one of the sample's people."""

    url: str
    tokens: Mapping[str, str]
    locale: str = ZH

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
                "Accept-Language": self.locale[:2],
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                said: Report = json.load(answer)
                return said
        except urllib.error.HTTPError as fault:
            words = fault.read().decode(errors="replace")[:400]
            raise StoryFault(f"{method} {path}: {fault.code} {words}") from None
        except (OSError, HTTPException) as fault:
            raise StoryFault(f"{method} {path}: {fault}") from None

    def act(self, who: str, number: str, action: str, **data: object) -> Report:
        """One action by one person on the report as they see it now; the report afterwards."""
        path = f"/api/v1/reports/{number}"
        version = self.ask(who, "GET", path)["version"]
        body = {"id": str(uuid4()), "action": action, "version": version, "data": data}
        return self.ask(who, "POST", f"{path}/actions", body)


def tell(caller: Caller, sample: Sample, say: Say) -> Report:
    """Run the main job and say each step; the closed report as its rider sees it."""
    with speaking(caller.locale):
        step = _Steps(say)
        uuid, number = _submit(caller, sample, step)
        _routed(caller, uuid, step)
        _filed(caller, number, step)
        _handled(caller, sample, number, step)
        _inspected(caller, sample, number, step)
        closed = caller.act(
            "district", number, "close", public_note=gettext("新井盖已装好，谢谢您的上报。")
        )
        _expect(closed, "closed")
        officer = sample.logins["district"]["name"]
        step("closed", gettext("已结案：由没有经手的 %(officer)s 核查", officer=officer))
        seen = _until(caller, uuid, _has_copies, COPIES_WITHIN_S)
        steps = " → ".join(word("step", item["action"]) for item in seen["timeline"])
        step("rider sees", gettext("骑手看到：%(steps)s", steps=steps))
    return seen


def _submit(caller: Caller, sample: Sample, step: "_Steps") -> tuple[str, str]:
    uuid, now = str(uuid4()), datetime.now(UTC)
    body = {"photos": 1, "note": gettext("井盖没了，晚上很危险"), "taken_at": now.isoformat()}
    report = caller.ask("rider", "PUT", f"/api/v1/reports/{uuid}", body)
    photo = photograph(Scene.MISSING_COVER, Shot(now, sample.spot), seed=1)
    caller.ask("rider", "PUT", f"/api/v1/reports/{uuid}/photos/1", photo, "image/jpeg")
    number, size = str(report["number"]), len(photo) // 1024
    step("submitted", gettext("已上报：%(number)s，照片 %(kb)d KB", number=number, kb=size))
    return uuid, number


def _routed(caller: Caller, uuid: str, step: "_Steps") -> None:
    report = _until(caller, uuid, lambda seen: seen["state"] != "received", PLACED_WITHIN_S)
    _expect(report, "assigned")
    place, who = report["place"], report["assignee"]
    said = gettext(
        "已定位：%(source)s，误差 %(radius)d 米，%(grade)s",
        source=word("source", place["source"]),
        radius=round(place["radius_m"]),
        grade=word("grade", place["grade"]),
    )
    step("placed", said, " › ".join(area["name"] for area in report["areas"].values()))
    step(
        "assigned",
        gettext(
            "待核实：交给%(alias)s（%(rule)s），%(reason)s",
            alias=who["alias"],
            rule=word("rule", who["rule"]),
            reason=word("reason", who["reason"]),
        ),
    )


def _filed(caller: Caller, number: str, step: "_Steps") -> None:
    caller.act("member", number, "file", category=CATEGORY.code, severity="serious")
    kind = CATEGORY.name_en if caller.locale == EN else CATEGORY.name_zh
    how = word("severity", "serious")
    step("filed", gettext("已立案：%(category)s，%(severity)s", category=kind, severity=how))


def _handled(caller: Caller, sample: Sample, number: str, step: "_Steps") -> None:
    unit = sample.unit_names[caller.locale == EN]
    caller.act("office", number, "dispatch", unit=sample.unit_id, note=gettext("请今晚先围挡"))
    step("dispatched", gettext("处置中：街道派给%(unit)s", unit=unit))
    caller.act("unit", number, "accept")
    step("accepted", gettext("已签收"))
    after = photograph(Scene.COVER_FITTED, Shot(datetime.now(UTC), sample.spot), seed=1)
    path = f"/api/v1/reports/{number}/evidence/{(photo := str(uuid4()))}"
    caller.ask("unit", "PUT", path, after, "image/jpeg")
    note = gettext("已换新井盖")
    caller.act("unit", number, "propose", outcome="fixed", note=note, photos=[photo])
    done = word("outcome", "fixed")
    step("handled", gettext("待核查：%(outcome)s，附处理后照片", outcome=done))


def _inspected(caller: Caller, sample: Sample, number: str, step: "_Steps") -> None:
    """What is serious is looked at before it is closed, by somebody who had no part in it."""
    seen = photograph(Scene.COVER_FITTED, Shot(datetime.now(UTC), sample.spot), seed=2)
    path = f"/api/v1/reports/{number}/evidence/{(photo := str(uuid4()))}"
    caller.ask("office", "PUT", path, seen, "image/jpeg")
    spot = {"lat": sample.spot.lat, "lon": sample.spot.lon}
    caller.act("office", number, "inspect", result="fixed", photos=[photo], **spot)
    step("inspected", gettext("已现场核查：%(found)s", found=word("found", "fixed")))


def invite(settings: Settings, sample: Sample, report: Report, say: Say) -> None:
    """Say where each role goes, and how they sign in."""
    url = settings.public_url
    doors = {"member": "/g", "unit": "/h", "office": "/o", "district": "/o", "admin": "/o"}
    names = {
        "member": gettext("网格员"),
        "unit": gettext("承办单位"),
        "office": gettext("街道"),
        "district": gettext("区城运中心"),
        "admin": gettext("管理员"),
    }
    say("\n" + gettext("骑手不用登录：%(url)s", url=f"{url}/r"))
    say(gettext("工作人员请登录（用户名、密码、入口）："))
    for role, login in sample.logins.items():
        who = padded(names[role], 18) + f"{login['name']:14} {login['password']:14}"
        say(f"  {who} {url}/login?next={doors[role]}")
    say(gettext("这一件：%(url)s", url=f"{url}/o/{report['number']}"))
    say(gettext("接口：%(url)s", url=f"{url}/api/docs"))
    say(gettext("令牌在 %(file)s", file=settings.var_dir / "demo.json"))
    say(gettext("按 Ctrl-C 停止"))


class _Steps:
    """Says each step with the seconds since the first."""

    def __init__(self, say: Say) -> None:
        self._say, self._began = say, time.monotonic()

    def __call__(self, name: str, words: str, more: str = "") -> None:
        at = f"  {time.monotonic() - self._began:6.2f} s  {name:<11} "
        self._say(at + words + (f"\n{'':{len(at)}}{more}" if more else ""))


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
