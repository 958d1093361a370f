"""Copies the front-end packages out of `node_modules` (`make setup`): what pages use into
`static/vendor/`, what tests use into `tests/vendor/`; of a large one, the files named under
`vendor` in `package.json` alone."""

import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = {"dependencies": "static/vendor", "devDependencies": "tests/vendor"}


def main(modules: Path) -> None:
    """Replace both folders."""
    named = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    for key, folder in FOLDERS.items():
        shutil.rmtree(ROOT / folder, ignore_errors=True)
        for name in named.get(key, ()):
            copy(modules / name, ROOT / folder / name, named.get("vendor", {}).get(name))


def copy(source: Path, target: Path, files: list[str] | None) -> None:
    """A whole package, or some files of it."""
    if files is None:
        shutil.copytree(source, target)
        return
    for file in files:
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / file, target / file)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
