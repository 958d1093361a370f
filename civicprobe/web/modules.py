"""Script modules on their way to a browser: one address for all that changes with any of them.

A module imports its neighbours by relative address, so that a version in the folder's name reaches
every one of them. There is no build step: comments and indents are left out as they are served.
"""

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

_WHOLE_LINE = re.compile(rb"^[ \t]*(?://[^\n]*|/\*\*[^\n]*\*/[ \t]*)\n", re.MULTILINE)
_BLOCK = re.compile(rb"^[ \t]*/\*\*\n(?:[ \t]*\*[^\n]*\n)+", re.MULTILINE)
_INDENT = re.compile(rb"^[ \t]+", re.MULTILINE)
_BLANK = re.compile(rb"\n\n+")


@dataclass(frozen=True)
class Modules:
    """The modules of one folder under one version; bytes as they are and compressed."""

    version: str
    plain: Mapping[str, bytes]
    packed: Mapping[str, bytes]


def read_modules(folder: Path, *, also: Mapping[str, Path]) -> Modules:
    """Every `.js` of a folder, and others by the name under which they are imported.

    Read again only when a file has changed.
    """
    files = {path.name: path for path in sorted(folder.glob("*.js"))} | dict(also)
    seen = tuple((name, path, path.stat().st_mtime_ns) for name, path in sorted(files.items()))
    return _read(seen)


@lru_cache(maxsize=4)
def _read(seen: tuple[tuple[str, Path, int], ...]) -> Modules:
    plain = {name: lean(path.read_bytes()) for name, path, _ in seen}
    whole = sha256(b"".join(name.encode() + text for name, text in plain.items())).hexdigest()
    packed = {name: gzip.compress(text, 9, mtime=0) for name, text in plain.items()}
    return Modules(whole[:10], plain, packed)


def lean(source: bytes) -> bytes:
    """A script without what only its readers need: lines of comment, indents, empty lines.

    Ours hold no text that spans lines; a test sees to that.
    """
    for pattern, instead in ((_BLOCK, b""), (_WHOLE_LINE, b""), (_INDENT, b""), (_BLANK, b"\n")):
        source = pattern.sub(instead, source)
    return source
