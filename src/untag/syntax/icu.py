"""Where the data of ICU stand: names of all languages, scripts, countries and currencies in all languages.

Source: ``udatamem.h`` and ``ucmndata.h`` of ICU: a header with the letters CmnD, a count, and as many pairs of offsets
to a name and to its data, in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from untag.syntax.pages import Bytes

__all__ = ["locales", "starts"]

_FORM, _MAGIC = b"CmnD", b"\xda\x27"
#: How the names of ICU's own data begin: the packages of others are theirs.
_NAMES = b"icudt"
#: Bytes that the last of the data may have, whose length does not stand there.
_LAST = 1 << 16


def starts(head: bytes) -> bool:
    """Whether bytes begin like a package of data of ICU."""
    return head[2:4] == _MAGIC and head[12:16] == _FORM


def locales(data: Bytes, start: int, end: int) -> tuple[int, int]:
    """Where ICU's own data stand between two places; nowhere is 0 and 0.

    Args:
        data: The bytes.
        start: Where to look from.
        end: And up to where.
    """
    at = data.find(_FORM, start, end) - 12
    if at < start or data[at + 2 : at + 4] != _MAGIC:
        return 0, 0
    order: Literal["little", "big"] = "big" if data[at + 8] else "little"
    base = at + int.from_bytes(data[at : at + 2], order)
    count = int.from_bytes(data[base : base + 4], order)
    last = base + 4 + 8 * (count - 1)
    if not 0 < count < 1 << 16 or last + 8 > end:
        return 0, 0
    name = base + int.from_bytes(data[base + 4 : base + 8], order)
    if not base < name < end or data[name : name + len(_NAMES)] != _NAMES:
        return 0, 0
    return at, min(end, base + int.from_bytes(data[last + 4 : last + 8], order) + _LAST)
