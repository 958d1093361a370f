"""A GeoJSON FeatureCollection read piece by piece: one feature in memory at a time, any order.

Pure. Built on the standard decoder, which reads one value at a position and says where it ends.
"""

import codecs
import json
from collections.abc import Iterable, Iterator

from civicprobe.errors import Invalid, TooLarge

MAX_BYTES = 2_000_000_000
MAX_FEATURES = 1_000_000
MAX_FEATURE_CHARS = 64_000_000
_SPACE = " \t\n\r"
_IN_NUMBERS = "0123456789.eE+-"
_TAIL = 100_000
_DECODER = json.JSONDecoder()


class Collection:
    """Iterate over `features()` to the end; then `members` holds what else the file says.

    Raises Invalid `map_file_not_json` (naming the feature it came to), `map_file_without_features`
    or `map_file_not_feature_collection`, and TooLarge `map_file_too_large`.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        """Chunks of UTF-8, of any size."""
        self.members: dict[str, object] = {}
        self.count = 0
        self._text = _Text(chunks)

    def features(self) -> Iterator[object]:
        """The members of `features`, as they come; what follows them is read when they are done."""
        try:
            yield from self._document()
        except (ValueError, RecursionError):
            raise Invalid("map_file_not_json", feature=self.count) from None
        if self.members.get("type") != "FeatureCollection":
            raise Invalid("map_file_not_feature_collection")
        if not self.count:
            raise Invalid("map_file_without_features")

    def _document(self) -> Iterator[object]:
        text = self._text
        if text.peek() != "{":
            text.value()
            raise Invalid("map_file_not_feature_collection")
        for _ in text.items("{", "}"):
            name = text.value()
            text.take(":")
            if name == "features" and text.peek() == "[":
                for _ in text.items("[", "]"):
                    if self.count >= MAX_FEATURES:
                        raise TooLarge("map_file_too_large", most=MAX_FEATURES)
                    yield text.value()
                    self.count += 1
            else:
                self.members[str(name)] = text.value()
        if text.peek():
            raise ValueError("more after the end")


class _Text:
    """What was read and not yet taken of a stream; every position is at most one value ahead."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._text, self._at, self._bytes = "", 0, 0

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def take(self, wanted: str) -> None:
        """Go past this character; raises ValueError when another comes."""
        if self.peek() != wanted:
            raise ValueError(f"{wanted} is missing")
        self._at += 1

    def items(self, opening: str, closing: str) -> Iterator[None]:
        """Once for each item of a list or object; the caller takes the item."""
        self.take(opening)
        if self.peek() != closing:
            yield
            while self.peek() == ",":
                self._at += 1
                yield
        self.take(closing)

    def value(self) -> object:
        """The next whole value; more is read, twice as much each time, until it is whole."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as fault:
                # Cut short, or wrong: what is wrong far from the end stays wrong.
                if fault.pos < len(self._text) - _TAIL or not self._more(len(self._text)):
                    raise
                continue
            # A number may go on in what is not yet read: `1`, `.5`; no more than `e+` is left then.
            whole = len(self._text) - end > 2 or self._text[end:].strip(_IN_NUMBERS)
            if whole or not self._more():
                self._at = end
                return value

    def _more(self, least: int = 0) -> bool:
        """Read on, by so many characters if there are; False at the end of the stream."""
        if len(self._text) - self._at > MAX_FEATURE_CHARS:
            raise TooLarge("map_file_too_large", most=MAX_FEATURE_CHARS)
        pieces, had = [self._text[self._at :]], 0
        ended = False
        while had <= least and not ended:
            chunk = next(self._chunks, b"")
            self._bytes += len(chunk)
            if self._bytes > MAX_BYTES:
                raise TooLarge("map_file_too_large", most=MAX_BYTES)
            ended = not chunk
            pieces.append(self._decode(chunk, ended))
            had += len(pieces[-1])
        self._text, self._at = "".join(pieces), 0
        return had > 0
