"""What a rider does after sending: answers, points, judges, reminds, lets go; each a tap or two."""

import re
from datetime import UTC, datetime
from uuid import uuid4

from playwright.sync_api import Page, expect

from civicprobe.samples import Scene, Shot, photograph

from .phone import Phone, hurry, kept, payload, shot


def sent(page: Page, city, at, seed: int, **said) -> str:
    """A report of this phone by the API, placed by the worker; its number."""
    page.goto(f"{city.url}/r")
    ask, uuid = page.context.request, uuid4()
    path, headers = f"{city.url}/api/v1/reports/{uuid}", {"Origin": city.url}
    body = ask.put(path, data={"photos": 1, **said}, headers=headers).json()
    jpeg = {**headers, "Content-Type": "image/jpeg"}
    ask.put(f"{path}/photos/1", data=shot(at, seed, size=(800, 600)), headers=jpeg)
    for _ in range(150):
        if ask.get(path).json()["state"] != "received":
            return str(body["number"])
        page.wait_for_timeout(100)
    raise AssertionError(f"{body['number']} was never placed")


def repaired(city, number: str) -> None:
    """As far as 待核查, by the API."""
    caller = city.caller
    caller.act("office", number, "file", category="road_damage", severity="minor")
    caller.act("office", number, "dispatch", unit=city.unit, note="请修")
    caller.act("unit", number, "accept")
    photo = str(uuid4())
    after = photograph(Scene.COVER_FITTED, Shot(datetime.now(UTC), city.spot), size=(800, 600))
    path = f"/api/v1/reports/{number}/evidence/{photo}"
    caller.ask("unit", "PUT", path, after, "image/jpeg")
    caller.act("unit", number, "propose", outcome="fixed", note="修好了", photos=[photo])


def closed(city, number: str) -> None:
    """Inspected where that is due, then closed."""
    if city.caller.ask("district", "GET", f"/api/v1/reports/{number}")["inspection"]["due"]:
        photo = str(uuid4())
        path = f"/api/v1/reports/{number}/evidence/{photo}"
        city.caller.ask("district", "PUT", path, shot(city.spot, 99), "image/jpeg")
        here = {"lat": city.spot.lat, "lon": city.spot.lon}
        city.caller.act("district", number, "inspect", result="fixed", photos=[photo], **here)
    city.caller.act("office", number, "close", public_note="已修好，谢谢您。")


def test_a_question_is_answered_by_one_photo(people, city):
    page = people.rider()
    number = sent(page, city, city.spot, 201)
    city.caller.act("office", number, "ask", question="能拍一张带路牌的吗？")
    page.goto(f"{city.url}/r/reports/{number}")
    expect(page.get_by_text("能拍一张带路牌的吗？").first).to_be_visible()
    page.set_input_files("#asked-photo", payload(shot(city.spot, 202, size=(2400, 1800))))
    expect(page.get_by_role("heading", name="有人问您")).to_have_count(0)
    report = page.context.request.get(f"{city.url}/api/v1/reports/{number}").json()
    assert report["timeline"][-1]["action"] == "add"
    assert len(report["photos"]) == 2


def test_yes_is_one_tap(people, city):
    page = people.rider()
    number = sent(page, city, city.spot, 203)
    city.caller.act("office", number, "ask", question="是靠河那一边吗？")
    page.goto(f"{city.url}/r/reports/{number}")
    page.get_by_role("button", name="是的", exact=True).click()
    expect(page.get_by_role("heading", name="有人问您")).to_have_count(0)
    assert city.caller.ask("office", "GET", f"/api/v1/reports/{number}")["timeline"][-1][
        "note"
    ] == ("是的")


def test_the_place_is_pointed_at_on_the_map(people, city):
    page = people.rider()
    number = sent(page, city, None, 204)
    page.goto(f"{city.url}/r/reports/{number}")
    spot = {"lat": city.spot.lat, "lon": city.spot.lon, "name": "上次的地方"}
    page.evaluate("p => localStorage.setItem('civicprobe.places', JSON.stringify([p]))", spot)
    page.locator(".asked [data-pin]").click()
    page.get_by_role("button", name="上次的地方").click()
    page.get_by_label("旁边有什么").last.fill("全家便利店门口")
    page.get_by_role("button", name="就是这里").click()
    expect(page.locator(".status-word")).to_contain_text("待核实")
    expect(page.get_by_text("全家便利店门口").first).to_be_visible()


def test_repaired_or_not_before_and_after_and_back_again(people, city):
    page = people.rider()
    number = sent(page, city, city.spot, 205)
    repaired(city, number)
    page.goto(f"{city.url}/r/reports/{number}")
    page.get_by_role("button", name="修好了", exact=True).click()
    expect(page.locator("[data-case]")).to_be_attached()
    closed(city, number)
    for _ in range(60):  # the copy without faces and plates takes a moment
        page.goto(f"{city.url}/r/reports/{number}")
        if page.locator("[data-compare]").count():
            break
        page.wait_for_timeout(500)
    frame = page.locator("[data-compare]")
    expect(frame).to_be_visible()
    frame.locator("input").fill("20")
    assert frame.evaluate("e => e.style.getPropertyValue('--at')") == "20%"
    expect(page.get_by_role("button", name="满意", exact=True)).to_be_visible()
    assert not page.locator("#reopen-reason").is_visible()
    page.get_by_role("link", name="没修好").click()
    expect(page.locator("#reopen-reason")).to_have_value("去看了，问题还在。")
    page.set_input_files("#reopen-photos", payload(shot(city.spot, 206, size=(800, 600))))
    page.get_by_role("button", name="退回重办").click()
    expect(page.locator(".status-word")).not_to_contain_text("已修复")
    report = city.caller.ask("office", "GET", f"/api/v1/reports/{number}")
    assert report["timeline"][-1]["action"] == "reopen"


def test_adding_and_letting_go(people, city):
    page = people.rider()
    number = sent(page, city, city.spot, 207)
    page.goto(f"{city.url}/r/reports/{number}")
    page.locator("#act-add summary").click()
    page.locator("#add-note").fill("晚上没有灯")
    page.get_by_role("button", name="补充", exact=True).click()
    expect(page.locator(".line")).to_contain_text("晚上没有灯")
    page.locator("#act-leave summary").click()
    page.locator("#act-leave button").click()
    expect(page.get_by_text("这一件不再和您有关")).to_be_visible()
    expect(page.locator(f"[id='{number}']")).to_have_count(0)


def test_who_stands_beside_a_repair_is_asked_and_may_watch_what_is_urgent(people, city):
    number = sent(people.rider(), city, city.spot, 208)
    repaired(city, number)
    now = datetime.now(UTC).isoformat()  # what is urgent is placed before its photo is in
    fix = {"lat": city.spot.lat, "lon": city.spot.lon, "accuracy_m": 6, "at": now}
    urgent = sent(people.rider(), city, city.spot, 209, urgent=True, fix=fix)
    city.caller.act("office", urgent, "file", category="road_damage", severity="minor")
    here = {"latitude": city.spot.lat, "longitude": city.spot.lon, "accuracy": 6}
    passer = people.rider(geolocation=here, permissions=["geolocation"])
    asked: list[str] = []
    passer.on("request", lambda request: asked.append(request.url))
    passer.goto(f"{city.url}/r")
    ahead = passer.locator("section[data-ahead]")
    expect(ahead.locator("[data-repaired]")).to_be_visible()
    squares = [url for url in asked if "/ahead/" in url]
    assert squares
    assert all(re.search(r"/ahead/\d+-\d+$", url) for url in squares)
    assert not any(f"{city.spot.lat:.3f}" in url for url in asked)  # no trail leaves the phone
    with passer.expect_response(re.compile("/actions$")) as told:
        ahead.get_by_role("button", name="修好了", exact=True).click()
    assert told.value.status == 200
    expect(ahead).to_contain_text("谢谢，已告诉街道")
    ahead.get_by_role("button", name="关注").first.click()
    expect(ahead).to_contain_text("已关注")
    passer.goto(f"{city.url}/r/mine")
    expect(passer.get_by_role("heading", name="我关注的")).to_be_visible()
    passer.get_by_role("button", name="不再关注").first.click()
    expect(passer.get_by_role("heading", name="我关注的")).to_have_count(0)


def test_everything_is_forgotten_here_too(people, city):
    page = people.rider()
    hurry(page)
    phone = Phone(page, city.url)
    phone.open()
    phone.snap(shot(city.spot, 210))
    phone.number()
    phone.done()
    page.goto(f"{city.url}/r/me")
    page.locator("#act-erase summary").click()
    page.get_by_label("我确定").check()
    page.get_by_role("button", name="全部删除").click()
    expect(page.get_by_text("1 件上报不再和您有关")).to_be_visible()
    for _ in range(50):
        if not kept(page):
            break
        page.wait_for_timeout(100)
    assert kept(page) == []
    page.goto(f"{city.url}/r/mine")
    expect(page.get_by_text("这里还没有上报")).to_be_visible()


def test_is_it_the_same_one_is_asked_on_the_receipt(people, city):
    first = people.rider()
    sent(first, city, city.spot, 211, category="fire_lane")
    page = people.rider()
    hurry(page)
    phone = Phone(page, city.url)
    phone.open()
    phone.shoot(shot(city.spot, 211, size=(800, 600)))
    phone.send()
    card = page.locator("[data-alike]")
    expect(card).to_contain_text("是同一个吗？", timeout=30_000)
    card.get_by_role("button").first.click()
    expect(card).to_contain_text("已告诉网格员")
    expect(page.get_by_text("再拍一个")).to_be_visible()
