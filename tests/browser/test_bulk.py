"""Show 4: a whole list closed in one go, with some that may not be: each is told why, nothing is
done twice when the same is asked again."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .stock import stock_of

WORDS = "现场看过，不构成隐患，谢谢您。"


def handled(city: Any, n: int, own: int, kind: str) -> tuple[list[str], list[str]]:
    """Cases that wait to be closed: `n` proposed by the member, `own` by the officer at the desk,
    who may therefore not close them."""
    with stock_of(city) as stock:
        numbers = stock.cards(n + own, category=kind)
        for at, number in enumerate(numbers):
            said = {"outcome": "not_a_hazard", "note": "看过了"}
            stock.act("member" if at < n else "office", number, "propose", **said)
    return numbers[:n], numbers[n:]


def close_all(desk: Page, city: Any, n: int, kind: str) -> None:
    """Pick the list, whatever its pages, and close it."""
    desk.goto(f"{city.url}/o?view=to_check&category={kind}&newer_h=1")
    desk.locator("[data-all]").check()
    if n > 50:
        desk.get_by_role("button", name="选中列表里全部的").click()
    expect(desk.locator("[data-bulk-n]")).to_have_text(f"已选 {n} 件")
    desk.locator("#bulk-note").fill(WORDS)
    if n > 200:
        desk.once("dialog", lambda asked: asked.accept(str(n)))
    desk.get_by_role("button", name="一起办").click()


def close_in_bulk(people: Any, city: Any, n: int, own: int, kind: str) -> None:
    closed, barred = handled(city, n, own, kind)
    desk = people.staff("office")
    asked = []
    desk.on("request", lambda r: asked.append(r) if r.url.endswith("/reports/actions") else None)
    close_all(desk, city, n + own, kind)
    results = desk.locator("#bulk-results")
    told = f"{n} 件已办，{own} 件没有办"
    expect(results.get_by_role("status")).to_have_text(told, timeout=120_000)
    expect(results.locator("[data-status='200']")).to_have_count(n)
    refused = results.locator("tr[data-status]:not([data-status='200'])")
    assert sorted(refused.locator("a").all_inner_texts()) == sorted(barred)
    for row in refused.all():
        expect(row.locator("td").nth(1)).to_contain_text("回避")
    with stock_of(city) as stock:
        before = {number: stock.state(number) for number in (*closed, *barred)}
    assert [before[number][0] for number in closed] == ["closed"] * n
    assert [before[number][0] for number in barred] == ["handled"] * own

    # The very same requests once more: answered as before, nothing is done again.
    for request in asked:
        answer = desk.request.post(request.url, data=request.post_data, headers=request.headers)
        assert answer.ok
    with stock_of(city) as stock:
        assert {number: stock.state(number) for number in before} == before


def test_a_list_is_closed_in_one_go(people, city):
    close_in_bulk(people, city, 9, 2, "illegal_parking")


@pytest.mark.slow
def test_two_hundred_cases_seven_of_which_may_not_be_closed(people, city):
    close_in_bulk(people, city, 193, 7, "flying_wire")
