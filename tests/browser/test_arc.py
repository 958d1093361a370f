"""The arc once, by hand and eye: from the rider's phone to the street's answer."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import FilePayload, Page, expect

from civicprobe.grid.coords import Point
from civicprobe.samples import Scene, Shot, photograph


def upload(scene: Scene, at: Point | None) -> FilePayload:
    shot = Shot(datetime.now(UTC) - timedelta(seconds=30), at)
    data = photograph(scene, shot, size=(1200, 900), seed=datetime.now(UTC).microsecond)
    return FilePayload(name="photo.jpg", mimeType="image/jpeg", buffer=data)


def snap(page: Page, url: str, at: Point | None) -> str:
    """The rider's taps: camera, (shutter), send; the number on the receipt."""
    page.goto(f"{url}/r")
    with page.expect_file_chooser() as asked:
        page.get_by_text("拍隐患", exact=True).click()
    asked.value.set_files(upload(Scene.MISSING_COVER, at))
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", name="已收到")).to_be_visible()
    return page.locator("[data-receipt] [data-number]").inner_text()


def see(page: Page, address: str, words: str) -> None:
    """Look again until the worker has got so far."""
    for _ in range(40):
        page.goto(address)
        if page.get_by_text(words).count():
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{words} never stood on {address}")


def look_if_due(people, city, number: str) -> None:
    """One in ten is drawn for an inspection: then the district goes there."""
    other = people.staff("district")
    other.goto(f"{city.url}/o/{number}")
    if not other.get_by_text("要现场核查").count():
        return
    other.locator("#act-inspect summary").click()
    other.locator("#inspect-result").get_by_label("修好了").check()
    other.locator("#inspect-point").fill(f"{city.spot.lat}, {city.spot.lon}")
    other.set_input_files("#inspect-photos", upload(Scene.COVER_FITTED, city.spot))
    other.get_by_role("button", name="记下核查结果").click()
    expect(other.get_by_text(f"{number} 已办好")).to_be_visible()


def test_the_arc_once(people, city):
    rider = people.rider()
    number = snap(rider, city.url, city.spot)
    report = f"{city.url}/r/reports/{number}"
    see(rider, report, "待核实")

    member = people.staff("member")
    member.goto(f"{city.url}/g/{number}")
    expect(member.get_by_text("为什么派给您")).to_be_visible()
    member.get_by_role("link", name="属实转办").click()
    member.locator("#act-file").get_by_role("button", name="井盖缺失破损").click()
    expect(member.get_by_text(f"{number} 已办好")).to_be_visible()

    desk = people.staff("office")
    desk.goto(f"{city.url}/o")
    desk.get_by_role("link", name=number).click()
    desk.locator("#dispatch-unit").select_option(label="市政道路养护队")
    desk.get_by_label("给单位的话").fill("先围挡，再补井盖")
    desk.get_by_role("button", name="派遣").click()
    expect(desk.get_by_text(f"{number} 已办好")).to_be_visible()

    unit = people.staff("unit")
    unit.goto(f"{city.url}/h")
    unit.locator(f"[id='{number}'] a").click()
    expect(unit.get_by_text("先围挡，再补井盖")).to_be_visible()
    unit.get_by_role("button", name="签收").click()
    unit.set_input_files("#propose-photos", upload(Scene.COVER_FITTED, city.spot))
    unit.locator("#propose-note").fill("井盖已补好")
    unit.get_by_role("button", name="提交反馈").click()
    expect(unit.get_by_text("待核查").first).to_be_visible()

    see(desk, f"{city.url}/o/{number}", "处理后")
    look_if_due(people, city, number)
    desk.goto(f"{city.url}/o/{number}")
    desk.get_by_label("骑手会读到的话").fill("井盖已补好，谢谢您。")
    desk.get_by_role("button", name="结案").click()
    expect(desk.get_by_text(f"{number} 已办好")).to_be_visible()

    see(rider, report, "井盖已补好，谢谢您。")
    see(rider, report, "处理前 ·")
    see(rider, report, "处理后 ·")
    for image in rider.locator(".pictures").first.locator("img").all():
        image.scroll_into_view_if_needed()
        rider.wait_for_function("image => image.naturalWidth > 0", arg=image.element_handle())


def test_without_scripts_a_report_still_arrives(people, city):
    rider = people.rider(java_script_enabled=False)
    rider.goto(f"{city.url}/r")
    assert not rider.get_by_role("button", name="提交").is_visible()
    rider.set_input_files("#camera", upload(Scene.BLOCKED_LANE, city.spot))
    rider.get_by_role("button", name="提交").click()
    expect(rider.get_by_role("heading", name="已收到")).to_be_visible()
    see(rider, rider.url, "待核实")
