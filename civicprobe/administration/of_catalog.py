"""The register of categories; how every table of the catalogue is a file as well."""

from collections.abc import Callable, Sequence

from flask_babel import gettext, lazy_pgettext, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from civicprobe.administration.register import (
    Ask,
    Choices,
    Field,
    File,
    Line,
    Register,
    Said,
    Values,
)
from civicprobe.catalog import tables
from civicprobe.catalog.csv_file import Row, write_table
from civicprobe.catalog.models import Category, Unit
from civicprobe.errors import Conflict, Invalid, NotFound
from civicprobe.web.locale import locale

ICONS = (
    *("cover", "road", "passage", "rubbish", "wire", "light", "parking", "water", "tree", "fire"),
    *("other", "tool", "warn", "person", "home"),
)


def is_city(ask: Ask) -> bool:
    """Whether what holds for the whole city is theirs to set."""
    return ask.is_city


def table_file(
    columns: Sequence[str],
    rows: Callable[[Ask], Sequence[Row]],
    take: Callable[..., int],
) -> File:
    """A table of the catalogue as CSV."""

    def read(ask: Ask, data: bytes, _values: Values) -> Said:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise Invalid("table_malformed", missing="UTF-8") from None
        changed = take(ask.session, text, by=ask.by, now=ask.now)
        return Said(ngettext("已导入，%(num)d 处有变化", "已导入，%(num)d 处有变化", changed))

    def write(ask: Ask) -> bytes:
        return write_table(columns, rows(ask)).encode("utf-8-sig")

    return File(read, _l("先下载现在的表，改好再传上来；有一行不对，整张表都不导入。"), write)


# Categories


def name_of(row: Category | Unit) -> str:
    """In the language of the page."""
    return row.name_en if locale() == "en" else row.name_zh


def unit_choices(ask: Ask) -> Choices:
    """Code and name of each active unit."""
    units = ask.session.scalars(select(Unit).where(Unit.active).order_by(Unit.code))
    return [(unit.code, f"{name_of(unit)}（{unit.code}）") for unit in units]


def category_choices(ask: Ask) -> Choices:
    """Code and name of each category, in the riders' order."""
    return [(row.code, name_of(row)) for row in _categories(ask)]


def _categories(ask: Ask) -> Sequence[Category]:
    return ask.session.scalars(select(Category).order_by(Category.rank, Category.code)).all()


def _codes(ask: Ask) -> dict[int, str]:
    rows = ask.session.execute(select(Unit.id, Unit.code))
    return {row.id: row.code for row in rows}


def _category_rows(ask: Ask) -> list[Row]:
    codes = _codes(ask)
    return [tables.category_row(row, codes) for row in _categories(ask)]


def _category_lines(ask: Ask, _named: str, _first: int) -> list[Line]:
    codes = _codes(ask)
    flags = {
        "emergency": gettext("紧急"),
        "self_service": gettext("网格员可自办"),
        "plates_matter": gettext("要看车牌"),
    }
    lines = []
    for row in sorted(_categories(ask), key=lambda row: row.major):
        said = [words for name, words in flags.items() if getattr(row, name)]
        unit = codes.get(row.default_unit_id or 0, "–")
        off = None if row.active else ("plain", gettext("已停用"))
        cells = (row.major, name_of(row), row.code, "、".join(said), unit, row.source)
        lines.append(Line(row.code, cells, off))
    return lines


def _find_category(ask: Ask, key: str) -> Values:
    row = ask.session.get(Category, key)
    if row is None:
        raise NotFound("no_such_page")
    return tables.category_row(row, _codes(ask))


def _save_category(ask: Ask, key: str | None, values: Values) -> tuple[str, Said]:
    code = key or values["code"]
    kept = ask.session.get(Category, code)
    if key is None and kept is not None:
        raise Conflict("category_taken", category=code)
    last = ask.session.scalar(select(func.max(Category.rank))) or 0
    rank = values["rank"] or str(kept.rank if kept else last + 1)
    row = {**values, "code": code, "rank": rank}
    tables.set_categories(ask.session, [row], by=ask.by, now=ask.now)
    return code, Said(gettext("类别 %(name)s 已保存", name=values["name_zh"]))


def _tick(name: str, label: object, value: str = "") -> Field:
    return Field(name, label, "tick", value=value)


CATEGORIES = Register(
    key="categories",
    icon="list",
    title=lazy_pgettext("register", "类别"),
    help=_l("骑手和网格员选的隐患类别：大类、小类两级，各市编号不同，可整表导入。"),
    columns=(_l("大类"), _l("名称"), _l("编码"), _l("特点"), _l("默认承办单位"), _l("来源")),
    lines=_category_lines,
    find=_find_category,
    audit="category.",
    fields=(
        Field("code", _l("编码"), most=32, required=True, fixed=True, hint=_l("本市的小类编号。")),
        Field("name_zh", _l("中文名"), most=32, required=True),
        Field("name_en", _l("英文名"), most=48, required=True),
        Field(
            "major",
            _l("大类"),
            "list",
            32,
            required=True,
            choices=lambda ask: [(m, m) for m in sorted({r.major for r in _categories(ask)})],
        ),
        Field(
            "icon",
            _l("图标"),
            "select",
            choices=lambda _ask: [(n, n) for n in ICONS],
            value="other",
        ),
        Field("source", _l("来源（哪个标准、哪个文件）"), required=True),
        Field("default_unit", _l("默认承办单位"), "select", choices=unit_choices),
        Field("rank", _l("在列表中的位置"), "number", 4, hint=_l("小的在前；不填就放最后。")),
        _tick("emergency", _l("一报就是紧急")),
        _tick("self_service", _l("网格员可以当场自己办")),
        _tick("plates_matter", _l("与车辆有关，街道和承办单位要看车牌")),
        _tick("active", _l("启用"), "1"),
    ),
    save=_save_category,
    file=table_file(tables.CATEGORIES, _category_rows, tables.import_categories),
    may_change=is_city,
    also=lambda _ask, key: [(f"/o/admin/limits?named={key}", gettext("这一类的时限"))],
)
