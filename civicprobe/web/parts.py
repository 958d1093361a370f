"""What every request may reach for: the settings and the photo storage of this app."""

from dataclasses import dataclass

from flask import Flask, current_app

from civicprobe.settings import Settings
from civicprobe.storage import Storage

KEY = "civicprobe"


@dataclass(frozen=True)
class Parts:
    """The parts of one app, made by `create_app`."""

    settings: Settings
    storage: Storage


def install(app: Flask, parts: Parts) -> None:
    """Give the app its parts."""
    app.extensions[KEY] = parts


def parts() -> Parts:
    """The parts of the app that serves this request or task."""
    found: Parts = current_app.extensions[KEY]
    return found
