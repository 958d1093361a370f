"""axe-core on a page: what a person with a screen reader, a keyboard or weak eyes would mind."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js"
MINDED = ("serious", "critical")
RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ html, failureSummary }) => ({ id, impact, html, why: failureSummary })));
}"""


def minded(page: Page) -> list[str]:
    """The serious and critical findings on the page as it stands, a line each.

    The script goes in through the debugger: the page's own policy would refuse it.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(RUN)
    return [
        f"{one['id']} ({one['impact']}): {one['html'][:160]} – {one['why']}"
        for one in found
        if one["impact"] in MINDED
    ]
