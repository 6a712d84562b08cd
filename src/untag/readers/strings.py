"""Readable strings of binary bytes that no other reader knows: UTF-8, UTF-16 and GB2312 runs with their offset."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from untag import charset
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
#: Runs of GB2312: ASCII and characters of its two levels, at least three of them.
_GB = re.compile(
    rb"[\x20-\x7e]{0,200}(?:[\xb0-\xf7][\xa1-\xfe]){3}(?:[\x20-\x7e]|[\xa1-\xa3\xb0-\xf7][\xa1-\xfe]){0,500}\0"
)


class StringsReader:
    """The last resort for bytes that are no text."""

    name = "strings"
    rank = -1
    limits = (
        "A string is shown without the structure it lies in: no role, no owner, no neighbours.",
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
        for pattern, encoding in ((_UTF8, "utf-8"), (_WIDE, "utf-16-le"), (_GB, "gb2312")):
            for found in pattern.finditer(artifact.data):
                if ends is not None:
                    at = bisect_left(ends, found.start() + 1)
                    if at == len(ends) or starts[at] >= found.end():
                        continue
                text = (
                    found.group().rstrip(b"\0" if encoding != "utf-16-le" else b"").decode(encoding, "replace").strip()
                )
                if encoding == "utf-16-le" and found.group().isascii() and any(c >= "\u4e00" for c in text):
                    continue  # plain ASCII read two bytes at a time
                if text and "\ufffd" not in text:
                    yield Surface(Role.STRING, text, artifact.place.at(offset=found.start()))
