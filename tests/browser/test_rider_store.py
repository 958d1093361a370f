"""A phone that keeps nothing, is full, is cleared, or tells the wrong time: said in words, and
nothing pretends to be sent."""

from playwright.sync_api import expect

from .phone import Phone, hurry, kept, payload, shot

NO_STORE = """
Object.defineProperty(window, 'indexedDB', { value: {
  open() { throw new DOMException('no', 'SecurityError'); },
} });
"""
A_DAY_LATE = """
const real = Date;
const off = 86400000;
Date = class extends real {
  constructor(...given) { if (given.length) super(...given); else super(real.now() + off); }
  static now() { return real.now() + off; }
};
"""


def test_without_indexeddb_it_says_not_to_close_the_page_and_still_sends(people, city):
    page = people.rider()
    hurry(page)
    page.add_init_script(NO_STORE)
    phone = Phone(page, city.url)
    phone.open()
    page.context.set_offline(True)
    phone.snap(shot(seed=1))
    expect(page.get_by_text("发完之前别关页面")).to_be_visible()
    expect(page.locator("[data-title]")).to_have_text("已存好")
    expect(page.locator("[data-number]")).to_be_hidden()
    page.context.set_offline(False)
    number = phone.number()
    expect(page.locator("[data-state]")).to_contain_text("都已收到")
    assert [report["number"] for report in phone.arrived(settled=False)] == [number]


def test_a_full_phone_keeps_the_first_photo_and_says_so(people, city):
    page = people.rider()
    hurry(page)
    phone = Phone(page, city.url)
    phone.open()
    page.context.set_offline(True)
    phone.shoot(shot(seed=1, size=(1600, 1200)))
    for _ in range(60):
        if any(entry["shots"] and not entry["shots"][0]["raw"] for entry in kept(page)):
            break
        page.wait_for_timeout(50)
    page.evaluate(
        """() => {
          const put = IDBObjectStore.prototype.put;
          let full = true;
          IDBObjectStore.prototype.put = function (row, ...more) {
            if (full && row.n === 2) throw new DOMException('full', 'QuotaExceededError');
            return put.call(this, row, ...more);
          };
        }"""
    )
    page.set_input_files("#far", payload(shot(seed=2)))
    expect(page.get_by_text("只留下第一张照片")).to_be_visible()
    expect(page.locator("[data-shots] img")).to_have_count(1)
    phone.send()
    page.context.set_offline(False)
    phone.number()
    phone.done()
    (report,) = phone.arrived()
    assert [photo["n"] for photo in report["photos"]] == [1]


def test_a_phone_without_room_at_all_keeps_it_on_the_page(people, city):
    page = people.rider()
    hurry(page)
    phone = Phone(page, city.url)
    phone.open()
    session = page.context.new_cdp_session(page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": city.url, "quotaSize": 1000})
    phone.snap(shot(seed=3))
    expect(page.get_by_text("发完之前别关页面")).to_be_visible()
    phone.number()
    expect(page.locator("[data-state]")).to_contain_text("都已收到")


def test_cleared_between_photo_and_send_the_page_still_has_it(people, city):
    page = people.rider()
    hurry(page)
    phone = Phone(page, city.url)
    phone.open()
    phone.shoot(shot(city.spot, 4))
    session = page.context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": city.url, "storageTypes": "all"})
    phone.send()
    number = phone.number()
    expect(page.locator("[data-state]")).to_contain_text("都已收到")
    (report,) = phone.arrived()
    assert (report["number"], report["state"]) == (number, "assigned")


def test_cleared_while_it_waits_nothing_pretends_to_be_sent(people, city):
    page = people.rider()
    hurry(page)
    phone = Phone(page, city.url)
    phone.open()
    page.context.set_offline(True)
    phone.snap(shot(seed=5))
    later = page.context.new_page()
    page.close()
    later.context.set_offline(False)
    later.goto(f"{city.url}/r/manifest.webmanifest")  # the same origin, and no script of ours
    later.evaluate(
        """() => new Promise((done) => {
          localStorage.clear();
          indexedDB.deleteDatabase('civicprobe').onsuccess = done;
        })"""
    )
    later.goto(f"{city.url}/r/mine")
    expect(later.get_by_text("这里还没有上报")).to_be_visible()
    assert Phone(later, city.url).arrived(settled=False) == []


def test_a_clock_that_is_a_day_off_is_told_and_does_no_harm(people, city):
    here = {"latitude": city.spot.lat, "longitude": city.spot.lon, "accuracy": 10}
    page = people.rider(geolocation=here, permissions=["geolocation"])
    hurry(page)
    page.add_init_script(A_DAY_LATE)
    phone = Phone(page, city.url)
    phone.open()
    phone.snap(shot(city.spot, 6))
    phone.number()
    expect(page.get_by_text("手机的时间不对")).to_be_visible()
    phone.done()
    (report,) = phone.arrived()
    assert report["state"] == "assigned"


def test_what_is_refused_for_good_says_why_and_can_be_exported(people, city):
    page = people.rider()
    hurry(page)
    phone = Phone(page, city.url)
    phone.open()
    phone.snap(b"\xff\xd8\xff not a photo at all")
    phone.number()
    expect(page.locator("[data-state]")).to_contain_text("照片")
    with page.expect_download() as saved:
        page.locator("button[data-export]").click()
    assert saved.value.suggested_filename.startswith("report-")
