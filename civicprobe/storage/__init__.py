"""Photo bytes by the SHA-256 of their content, in a folder or an S3 bucket.

Who owns bytes, and so when they go, is said by rows; nothing here knows of reports or photos.
"""

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from civicprobe.storage.bucket import Bucket, s3_store
from civicprobe.storage.content import Damaged, Storage, StorageDown, Stored
from civicprobe.storage.folder import Folder

__all__ = ["Bucket", "Damaged", "Folder", "Storage", "StorageDown", "Stored", "open_storage"]


def open_storage(url: str) -> Storage:
    """The storage of `file:///folder` or `s3://bucket[/prefix][?endpoint=…&region=…]`.

    Touches neither disk nor network. S3 keys, region and endpoint come from the usual `AWS_…`
    environment; only the last two may stand in the URL, which is shown in places keys must not
    be. Plain http is used only if the endpoint says so. Raises ValueError for any other URL.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and len(parts.path) > 1:
        return Folder(Path(unquote(parts.path)))
    if parts.scheme != "s3" or not parts.netloc:
        raise ValueError("storage must be file:///folder or s3://bucket")
    options = dict(parse_qsl(parts.query))
    if unknown := options.keys() - {"endpoint", "region"}:
        raise ValueError(f"storage takes no option {', '.join(sorted(unknown))}")
    return Bucket(s3_store(parts.netloc, parts.path.strip("/"), options))
