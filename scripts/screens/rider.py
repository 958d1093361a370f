"""The rider's screens: empty, slow, failed and full, from the photo to the answer."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from playwright.sync_api import Route, expect

from civicprobe.samples import Scene
from scripts.screens.parts import (
    LARGE_PHONE,
    NO_SCRIPT,
    PHONE,
    PHONE_DARK,
    PHONE_EN,
    SMALL,
    SMALL_EN,
    SMALL_EN_DARK,
    TWICE,
    TWICE_SMALL_EN,
    Screen,
    Visit,
    new_report,
    picture,
    upload,
)

RIDER = "rider"
ALL = (PHONE, PHONE_EN, PHONE_DARK, SMALL, SMALL_EN_DARK, LARGE_PHONE, TWICE, TWICE_SMALL_EN)
MOST = (PHONE, PHONE_EN, PHONE_DARK, TWICE_SMALL_EN)
SOME = (PHONE, SMALL_EN_DARK)
TEMPO = """localStorage.setItem('civicprobe.tempo', JSON.stringify(
  { first: 600000, most: 600000, stall: 3000 }))"""
Show = Callable[[Visit], None]


def page(path: str) -> Show:
    """A page as it opens."""
    return lambda visit: visit.go(path)


# The photo and what goes with it


def snap(visit: Visit, photo: bytes | None = None) -> None:
    """Up to the confirm screen."""
    visit.go("/r")
    with visit.page.expect_file_chooser() as asked:
        visit.page.locator("label[for=camera]:visible").first.click()
    asked.value.set_files(upload(photo or picture(visit.city.spot)))
    expect(visit.page.locator("[data-shots] img")).to_have_count(1)


def at_place(accuracy: int, photos: int = 1) -> Show:
    """A confirm screen whose phone knows where it is, more or less."""

    def show(visit: Visit) -> None:
        spot = visit.city.spot
        visit.page.context.grant_permissions(["geolocation"])
        visit.page.context.set_geolocation(
            {"latitude": spot.lat, "longitude": spot.lon, "accuracy": accuracy}
        )
        snap(visit)
        for seed in range(1, photos):
            visit.page.set_input_files("#far", upload(picture(spot, seed=seed)))
            expect(visit.page.locator("[data-shots] img")).to_have_count(seed + 1)
        expect(visit.page.locator("[data-place]")).to_contain_text(str(accuracy))

    return show


def urgent(visit: Visit) -> None:
    """Urgent, with the calls to make first."""
    at_place(9)(visit)
    visit.page.locator("[name=urgent]").check()


def full_queue(visit: Visit) -> None:
    """Thirty wait already."""
    visit.go("/r")
    visit.page.context.set_offline(True)
    visit.page.evaluate(FILL)
    with visit.page.expect_file_chooser() as asked:
        visit.page.locator("label[for=camera]:visible").first.click()
    asked.value.set_files(upload(picture(visit.city.spot)))
    visit.page.locator("[data-send]").click()
    expect(visit.page.locator("[data-full]")).to_be_visible()


FILL = """() => new Promise((done) => {
  const opening = indexedDB.open('civicprobe');
  opening.onsuccess = () => {
    const store = opening.result.transaction('reports', 'readwrite').objectStore('reports');
    for (let n = 0; n < 30; n += 1) {
      store.put({ uuid: crypto.randomUUID(), state: 'waiting', made_at: n, said: {}, shots: [],
        tried: false, tries: 0, next_at: 0 });
    }
    store.transaction.oncomplete = () => { opening.result.close(); done(); };
  };
})"""
NO_STORE = """Object.defineProperty(window, 'indexedDB', { value: {
  open() { throw new DOMException('no', 'SecurityError'); } } })"""


def no_store(visit: Visit) -> None:
    """A private window that keeps nothing."""
    visit.page.add_init_script(NO_STORE)
    snap(visit)
    expect(visit.page.locator("[data-store]")).to_be_visible()


def resumed(visit: Visit) -> None:
    """Killed over an open draft."""
    snap(visit)
    visit.page.wait_for_timeout(700)
    visit.go("/r")
    expect(visit.page.locator("[data-resumed]")).to_be_visible()


def place_map(visit: Visit) -> None:
    """The place by hand."""
    at_place(60)(visit)
    visit.page.locator("[data-place]").click()
    expect(visit.page.locator(".pin-map [data-where]")).not_to_be_empty()


def map_failed(visit: Visit) -> None:
    """The same without a network."""
    snap(visit)
    visit.page.route("**/api/v1/rider/around*", lambda route: route.abort())
    visit.page.locator("[data-place]").click()
    expect(visit.page.locator(".pin-map [data-where]")).not_to_be_empty()


def without_photo(visit: Visit) -> None:
    """Sent without a photo or a word: the server says what is missing."""
    visit.go("/r/words")
    visit.page.locator("[data-send], .bar button").last.click()
    expect(visit.page.locator("#faults")).to_be_visible()


# The receipt


def sent(visit: Visit) -> None:
    """Received, with its number."""
    at_place(9)(visit)
    visit.page.locator("[data-send]").click()
    expect(visit.page.locator("[data-receipt] [data-number]")).to_be_visible()
    expect(visit.page.locator("[data-receipt] [data-state]")).not_to_contain_text("%")


def offline(visit: Visit) -> None:
    """No network: kept."""
    visit.go("/r")
    visit.page.context.set_offline(True)
    with visit.page.expect_file_chooser() as asked:
        visit.page.locator("label[for=camera]:visible").first.click()
    asked.value.set_files(upload(picture(visit.city.spot)))
    visit.page.locator("[data-send]").click()
    expect(visit.page.locator("[data-title]")).to_be_visible()


def slow(visit: Visit) -> None:
    """The photo is under way on a line that has almost stopped."""
    session = visit.page.context.new_cdp_session(visit.page)
    at_place(9)(visit)
    session.send("Network.enable")
    limits = {"offline": False, "latency": 400, "downloadThroughput": 20_000}
    session.send("Network.emulateNetworkConditions", {**limits, "uploadThroughput": 4_000})
    visit.page.locator("[data-send]").click()
    expect(visit.page.locator("[data-receipt] [data-state]")).to_contain_text(re.compile("[1-9]%"))


def failed(status: int, kind: str) -> Show:
    """Not sent, and why."""

    def refuse(route: Route) -> None:
        route.fulfill(status=status, content_type=kind, body="<h1>no</h1>")

    def show(visit: Visit) -> None:
        visit.page.add_init_script(TEMPO)
        visit.page.route(re.compile("/api/v1/reports/"), refuse)
        at_place(9)(visit)
        visit.page.locator("[data-send]").click()
        state = visit.page.locator("[data-receipt] [data-state]")
        expect(visit.page.locator("[data-receipt] [data-export]")).to_be_visible()
        expect(state).not_to_be_empty()

    return show


def strip_open(visit: Visit) -> None:
    """What waits on this phone, each with what can be done."""
    failed(503, "text/html")(visit)
    snap(visit)
    visit.page.wait_for_timeout(700)
    visit.go("/r/mine")
    visit.page.locator("[data-queue] summary").click()


def taken_back(visit: Visit) -> None:
    """Undone within the minute."""
    sent(visit)
    visit.page.locator("[data-undo]").click()
    expect(visit.page.locator("[data-number]")).to_be_hidden()


def alike(visit: Visit) -> None:
    """Is it the same one?"""
    spot = visit.city.spot
    visit.go("/r")
    new_report(visit, picture(spot, seed=40), category="missing_cover", fix=fix_at(visit))
    visit.page.context.grant_permissions(["geolocation"])
    visit.page.context.set_geolocation({"latitude": spot.lat, "longitude": spot.lon, "accuracy": 7})
    snap(visit, picture(spot, seed=40))
    visit.page.locator('.tile:has([value="missing_cover"])').click()
    visit.page.locator("[data-send]").click()
    expect(visit.page.locator("[data-alike] section")).to_be_visible(timeout=30_000)


# My reports: one rider, whose reports are in every state


def fix_at(visit: Visit) -> dict[str, object]:
    """A position that the phone measured just now."""
    spot = visit.city.spot
    now = datetime.now(UTC).isoformat()
    return {"lat": spot.lat, "lon": spot.lon, "accuracy_m": 9, "at": now}


def cast(visit: Visit) -> dict[str, str]:
    """Numbers of this rider's reports by how far they have come; made once, kept for all."""
    kept: dict[str, str] = visit.city.kept.setdefault("cast", {})
    if kept:
        return kept
    visit.go("/r")
    for seed, name in enumerate(
        ("assigned", "asked", "dispatched", "handled", "closed", "refused")
    ):
        photo = picture(visit.city.spot, seed=50 + seed)
        number = new_report(visit, photo, fix=fix_at(visit), category="missing_cover")
        settle(visit, number)
        kept[name] = number
    kept["needs_place"] = new_report(visit, picture(None, seed=60), note="路边的电线拖到地上")
    settle(visit, kept["needs_place"])
    push(visit, kept)
    return kept


def settle(visit: Visit, number: str) -> None:
    """Wait for the worker: placed, and its pictures there."""
    for _ in range(150):
        body = visit.page.context.request.get(f"{visit.city.url}/api/v1/reports/{number}").json()
        if body["state"] != "received" and all(p["state"] == "ready" for p in body["photos"]):
            return
        visit.page.wait_for_timeout(200)
    raise AssertionError(f"{number} never settled")


def push(visit: Visit, numbers: dict[str, str]) -> None:
    """Staff act, so that each report stands where its name says."""
    act, ask = visit.city.caller.act, visit.city.caller.ask
    act("member", numbers["asked"], "ask", question="看不出在哪里，麻烦拍一张带路牌的远景，谢谢。")
    act("member", numbers["refused"], "propose", outcome="not_found", note="到现场没有看到")
    act("office", numbers["refused"], "close", public_note="到现场看过，井盖是好的。谢谢您。")
    for name in ("dispatched", "handled", "closed"):
        number = numbers[name]
        act("member", number, "file", category="missing_cover", severity="minor")
        act("office", number, "dispatch", unit=visit.city.unit, note="请先围挡")
        act("unit", number, "accept")
        if name == "dispatched":
            continue
        photo = str(uuid4())
        after = picture(visit.city.spot, Scene.COVER_FITTED, seed=70)
        ask("unit", "PUT", f"/api/v1/reports/{number}/evidence/{photo}", after, "image/jpeg")
        act("unit", number, "propose", outcome="fixed", note="已补好", photos=[photo])
        settle(visit, number)
    close(visit, numbers["closed"])


def close(visit: Visit, number: str) -> None:
    """One in ten is drawn for an inspection first."""
    act, ask, spot = visit.city.caller.act, visit.city.caller.ask, visit.city.spot
    if ask("district", "GET", f"/api/v1/reports/{number}")["inspection"]["due"]:
        photo = str(uuid4())
        seen = picture(spot, Scene.COVER_FITTED, seed=71)
        ask("district", "PUT", f"/api/v1/reports/{number}/evidence/{photo}", seen, "image/jpeg")
        point = {"lat": spot.lat, "lon": spot.lon}
        act("district", number, "inspect", result="fixed", photos=[photo], **point)
    act("office", number, "close", public_note="井盖已补好，谢谢您。")


def report(name: str) -> Show:
    """One report's page."""

    def show(visit: Visit) -> None:
        number = cast(visit)[name]
        visit.go(f"/r/reports/{number}")
        for image in visit.page.locator(".pictures img").all():
            image.scroll_into_view_if_needed()
        visit.page.evaluate("scrollTo(0, 0)")

    return show


def mine(path: str) -> Show:
    """A list, once there is something in it."""

    def show(visit: Visit) -> None:
        cast(visit)
        visit.go(path)

    return show


def code(kind: str) -> Show:
    """A code for another phone, or for getting all back."""

    def show(visit: Visit) -> None:
        visit.go("/r/me")
        visit.page.locator(f"form:has([value={kind}]) button").click()
        expect(visit.page.locator(".code")).to_be_visible()

    return show


def wrong_code(visit: Visit) -> None:
    """A code that is none."""
    visit.go("/r/me")
    visit.page.fill("[name=code]", "0000-0000-0000-0000")
    visit.page.locator("form[action='/r/me/link'] button").click()


def plain_confirm(visit: Visit) -> None:
    """Scripts off, a photo chosen."""
    visit.go("/r")
    visit.page.set_input_files("#camera", upload(picture(visit.city.spot)))


SCREENS = (
    Screen("r-home", "empty", page("/r"), ALL, note="First visit: one button, what it promises"),
    Screen("r-home", "full", mine("/r"), MOST, rider=RIDER, note="The last three, news counted"),
    Screen("r-home", "noscript", page("/r"), (NO_SCRIPT,), note="A plain form"),
    Screen("r-confirm", "exact", at_place(9), ALL, note="Grade A; nothing but the photo needed"),
    Screen("r-confirm", "three", at_place(60, 3), SOME, note="Three photos, grade B"),
    Screen("r-confirm", "vague", at_place(400), SOME, note="Grade C, a landmark is asked for"),
    Screen("r-confirm", "nowhere", snap, SOME, note="Position denied: sent all the same"),
    Screen("r-confirm", "urgent", urgent, MOST, note="119, 110 first; as large as a thumb"),
    Screen("r-confirm", "failed", no_store, SOME, note="Nothing is kept: do not close the page"),
    Screen("r-confirm", "queue-full", full_queue, SOME, note="Thirty wait: the photo stays"),
    Screen("r-confirm", "resumed", resumed, (PHONE,), note="Killed by the camera, goes on"),
    Screen("r-confirm", "noscript", plain_confirm, (NO_SCRIPT,), note="Scripts off"),
    Screen(
        "r-map", "full", place_map, (*MOST, TWICE), whole=False, note="Crosshair, arrows, landmarks"
    ),
    Screen("r-map", "failed", map_failed, SOME, whole=False, note="No map: the crosshair works"),
    Screen("r-receipt", "full", sent, ALL, note="Number, undo, another one"),
    Screen("r-receipt", "offline", offline, MOST, note="Kept on the phone; no number pretended"),
    Screen("r-receipt", "slow", slow, SOME, note="Number first, the photo at n %"),
    Screen(
        "r-receipt", "failed", failed(503, "text/html"), SOME, note="Our fault, goes on by itself"
    ),
    Screen("r-receipt", "portal", failed(200, "text/html"), (PHONE,), note="A portal's page"),
    Screen("r-receipt", "undone", taken_back, SOME, note="Taken back"),
    Screen("r-receipt", "alike", alike, SOME, note="Big photo, two buttons"),
    Screen("r-words", "empty", page("/r/words"), SOME, note="No photo: words alone"),
    Screen(
        "r-words", "failed", without_photo, (PHONE, NO_SCRIPT, SMALL_EN), note="What is missing"
    ),
    Screen("r-mine", "empty", page("/r/mine"), MOST, note="Nothing yet, and what to do"),
    Screen("r-mine", "full", mine("/r/mine"), ALL, rider=RIDER, note="Cards: state first"),
    Screen("r-mine", "waiting", strip_open, SOME, note="What waits, failed, is a draft"),
    *(
        Screen("r-report", name.replace("_", "-"), report(name), looks, rider=RIDER, note=note)
        for name, looks, note in (
            ("assigned", MOST, "Who has it, expected when"),
            ("needs_place", SOME, "The place is asked for"),
            ("asked", MOST, "A question, answered in one tap"),
            ("dispatched", SOME, "Reminders, watching"),
            ("handled", SOME, "Is it repaired?"),
            ("closed", ALL, "Before and after, satisfied or not"),
            ("refused", (PHONE,), "Closed without a repair, and why"),
        )
    ),
    Screen(
        "r-me",
        "full",
        page("/r/me"),
        (*MOST, TWICE, SMALL),
        rider=RIDER,
        note="Phones, data, rights",
    ),
    Screen(
        "r-me", "code", code("link"), SOME, rider=RIDER, note="A code, large enough to read out"
    ),
    Screen("r-me", "failed", wrong_code, (PHONE,), rider=RIDER, note="A wrong code"),
    Screen("r-privacy", "full", page("/r/privacy"), MOST, note="Plain words"),
    Screen("problem", "404", page("/r/nothing"), SOME, note="No such page"),
)
