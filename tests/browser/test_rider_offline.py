"""No network, a page that is killed, a phone that is restarted: nothing lost, nothing twice."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from playwright.sync_api import BrowserContext, Error, Page, expect

from .conftest import CHROMIUM, PHONE
from .phone import Phone, hurry, kept, payload, photo_numbers, shot, waiting

HELD = """async () => {
  const held = await caches.match('/r');
  const files = await (await caches.open('files-1')).keys();
  return Boolean(held && files.length > 15 && navigator.serviceWorker.controller);
}"""


@contextmanager
def a_phone(people, folder) -> Iterator[BrowserContext]:
    """A browser on a profile that outlives it, as a phone's does."""
    context = people.browser.browser_type.launch_persistent_context(
        str(folder),
        executable_path=CHROMIUM,
        args=["--no-sandbox"],
        viewport=PHONE,
        locale="zh-CN",
    )
    context.set_default_timeout(10_000)
    try:
        yield context
    finally:
        context.close()


def kill(page: Page) -> None:
    """The renderer is gone at once, as when the camera takes the memory."""
    with suppress(Error):
        page.goto("chrome://crash")
    page.close()


def ready_offline(page: Page, url: str) -> None:
    """The first visit, until the service worker holds what the page needs."""
    page.goto(f"{url}/r")
    for _ in range(100):
        if page.evaluate(HELD):
            return
        page.wait_for_timeout(100)
    raise AssertionError("the service worker never held the page")


def test_three_reports_offline_with_a_killed_page_and_a_restarted_phone(people, city, tmp_path):
    with a_phone(people, tmp_path) as context:
        first = Phone(context.new_page(), city.url)
        hurry(first.page)
        ready_offline(first.page, city.url)
        context.set_offline(True)
        first.open()
        first.snap(shot(city.spot, 1))
        expect(first.page.locator("[data-state]")).to_contain_text("没有网络")
        expect(first.page.locator("[data-title]")).to_have_text("已存好")

        # Two photos are there, then the page is killed over the open draft.
        first.shoot(shot(city.spot, 2))
        first.page.set_input_files("#far", payload(shot(city.spot, 3)))
        expect(first.page.locator("[data-shots] img")).to_have_count(2)
        for _ in range(50):
            if any(len(entry["shots"]) == 2 for entry in kept(first.page)):
                break
            first.page.wait_for_timeout(50)
        kill(first.page)

        second = Phone(context.new_page(), city.url)
        second.open()
        expect(second.page.get_by_text("刚才页面被关掉了")).to_be_visible()
        expect(second.page.locator("[data-shots] img")).to_have_count(2)
        second.send()

        # Killed with the camera open: no photo yet, and the next one finds its way.
        with second.page.expect_file_chooser():
            second.page.locator("label[for=camera]:visible").first.click()
        kill(second.page)
        third = Phone(context.new_page(), city.url)
        third.open()
        third.snap(shot(city.spot, 4))
        assert len(waiting(third.page)) == 3

    with a_phone(people, tmp_path) as context:
        page = context.new_page()
        hurry(page)
        page.goto(f"{city.url}/r")
        phone = Phone(page, city.url)
        phone.done()
        reports = phone.arrived()
        assert [photo_numbers(report) for report in reports] == [[1], [1, 2], [1]]
        assert {report["state"] for report in reports} == {"assigned"}


def test_words_without_a_photo_wait_too(people, city):
    page = people.rider()
    hurry(page)
    page.goto(f"{city.url}/r/words")
    page.context.set_offline(True)
    page.get_by_label("说一句").fill("楼道口电线拖到地上")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("[data-title]")).to_have_text("已存好")
    page.context.set_offline(False)
    phone = Phone(page, city.url)
    phone.number()
    phone.done()
    assert [report["state"] for report in phone.arrived()] == ["needs_place"]


def test_two_tabs_send_once(people, city):
    page = people.rider()
    hurry(page)
    phone = Phone(page, city.url)
    phone.open()
    page.context.set_offline(True)
    for seed in range(3):
        phone.snap(shot(None, seed))
    other = page.context.new_page()
    sent: list[str] = []
    page.context.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    page.context.set_offline(False)
    other.goto(f"{city.url}/r/mine")
    phone.done()
    assert len(phone.arrived()) == 3
    assert len([line for line in sent if line.startswith("PUT") and "/photos/" in line]) == 3


def test_the_queue_ends_at_thirty(people, city):
    page = people.rider()
    phone = Phone(page, city.url)
    phone.open()
    page.context.set_offline(True)
    page.evaluate(
        """() => new Promise((done) => {
          const opening = indexedDB.open('civicprobe');
          opening.onsuccess = () => {
            const store = opening.result.transaction('reports', 'readwrite').objectStore('reports');
            for (let n = 0; n < 30; n += 1) {
              store.put({ uuid: crypto.randomUUID(), state: 'waiting', made_at: n, said: {},
                shots: [], tried: false, tries: 0, next_at: 0 });
            }
            store.transaction.oncomplete = () => { opening.result.close(); done(); };
          };
        })"""
    )
    phone.shoot()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("已有 30 条没发出去")).to_be_visible()
    expect(page.locator("[data-shots] img")).to_have_count(1)
