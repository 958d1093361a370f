"""The page beside the images: each screen, its states, what was looked at."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from scripts.screens.parts import Screen

HEAD = """# Screens, as they were looked at

Taken by `python -m scripts.screens` from a real run (server, workers, broker) with Debian's
Chromium; the tables are in `scripts/screens/`. A file is named screen, state, language, width in
CSS px, scheme, and the text's size where it is not 100 %. Tall pages are cut at 1,400 px. All of
them were looked at by eye, most side by side in reduced size, and what was found is mended; the
tool tells what is wider than its screen, and `tests/browser/test_screens.py`, `test_axe.py` and
`test_desk_axe.py` measure contrast, names and width.
"""


def write_index(folder: Path, screens: Sequence[Screen]) -> None:
    """Write README.md, and let go of images that no table names any more."""
    lines = [HEAD]
    named = set()
    for name, group in groupby(screens, key=lambda screen: screen.name):
        lines += [f"## {name}", "", "| state | what was looked at | images |", "|---|---|---|"]
        for screen in group:
            files = [screen.file(look) for look in screen.looks]
            named |= set(files)
            links = " ".join(
                f"[{look.name}]({file})"
                for look, file in zip(screen.looks, files, strict=True)
                if (folder / file).exists()
            )
            lines.append(f"| {screen.state} | {screen.note} | {links} |")
        lines.append("")
    for file in folder.glob("*.webp"):
        if file.name not in named:
            file.unlink()
    (folder / "README.md").write_text("\n".join(lines), encoding="utf-8")
