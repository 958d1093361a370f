"""Show 2, second half: a unit's day on a phone, and the contractor it sends a link to."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.db import utc_now
from civicprobe.samples import Scene

from .conftest import PHONE
from .stock import Stock, stock_of
from .test_arc import upload

TOUCH = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}


@pytest.fixture
def stock(city) -> Iterator[Stock]:
    with stock_of(city) as found:
        yield found


def dispatched(stock: Stock, n: int) -> list[str]:
    """So many cases with the unit of the demo."""
    numbers = stock.cards(n, category="light_out", note="骑手阿强：路灯坏了")
    for number in numbers:
        stock.act("member", number, "file", category="light_out", severity="ordinary")
        stock.act("office", number, "dispatch", unit=stock.unit_id("roads"), note="换灯头")
    return numbers


def tap(page: Page, act: str, button: str) -> None:
    page.locator(act).get_by_role("button", name=button, exact=True).tap()


def test_a_units_day_on_a_phone(people, city, stock):
    accepted, returned, longer = dispatched(stock, 3)
    page = people.staff("unit", PHONE, **TOUCH)
    page.goto(f"{city.url}/h")
    page.locator(f"[id='{accepted}'] a").tap()
    expect(page.get_by_text("阿强")).to_have_count(0)  # never the rider's words
    expect(page.locator(".quote").get_by_text("换灯头")).to_be_visible()
    tap(page, "#act-accept", "签收")
    expect(page.get_by_text(f"{accepted} 已办好")).to_be_visible()
    page.set_input_files("#propose-photos", upload(Scene.COVER_FITTED, city.spot))
    page.locator("#propose-note").fill("灯头已换，亮了")
    tap(page, "#act-propose", "提交反馈")
    expect(page.get_by_text("待核查").first).to_be_visible()
    assert stock.state(accepted)[0] == "handled"

    page.goto(f"{city.url}/h/{returned}")
    page.locator("#act-return summary").tap()
    page.locator("#return-ground").select_option(index=1)
    page.locator("#return-note").fill("是供电公司的杆")
    page.locator("#return-whom").fill("供电公司")
    tap(page, "#act-return", "退单")
    expect(page.get_by_text(f"{returned} 已办好")).to_be_visible()
    assert stock.state(returned)[0] == "filed"
    page.goto(f"{city.url}/h/{returned}")
    expect(page.get_by_text("退单")).to_have_count(0)  # it is not this unit's any more

    page.goto(f"{city.url}/h/{longer}")
    tap(page, "#act-accept", "签收")
    page.locator("#act-request summary").tap()
    until = (utc_now() + timedelta(days=20)).astimezone(CITY_ZONE)
    page.locator("#request-until").fill(f"{until:%Y-%m-%dT18:00}")
    page.locator("#request-reason").fill("要等灯杆到货")
    tap(page, "#act-request", "申请延期")
    expect(page.get_by_text(f"{longer} 已办好")).to_be_visible()
    desk = people.staff("office")
    desk.goto(f"{city.url}/o/{longer}")
    expect(desk.get_by_text("要等灯杆到货").first).to_be_visible()


def test_a_contractors_link_does_one_case_and_no_more(people, city, stock):
    mine, other = dispatched(stock, 2)
    unit = people.staff("unit", PHONE, **TOUCH)
    unit.goto(f"{city.url}/h/{mine}")
    unit.locator("#act-link summary").tap()
    tap(unit, "#act-link", "生成链接")
    link = re.search(r"https?://\S+/c/\S+", unit.locator(".note-good").inner_text())
    assert link

    phone = people.rider(**TOUCH)
    phone.goto(link[0])
    expect(phone.get_by_text("阿强")).to_have_count(0)
    assert {form.get_attribute("value") for form in phone.locator("main [name=action]").all()} == {
        "accept",
        "propose",
        "return",
    }
    for path in (f"/h/{mine}", f"/h/{other}", "/o", f"/api/v1/reports/{other}"):
        answer = phone.request.get(city.url + path, max_redirects=0)
        assert answer.status in (302, 401), path
    forged = phone.locator("#act-accept form")
    forged.locator("[name=action]").evaluate("field => { field.value = 'close'; }")
    tap(phone, "#act-accept", "签收")
    expect(phone.get_by_role("heading", level=1)).to_contain_text("不由您来办")
    assert stock.state(mine)[0] == "dispatched"

    phone.goto(link[0])
    tap(phone, "#act-accept", "签收")
    phone.set_input_files("#propose-photos", upload(Scene.COVER_FITTED, city.spot))
    phone.locator("#propose-note").fill("灯头已换")
    tap(phone, "#act-propose", "提交反馈")
    expect(phone.get_by_text("这个链接到此为止，谢谢。")).to_be_visible()
    assert stock.state(mine)[0] == "handled"
    phone.goto(link[0])
    expect(phone.get_by_text("提交反馈")).to_have_count(0)
