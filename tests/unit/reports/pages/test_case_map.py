"""The case desk's map: the list that the URL asks for, and nobody else's."""

import re

from civicprobe.grid.coords import Point

from .conftest import HERE

NEAR = Point(HERE.lat + 0.00001, HERE.lon)


def bubbles(page):
    """How many each bubble stands for, and where it leads."""
    found = re.findall(r'class="bubble is-\w+" href="([^"]+)"[^>]*aria-label="(\d+) 件', page.text)
    return [(int(n), href.replace("&amp;", "&")) for href, n in found]


def test_one_case_leads_to_its_preview_and_close_ones_are_one(town):
    number = town.report(town.rider())
    desk = town.staff("street")
    [(n, href)] = bubbles(desk.get("/o/map?view=with_members"))
    assert (n, href) == (1, f"/o?view=with_members&open={number}")
    assert number in desk.get(href).text
    other = town.report(town.rider(), at=NEAR)
    [(n, href)] = bubbles(desk.get("/o/map?view=with_members"))
    assert n == 2
    while "/o/map" in href:  # nearer, until they lie at one place
        [(n, href)] = bubbles(desk.get(href))
    listed = desk.get(href).text
    assert number in listed
    assert other in listed


def test_it_is_the_very_list(town):
    town.report(town.rider())
    desk = town.staff("street")
    for query, n in (("", 0), ("view=open", 1), ("view=open&text=nothing", 0)):
        assert len(bubbles(desk.get(f"/o/map?{query}"))) == n, query
    for path in ("/o/map?view=nothing", "/o/map?near=x"):
        assert desk.get(path).status_code == 400, path
    assert desk.get("/o/map?see=30.6,104.0&span=0").status_code == 422
    for who in ("member", "unit"):
        assert town.staff(who).get("/o/map").status_code == 403


def test_another_window_comes_alone_and_with_a_tag(town):
    town.report(town.rider())
    desk = town.staff("street")
    asked = "/o/map/cases?view=open&see=10,100&span=500"
    answer = desk.get(asked)
    assert bubbles(answer) == []
    assert "<html" not in answer.text
    assert desk.get(asked, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
