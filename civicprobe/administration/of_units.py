"""The register of handling units; the areas that a desk may name."""

from collections.abc import Sequence

from flask_babel import gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from civicprobe.accounts.models import Account
from civicprobe.administration.of_catalog import name_of
from civicprobe.administration.register import (
    Ask,
    Choices,
    Field,
    Line,
    Register,
    Said,
    Values,
)
from civicprobe.catalog.models import Category, Unit
from civicprobe.catalog.units import SIZES, find_unit_by_code, set_unit
from civicprobe.errors import FieldFault, Forbidden, NotFound, Unprocessable
from civicprobe.grid.models import Area
from civicprobe.grid.queries import codes_below, find_active, within
from civicprobe.grid.services import staff

MOST_AREAS = 400


def area_choices(ask: Ask) -> Choices:
    """Code and name of the areas at and below this desk, the larger first, as suggestions."""
    active = find_active(ask.session)
    wanted = select(Area.code, Area.name, Area.level).where(
        Area.edition_id == (active.id if active else 0)
    )
    if ask.top is not None:
        wanted = wanted.where(Area.code.in_(codes_below(ask.session, ask.top)))
    order = func.length(Area.code), Area.code
    rows = ask.session.execute(wanted.order_by(*order).limit(MOST_AREAS)).all()
    found = [(row.code, row.name) for row in rows]
    city = ask.settings.city_code
    return [(city, gettext("全市")), *found] if ask.top is None else found


def check_within(ask: Ask, code: str) -> None:
    """Raises Unprocessable (`area`) for an area that is none or not this desk's."""
    staff.check_area(ask.session, code, ask.settings.city_code)
    if ask.top is not None and not within(ask.session, {code}, ask.top, ask.settings.city_code):
        raise Unprocessable("incomplete", FieldFault("area", "not_below_you"))


def names_of_areas(ask: Ask, codes: Sequence[str | None]) -> dict[str, str]:
    """Code to name, as far as the active map has them."""
    active = find_active(ask.session)
    wanted = select(Area.code, Area.name).where(
        Area.edition_id == (active.id if active else 0), Area.code.in_(codes)
    )
    city = {ask.settings.city_code: str(gettext("全市"))}
    return city | {row.code: row.name for row in ask.session.execute(wanted)}


# Units


def _units(ask: Ask) -> Sequence[Unit]:
    wanted = select(Unit).order_by(Unit.code)
    if ask.top is not None:
        wanted = wanted.where(Unit.area_code.in_(codes_below(ask.session, ask.top)))
    return ask.session.scalars(wanted).all()


def _unit_lines(ask: Ask, _named: str, _first: int) -> list[Line]:
    found = _units(ask)
    places = names_of_areas(ask, [unit.area_code for unit in found])
    counted = select(Account.unit_id, func.count()).where(Account.active).group_by(Account.unit_id)
    people = {unit_id: count for unit_id, count in ask.session.execute(counted)}
    kinds: dict[int, list[str]] = {}
    for category in ask.session.scalars(select(Category).where(Category.active)):
        kinds.setdefault(category.default_unit_id or 0, []).append(name_of(category))
    return [
        Line(
            unit.code,
            (
                name_of(unit),
                unit.code,
                places.get(unit.area_code, unit.area_code),
                " ".join((unit.contact, unit.phone)).strip() or "–",
                str(people.get(unit.id, 0)),
                "、".join(kinds.get(unit.id, ())) or "–",
            ),
            None if unit.active else ("plain", str(gettext("已停用"))),
        )
        for unit in found
    ]


def _get_unit(ask: Ask, key: str) -> Unit:
    unit = find_unit_by_code(ask.session, key)
    if unit is None:
        raise NotFound("no_such_page")
    if ask.top is not None and not within(
        ask.session, {unit.area_code}, ask.top, ask.settings.city_code
    ):
        raise Forbidden("not_below_you")
    return unit


def _find_unit(ask: Ask, key: str) -> Values:
    unit = _get_unit(ask, key)
    said = {name: str(getattr(unit, name)) for name in SIZES}
    return {**said, "code": key, "area": unit.area_code, "active": "1" if unit.active else ""}


def _save_unit(ask: Ask, key: str | None, values: Values) -> tuple[str, Said]:
    unit = None if key is None else _get_unit(ask, key)
    check_within(ask, values["area"])
    row = {**values, "area_code": values["area"]}
    made = set_unit(ask.session, unit, row, by=ask.by, now=ask.now)
    return made.code, Said(gettext("%(name)s 已保存", name=made.name_zh))


UNITS = Register(
    key="units",
    icon="tool",
    title=lazy_pgettext("register", "承办单位"),
    help=_l("案件派给谁办。没有账号的单位，由值守打电话后代录。"),
    columns=(_l("名称"), _l("编码"), _l("地方"), _l("联系"), _l("账号"), _l("默认承办的类别")),
    lines=_unit_lines,
    find=_find_unit,
    audit="unit.",
    fields=(
        Field(
            "code",
            _l("编码"),
            most=32,
            required=True,
            fixed=True,
            hint=_l("小写字母、数字、- 和 _，如 roads"),
        ),
        Field("name_zh", _l("中文名"), most=64, required=True),
        Field("name_en", _l("英文名"), most=64, required=True),
        Field("area", _l("属于哪里（区域编码）"), "list", 32, required=True, choices=area_choices),
        Field("contact", _l("找谁"), most=64),
        Field("phone", _l("电话"), most=32),
        Field("active", _l("启用"), "tick", value="1"),
    ),
    save=_save_unit,
    city_wide=False,
)
