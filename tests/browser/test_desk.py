"""The desk by keyboard and in bulk: decided beside the table, many at once, each told."""

import re

from playwright.sync_api import Page, expect

from .test_arc import see, snap


def test_the_desk_decides_beside_its_table_and_many_at_once(people, city):
    rider = people.rider()
    numbers = [snap(rider, city.url, city.spot) for _ in range(3)]
    for number in numbers:
        see(rider, f"{city.url}/r/reports/{number}", "待核实")
    desk = people.staff("office")
    desk.goto(f"{city.url}/o?view=with_members")
    for number in numbers:
        desk.locator(f"[id='{number}'] .td-number a").click()
        desk.locator("#preview #act-file summary").click()
        desk.locator("#preview #act-file").get_by_label("井盖缺失破损").check()
        desk.locator("#preview").get_by_role("button", name="立案", exact=True).click()
        expect(desk.locator("#preview").get_by_text(f"{number} 已办好")).to_be_visible()

    desk.goto(f"{city.url}/o?view=to_dispatch")
    go_from_case_to_case(desk, city.url)
    desk.goto(f"{city.url}/o?view=to_dispatch")
    for _ in numbers:  # from wherever it was left, to the first
        desk.keyboard.press("k")
    for _ in numbers:
        desk.keyboard.press("x")
        desk.keyboard.press("j")
    desk.select_option("#bulk-action", "dispatch")
    desk.get_by_role("button", name="一起办").click()
    results = desk.locator("#bulk-results")
    expect(results.get_by_role("status")).to_contain_text("3 件已办")
    expect(results.locator("[data-status='200']")).to_have_count(3)
    desk.keyboard.press("Escape")
    desk.keyboard.press("?")
    expect(desk.locator("#keys")).to_be_visible()


def go_from_case_to_case(desk: Page, url: str) -> None:
    """By the keys [ and ], in the order of the list; never while somebody writes."""
    rows = desk.locator("#rows tbody tr")
    first, second = rows.nth(0).get_attribute("id"), rows.nth(1).get_attribute("id")
    desk.goto(f"{url}/o/{first}")
    desk.keyboard.press("[")  # the first has none before it
    desk.keyboard.press("]")
    desk.wait_for_url(f"{url}/o/{second}")
    desk.keyboard.press("?")
    expect(desk.locator("#keys")).to_be_visible()
    desk.keyboard.press("Escape")
    words = desk.locator("#act-dispatch textarea").first
    words.evaluate("field => { field.closest('details').open = true; field.focus(); }")
    desk.keyboard.press("[")
    expect(words).to_have_value(re.compile(r"\["))
    words.blur()
    desk.evaluate("""document.body.dispatchEvent(
        new KeyboardEvent('keydown', {key: '[', isComposing: true, bubbles: true}))""")
    expect(desk).to_have_url(f"{url}/o/{second}")
    desk.keyboard.press("[")
    desk.wait_for_url(f"{url}/o/{first}")
