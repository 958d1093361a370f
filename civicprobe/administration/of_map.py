"""The register of the map's editions: brought in level by level, looked at, switched on."""

from flask_babel import gettext, lazy_pgettext, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from civicprobe.administration.register import (
    Ask,
    Choices,
    Deed,
    Field,
    File,
    Line,
    Register,
    Said,
    Values,
)
from civicprobe.audit import record
from civicprobe.db import reading
from civicprobe.errors import NotFound
from civicprobe.grid.areas import TILING, Level
from civicprobe.grid.city import keep_file
from civicprobe.grid.coords import Datum
from civicprobe.grid.features import FeatureFault
from civicprobe.grid.models import ACTIVE, DRAFT, Area
from civicprobe.grid.queries import find_edition, list_editions
from civicprobe.grid.services.activate import Prepared, prepare, switch
from civicprobe.grid.services.import_areas import check_areas, keep_areas
from civicprobe.reports.lifecycle.word_codes import word
from civicprobe.reports.pages.parts import exact_moment

MOST_SAID = 50


def _states() -> dict[str, str]:
    return {DRAFT: gettext("草稿"), ACTIVE: gettext("正在用"), "retired": gettext("用过")}


def _counts(ask: Ask, edition_id: int) -> str:
    wanted = select(Area.level, func.count()).where(Area.edition_id == edition_id)
    held = {level: count for level, count in ask.session.execute(wanted.group_by(Area.level))}
    shown = [level for level in (*TILING, Level.DEDICATED) if level in held]
    return "、".join(f"{word('level', level)} {held[level]}" for level in shown) or "–"


def _lines(ask: Ask, _named: str, _first: int) -> list[Line]:
    states = _states()
    return [
        Line(
            row.name,
            (
                row.name,
                states[row.state],
                _counts(ask, row.id),
                gettext("合成的") if row.synthetic else gettext("真实的"),
                exact_moment(row.created_at),
                exact_moment(row.activated_at) if row.activated_at else "–",
            ),
            ("good", str(gettext("正在用"))) if row.state == ACTIVE else None,
        )
        for row in list_editions(ask.session)
    ]


def _find(ask: Ask, key: str) -> Values:
    edition = find_edition(ask.session, key)
    if edition is None:
        raise NotFound("no_edition", name=key)
    words = _states()[edition.state]
    held = _counts(ask, edition.id)
    return {"name": key, "state": words, "held": held, "_state": edition.state}


def _activate(ask: Ask, key: str) -> Said:
    """Look at it without keeping anybody waiting, then switch in a moment."""
    with reading():
        prepared = prepare(ask.session, key)
        keep_file(ask.session, ask.settings, prepared.edition)
        ask.session.rollback()
    found = switch(ask.session, prepared, now=ask.now)
    data = {"changed": found.changed, "micros_without_member": found.micros_without_member}
    record(ask.session, "edition.activated", account_id=ask.by, now=ask.now, subject=key, data=data)
    return Said(gettext("地图 %(name)s 已启用，十秒内各处都用它", name=key), faults=_look(prepared))


def _look(prepared: Prepared) -> list[str]:
    """What an office should know of, no fault."""
    said = []
    if prepared.undivided:
        said.append(
            gettext("没有再分网格的区县：%(codes)s", codes="、".join(prepared.undivided[:20]))
        )
    if prepared.micros_without_member:
        said.append(
            gettext("还没有自己网格员的微网格：%(num)d 个", num=prepared.micros_without_member)
        )
    said += [
        gettext(
            "规则 %(rule)d（%(scope)s）指向的已不在：%(missing)s",
            rule=rule.rule_id,
            scope=rule.scope,
            missing="、".join(rule.missing),
        )
        for rule in prepared.broken_rules
    ]
    return [str(words) for words in said]


def _read(ask: Ask, data: bytes, values: Values) -> Said:
    """One level of an edition from GeoJSON: all of it, or none and every fault named."""
    level, datum = Level(values["level"]), Datum(values["datum"])
    with reading():
        checked = check_areas(
            ask.session,
            values["edition"],
            level,
            [data],
            city_code=ask.settings.city_code,
            datum=datum,
        )
        ask.session.rollback()
    report = checked.report()
    if report.faults:
        words = ngettext(
            "有 %(num)d 处错，一个也没有导入：",
            "有 %(num)d 处错，一个也没有导入：",
            len(report.faults),
        )
        return Said(words, kind="bad", faults=[_words(flaw) for flaw in report.faults[:MOST_SAID]])
    written = keep_areas(ask.session, checked, now=ask.now)
    said = {"level": level.value, "areas": written}
    name = values["edition"]
    record(ask.session, "edition.filled", account_id=ask.by, now=ask.now, subject=name, data=said)
    words = gettext(
        "已导入 %(num)d 个%(level)s到 %(name)s",
        num=written,
        name=name,
        level=word("level", level.value),
    )
    return Said(words, faults=[_words(flaw) for flaw in report.warnings[:MOST_SAID]])


def _words(flaw: FeatureFault) -> str:
    """A line such as `12 510104001：与相邻区域重叠（size_m2 34.2）`; features count from 0."""
    named = " ".join(str(part) for part in (flaw.feature, flaw.area_code) if part is not None)
    more = ", ".join(f"{name} {value}" for name, value in flaw.params.items())
    return f"{named}：{word('feature', flaw.fault)}" + (f"（{more}）" if more else "")


def _levels(_ask: Ask) -> Choices:
    return [(level.value, word("level", level.value)) for level in (*TILING, Level.DEDICATED)]


EDITIONS = Register(
    key="editions",
    icon="map",
    title=lazy_pgettext("register", "网格地图"),
    help=_l("一版地图逐级导入，看过没错再启用；旧的留着，随时可以换回去。"),
    columns=(_l("版本"), _l("状态"), _l("区域"), _l("来历"), _l("建于"), _l("启用于")),
    lines=_lines,
    find=_find,
    audit="edition.",
    deeds=(
        Deed(
            "activate",
            _l("启用这一版地图"),
            "check",
            _activate,
            warning=_l(
                "全市马上按它派单；在办的案件仍按原来的网格，可用 civicprobe grid reroute 换过来。"
            ),
            shown=lambda _ask, v: v["_state"] != ACTIVE,
        ),
    ),
    file=File(
        _read,
        _l("GeoJSON，一次一级，从区县到微网格，各有 code、name、parent；错一处就都不导入。"),
        fields=(
            Field(
                "edition",
                _l("版本名"),
                most=64,
                required=True,
                hint=_l("新的名字就新建一版草稿，如 2027。"),
            ),
            Field("level", _l("哪一级"), "select", required=True, choices=_levels),
            Field(
                "datum",
                _l("坐标系"),
                "select",
                required=True,
                value="wgs84",
                choices=lambda _ask: [(d.value, d.value.upper()) for d in Datum],
            ),
        ),
        accept=".geojson,.json",
    ),
    may_change=lambda ask: ask.is_city,
)
