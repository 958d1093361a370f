"""Which language and clock a page speaks: `?lang=`, then the cookie, then the browser, then zh."""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.support import Translations
from flask import Flask, Response, g, request
from flask_babel import Babel, get_locale, get_translations

from civicprobe.web.parts import parts

LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
_catalogs: dict[Locale | None, Translations] = {}
COOKIE, YEAR_S = "lang", 365 * 86_400


def install(app: Flask) -> None:
    """Make the locale, and what templates need of it."""
    Babel(app, locale_selector=locale, timezone_selector=lambda: parts().settings.timezone)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda words: _catalog().ugettext(words),
        ngettext=lambda one, many, n: _catalog().ungettext(one, many, n),
        pgettext=lambda about, words: _catalog().upgettext(about, words),
        npgettext=lambda about, one, many, n: _catalog().unpgettext(about, one, many, n),
        newstyle=True,
    )
    app.jinja_env.globals.update(html_lang=html_lang)
    app.jinja_env.filters["local"] = local
    app.after_request(_remember)


def _catalog() -> Translations:
    """The catalog of the language spoken now, looked up once: Flask-Babel looks for the domain, the
    language and its name at every word, a quarter of the time that a page of a queue takes."""
    language = get_locale()
    if language not in _catalogs:
        _catalogs[language] = get_translations()
    return _catalogs[language]


def locale() -> str:
    """The language of this request, as Babel names it."""
    if "locale" not in g:
        g.locale = _asked() or _accepted() or parts().settings.default_locale
    return str(g.locale)


def html_lang() -> str:
    """The language of this request, as HTML names it."""
    return "en" if locale() == "en" else "zh-CN"


def local(moment: datetime) -> datetime:
    """A moment on the city's clock."""
    return moment.astimezone(ZoneInfo(parts().settings.timezone))


def _asked() -> str | None:
    return LOCALES.get(request.args.get("lang", "")) or LOCALES.get(request.cookies.get(COOKIE, ""))


def _accepted() -> str | None:
    found = request.accept_languages.best_match(["zh-CN", "zh", "en"])
    return LOCALES.get(found[:2]) if found else None


def _remember(response: Response) -> Response:
    asked = request.args.get("lang", "")
    if asked in LOCALES:
        secure = parts().settings.public_url.startswith("https:")
        response.set_cookie(
            COOKIE, asked, max_age=YEAR_S, samesite="Lax", httponly=True, secure=secure
        )
    if request.endpoint != "static" and "immutable" not in response.cache_control:
        response.vary.add("Accept-Language")
        response.vary.add("Cookie")
    return response
