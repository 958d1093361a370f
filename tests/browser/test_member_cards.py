"""Show 1: a member clears cards by touch, an officer as many by keyboard; taps, keys and time are
counted. Two taps a card, whatever is decided."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import PHONE
from .stock import stock_of

TOUCH = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}


@dataclass
class Thumb:
    """Taps on a phone, counted; the seconds of each card."""

    page: Page
    taps: int = 0
    seconds: list[float] = field(default_factory=list)

    def tap(self, target: Locator) -> None:
        self.taps += 1
        target.tap()

    def decide(self, link: str, then: str) -> None:
        """One of the decisions under the thumb, then what it asks."""
        began, number = time.monotonic(), self.page.url
        for _ in range(3):
            taps = self.taps
            self.tap(self.page.locator(".decide").get_by_role("link", name=link))
            with self.page.expect_response(lambda got: got.request.method == "POST") as answer:
                self.tap(self.page.locator(".act.up").get_by_role("button", name=then, exact=True))
            if answer.value.status != 409:
                break
            self.taps = taps  # the worker looked at it again meanwhile: it is decided anew
        self.page.wait_for_url(lambda address: address != number)
        self.seconds.append(time.monotonic() - began)


# What is decided of a card, in turn: the decision, what is tapped in its sheet.
DECISIONS = (
    ("属实转办", "立案"),
    ("属实转办", "暴露垃圾"),
    ("不属实", "不属实"),
    ("要补充", "照片看不清楚，麻烦在同一位置再拍一张，谢谢。"),
    ("属实转办", "立案"),
    ("稍后", "30 分钟"),
    ("属实转办", "其他隐患"),
)


def cards_for(city: Any, n: int) -> list[tuple[str, tuple[str, str]]]:
    """So many cards waiting, each with what will be decided of it, in the order they come."""
    with stock_of(city) as stock:
        numbers = []
        for at in range(n):
            decision = DECISIONS[at % len(DECISIONS)]
            said = {"category": "light_out"} if decision[1] == "立案" else {}
            numbers.append((stock.cards(1, **said)[0], decision))
    return numbers


def clear(people: Any, city: Any, n: int) -> Thumb:
    """Clear the member's queue of what others left there, then decide `n` cards by touch."""
    waiting = dict(cards_for(city, n))
    page = people.staff("member", PHONE, **TOUCH)
    thumb = Thumb(page)
    page.goto(f"{city.url}/g/{next(iter(waiting))}")
    while waiting:
        number = page.url.rsplit("/", 1)[-1]
        decision = waiting.pop(number, None)
        if decision is None:  # a card of another test: on to the next of ours
            page.goto(f"{city.url}/g/{next(iter(waiting))}")
            continue
        thumb.decide(*decision)
    return thumb


def test_a_card_takes_two_taps(people, city):
    thumb = clear(people, city, len(DECISIONS))
    assert thumb.taps == 2 * len(DECISIONS)
    expect(thumb.page.get_by_text("撤销")).to_be_visible()


@pytest.mark.slow
def test_twenty_cards_by_touch(people, city, record_property):
    thumb = clear(people, city, 20)
    record_property("taps", thumb.taps)
    record_property("seconds", json.dumps(thumb.seconds))
    assert thumb.taps <= 40


def dispatch_by_keys(people: Any, city: Any, n: int) -> tuple[int, float]:
    """File `n` cases, then send each to its unit without a mouse: how many keys, how long."""
    with stock_of(city) as stock:
        numbers = stock.cards(n, category="light_out")
        for number in numbers:
            stock.act("member", number, "file", category="light_out", severity="ordinary")
    desk = people.staff("office")
    desk.goto(f"{city.url}/o?view=to_dispatch&category=light_out&newer_h=1")
    desk.locator(f"[id='{numbers[0]}'] .td-number a").focus()
    keys, began = 0, time.monotonic()
    for number in numbers:
        expect(desk.locator(f"[id='{number}'] .td-number a")).to_be_focused()
        for key in ("a", "Control+Enter"):
            if key != "a":
                expect(desk.locator("#preview #dispatch-unit")).to_be_focused()
            desk.keyboard.press(key)
            keys += 1
        expect(desk.locator("#preview").get_by_text(f"{number} 已办好")).to_be_visible()
    return keys, time.monotonic() - began


def test_a_case_takes_two_keys_at_the_office(people, city):
    assert dispatch_by_keys(people, city, 4)[0] == 8


@pytest.mark.slow
def test_twenty_cases_by_keyboard(people, city, record_property):
    keys, seconds = dispatch_by_keys(people, city, 20)
    record_property("keys", keys)
    record_property("seconds", seconds)
    assert keys == 40
