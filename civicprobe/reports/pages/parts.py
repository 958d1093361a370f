"""What the pages of all roles share: their blueprints with words for templates, and rendering."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from babel.dates import format_datetime
from flask import Blueprint, current_app, g, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import format_date, gettext, lazy_pgettext, ngettext

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.identity import current_actor
from civicprobe.accounts.roles import Role
from civicprobe.db import db, utc_now
from civicprobe.notices.inbox import count_unread
from civicprobe.reports.lifecycle.word_codes import word
from civicprobe.reports.pages.time_left import left
from civicprobe.web.locale import local, locale

HOMES: Mapping[Role, str] = {
    Role.RIDER: "/r",
    Role.MEMBER: "/g",
    Role.UNIT: "/h",
    Role.OFFICE: "/o",
    Role.ADMIN: "/o",
}
HOME_NAMES = {
    "/g": lazy_pgettext("home", "我的待办"),
    "/h": lazy_pgettext("home", "本单位案件"),
    "/o": lazy_pgettext("home", "案件台"),
}
_THIS_YEAR = lazy_pgettext("moment", "M月d日 HH:mm")
_ANY_YEAR = lazy_pgettext("moment", "y年M月d日 HH:mm")
_DAY = lazy_pgettext("moment", "M月d日")
_WEEKDAYS = (
    lazy_pgettext("moment", "周一"),
    lazy_pgettext("moment", "周二"),
    lazy_pgettext("moment", "周三"),
    lazy_pgettext("moment", "周四"),
    lazy_pgettext("moment", "周五"),
    lazy_pgettext("moment", "周六"),
    lazy_pgettext("moment", "周日"),
)
_versions: dict[tuple[str, int], str] = {}


def pages(name: str, prefix: str | None = None) -> Blueprint:
    """A blueprint of pages; their templates know the words, the moments and the assets."""
    blueprint = Blueprint(name, name, url_prefix=prefix)
    blueprint.record(_give_words)
    return blueprint


@dataclass(frozen=True)
class Frame:
    """What the frame around a page shows of its reader."""

    me: Actor
    unread: int
    home_url: str
    home_name: str


def frame() -> Frame:
    """Of this request's caller; raises Unauthorised where there is none."""
    actor = current_actor()
    home = HOMES.get(actor.role, "/")
    unread = count_unread(db.session(), actor)
    return Frame(actor, unread, home, str(HOME_NAMES.get(home, "")))


def moment(at: datetime) -> str:
    """How long ago within a day, else the day and the minute on the city's clock."""
    past = utc_now() - at
    if timedelta(0) <= past < timedelta(minutes=1):
        return str(gettext("刚刚"))
    if timedelta(0) <= past < timedelta(hours=1):
        return str(ngettext("%(num)d 分钟前", "%(num)d 分钟前", past.seconds // 60))
    if timedelta(0) <= past < timedelta(days=1):
        return str(ngettext("%(num)d 小时前", "%(num)d 小时前", past.seconds // 3600))
    return exact_moment(at)


def exact_moment(at: datetime | str) -> str:
    """The day and the minute on the city's clock; text is read as ISO 8601."""
    at = datetime.fromisoformat(at) if isinstance(at, str) else at
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    pattern = _THIS_YEAR if at.year == utc_now().year else _ANY_YEAR
    minute = local(at).replace(second=0, microsecond=0, tzinfo=None)
    return _written(minute, str(pattern), locale())


@lru_cache(maxsize=10_000)
def _written(minute: datetime, pattern: str, language: str) -> str:
    """Kept, since a page of a queue names a hundred and more, and the next one mostly the same."""
    return str(format_datetime(minute, pattern, locale=language))


def show_day(day: date) -> str:
    """A day without its year."""
    return str(format_date(day, str(_DAY)))


def weekday(number: int) -> str:
    """The name of a weekday, 0 being Monday."""
    return str(_WEEKDAYS[number])


def asset(name: str) -> str:
    """The address of a file under `static/`, which changes with its content."""
    known: dict[str, str] = g.setdefault("assets", {})
    if name not in known:  # looked at once a request: a page of a queue draws a hundred icons
        known[name] = url_for("static", filename=name, v=_version(name))
    return known[name]


def _version(name: str) -> str:
    path = Path(current_app.static_folder or "static") / name
    key = (str(path), path.stat().st_mtime_ns)
    if key not in _versions:
        _versions[key] = sha256(path.read_bytes()).hexdigest()[:10]
    return _versions[key]


def other_language() -> str:
    """The language this page could be read in as well, as HTML names it."""
    return "zh" if locale() == "en" else "en"


def other_language_url() -> str:
    """This page in the other language; after a form, the page that the form was on."""
    asked = {**request.args.to_dict(), "lang": other_language()}
    if request.method != "GET" or request.endpoint is None:
        return f"{request.path}?lang={other_language()}"
    return url_for(request.endpoint, **{**(request.view_args or {}), **asked})


def _give_words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(
        word=word,
        moment=moment,
        exact_moment=exact_moment,
        show_day=show_day,
        weekday=weekday,
        asset=asset,
        left=left,
        frame=frame,
        new_id=uuid4,
        other_language=other_language,
        other_language_url=other_language_url,
    )
