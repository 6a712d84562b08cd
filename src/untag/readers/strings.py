"""Readable strings of binary bytes that no other reader knows: UTF-8, UTF-16 and GB2312 runs with their offset."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from untag import charset
from untag.readers import Reader
from untag.surface import Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        kinds = ((_runs(_UTF8, data), "utf-8"), (_runs(_WIDE, data), "utf-16-le"), (_chinese(data), "gb2312"))
        for runs, encoding in kinds:
            for start, end in runs:
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
