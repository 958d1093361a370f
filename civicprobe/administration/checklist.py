"""What is still to be set up here, each step derived from the rows that it leaves: nobody ticks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext, ngettext
from sqlalchemy import ColumnElement, exists, func, select

from civicprobe.accounts.models import Account
from civicprobe.accounts.roles import Role
from civicprobe.administration.register import Ask
from civicprobe.audit import AuditRow
from civicprobe.catalog import defaults, limits
from civicprobe.catalog.models import Category, TimeLimit, Unit
from civicprobe.grid.areas import Level
from civicprobe.grid.models import Area, Member, MemberGrid
from civicprobe.grid.queries import codes_below, find_active
from civicprobe.outbox import OutboxRow
from civicprobe.reports.services.walk_chains import last_walk

DONE, LOOK, TODO = "done", "look", "todo"
# What waits longer than this shows that no worker runs.
IDLE = timedelta(minutes=2)


@dataclass(frozen=True)
class Step:
    """One step: its state, what it is, how it stands, where it is done."""

    name: str
    state: str
    title: str
    words: str
    url: str


def list_steps(ask: Ask) -> list[Step]:
    """The steps in their order; those that concern the whole city are shown to all."""
    return [step(ask) for step in _STEPS]


def is_set_up(ask: Ask) -> bool:
    """Whether nothing is left to do."""
    return all(step.state != TODO for step in list_steps(ask))


def _map(ask: Ask) -> Step:
    active = find_active(ask.session)
    title, url = gettext("导入并启用网格地图"), "/o/admin/editions"
    if active is None:
        words = gettext("还没有地图：先导入区县、街道、社区、一般网格、微网格，再启用。")
        return Step("map", TODO, title, words, url)
    micros = _micros(ask)
    words = ngettext(
        "%(name)s，%(num)d 个微网格", "%(name)s，%(num)d 个微网格", micros, name=active.name
    )
    return Step("map", DONE if micros else LOOK, title, words, url)


def _micros(ask: Ask, *also: ColumnElement[bool]) -> int:
    active = find_active(ask.session)
    here = (Area.edition_id == (active.id if active else 0), Area.level == Level.MICRO.value)
    wanted = select(func.count()).select_from(Area).where(*here, *also)
    if ask.top is not None:
        wanted = wanted.where(Area.code.in_(codes_below(ask.session, ask.top)))
    return ask.session.scalar(wanted) or 0


def _units(ask: Ask) -> Step:
    wanted = select(func.count()).select_from(Unit).where(Unit.active)
    if ask.top is not None:
        wanted = wanted.where(Unit.area_code.in_(codes_below(ask.session, ask.top)))
    count = ask.session.scalar(wanted) or 0
    words = ngettext("%(num)d 个单位", "%(num)d 个单位", count)
    state = DONE if count else TODO
    return Step("units", state, gettext("登记承办单位"), words, "/o/admin/units")


def _categories(ask: Ask) -> Step:
    ours = {defaults.STANDARD, defaults.EXTENDED}
    sources = ask.session.scalars(select(Category.source).where(Category.active)).all()
    starting = sum(source in ours for source in sources)
    title, url = gettext("定类别"), "/o/admin/categories"
    if not sources:
        return Step("categories", TODO, title, gettext("一个也没有。"), url)
    words = gettext(
        "%(num)d 类，其中 %(own)d 类是本市自己的。", num=len(sources), own=len(sources) - starting
    )
    return Step("categories", LOOK if starting == len(sources) else DONE, title, words, url)


def _limits(ask: Ask) -> Step:
    sources = ask.session.scalars(select(TimeLimit.source).where(TimeLimit.until.is_(None))).all()
    starting = sum(source in {limits.OURS, limits.CITY_A} for source in sources)
    title, url = gettext("定时限"), "/o/admin/limits"
    if not sources:
        return Step("limits", TODO, title, gettext("一个也没有。"), url)
    words = gettext(
        "%(num)d 条，其中 %(own)d 条写了本市的来源。", num=len(sources), own=len(sources) - starting
    )
    return Step("limits", LOOK if starting == len(sources) else DONE, title, words, url)


def _people(ask: Ask, *roles: Role) -> int:
    wanted = select(func.count()).select_from(Account)
    wanted = wanted.where(Account.active, Account.role.in_([role.value for role in roles]))
    if ask.top is not None:
        wanted = wanted.where(Account.area_code.in_(codes_below(ask.session, ask.top)))
    return ask.session.scalar(wanted) or 0


def _desks(ask: Ask) -> Step:
    """Two, because nobody decides on what is their own."""
    count = _people(ask, Role.OFFICE)
    words = ngettext(
        "%(num)d 人。每个街道至少两人：自己办的不能自己结案。",
        "%(num)d 人。每个街道至少两人：自己办的不能自己结案。",
        count,
    )
    state = DONE if count > 1 else LOOK if count else TODO
    return Step("desks", state, gettext("给值守人员建账号"), words, "/o/admin/people")


def _members(ask: Ask) -> Step:
    count = _people(ask, Role.MEMBER)
    served = exists().where(MemberGrid.area_code == Area.code)
    bare = _micros(ask, ~served)
    words = gettext(
        "%(num)d 人；%(bare)d 个微网格没有自己的网格员，由上一级接。", num=count, bare=bare
    )
    state = DONE if count else TODO
    return Step("members", state, gettext("请网格员进网入格"), words, "/o/admin/people")


def _roster(ask: Ask) -> Step:
    wanted = select(Member.windows).join(Account, Account.id == Member.account_id)
    wanted = wanted.where(Member.ended_at.is_(None), Account.active)
    if ask.top is not None:
        wanted = wanted.where(Account.area_code.in_(codes_below(ask.session, ask.top)))
    plans = [bool(windows) for windows in ask.session.scalars(wanted)]
    words = gettext("%(num)d 人排了班；没排的算随时都可以。", num=sum(plans))
    state = TODO if not plans else DONE if any(plans) else LOOK
    return Step("roster", state, gettext("排值班表"), words, "/o/roster")


def _channel(ask: Ask) -> Step:
    tested = (
        select(AuditRow.data).where(AuditRow.what == "channel.tested").order_by(AuditRow.id.desc())
    )
    rows = ask.session.scalars(tested.limit(50)).all()
    works = any(data.get("sent") for data in rows)
    words = (
        gettext("试发成功过。")
        if works
        else gettext("还没有试发成功过；不设也行，那就只有站内消息。")
    )
    return Step(
        "channel", DONE if works else LOOK, gettext("试发一条通知"), words, "/o/admin/channels"
    )


def _workers(ask: Ask) -> Step:
    """Whether the background processes run: they leave traces, and nothing waits for long."""
    title, url = gettext("后台进程在跑"), "/o/admin/work" if ask.actor.role is Role.ADMIN else ""
    stuck = select(func.count()).select_from(OutboxRow)
    stuck = stuck.where(OutboxRow.state == "waiting", OutboxRow.due_at < ask.now - IDLE)
    waiting = ask.session.scalar(stuck) or 0
    if waiting:
        words = ngettext(
            "%(num)d 项工作等了两分钟以上：请用 make worker 启动后台进程。",
            "%(num)d 项工作等了两分钟以上：请用 make worker 启动后台进程。",
            waiting,
        )
        return Step("workers", TODO, title, words, url)
    done = select(OutboxRow.id).where(OutboxRow.state == "done").limit(1)
    if last_walk(ask.session) is None and ask.session.scalar(done) is None:
        words = gettext("还没有见到：请用 make worker 启动后台进程，没有它上报不会派出去。")
        return Step("workers", TODO, title, words, url)
    return Step("workers", DONE, title, gettext("没有积压。"), url)


_STEPS: Sequence[Callable[[Ask], Step]] = (
    _workers,
    _map,
    _units,
    _categories,
    _limits,
    _desks,
    _members,
    _roster,
    _channel,
)
