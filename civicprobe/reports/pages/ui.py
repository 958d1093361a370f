"""Every part of the pages in every state, to look at while developing; off where a city runs it."""

from dataclasses import dataclass
from datetime import timedelta

from flask import render_template

from civicprobe.accounts.identity import requires
from civicprobe.accounts.roles import Role
from civicprobe.db import utc_now
from civicprobe.errors import NotFound
from civicprobe.reports.lifecycle.table import Outcome, State
from civicprobe.reports.pages.parts import pages
from civicprobe.web.parts import parts

blueprint = pages("pages_ui")

KINDS = ("plain", "info", "good", "warn", "bad")
_SHARES = (0.1, 0.8, 1.2, 4.0)  # of an eight-hour limit


@dataclass(frozen=True)
class SampleForm:
    """A form as it is shown again with one field at fault and one as typed."""

    title: str
    fields: dict[str, str]
    kept_photos: tuple[str, ...] = ("00000000-0000-0000-0000-000000000000",)
    faults: bool = True

    def value(self, name: str, default: object = "") -> str:
        """What was typed."""
        return str(default)


@blueprint.get("/o/ui")
@requires(Role.OFFICE, Role.ADMIN)
def every_part() -> str:
    """The page of parts; raises NotFound unless the setting `development` is on."""
    if not parts().settings.development:
        raise NotFound("no_such_page")
    now = utc_now()
    limits = [(now - timedelta(hours=8 * share), share) for share in _SHARES]
    return render_template(
        "office/ui.html",
        here="ui",
        kinds=KINDS,
        states=list(State),
        outcomes=list(Outcome),
        limits=[(since, since + timedelta(hours=8)) for since, _ in limits],
        form=None,
        refused=SampleForm("请检查下面的内容", {"sample-note": "请写几个字。"}),
    )
