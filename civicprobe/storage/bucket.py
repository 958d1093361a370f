"""Photo bytes in an S3 bucket, through obstore."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from civicprobe.errors import NotFound
from civicprobe.storage.content import KEY, Storage, StorageDown, Stored, key_of


@dataclass(frozen=True)
class Bucket(Storage):
    """The same keys in an S3 bucket, through obstore; one PUT is atomic and durable by itself.

    A `put` always sends, also what is there: one request instead of two for nearly every photo,
    and it renews the age. `delete` has no lock: between its look and its removal lie milliseconds.
    """

    store: S3Store

    def has(self, digest: str) -> bool:
        return self._stored_at(digest) is not None

    def delete(self, digest: str, older_than: datetime | None = None) -> bool:
        stored_at = self._stored_at(digest)
        if stored_at is None or (older_than is not None and stored_at >= older_than):
            return False
        with _bucket_faults():
            obstore.delete(self.store, key_of(digest))
        return True

    def digests(self) -> Iterator[Stored]:
        with _bucket_faults():
            for batch in obstore.list(self.store):
                for item in batch:
                    if found := KEY.fullmatch(item["path"]):
                        yield Stored(found[3], item["size"], item["last_modified"])

    def check(self) -> None:
        # A HEAD of nothing answers 404 also for a bucket that is not there; a listing does not.
        with _bucket_faults():
            obstore.list_with_delimiter(self.store, "incoming/")

    def sweep_temporary(self, older_than: datetime) -> int:
        return 0  # nothing is sent in parts, so nothing is left half sent

    def _write(self, digest: str, data: bytes) -> None:
        with _bucket_faults():
            obstore.put(self.store, key_of(digest), data, use_multipart=False)

    def _read(self, digest: str) -> bytes:
        with _bucket_faults():
            try:
                return bytes(obstore.get(self.store, key_of(digest)).bytes())
            except FileNotFoundError as fault:
                if "NoSuchBucket" in str(fault):
                    raise
                raise NotFound("photo_bytes_gone", digest=digest) from None

    def _stored_at(self, digest: str) -> datetime | None:
        with _bucket_faults():
            try:
                return obstore.head(self.store, key_of(digest))["last_modified"]
            except FileNotFoundError:
                return None


def s3_store(bucket: str, prefix: str, options: dict[str, str]) -> S3Store:
    """A client of the bucket; asks nothing of the network yet."""
    names = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
    endpoint = options.get("endpoint") or next(filter(None, map(os.environ.get, names)), "")
    return S3Store.from_url(
        f"s3://{bucket}/{prefix}",
        config=options,  # type: ignore[arg-type]  # checked by our caller
        client_options={
            "allow_http": endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=3),
            "timeout": timedelta(seconds=20),
        },
        # The defaults, 10 tries within 180 s, would hold a phone's upload and a web thread.
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=20)},
    )


@contextmanager
def _bucket_faults() -> Iterator[None]:
    _not_after_fork()
    try:
        yield
    except (BaseError, OSError) as fault:
        raise StorageDown("storage_failed", reason=type(fault).__name__) from fault


_runtime: list[int] = []


def _not_after_fork() -> None:
    """Fail where obstore would hang: its threads do not come along into a forked process.

    So a bucket is first used in the child: after Celery's prefork, never before gunicorn's.
    """
    if not _runtime:
        _runtime.append(os.getpid())
    if _runtime[0] != os.getpid():
        raise StorageDown("storage_used_before_fork")
