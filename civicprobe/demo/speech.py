"""In which language a run speaks to whoever started it: the catalogs', outside of any request."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from unicodedata import east_asian_width

from flask import Flask
from flask_babel import Babel

ZH, EN = "zh_Hans_CN", "en"


def locale_of(environ: Mapping[str, str]) -> str:
    """English where the shell says so, else Chinese."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    said = next((environ[name] for name in names if environ.get(name)), "")
    return EN if said.startswith("en") else ZH


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Words of `locale` inside, by an app of Babel alone: beside any other, in any thread."""
    app = Flask("civicprobe")
    Babel(app, default_locale=locale)
    with app.app_context():
        yield


def padded(words: str, width: int) -> str:
    """Filled up to `width` columns of a terminal, where a Chinese character takes two."""
    taken = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in words)
    return words + " " * max(0, width - taken)
