"""Every page on the smallest phone and on a desk, both languages, light and dark."""

import pytest

# What a person would mind and a machine can see: text too faint, controls without a name, two
# things under one id, a page wider than the screen.
LOOK = """() => {
  const parse = (text) => {
    const part = text.match(/[\\d.]+/g).map(Number);
    return part.length < 4 ? [...part, 1] : part;
  };
  const light = (colour) => {
    const part = colour.slice(0, 3).map((v) => v / 255)
      .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  const ground = (at) => {
    for (let e = at; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour[3] > 0.99) return colour;
    }
    return [255, 255, 255, 1];
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || element.closest('svg, script, .unseen, option')) continue;
    if (!element.getBoundingClientRect().width) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground(element))];
    if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) found.add(`faint: ${text}`);
  }
  for (const control of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
    if (!control.labels.length && !control.ariaLabel) found.add(`no label: ${control.name}`);
  }
  for (const link of document.querySelectorAll('a, button')) {
    if (!link.getClientRects().length) continue;
    const named = link.textContent.trim() || link.ariaLabel || link.querySelector('img[alt]')?.alt;
    if (!named) found.add(`no name: ${link.outerHTML}`);
  }
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => found.add(`twice: ${id}`));
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.add(`too wide: ${root.scrollWidth}`);
  return [...found];
}"""

PAGES = {
    None: (
        "/r",
        "/r/words",
        "/r/mine",
        "/r/me",
        "/r/privacy",
        "/nothing-here",
        "/login",
        "/login/reset",
    ),
    "member": ("/g", "/g?view=done", "/inbox"),
    "unit": ("/h", "/h?view=handed_in"),
    "office": (
        "/o",
        "/o?view=all",
        "/o/map/locate",
        "/o/map/locate?point=nowhere",
        "/o/map/locate?point=30.8846,104.2517&radius_m=100",
        "/o/map/coverage",
    ),
}
SMALL = {"width": 320, "height": 640}
LARGE = {"width": 1280, "height": 900}


@pytest.mark.parametrize(
    ("size", "locale", "scheme"),
    [
        (SMALL, "zh-CN", "light"),
        (SMALL, "en-GB", "dark"),
        (LARGE, "zh-CN", "dark"),
        (LARGE, "en-GB", "light"),
    ],
)
def test_nothing_to_mind_on_any_page(people, city, size, locale, scheme):
    look = {"locale": locale, "color_scheme": scheme}
    minded = {}
    for who, paths in PAGES.items():
        page = people.staff(who, size, **look) if who else people.rider(viewport=size, **look)
        found = list(paths)
        for path in found:
            page.goto(city.url + path)
            if seen := page.evaluate(LOOK):
                minded[path] = seen
            card = page.locator("main .card a, main td a")
            if path.endswith(("view=done", "view=handed_in", "view=all")) and card.count():
                found.append(card.first.get_attribute("href") or "")
    assert minded == {}


def test_text_at_twice_its_size_needs_no_sideways_scrolling(people, city):
    page = people.staff("office", {"width": 360, "height": 760})
    for path in ("/o?view=all", "/o/map/locate", "/r", "/r/words", "/r/me"):
        page.goto(city.url + path)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_a_map_fills_the_width_it_has(people, city):
    page = people.staff("office", LARGE)
    for path in ("/o/map?view=open", "/o/map/locate?point=30.8846,104.2517"):
        page.goto(city.url + path)
        box = page.locator("svg.map").first.bounding_box()
        assert box["width"] > LARGE["width"] / 2, path
        moves = page.locator(".map-moves").first.bounding_box()
        assert moves["y"] + moves["height"] <= box["y"] + box["height"], path
