"""The desks' screens: member and unit on a phone, the office at 1024 and 1280; full, empty, failing
and forbidden. A run filled by `civicprobe simulate --dir RUN` has something in each."""

import time
from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import expect

from civicprobe.demo.story import StoryFault
from scripts.screens.parts import (
    DESK,
    DESK_DARK,
    DESK_EN,
    DESK_SMALL,
    PHONE,
    PHONE_DARK,
    PHONE_EN,
    SMALL_EN_DARK,
    Screen,
    Visit,
)

HAND = (PHONE, PHONE_EN, PHONE_DARK, SMALL_EN_DARK)
HAND_SOME = (PHONE, PHONE_EN)
WIDE = (DESK, DESK_SMALL, DESK_EN, DESK_DARK)
WIDE_SOME = (DESK, DESK_EN)
Show = Callable[[Visit], None]


def page(path: str) -> Show:
    """A page as it opens."""
    return lambda visit: visit.go(path)


def first(visit: Visit, who: str, view: str) -> str:
    """The number of the first case of somebody's view; the screen fails where there is none."""
    found = visit.city.caller.ask(who, "GET", f"/api/v1/queue?view={view}&limit=1")
    if not found["items"]:
        raise StoryFault(f"{who} has nothing in {view}: fill the run by `civicprobe simulate`")
    number: str = found["items"][0]["number"]
    return number


def filed(visit: Visit) -> str:
    """The number of a new case that waits for the desk to dispatch it."""
    caller, path = visit.city.caller, f"/api/v1/reports/{uuid4()}"
    pin = {"lat": visit.city.spot.lat, "lon": visit.city.spot.lon}
    number: str = caller.ask("rider", "PUT", path, {"note": "路灯不亮", "pin": pin})["number"]
    for _ in range(150):
        if caller.ask("rider", "GET", path)["state"] != "received":
            caller.act("office", number, "file", category="light_out", severity="minor")
            return number
        time.sleep(0.2)
    raise StoryFault(f"{number} was never placed")


def case(who: str, view: str, path: str) -> Show:
    """A page of the first case of a view."""
    return lambda visit: visit.go(path.format(first(visit, who, view)))


def sheet(link: str) -> Show:
    """A member's card with one of the decisions taken up."""

    def show(visit: Visit) -> None:
        case("member", "new", "/g/{}")(visit)
        visit.page.locator(".decide").get_by_role("link").nth(int(link)).click()

    return show


def refused(act: str, who: str, view: str, path: str) -> Show:
    """A form sent without what it needs: what is missing, beside its field."""

    def show(visit: Visit) -> None:
        case(who, view, path)(visit)
        form = visit.page.locator(f"#{act}")
        if form.get_attribute("open") is None:
            form.locator("summary").click()
        form.locator("button.btn-full").last.click()
        expect(visit.page.locator("#faults")).to_be_visible()

    return show


def conflict(visit: Visit) -> None:
    """Somebody was faster: what happened, and the words that were typed."""
    number = filed(visit)
    visit.go(f"/o/{number}")
    visit.page.locator("#dispatch-unit").select_option(index=1)
    visit.page.locator("#dispatch-note").fill("先围挡，再换灯头")
    visit.city.caller.act("district", number, "dispatch", unit=visit.city.unit)
    visit.page.locator("#act-dispatch button.btn-full").click()
    expect(visit.page.locator("#faults")).to_be_visible()


def preview(visit: Visit) -> None:
    """A case beside the table, ready to be closed."""
    visit.go("/o?view=to_check")
    visit.page.locator("#rows tbody tr").first.locator(".td-number a").click()
    expect(visit.page.locator("#preview [data-number]")).to_be_visible()


def picked(visit: Visit) -> None:
    """Many picked, the bar below."""
    visit.go("/o?view=to_check")
    visit.page.locator("[data-all]").check()


def keys(visit: Visit) -> None:
    """What each key does."""
    visit.go("/o")
    visit.page.keyboard.press("?")


def stale(visit: Visit) -> None:
    """The server is out of reach: since when the page is old."""
    visit.go("/o?view=open")
    visit.page.context.set_offline(True)
    expect(visit.page.locator("[data-stale]")).to_be_visible(timeout=20_000)


def link(visit: Visit) -> None:
    """The contractor's page behind its link."""
    case("unit", "to_handle", "/h/{}")(visit)
    visit.page.locator("#act-link summary").click()
    visit.page.locator("#act-link button.btn-full").click()
    words = visit.page.locator(".note-good").inner_text()
    visit.page.goto(next(word for word in words.split() if "/c/" in word))


SCREENS = (
    Screen(
        "g-queue", "full", page("/g"), HAND, who="member", note="By time left; what each waits for"
    ),
    Screen(
        "g-queue", "empty", page("/g?view=snoozed"), HAND_SOME, who="member", note="Nothing here"
    ),
    Screen("g-queue", "done", page("/g?view=done"), (PHONE,), "member", note="What I decided"),
    Screen(
        "g-card",
        "full",
        case("member", "new", "/g/{}"),
        HAND,
        who="member",
        note="Five under the thumb",
    ),
    Screen(
        "g-card",
        "file",
        sheet("0"),
        HAND_SOME,
        who="member",
        whole=False,
        note="Naming it files it",
    ),
    Screen(
        "g-card", "fix", sheet("1"), (PHONE,), "member", whole=False, note="I see to it: a photo"
    ),
    Screen(
        "g-card", "refuse", sheet("3"), (PHONE,), "member", whole=False, note="One tap a reason"
    ),
    Screen(
        "g-card",
        "failed",
        refused("act-propose", "member", "new", "/g/{}"),
        HAND_SOME,
        who="member",
        note="What is missing, beside its field",
    ),
    Screen(
        "g-card", "forbidden", page("/o"), HAND_SOME, who="member", note="A desk is not a member's"
    ),
    Screen("g-duty", "full", page("/g/duty"), HAND_SOME, who="member", note="On or off in one tap"),
    Screen("h-list", "full", page("/h"), HAND, who="unit", note="By time left"),
    Screen("h-list", "empty", page("/h?view=snoozed"), (PHONE,), "unit", note="Nothing here"),
    Screen("h-case", "full", case("unit", "to_handle", "/h/{}"), HAND, who="unit", note="No rider"),
    Screen(
        "h-case",
        "failed",
        refused("act-return", "unit", "to_handle", "/h/{}"),
        HAND_SOME,
        who="unit",
        note="A return needs its ground",
    ),
    Screen(
        "c-link", "full", link, HAND_SOME, who="unit", note="One case, three actions, no account"
    ),
    Screen("c-link", "gone", page("/c/nothing"), HAND_SOME, note="A link that is none"),
    Screen(
        "o-desk", "full", page("/o?view=open"), WIDE, who="office", whole=False, note="The table"
    ),
    Screen("o-desk", "preview", preview, WIDE, who="office", whole=False, note="Decided beside it"),
    Screen(
        "o-desk",
        "empty",
        page("/o?view=open&text=nothing"),
        WIDE_SOME,
        who="office",
        note="Nothing found, and the way out",
    ),
    Screen("o-desk", "picked", picked, WIDE_SOME, who="office", whole=False, note="Many at once"),
    Screen(
        "o-desk", "keys", keys, WIDE_SOME, who="office", whole=False, note="Every key, off switch"
    ),
    Screen(
        "o-desk", "failed", stale, WIDE_SOME, who="office", whole=False, note="Since when it is old"
    ),
    Screen(
        "o-case", "full", case("office", "to_check", "/o/{}"), WIDE, who="office", note="To close"
    ),
    Screen(
        "o-case", "conflict", conflict, WIDE_SOME, who="office", note="Nothing overwritten or lost"
    ),
    Screen(
        "o-case", "missing", page("/o/C0000-0000-0"), WIDE_SOME, who="office", note="No such case"
    ),
    Screen("o-map", "full", page("/o/map?view=open"), WIDE, who="office", note="Close ones as one"),
    Screen(
        "o-stats",
        "full",
        page("/o/stats"),
        WIDE,
        who="office",
        note="Each number leads to its list",
    ),
    Screen(
        "o-stats",
        "empty",
        page("/o/stats?since=2020-01-06&weeks=4"),
        WIDE_SOME,
        who="office",
        note="Nothing came in then",
    ),
    Screen(
        "o-stats",
        "behind",
        page("/o/stats/behind/funnel/verified"),
        WIDE_SOME,
        who="office",
        note="The cases that a number counted",
    ),
)
