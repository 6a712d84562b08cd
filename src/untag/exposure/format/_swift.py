"""Lines of text that one expression takes apart a block at a time: what makes long logs cheap."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from untag.exposure.format import Lines, Many
from untag.exposure.row import Rejected

if TYPE_CHECKING:
    from untag.exposure.row import Who

__all__ = ["FIRST_LINE", "TEXT", "Swift", "request", "unescaped"]

#: A quoted text, and for a block a first line without quotes and escapes: whether its method has no body, and the rest.
TEXT = rb'(?:[^"\\\n]|\\.)*'
FIRST_LINE = rb'"(?:(GET |HEAD )|[A-Z]+ )[^"\\\n]*"'
_REQUEST = re.compile(r"([A-Za-z!#$%&'*+.^_`|~0-9-]{1,32}) (\S+)(?: HTTP/[\d.]+)?")
_ESCAPED = re.compile(r'\\(?:x([0-9A-Fa-f]{2})|(["\\/bnrtvf]))')
_SIGNS = {"b": "\b", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "f": "\f"}
#: Lines named of one reason.
_NAMED = 5


def unescaped(raw: bytes) -> str:
    r"""A text of such a log: ``\xHH`` and ``\"`` undone, UTF-8 where it is that."""
    text = raw.decode("utf-8", "surrogateescape")
    if "\\" not in text:
        return text
    made = _ESCAPED.sub(lambda m: chr(int(m[1], 16)) if m[1] else _SIGNS.get(m[2], m[2]), raw.decode("latin-1"))
    return made.encode("latin-1", "replace").decode("utf-8", "surrogateescape")


def request(text: str) -> tuple[str, str]:
    """Method and target of a first line.

    Raises:
        Rejected: It is none.
    """
    found = _REQUEST.fullmatch(text)
    if found is None:
        if text in {"", "-"}:
            return "GET", "/"  # the client said nothing
        raise Rejected("the first line of the request is none of HTTP")
    target = found[2]
    if "://" in target[:12]:
        target = "/" + target.partition("://")[2].partition("/")[2]
    return found[1].upper(), target


class Swift(Lines):
    r"""A format with an expression for blocks besides ``row`` for a line.

    Attributes:
        block: Matches each line (``^(?:…|([^\n]*))$``), one tuple a line: a line that is written otherwise than most
            comes through in the last group, and is asked for by ``row``. Times are taken to the minute only, so that
            rows are alike.
    """

    block: ClassVar[re.Pattern[bytes]]

    def alike(self, row: tuple[bytes, ...]) -> tuple[Who, int | None, bool]:
        """What a tuple says: who, when, and that there were no bodies.

        Raises:
            Rejected: It is no row after all.
        """
        raise NotImplementedError

    def many(self, block: bytes) -> tuple[list[Many], dict[str, list[int]], int]:
        """As for ``Lines``."""
        rows = self.block.findall(block)
        if block.endswith(b"\n"):
            rows.pop()  # what is behind the last line break is no line
        out: list[Many] = []
        rejected: dict[str, list[int]] = {}
        blank = 0
        for row, count in Counter(rows).items():
            try:
                if row[0]:
                    out.append(Many(*self.alike(row), count))
                elif (made := self.row(row[-1])) is not None:
                    time = made.time - made.time % 60 if made.time is not None else None
                    out.append(Many(made.who, time, made.nothing and made.method in {"GET", "HEAD"}, count))
                else:
                    blank += count
            except Rejected as error:
                known = rejected.setdefault(str(error), [0])
                known[0] += count
                left = min(count, _NAMED + 1 - len(known))
                if left > 0:
                    known += islice((i for i, other in enumerate(rows) if other == row), left)
        return out, rejected, blank
