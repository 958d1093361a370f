"""Keyset pages: a cursor is where the page before ended; it is read with suspicion."""

import base64
import binascii
import json
from datetime import UTC, datetime

from civicprobe.errors import Invalid

MAX_CURSOR = 200


def encode_cursor(at: datetime, row_id: int) -> str:
    """The cursor of the page after this row."""
    text = json.dumps([at.astimezone(UTC).isoformat(timespec="microseconds"), row_id])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(text: str | None) -> tuple[datetime, int] | None:
    """The row a cursor stands for, None for no cursor; raises Invalid `cursor_malformed`."""
    if not text:
        return None
    try:
        padded = text[:MAX_CURSOR] + "=" * (-len(text) % 4)
        at, row_id = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not isinstance(row_id, int) or abs(row_id) >= 2**63:
            raise ValueError
    except (ValueError, TypeError, binascii.Error):
        raise Invalid("cursor_malformed") from None
    return moment, row_id
