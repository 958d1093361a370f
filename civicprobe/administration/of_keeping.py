"""The register of how long what is kept after a case is closed."""

from flask_babel import gettext, lazy_pgettext, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from civicprobe.administration.register import (
    Ask,
    Field,
    Line,
    Register,
    Said,
    Values,
)
from civicprobe.audit import record_change
from civicprobe.errors import NotFound
from civicprobe.reports.lifecycle.table import Outcome
from civicprobe.reports.lifecycle.word_codes import word
from civicprobe.reports.models_keeping import Retention
from civicprobe.reports.pages.parts import exact_moment
from civicprobe.reports.services.keeping import What, load_default_retention, set_retention


def _key(what: str, outcome: str | None) -> str:
    return f"{what}:{outcome or ''}"


def _rows(ask: Ask) -> list[Retention]:
    wanted = select(Retention).where(Retention.until.is_(None))
    return list(ask.session.scalars(wanted.order_by(Retention.what, Retention.outcome)))


def _lines(ask: Ask, _named: str, _first: int) -> list[Line]:
    return [
        Line(
            _key(row.what, row.outcome),
            (
                word("kept", row.what),
                word("outcome", row.outcome) if row.outcome else gettext("其他结果"),
                ngettext("%(num)d 天", "%(num)d 天", row.days),
                row.source,
                exact_moment(row.since),
            ),
        )
        for row in _rows(ask)
    ]


def _find(ask: Ask, key: str) -> Values:
    found = next((row for row in _rows(ask) if _key(row.what, row.outcome) == key), None)
    if found is None:
        raise NotFound("no_such_page")
    said = {"days": str(found.days), "source": found.source}
    return {"what": found.what, "outcome": found.outcome or "", **said}


def _save(ask: Ask, key: str | None, values: Values) -> tuple[str, Said]:
    load_default_retention(ask.session, ask.now)
    what, outcome = key.split(":") if key else (values["what"], values["outcome"])
    made = _key(what, outcome)
    kept = next((row for row in _rows(ask) if _key(row.what, row.outcome) == made), None)
    before = {"days": kept.days, "source": kept.source} if kept else {}
    after = {"days": int(values["days"]), "source": values["source"]}
    if record_change(ask.session, "retention.set", made, before, after, by=ask.by, now=ask.now):
        set_retention(
            ask.session,
            What(what),
            int(values["days"]),
            outcome=Outcome(outcome) if outcome else None,
            source=values["source"],
            now=ask.now,
        )
    return made, Said(gettext("保存期限已保存，今晚起按它办"))


RETENTION = Register(
    key="retention",
    icon="cross",
    title=lazy_pgettext("register", "保存期限"),
    help=_l("结案后各样东西留多久，到期自动删，留一条删除记录；诉讼等要留的，用 civicprobe hold。"),
    columns=(_l("什么"), _l("哪种结果"), _l("留多久"), _l("来源"), _l("起于")),
    lines=_lines,
    find=_find,
    audit="retention.",
    fields=(
        Field(
            "what",
            _l("什么"),
            "select",
            required=True,
            fixed=True,
            choices=lambda _ask: [(w.value, word("kept", w.value)) for w in What],
        ),
        Field(
            "outcome",
            _l("哪种结果"),
            "select",
            fixed=True,
            hint=_l("不选就是其他各种结果。"),
            choices=lambda _ask: [(o.value, word("outcome", o.value)) for o in Outcome],
        ),
        Field("days", _l("结案后留几天"), "number", 5, required=True),
        Field("source", _l("来源（哪个标准、哪个文件）"), required=True),
    ),
    save=_save,
    may_change=lambda ask: ask.is_city,
)
