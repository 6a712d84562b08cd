"""A statement of SQL in a text: what goes with a column of it, where the column is one of a list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from untag.rewriters._page import Span

__all__ = ["item"]

#: A column, with its table, quotes and another name for it; what is filled in; a column that is set.
_COLUMN = r"(?:[\w$]+\.)?[`\"\[]?[\w$]+[`\"\]]?"
_FILLED = r"(?:[#$]\{[^{}]*\}|:\w+|\?)"
_ITEM = re.compile(rf"(?:{_COLUMN}\s*=\s*{_FILLED}|{_COLUMN}(?:\s+(?:AS\s+)?{_COLUMN})?|{_FILLED})", re.IGNORECASE)
#: What a list ends before, and what it begins behind.
_TAIL = re.compile(
    r"\s*(?:[,)]|(?:FROM|WHERE|ORDER|GROUP|HAVING|LIMIT|ON|UNION|INTO)(?!\w)|\Z)", re.IGNORECASE
)  # fmt: skip
_BREAKS = re.compile(r"[,()]|(?<!\w)(?:SELECT(?:\s+DISTINCT)?|SET|BY|RETURNING|FROM|WHERE)(?!\w)", re.IGNORECASE)
_PARTED = re.compile(r"\s*,[ \t]*")
#: Characters on either side of a word in which its list is looked for.
_REACH = 400


def item(text: str, start: int, end: int) -> Span | None:
    """The part of a list that a word is, with one comma beside it.

    Args:
        text: The statement, or a part of one.
        start: Where the word begins.
        end: Where it ends.

    Returns:
        What can go so that the list stays one; None where the word is no part of a list, or the only one.
    """
    floor = max(0, start - _REACH)
    heads = [m.end() for m in _BREAKS.finditer(text, floor, start) if not _filled(text, m.start())]
    low = heads[-1] if heads else floor
    if not heads and floor:
        return None
    while low < start and text[low].isspace():
        low += 1
    found = _ITEM.match(text, low)
    for size in range(len(found.group()) if found else 0, 0, -1):
        # Another name may be the word that ends the list: *ethnicity FROM*.
        if (match := _ITEM.fullmatch(text, low, low + size)) is None or match.end() < end:
            continue
        if _TAIL.match(text, match.end()) is None:
            continue
        return _cut(text, low, match.end())
    return None


def _filled(text: str, at: int) -> bool:
    """Whether a sign stands in what is filled in: ``#{ethnicity,jdbcType=VARCHAR}``."""
    opened = max(text.rfind("#{", 0, at), text.rfind("${", 0, at))
    return opened >= 0 and text.find("}", opened, at) < 0


def _cut(text: str, low: int, high: int) -> Span | None:
    after = _PARTED.match(text, high)
    before = low
    while before and text[before - 1].isspace():
        before -= 1
    if before and text[before - 1] == ",":
        return before - 1, high
    return (low, after.end()) if after is not None else None
