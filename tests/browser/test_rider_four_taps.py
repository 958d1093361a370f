"""Four taps, nothing typed, whatever the phone knows of where it is."""

import re

import pytest
from playwright.sync_api import Geolocation, expect

from .phone import Phone, hurry, kept, shot

GRADES = {5: ("A", "定位准 ±5 米"), 60: ("B", "大概 ±60 米"), 500: ("C", "不太准 ±500 米")}


@pytest.mark.parametrize("metres", GRADES)
def test_four_taps_with_a_fix_end_with_a_member(people, city, metres):
    here = {"latitude": city.spot.lat, "longitude": city.spot.lon, "accuracy": metres}
    phone = Phone(people.rider(geolocation=here, permissions=["geolocation"]), city.url)
    phone.open()
    phone.page.evaluate("""() => {
      window.typed = 0;
      addEventListener('keydown', () => { window.typed += 1; });
    }""")
    phone.shoot()
    grade, words = GRADES[metres]
    chip = phone.page.locator("[data-place]")
    expect(chip).to_have_attribute("data-grade", grade)
    expect(chip).to_contain_text(words)
    expect(chip).to_contain_text("手机定位")
    phone.send()
    number = phone.number()
    assert (phone.taps, phone.page.evaluate("window.typed")) == (4, 0)
    (report,) = phone.arrived()
    assert report["number"] == number
    assert report["state"] == "assigned"
    assert report["place"]["grade"] == grade
    assert report["place"]["source"] == "device"


@pytest.mark.parametrize(("allowed", "said"), [(False, "没让用定位"), (True, "正在定位")])
def test_without_a_fix_it_is_sent_all_the_same_and_the_place_is_asked_for(
    people, city, allowed, said
):
    options = {"permissions": ["geolocation"]} if allowed else {}
    phone = Phone(people.rider(**options), city.url)
    if allowed:  # a phone that never finds itself
        phone.page.add_init_script("navigator.geolocation.watchPosition = () => 1")
    phone.open()
    phone.shoot()
    expect(phone.page.locator("[data-place]")).to_contain_text(said)
    expect(phone.page.locator("[data-place]")).to_have_attribute("data-grade", "D")
    phone.send()
    phone.number()
    assert phone.taps == 4
    phone.done()
    (report,) = phone.arrived()
    assert report["state"] == "needs_place"
    phone.page.goto(f"{city.url}/r/reports/{report['number']}")
    expect(phone.page.get_by_text("照片和手机都没有给出定位").first).to_be_visible()


def test_a_better_fix_after_sending_follows_the_report(people, city):
    vague = Geolocation(latitude=city.spot.lat, longitude=city.spot.lon, accuracy=400)
    exact = Geolocation(latitude=city.spot.lat, longitude=city.spot.lon, accuracy=8)
    phone = Phone(people.rider(geolocation=vague, permissions=["geolocation"]), city.url)
    phone.open()
    phone.snap()
    phone.number()
    with phone.page.expect_response(re.compile("/fix$")) as told:
        phone.page.context.set_geolocation(exact)
    assert told.value.status == 200
    for _ in range(50):
        (report,) = phone.arrived()
        if report["place"]["radius_m"] < 30:
            break
        phone.page.wait_for_timeout(200)
    assert report["place"]["grade"] == "A"


def test_a_photo_from_the_album_keeps_its_own_place_and_is_not_given_todays(people, city):
    here = {"latitude": city.spot.lat, "longitude": city.spot.lon, "accuracy": 5}
    page = people.rider(geolocation=here, permissions=["geolocation"])
    phone = Phone(page, city.url)
    phone.open()
    yesterday = """async ([bytes]) => {
      const file = new File([new Uint8Array(bytes)], 'a.jpg',
        { type: 'image/jpeg', lastModified: Date.now() - 86400000 });
      const given = new DataTransfer();
      given.items.add(file);
      const input = document.getElementById('album');
      input.files = given.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    }"""
    page.evaluate(yesterday, [list(shot(city.spot, size=(400, 300)))])
    expect(page.locator("[data-place]")).to_contain_text("照片里带着位置")
    phone.send()
    phone.number()
    phone.done()
    (report,) = phone.arrived()
    assert report["place"]["source"] == "exif"


def test_the_draft_is_kept_before_the_camera_opens(people, city):
    here = {"latitude": city.spot.lat, "longitude": city.spot.lon, "accuracy": 9}
    page = people.rider(geolocation=here, permissions=["geolocation"])
    page.goto(f"{city.url}/r")
    with page.expect_file_chooser():
        page.get_by_text("拍隐患", exact=True).click()
    for _ in range(50):
        if (found := kept(page)) and found[0]["fixes"]:
            break
        page.wait_for_timeout(50)
    assert found[0]["state"] == "draft"
    assert found[0]["fixes"][0]["accuracy_m"] == 9


def test_undo_takes_it_back_and_another_one_can_be_taken(people, city):
    phone = Phone(people.rider(), city.url)
    hurry(phone.page)
    phone.open()
    phone.snap()
    number = phone.number()
    phone.done()
    phone.page.get_by_role("button", name="撤销").click()
    expect(phone.page.locator("[data-title]")).to_contain_text("已撤回")
    phone.snap()
    again = phone.number()
    phone.done()
    states = {report["number"]: report["state"] for report in phone.arrived()}
    assert states[number] == "closed"
    assert states[again] == "needs_place"


def test_the_place_is_set_by_hand_with_keys_and_buttons_alone(people, city):
    page = people.rider()
    phone = Phone(page, city.url)
    phone.open()
    phone.shoot()
    page.evaluate(
        """(place) => localStorage.setItem('civicprobe.places', JSON.stringify([place]))""",
        {"lat": city.spot.lat, "lon": city.spot.lon, "name": "上次的地方"},
    )
    page.locator("[data-place]").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="上次的地方").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".pin-map [data-where]")).to_contain_text("微网格")
    page.locator(".pin-map [data-map]").focus()
    page.keyboard.press("ArrowUp")
    page.get_by_role("button", name="往南 10 米").click()
    page.get_by_label("旁边有什么").fill("全家便利店门口")
    page.get_by_role("button", name="就是这里").click()
    expect(page.locator("[data-place]")).to_contain_text("手动选点")
    expect(page.get_by_label("在哪里")).to_have_value("全家便利店门口")
    phone.send()
    phone.number()
    phone.done()
    (report,) = phone.arrived()
    assert report["state"] == "assigned"
    assert report["place"]["source"] == "pin"
    assert abs(report["place"]["lat"] - city.spot.lat) < 1e-5
