"""Show 3: a view's count is the length of its list, a chart's number that of the list behind it;
over every view of every desk and every number of the page, on cases in all states."""

import re
from typing import Any

from playwright.sync_api import APIRequestContext, expect

from civicprobe.db import utc_now
from civicprobe.stats.measures import Stage
from civicprobe.stats.services.roll import roll

from .stock import Stock, stock_of

COUNTED = re.compile(
    r'<a href="(/(?:o|g|h)\?view=\w+)"[^>]*>[^<]*<span class="count[^"]*">(\d+\+?)</span>'
)
BEHIND = re.compile(r'<a[^>]*href="(/o/stats/behind/[^"]+)"[^>]*>(\d+)</a>')
ROW = re.compile(r'<(?:tr|li) (?:class="card" )?id="(C[\d-]+)"')
NEXT = re.compile(r'href="([^"]+)" rel="next"')
# Every number of a chart is one of its table's, and every one of its table's columns is drawn.
DRAWN = """() => [...document.querySelectorAll('[data-chart]')].flatMap((section) => {
  const chart = echarts.getInstanceByDom(section.querySelector('.chart-in'));
  if (!chart) return [];
  const number = (cell) => {
    const n = parseFloat(cell.textContent);
    return Number.isNaN(n) ? null : n;
  };
  const rows = [...section.querySelectorAll('tbody tr')];
  const heads = [...section.querySelectorAll('thead th')];
  const columns = heads.flatMap((head, at) => ('value' in head.dataset
    ? [rows.map((row) => number(row.cells[at]))] : []));
  const series = chart.getOption().series.map(({ data }) => data);
  return JSON.stringify(series) === JSON.stringify(columns) ? [] : [section.id];
})"""


def in_all_states(stock: Stock) -> None:
    """A few cases at every step of their way."""
    numbers = stock.cards(9, category="light_out")
    stock.cards(2)
    said = {"category": "light_out", "severity": "ordinary"}
    for number in numbers[2:]:
        stock.act("member", number, "file", **said)
    for number in numbers[4:]:
        stock.act("office", number, "dispatch", unit=stock.unit_id("roads"))
    stock.act("unit", numbers[4], "accept")
    stock.act("unit", numbers[5], "return", ground="not_ours", note="不是我们的", whom="供电")
    for number in numbers[6:]:
        stock.act("unit", number, "propose", outcome="not_found", note="没有找到")
    stock.act("office", numbers[8], "send_back", reason="再看一次")
    while roll(stock.session, utc_now()):
        stock.session.commit()
    stock.session.commit()


def listed(ask: APIRequestContext, url: str, path: str) -> list[str]:
    """The numbers of a whole list, page after page."""
    found: list[str] = []
    while path:
        page = ask.get(url + path.replace("&amp;", "&")).text()
        found += ROW.findall(page)
        following = NEXT.search(page)
        path = following[1] if following and len(found) < 400 else ""
    return found


def check_views(people: Any, city: Any) -> None:
    for who, home in (("member", "/g"), ("unit", "/h"), ("office", "/o"), ("district", "/o")):
        ask = people.staff(who).request
        counts = COUNTED.findall(ask.get(city.url + home).text())
        assert counts, who
        for path, told in counts:
            n = len(listed(ask, city.url, path))
            assert told == (str(n) if n < 100 else "99+"), (who, path, told, n)


def check_charts(people: Any, city: Any) -> None:
    for who in ("office", "district"):
        page = people.staff(who)
        page.goto(f"{city.url}/o/stats?weeks=26")
        expect(page.locator("#funnel canvas")).to_be_visible()
        assert page.evaluate(DRAWN) == [], who
        numbers = BEHIND.findall(page.content())
        stages = [path for path, _ in numbers if "/behind/funnel/" in path]
        assert len(stages) >= len(Stage) - 1, "all but the satisfied: nobody has rated yet"
        assert len(numbers) > len(stages), who
        for path, told in numbers:
            behind = page.request.get(city.url + path.replace("&amp;", "&")).text()
            n = re.search(r'data-n="(\d+)"', behind)
            assert n, path
            assert n[1] == told, (who, path)
            assert len(set(ROW.findall(behind))) == min(int(told), 50), (who, path)


def test_counts_are_the_lengths_of_lists(people, city):
    with stock_of(city) as stock:
        in_all_states(stock)
    check_views(people, city)
    check_charts(people, city)
