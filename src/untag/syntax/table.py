"""Tables in lines of text: what parts their cells, and where each cell of a row stands."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BORDER", "Unclosed", "cells", "listed", "mark_of", "without"]

_MARKS = {".tsv": "\t", ".tab": "\t", ".psv": "|"}
#: A line that only draws the border of a table.
BORDER = re.compile(r"[\s+|=\-:]+$")
#: Bytes of one row in quotes.
_LONGEST = 16 << 20


def listed(rows: list[str]) -> bool:
    """A count, a line of names, and lines of as many numbers: an attribute list parted by spaces."""
    if not rows[0].strip().isdigit():
        return False
    names, width = rows[1].split(), len(rows[2].split())
    return width >= 4 and width - 1 <= len(names) <= width and all(len(r.split()) == width for r in rows[2:-1])


def mark_of(text: str, suffix: str) -> str:
    """The separator: the suffix's, or the one that the first lines have most alike."""
    rows = [
        r[:20_000] for r in text.split("\n")[:60] if r.strip() and not BORDER.match(r[:2000]) and not r.startswith("#")
    ]
    wanted = _MARKS.get(suffix)
    if not rows:
        return wanted or ","
    if wanted and any(wanted in r for r in rows):
        return wanted
    if len(rows) > 2 and listed(rows):
        return " "
    best, score = ",", 0.0
    for mark in (",", "\t", ";", "|"):
        counts = [r.count(mark) for r in rows]
        common, often = Counter(counts).most_common(1)[0]
        worth = often / len(rows) * min(common, 8) if common else 0.0
        if worth > score + 1e-9:
            best, score = mark, worth
    return best


class Unclosed(Exception):  # noqa: N818 - a state of the input
    """A quotation mark opens a cell that never ends."""


def cells(row: bytes, mark: bytes, more: Callable[[], bytes]) -> tuple[bytes, list[tuple[int, int]]]:
    """The cells of a row.

    Args:
        row: A line with its end.
        mark: What parts cells; a blank stands for any run of blanks.
        more: Gives the next line, where a cell in quotes goes on.

    Returns:
        The row with all its lines, and where each cell begins and ends, quotation marks included. A quotation mark
        opens a cell only at its beginning (RFC 4180), blanks before it apart.

    Raises:
        Unclosed: No line closes a cell in quotes.
    """
    end = len(row.rstrip(b"\r\n"))
    if mark == b" ":
        return row, [found.span() for found in re.finditer(rb"[^ \t]+", row[:end])]
    at, last = 0, end
    if mark == b"|" and row.lstrip(b" \t").startswith(b"|"):
        # A table that is drawn: bars at both sides part nothing.
        at = row.index(b"|") + 1
        bare = row[:end].rstrip(b" \t")
        last = len(bare) - 1 if bare.endswith(b"|") and len(bare) > at else end
    if b'"' not in row:
        return row, _plain(row, mark, at, last)
    if (found := _even(row, mark, at, last)) is not None:
        return row, found
    out: list[tuple[int, int]] = []
    while True:
        lead = at
        while lead < last and row[lead] in b" \t" and row[lead : lead + 1] != mark:
            lead += 1
        stop = at
        if row[lead : lead + 1] == b'"' and lead < last:
            stop, row = _quoted(row, lead + 1, more)
            if len(row) > end + 2 or stop > last:
                end = last = len(row.rstrip(b"\r\n"))
        behind = row.find(mark, stop, last)
        out.append((at, behind if behind >= 0 else last))
        if behind < 0:
            return row, out
        at = behind + len(mark)


@cache
def _cell(mark: bytes) -> re.Pattern[bytes]:
    """A cell of a row all of whose quotation marks are closed, and the mark behind it."""
    sign = re.escape(mark)
    blank = b" " if mark == b"\t" else rb"[ \t]"
    quoted = rb'%b*+"(?:[^"]++|"")*+"[^%b]*+' % (blank, sign)
    return re.compile(rb'(?:%b|(?!%b*+")[^%b]*+)(%b|\Z)' % (quoted, blank, sign, sign))


def _even(row: bytes, mark: bytes, at: int, last: int) -> list[tuple[int, int]] | None:
    """The cells of a row in one go; None where a quotation mark is left open."""
    out: list[tuple[int, int]] = []
    for found in _cell(mark).finditer(row, at, last):
        if found.start() != at:
            return None
        out.append((at, found.start(1)))
        at = found.end()
        if found.start(1) == last:
            return out
    return None


def _plain(row: bytes, mark: bytes, at: int, last: int) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for part in row[at:last].split(mark):
        out.append((at, at + len(part)))
        at += len(part) + len(mark)
    return out


def _quoted(row: bytes, at: int, more: Callable[[], bytes]) -> tuple[int, bytes]:
    """Where a cell in quotes is closed, and the row as far as it was read for that."""
    while True:
        found = row.find(b'"', at)
        if found < 0:
            following = more() if len(row) < _LONGEST else b""
            if not following:
                raise Unclosed
            at, row = len(row), row + following
        elif row[found + 1 : found + 2] == b'"':
            at = found + 2
        else:
            return found + 1, row


def without(row: bytes, spans: list[tuple[int, int]], gone: list[int]) -> bytes:
    """A row without some cells, each with one of the marks beside it.

    Args:
        row: The row.
        spans: Its cells.
        gone: Numbers of cells, in order.
    """
    out: list[bytes] = []
    at = 0
    stay = [i for i in range(len(spans)) if i not in gone]
    for number in gone:
        if number >= len(spans):
            break
        # The mark behind a cell goes with it; of the last ones, the mark before.
        if number + 1 < len(spans) and any(s > number for s in stay):
            low, high = spans[number][0], spans[number + 1][0]
        else:
            low, high = spans[number - 1][1] if number else spans[number][0], spans[number][1]
        out.append(row[at : max(at, low)])
        at = high
    out.append(row[at:])
    return b"".join(out)
