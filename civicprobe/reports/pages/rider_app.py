"""What makes the rider's pages an app: script modules, the service worker, the manifest."""

import json
from pathlib import Path

from flask import Response, current_app, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext

from civicprobe.accounts.identity import public
from civicprobe.errors import NotFound
from civicprobe.reports.pages.parts import asset, pages
from civicprobe.web.modules import Modules, read_modules
from civicprobe.web.parts import parts

FOR_GOOD = "public, max-age=31536000, immutable"
WORKER = "worker.js"
# What every page of the rider starts with; the rest is loaded when it is wanted.
FIRST = (
    "words.js",
    "tempo.js",
    "idb.js",
    "store.js",
    "send.js",
    "picture.js",
    "queue.js",
    "keep.js",
    "receipt.js",
    "place.js",
    "guess.js",
    "events.js",
    "snap.js",
    "strip.js",
)

blueprint = pages("pages_rider_app")


@blueprint.get("/r/app/<version>/<name>")
@public
def module(version: str, name: str) -> Response:
    """A script module; under another version than today's it may change at any time."""
    modules = _modules()
    if name not in modules.plain:
        raise NotFound("no_such_page")
    answer = _script(modules, name)
    answer.headers["Cache-Control"] = FOR_GOOD if version == modules.version else "no-store"
    return answer


@blueprint.get("/r/sw.js")
@public
def worker() -> Response:
    """The service worker: an extra that opens the pages without a network."""
    answer = _script(_modules(), WORKER)
    answer.headers["Service-Worker-Allowed"] = "/r"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.get("/r/manifest.webmanifest")
@public
def manifest() -> Response:
    """How the pages are installed on a home screen."""
    mark = {"src": asset("img/mark.svg"), "type": "image/svg+xml", "sizes": "any"}
    told = {
        "id": "/r",
        "name": gettext("随手拍"),
        "short_name": gettext("随手拍"),
        "description": gettext("看到隐患，拍给街道"),
        "start_url": "/r?go=1",
        "scope": "/r",
        "display": "standalone",
        "background_color": "#f4f5f7",
        "theme_color": "#ffd100",
        "icons": [mark | {"purpose": "any"}, mark | {"purpose": "maskable"}],
        "shortcuts": [
            {"name": gettext("拍隐患"), "url": "/r?go=1"},
            {"name": gettext("我的上报"), "url": "/r/mine"},
        ],
    }
    text = json.dumps(told, ensure_ascii=False)
    answer = Response(text, mimetype="application/manifest+json")
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer


def module_url(name: str) -> str:
    """The address of a script module, which changes with any of them."""
    return url_for("pages_rider_app.module", version=_modules().version, name=name)


def _modules() -> Modules:
    static = Path(current_app.static_folder or "static")
    idb = static / "vendor" / "idb" / "build" / "index.js"
    return read_modules(static / "js" / "rider", also={"idb.js": idb})


def _script(modules: Modules, name: str) -> Response:
    """The module, compressed where that is understood."""
    packed = request.accept_encodings["gzip"] > 0
    answer = Response(
        (modules.packed if packed else modules.plain)[name], mimetype="text/javascript"
    )
    if packed:
        answer.headers["Content-Encoding"] = "gzip"
    answer.vary.add("Accept-Encoding")
    return answer


def _give_modules(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(
        module_url=module_url,
        first_modules=FIRST,
        counted=lambda: parts().settings.client_steps,
    )


blueprint.record(_give_modules)
