"""The register of people: who signs in, as what, where."""

from collections.abc import Mapping

from flask_babel import LazyString, gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from civicprobe.accounts.models import Account
from civicprobe.accounts.queries import get_account
from civicprobe.accounts.roles import Role
from civicprobe.administration.of_catalog import name_of, unit_choices
from civicprobe.administration.of_units import area_choices, names_of_areas
from civicprobe.administration.register import (
    ROWS,
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
from civicprobe.catalog.models import Unit
from civicprobe.catalog.units import find_unit_by_code
from civicprobe.errors import Forbidden
from civicprobe.grid.models import Member
from civicprobe.grid.people import find_member, list_staff
from civicprobe.grid.services import staff
from civicprobe.grid.services.roster_file import export_roster, import_roster, write_csv
from civicprobe.grid.services.staff import Post

ROLES: Mapping[Role, LazyString] = {
    Role.MEMBER: lazy_pgettext("role", "网格员"),
    Role.UNIT: lazy_pgettext("role", "承办单位"),
    Role.OFFICE: lazy_pgettext("role", "值守人员"),
    Role.ADMIN: lazy_pgettext("role", "管理员"),
}

# People


def _roles(ask: Ask) -> Choices:
    roles = list(ROLES) if ask.actor.role is Role.ADMIN else list(ROLES)[:3]
    return [(role.value, str(ROLES[role])) for role in roles]


def _people_lines(ask: Ask, named: str, first: int) -> list[Line]:
    found = list_staff(
        ask.session, ask.actor, ask.settings.city_code, named=named, first=first, limit=ROWS + 1
    )
    places = names_of_areas(ask, [account.area_code for account, _ in found])
    units = {unit.id: name_of(unit) for unit in ask.session.scalars(select(Unit))}
    lines = []
    for account, member in found:
        alias = member.alias if member else units.get(account.unit_id or 0, "–")
        code = account.area_code or ""
        cells = (account.username, ROLES[Role(account.role)], alias, places.get(code, "–"), code)
        lines.append(
            Line(account.username, [str(cell) for cell in cells], _standing(account, member))
        )
    return lines


def _standing(account: Account, member: Member | None) -> tuple[str, str] | None:
    if member is not None and member.ended_at is not None:
        return "plain", str(gettext("已出格"))
    if not account.active or (member is not None and member.suspended_at is not None):
        return "warn", str(gettext("已停用"))
    if account.password is None:
        return "info", str(gettext("还没有设密码"))
    return None


def _find_person(ask: Ask, key: str) -> Values:
    account = staff.get_below(ask.session, key, by=ask.desk)
    member = find_member(ask.session, account.id)
    unit = ask.session.get(Unit, account.unit_id) if account.unit_id else None
    standing = _standing(account, member)
    return {
        "username": account.username,
        "role": account.role,
        "area": account.area_code or "",
        "unit": unit.code if unit else "",
        "alias": member.alias if member else "",
        "off": "1" if standing and standing[0] == "warn" else "",
        "gone": "1" if standing and standing[0] == "plain" else "",
    }


def _save_person(ask: Ask, key: str | None, values: Values) -> tuple[str, Said]:
    unit = find_unit_by_code(ask.session, values["unit"]) if values["unit"] else None
    post = Post(Role(values["role"]), values["area"], unit.id if unit else None)
    if key is None:
        account, code = staff.hire(
            ask.session, values["username"], post, values["alias"], by=ask.desk
        )
        return account.username, _invited(account.username, code)
    staff.move(ask.session, key, post, by=ask.desk)
    return key, Said(gettext("%(name)s 已改，手上的待办会转给别人", name=key))


def _invited(name: str, code: str) -> Said:
    words = gettext(
        "给 %(name)s 的一次性代码，只显示这一次，24 小时内有效。本人到 /login/reset 设密码：",
        name=name,
    )
    return Said(words, secret=code)


def _give_code(ask: Ask, key: str) -> Said:
    return _invited(key, staff.give_code(ask.session, key, by=ask.desk))


def _suspend(ask: Ask, key: str) -> Said:
    staff.suspend(ask.session, key, by=ask.desk)
    return Said(gettext("%(name)s 已停用，手上的待办会转给别人", name=key))


def _reinstate(ask: Ask, key: str) -> Said:
    staff.reinstate(ask.session, key, by=ask.desk)
    return Said(gettext("%(name)s 已恢复", name=key))


def _read_roster(ask: Ask, data: bytes, _values: Values) -> Said:
    if not ask.is_city:
        raise Forbidden("forbidden", role=ask.actor.role.value)
    found = import_roster(ask.session, data, now=ask.now)
    return Said(
        gettext("新建 %(made)d 位网格员，改了 %(num)d 位", made=found.made, num=found.changed)
    )


def _write_roster(ask: Ask) -> bytes:
    return write_csv(export_roster(ask.session, ask.top, ask.settings.city_code))


def _in_the_grid(ask: Ask, key: str) -> list[tuple[str, str]]:
    account = get_account(ask.session, key)
    if account.role != Role.MEMBER.value:
        return []
    return [(f"/o/roster/{key}", str(gettext("网格、值班和请假")))]


def _may_move(_ask: Ask, values: Values) -> bool:
    return not values["gone"]


PEOPLE = Register(
    key="people",
    icon="person",
    title=lazy_pgettext("register", "人员"),
    help=_l("谁能登录、管哪里。新账号没有密码：把一次性代码告诉本人，由本人设。"),
    columns=(_l("用户名"), _l("角色"), _l("称呼或单位"), _l("地方"), _l("编码")),
    lines=_people_lines,
    find=_find_person,
    audit="person.",
    fields=(
        Field(
            "username",
            _l("用户名"),
            most=32,
            required=True,
            fixed=True,
            hint=_l("3 到 32 位小写字母、数字和 . _ -"),
        ),
        Field("role", _l("角色"), "select", required=True, choices=_roles, value="office"),
        Field(
            "area",
            _l("管哪里（区域编码）"),
            "list",
            32,
            choices=area_choices,
            hint=_l("网格员写他的网格；承办单位不用写，跟单位走。"),
        ),
        Field("unit", _l("单位（只有承办单位的人要选）"), "select", choices=unit_choices),
        Field(
            "alias",
            _l("称呼（只有网格员要写）"),
            most=20,
            fixed=True,
            hint=_l("别人看到的名字，不必是真名，如“老周”。"),
        ),
    ),
    save=_save_person,
    deeds=(
        Deed(
            "code",
            _l("给一次性代码"),
            "send",
            _give_code,
            shown=_may_move,
            warning=_l("本人用它设新密码，旧代码作废。"),
        ),
        Deed(
            "suspend",
            _l("停用"),
            "stop",
            _suspend,
            warning=_l("马上不能登录，手上的待办转给别人；以后可以恢复。"),
            shown=lambda _ask, v: not v["off"] and not v["gone"],
        ),
        Deed("reinstate", _l("恢复"), "check", _reinstate, shown=lambda _ask, v: bool(v["off"])),
    ),
    file=File(
        _read_roster,
        _l("网格员名册（CSV 或 XLSX），新建或更改网格员、网格和值班。"),
        _write_roster,
        accept=".csv,.xlsx",
    ),
    kept=lambda values: values["role"] == Role.MEMBER.value,
    searched=True,
    city_wide=False,
    also=_in_the_grid,
)
