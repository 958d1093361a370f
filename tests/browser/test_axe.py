"""No serious finding of axe-core on any page of the rider, in both languages and both schemes."""

import pytest

from .axe import minded
from .phone import Phone, shot

PAGES = ("/r", "/r/words", "/r/mine", "/r/me", "/r/privacy", "/nothing-here")


@pytest.mark.parametrize(("locale", "scheme"), [("zh-CN", "light"), ("en-GB", "dark")])
def test_nothing_serious_on_a_riders_pages(people, city, locale, scheme):
    page = people.rider(locale=locale, color_scheme=scheme)
    found = {}
    for path in PAGES:
        page.goto(city.url + path)
        found[path] = minded(page)
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_nothing_serious_from_the_photo_to_the_report(people, city):
    here = {"latitude": city.spot.lat, "longitude": city.spot.lon, "accuracy": 9}
    phone = Phone(people.rider(geolocation=here, permissions=["geolocation"]), city.url)
    page, found = phone.page, {}
    phone.open()
    phone.shoot(shot(city.spot))
    page.locator(".urgent input").check()
    found["confirm"] = minded(page)
    page.locator("[data-place]").click()
    page.locator(".pin-map [data-where]").wait_for()
    found["map"] = minded(page)
    page.locator(".pin-map [data-close]").click()
    phone.send()
    number = phone.number()
    found["receipt"] = minded(page)
    phone.done()
    page.goto(f"{city.url}/r/reports/{number}")
    found["report"] = minded(page)
    page.goto(f"{city.url}/r/mine")
    found["mine"] = minded(page)
    assert {step: lines for step, lines in found.items() if lines} == {}
