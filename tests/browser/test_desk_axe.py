"""No serious finding of axe-core on any page of the desks; and how heavy each of them is."""

import gzip
from typing import Any

import pytest

from .axe import minded
from .stock import stock_of

KIB = 1024
# What a page may weigh with all that it loads, photos apart, compressed as a server would.
MOST = {"member": 120 * KIB, "unit": 120 * KIB, "office": 250 * KIB, "admin": 250 * KIB}
PAGES = {
    "member": ("/g", "/g?view=done", "/g/duty", "/inbox"),
    "unit": ("/h", "/h?view=handed_in"),
    "office": (
        "/o",
        "/o?view=all",
        "/o?view=all&open={case}",
        "/o?view=reopened&text=nothing",
        "/o/{case}",
        "/o/map?view=open",
        "/o/map/locate",
        "/o/map/coverage",
        "/o/stats",
        "/o/stats/behind/funnel/reported?weeks=4",
        "/o/admin",
        "/o/C0000-0000-0",
    ),
    "admin": ("/o", "/o/admin"),
}


@pytest.fixture
def cases(city) -> dict[str, str]:
    """A case for the member's page, one for the unit's, one for the desk's."""
    with stock_of(city) as stock:
        numbers = stock.cards(3, category="light_out")
        for number in numbers[1:]:
            stock.act("member", number, "file", category="light_out", severity="ordinary")
        stock.act("office", numbers[1], "dispatch", unit=stock.unit_id("roads"))
    return {"member": f"/g/{numbers[0]}", "unit": f"/h/{numbers[1]}", "case": numbers[2]}


def paths_of(who: str, cases: dict[str, str]) -> list[str]:
    own = [cases[who]] if who in cases else []
    return [*own, *(path.format(case=cases["case"]) for path in PAGES[who])]


@pytest.mark.parametrize(("locale", "scheme"), [("zh-CN", "light"), ("en-GB", "dark")])
def test_nothing_serious_on_a_desks_pages(people, city, cases, locale, scheme):
    found = {}
    for who in PAGES:
        page = people.staff(who, locale=locale, color_scheme=scheme)
        for path in paths_of(who, cases):
            page.goto(city.url + path)
            found[f"{who} {path}"] = minded(page)
    assert {path: lines for path, lines in found.items() if lines} == {}


def weight_of(page: Any, url: str) -> int:
    """Bytes of the page and of what it loads, compressed where that helps; photos apart."""
    sizes: list[int] = []

    def take(response: Any) -> None:
        if "/photos/" in response.url or response.status >= 300:
            return
        body = response.body()
        sizes.append(min(len(body), len(gzip.compress(body, 6))))

    page.on("response", take)
    page.goto(url, wait_until="networkidle")
    page.remove_listener("response", take)
    return sum(sizes)


def test_no_page_is_heavier_than_its_desk_can_wait_for(people, city, cases):
    heavy = {}
    for who in PAGES:
        for path in paths_of(who, cases):
            if path.startswith("/o/stats"):  # its charts are its own matter
                continue
            page = people.staff(who)
            weight = weight_of(page, city.url + path)
            page.context.close()
            if weight > MOST[who]:
                heavy[f"{who} {path}"] = round(weight / KIB)
    assert heavy == {}
