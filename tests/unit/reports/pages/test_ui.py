"""The page of parts: there for developers, nowhere else; and the words of the time that is left."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from civicprobe.reports.pages.time_left import left
from civicprobe.web.parts import KEY

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_parts_are_shown_where_pages_are_developed_and_nowhere_else(town):
    desk = town.staff("street")
    assert desk.get("/o/ui").status_code == 404
    kept = town.app.extensions[KEY]
    town.app.extensions[KEY] = replace(kept, settings=replace(kept.settings, development=True))
    assert "btn-stop" in desk.get("/o/ui").text
    assert town.staff("member").get("/o/ui").status_code == 403


@pytest.mark.parametrize(
    ("left_s", "words", "kind"),
    [
        (10 * 86_400, "剩 10 天", "ok"),
        (47 * 3600, "剩 47 小时", "soon"),
        (119 * 60, "剩 119 分钟", "soon"),
        (0, "超时 0 分钟", "late"),
        (-59, "超时 0 分钟", "late"),
        (-3 * 3600, "超时 3 小时", "late"),
        (-30 * 86_400, "超时 30 天", "late"),
    ],
)
def test_what_is_left_is_told_in_the_largest_unit_that_is_two_or_more(town, left_s, words, kind):
    with town.app.test_request_context(headers={"Accept-Language": "zh"}):
        found = left(NOON + timedelta(seconds=left_s), NOON - timedelta(days=10), now=NOON)
    assert (found.words, found.kind) == (words, kind)
    assert 0 <= found.used <= 1
