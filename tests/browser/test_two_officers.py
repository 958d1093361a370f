"""Show 2, first half: two officers on one case. The slower one sees what happened, nothing is
overwritten, and what they typed is still there, on the case's page and beside the table."""

import pytest
from playwright.sync_api import Page, expect

from .stock import stock_of

WORDS = "先围挡，再换灯头，注意高压线"


@pytest.fixture
def filed(city) -> str:
    """A case that waits for its unit."""
    with stock_of(city) as stock:
        number = stock.cards(1, category="light_out")[0]
        stock.act("member", number, "file", category="light_out", severity="ordinary")
    return number


def dispatch(page: Page, within: str, unit: str, words: str) -> None:
    bar = page.locator(within)
    bar.locator("#dispatch-unit").select_option(label=unit)
    bar.get_by_label("给单位的话").fill(words)
    bar.get_by_role("button", name="派遣", exact=True).click()


@pytest.mark.parametrize("where", ["page", "preview"])
def test_the_slower_officer_loses_no_word_and_overwrites_nothing(people, city, filed, where):
    slow, fast = people.staff("office"), people.staff("district")
    beside = where == "preview"
    slow.goto(f"{city.url}/o?view=to_dispatch&open={filed}" if beside else f"{city.url}/o/{filed}")
    fast.goto(f"{city.url}/o/{filed}")
    dispatch(fast, "main", "排水设施管护所", "这件归排水")
    expect(fast.get_by_text(f"{filed} 已办好")).to_be_visible()

    dispatch(slow, "#preview" if beside else "main", "市政道路养护队", WORDS)
    told = slow.locator("#preview" if beside else "main")
    expect(told.get_by_text("您填写的时候，有了新的变化：")).to_be_visible()
    expect(told.locator(".note").get_by_text("这件归排水")).to_be_visible()
    expect(told.get_by_label("给单位的话")).to_have_value(WORDS)
    with stock_of(city) as stock:
        assert stock.unit(filed) == "drains"

    # Having seen it, the slower one may still decide otherwise, and says so on purpose.
    told.get_by_role("button", name="派遣", exact=True).click()
    expect(slow.get_by_text(f"{filed} 已办好")).to_be_visible()
    with stock_of(city) as stock:
        assert stock.unit(filed) == "roads"


def test_words_are_kept_where_the_step_is_no_longer_possible(people, city, filed):
    slow, fast = people.staff("office"), people.staff("district")
    slow.goto(f"{city.url}/o/{filed}")
    fast.goto(f"{city.url}/o/{filed}")
    fast.locator("#act-propose summary").click()
    fast.locator("#act-propose").get_by_label("不构成隐患").check()
    fast.get_by_role("button", name="提交反馈").click()
    expect(fast.get_by_text(f"{filed} 已办好")).to_be_visible()

    dispatch(slow, "main", "市政道路养护队", WORDS)
    expect(slow.get_by_text("这里已经不能这样办了。")).to_be_visible()
    expect(slow.locator(".quote").get_by_text(WORDS)).to_be_visible()
    with stock_of(city) as stock:
        assert stock.state(filed)[0] == "handled"
