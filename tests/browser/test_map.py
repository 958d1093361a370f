"""The map of the desks in a real browser: dragged, zoomed, clicked, and without a script."""

from playwright.sync_api import expect

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 760}
LOCATE = "/o/map/locate"


def test_a_map_is_dragged_zoomed_and_clicked(people, city):
    page = people.staff("office")
    page.goto(f"{city.url}{LOCATE}?see={city.spot.lat:.6f},{city.spot.lon:.6f}&span=1500")
    drawn = page.locator(".map")
    expect(drawn.locator("path.area").first).to_be_attached()
    box = drawn.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    with page.expect_response("**/o/map/window?*") as moved:
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] + box["width"] / 4, middle[1], steps=4)
        page.mouse.up()
    assert moved.value.ok
    page.wait_for_function("() => !document.querySelector('.map-waits')")
    degrees = float(drawn.get_attribute("data-lon")) - city.spot.lon
    assert abs(degrees + 375 / 95_600) < 2e-4, "a quarter of the width to the west"

    with page.expect_response("**/o/map/window?*"):
        page.get_by_title("放大").click()
    expect(drawn).to_have_attribute("data-span", "750.0")

    page.goto(f"{city.url}{LOCATE}?see={city.spot.lat:.6f},{city.spot.lon:.6f}&span=1500")
    page.mouse.click(*middle)
    page.wait_for_url("**point=*")
    lat, lon = map(float, page.input_value("[name=point]").split(","))
    assert abs(lat - city.spot.lat) < 2e-5
    assert abs(lon - city.spot.lon) < 2e-5
    expect(page.locator("#who")).to_be_visible()


def test_a_map_leads_on_without_a_script(people, city):
    page = people.staff("office", size=PHONE)
    plain = people.browser.new_context(
        viewport=PHONE,
        locale="zh-CN",
        java_script_enabled=False,
        storage_state=page.context.storage_state(),
    )
    people.keep.callback(plain.close)
    page = plain.new_page()
    page.goto(f"{city.url}{LOCATE}?see={city.spot.lat:.6f},{city.spot.lon:.6f}&span=1500")
    page.get_by_title("放大").click()
    expect(page.locator(".map")).to_have_attribute("data-span", "750.0")
    page.locator(".map-list summary").click()
    page.locator(".map-list a").first.click()
    expect(page.locator("#who")).to_be_visible()
    page.get_by_role("link", name="在岗与空白").click()
    expect(page.locator("h1")).to_be_visible()
    assert page.locator("table").count() > 0


def test_only_what_the_view_needs_is_sent_before_something_is_seen(people, city):
    """One request for the page draws the map: its size is that of the view, not of the city."""
    for size in (PHONE, DESK):
        page = people.staff("office", size=size)
        page.goto(city.url + LOCATE)
        seen = page.evaluate(
            """() => {
              const [page] = performance.getEntriesByType('navigation');
              const later = performance.getEntriesByType('resource').map((each) => each.name);
              return [page.decodedBodySize, later.filter((name) => name.includes('/o/map/'))];
            }"""
        )
        assert seen[0] < 400_000
        assert seen[1] == []
        assert page.locator(".map path.area").count() <= 250
