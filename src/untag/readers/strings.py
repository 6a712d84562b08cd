"""Readable strings of binary bytes that no other reader knows: UTF-8, UTF-16 and GB2312 runs with their offset."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from untag import charset
from untag.readers import Reader
from untag.surface import Role, Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits

__all__ = ["StringsReader"]

#: Runs of at least six printable characters, or two of three bytes each (Han, kana, Hangul, Indic), in UTF-8.
_UTF8 = re.compile(
    rb"(?:[\x20-\x7e\t]|[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}){6,2000}|(?:[\xe0-\xef][\x80-\xbf]{2}){2,5}"
)
#: Runs of UTF-16 (little endian) letters: ASCII, Cyrillic, Arabic, Han.
_WIDE = re.compile(rb"(?:[\x20-\x7e]\0|[\x10-\x4f]\x04|[\x20-\x4a]\x06|[\x01-\xff][\x4e-\x9f]){4,1000}")
#: Runs of GB2312: characters of its two levels, at least three of them, and ASCII; up to a zero.
_GB = re.compile(rb"(?:[\xb0-\xf7][\xa1-\xfe]){3}(?:[\x20-\x7e]|[\xa1-\xa3\xb0-\xf7][\xa1-\xfe]){0,500}+\0")
#: ASCII that may stand before one.
_BEFORE, _ASCII = 200, frozenset(range(0x20, 0x7F))
#: Bytes that no run holds: of UTF-16 the first of two in a row that are no second byte of a character.
_NOT_UTF8 = bytes(n not in (9, *range(0x20, 0x7F), *range(0x80, 0xC0), *range(0xC3, 0xF0)) for n in range(256))
_NOT_WIDE = bytes(n not in (0, 4, 6, *range(0x4E, 0xA0)) for n in range(256))
_NOT_GB = bytes(n not in (*range(0x20, 0x7F), *range(0xA1, 0xFF)) for n in range(256))
#: Bytes that are looked at for one, doubled each time.
_STEP = 256

#: Characters from which a run is looked at as a whole, and signs that text seldom has.
_LONG = 64
_SELDOM = b"^`~"


def _numbers(run: bytes) -> bool:
    """Whether a long run is numbers that happen to be printable, such as weights of eight bits.

    They crowd around one value, where no language has three of four letters within eight codes; the more so where signs
    that stand between the letters in ASCII, and seldom in text, are frequent.
    """
    if len(run) < _LONG or not run.isascii():
        return False
    seldom = len(run) - len(run.translate(None, _SELDOM))
    crowd = 13 if seldom * 32 > len(run) else 17
    return _within(run, 8) * 4 > len(run) * 3 or _within(run, 16) * 20 > len(run) * crowd


def _within(run: bytes, width: int) -> int:
    """How many bytes lie in the fullest stretch of so many codes among the letters."""
    return max(
        len(run) - len(run.translate(None, bytes(range(n, n + width)))) for n in range(0x40, 0x80 - width + 4, 4)
    )


def _runs(pattern: re.Pattern[bytes], data: bytes) -> Iterator[tuple[int, int]]:
    """Where a pattern stands."""
    return (found.span() for found in pattern.finditer(data))


def _utf8(data: bytes) -> Iterator[tuple[int, int]]:
    """Runs of UTF-8."""
    return _runs(_UTF8, data)


def _wide(data: bytes) -> Iterator[tuple[int, int]]:
    """Runs of UTF-16."""
    return _runs(_WIDE, data)


def _chinese(data: bytes) -> Iterator[tuple[int, int]]:
    """Runs of GB2312 with the ASCII before them.

    That is looked for from the characters back: tried from each letter of a long text, it would take its length times
    two hundred.
    """
    last = 0
    for found in _GB.finditer(data, 0, data.rfind(b"\0") + 1):
        start = found.start()
        low = max(last, start - _BEFORE)
        while start > low and data[start - 1] in _ASCII:
            start -= 1
        last = found.end()
        yield start, last


#: What looks for runs, their encoding, and what no run goes over: a byte in a table, or two of them.
_KINDS = (
    (_utf8, "utf-8", _NOT_UTF8, b"\1"),
    (_wide, "utf-16-le", _NOT_WIDE, b"\1\1"),
    (_chinese, "gb2312", _NOT_GB, b"\1"),
)


def _pieces(data: bytes, focus: Sequence[tuple[int, int]], table: bytes, sign: bytes) -> Iterator[tuple[int, int]]:
    """Stretches of some bytes around spans, in which runs are those of the whole: none goes over an end of one.

    Gigabytes of weights hold a few spans: the expressions take a hundred times as long as what found these.
    """
    stop = 0
    for start, end in focus:
        if start < stop and end <= stop:
            continue
        low, step = start, _STEP
        while low > stop:
            first = max(stop, low - step)
            found = data[first : low + len(sign) - 1].translate(table).rfind(sign)
            if found >= 0:
                low = first + found + 1
                break
            low, step = first, 2 * step
        at, step = max(end, stop), _STEP
        while at < len(data):
            found = data[at : at + step + len(sign) - 1].translate(table).find(sign)
            if found >= 0:
                at += found + 1
                break
            at, step = at + step, 2 * step
        low, stop = max(low, stop), min(at, len(data))
        yield low, stop


def _found(
    runs: Callable[[bytes], Iterator[tuple[int, int]]],
    data: bytes,
    focus: Sequence[tuple[int, int]] | None,
    table: bytes,
    sign: bytes,
) -> Iterator[tuple[int, int]]:
    """All runs, or those that may touch the focus."""
    if focus is None:
        yield from runs(data)
        return
    for low, high in _pieces(data, focus, table, sign):
        for start, end in runs(data[low:high]):
            yield low + start, low + end


class StringsReader(Reader):
    """The last resort for bytes that are no text."""

    name = "strings"
    rank = -1
    limits = (
        "A string is shown without the structure it lies in: no role, no owner, no neighbours.",
        "Long runs that look like numbers, not words, are not shown.",
        "Runs of fewer than six bytes, and encodings other than UTF-8, UTF-16 and GB2312, are not shown.",
    )

    def knows(self, artifact: Artifact) -> bool:
        """Any bytes that are no text."""
        return bool(artifact.data) and not charset.is_text(artifact.data)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap]:
        """Runs that touch the focus, or all of them."""
        del limits
        ends = [end for _, end in artifact.focus] if artifact.focus is not None else None
        starts = [start for start, _ in artifact.focus] if artifact.focus is not None else []
        data = artifact.data
        for runs, encoding, table, sign in _KINDS:
            for start, end in _found(runs, data, artifact.focus, table, sign):
                if ends is not None:
                    at = bisect_left(ends, start + 1)
                    if at == len(ends) or starts[at] >= end:
                        continue
                run = data[start:end]
                text = run.rstrip(b"\0" if encoding != "utf-16-le" else b"").decode(encoding, "replace").strip()
                if encoding == "utf-8" and _numbers(run):
                    continue
                if encoding == "utf-16-le" and run.isascii() and any(c >= "\u4e00" for c in text):
                    continue  # plain ASCII read two bytes at a time
                if text and "\ufffd" not in text:
                    yield Surface(Role.STRING, text, artifact.place.at(offset=start))
