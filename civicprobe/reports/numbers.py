"""The report's public number, made from its row's id and back: no column, no table, no secret.

Pure. An affine permutation scatters the ids, so that numbers tell neither order nor volume at a
glance; the last digit is a check (ISO 7064 MOD 11,10). Digits only after the C: easy to say.
"""

import re
import unicodedata

from civicprobe.errors import Invalid

_BLOCK = 10**8
_FACTOR = 61_803_399  # coprime to ten, so that multiplying permutes the eight digits
_SHIFT = 27_182_818
_INVERSE = pow(_FACTOR, -1, _BLOCK)
_MOST_ID = 10**18
_LONGEST_TEXT = 40
_SHAPE = re.compile(r"C(?:[1-9][0-9]{0,9})?[0-9]{9}")


def number_of(row_id: int) -> str:
    """The number of a row, such as `C4832-9160-5`.

    Eight digits hold 100 million reports. From there on the same eight digits follow the count of
    full hundred millions: `C1-4832-9160-5`. Raises ValueError for what is no row id.
    """
    if not 1 <= row_id < _MOST_ID:
        raise ValueError(f"no row id: {row_id}")
    block, within = divmod(row_id, _BLOCK)
    digits = f"{(within * _FACTOR + _SHIFT) % _BLOCK:08d}"
    lead = str(block) if block else ""
    check = _check_digit(lead + digits)
    return f"C{lead}{'-' if lead else ''}{digits[:4]}-{digits[4:]}-{check}"


def row_id_of(text: str) -> int:
    """The row id of a number as people write it: any case, dashes, spaces, full-width digits.

    Raises Invalid `number_malformed` for another form or a wrong check digit.
    """
    plain = _plain(text) if len(text) <= _LONGEST_TEXT else ""
    if not _SHAPE.fullmatch(plain):
        raise Invalid("number_malformed")
    body, check = plain[1:-1], int(plain[-1])
    block = int(body[:-8] or "0")
    row_id = block * _BLOCK + (int(body[-8:]) - _SHIFT) * _INVERSE % _BLOCK
    if check != _check_digit(body) or not 1 <= row_id < _MOST_ID:
        raise Invalid("number_malformed")
    return row_id


def _plain(text: str) -> str:
    """Upper case without spaces and dashes of any kind; full-width forms become plain ones."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c) != "Pd")


def _check_digit(digits: str) -> int:
    """ISO 7064 MOD 11,10: finds every wrong digit, and nearly every swap of two neighbours."""
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return (11 - product) % 10


def is_number(text: str) -> bool:
    """Whether this is a public number, however it was typed."""
    try:
        row_id_of(text)
    except Invalid:
        return False
    return True
