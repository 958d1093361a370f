"""What a storage promises, whatever lies beneath it: bytes under the SHA-256 of their content."""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from civicprobe.errors import Fault

DIGEST = re.compile(r"[0-9a-f]{64}")
KEY = re.compile(r"([0-9a-f]{2})/([0-9a-f]{2})/(\1\2[0-9a-f]{60})")


class StorageDown(Fault):
    """The folder or bucket cannot be used now: full, read-only, unreachable, or wrongly named."""

    status = 503


class Damaged(Fault):
    """Bytes are there and are not what was stored."""

    status = 500


@dataclass(frozen=True)
class Stored:
    """What the nightly sweep needs to know of one object; `stored_at` is its last `put`."""

    digest: str
    size_bytes: int
    stored_at: datetime


class Storage(ABC):
    """Bytes under their hash. Every method raises `StorageDown` when the place cannot be used.

    All are safe from several threads and processes at once; open one after a fork, not before.
    """

    def put(self, data: bytes) -> str:
        """Keep the bytes, durably, and return their SHA-256 in hex; the same again costs no space.

        The same again counts as stored now, so that a sweep going on leaves it alone, and mends a
        damaged object.
        """
        digest = hashlib.sha256(data).hexdigest()
        self._write(digest, data)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes. Raises `NotFound` (photo_bytes_gone) and, if the hash differs, `Damaged`."""
        data = self._read(digest)
        if hashlib.sha256(data).hexdigest() != digest:
            raise Damaged("photo_bytes_damaged", digest=digest)
        return data

    @abstractmethod
    def has(self, digest: str) -> bool:
        """Whether there is an object of that hash; it is not read."""

    @abstractmethod
    def delete(self, digest: str, older_than: datetime | None = None) -> bool:
        """Remove the object, unless it was `put` at or after `older_than`; whether one went."""

    @abstractmethod
    def digests(self) -> Iterator[Stored]:
        """Every object, in no order that may be relied on."""

    @abstractmethod
    def check(self) -> None:
        """Raise `StorageDown` unless a photo could be stored now; cheap enough for each probe."""

    @abstractmethod
    def sweep_temporary(self, older_than: datetime) -> int:
        """Remove what processes killed in the middle of a `put` left before then; how many."""

    @abstractmethod
    def _write(self, digest: str, data: bytes) -> None: ...

    @abstractmethod
    def _read(self, digest: str) -> bytes: ...


def key_of(digest: str) -> str:
    """Where an object lies: `ab/cd/abcd…`. Raises ValueError for what is no digest."""
    if not DIGEST.fullmatch(digest):
        raise ValueError("not a SHA-256 in lower-case hex")
    return f"{digest[:2]}/{digest[2:4]}/{digest}"
