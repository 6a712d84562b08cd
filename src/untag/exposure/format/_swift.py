"""Lines of text that one expression takes apart a block at a time: what makes long logs cheap."""

from __future__ import annotations

import re
from collections import Counter
from itertools import compress, islice, repeat
from operator import le
from typing import TYPE_CHECKING, ClassVar, TypeVar

from untag.exposure.format import Block, Lines, Many
from untag.exposure.row import Rejected, Who
from untag.exposure.tally import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["FIRST_LINE", "TEXT", "Swift", "alike", "number", "request", "unescaped"]

#: A quoted text; and for a block a first line without quotes and escapes: a method that has no body, and the target.
TEXT = rb'(?:[^"\\\n]|\\.)*'
FIRST_LINE = rb'"(?:(?P<safe>GET |HEAD )|[A-Z]+ )(?P<target>[^"\\\n]*)"'
_T = TypeVar("_T")
_GROUPS = ("who", "minute", "zone", "safe", "target", "none", "rest")
_REQUEST = re.compile(r"([A-Za-z!#$%&'*+.^_`|~0-9-]{1,32}) (\S+)(?: HTTP/[\d.]+)?")
_ESCAPED = re.compile(r'\\(?:x([0-9A-Fa-f]{2})|(["\\/bnrtvf]))')
_SIGNS = {"b": "\b", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "f": "\f"}


def unescaped(raw: bytes) -> str:
    r"""A text of such a log: ``\xHH`` and ``\"`` undone, UTF-8 where it is that."""
    text = raw.decode("utf-8", "surrogateescape")
    if "\\" not in text:
        return text
    made = _ESCAPED.sub(lambda m: chr(int(m[1], 16)) if m[1] else _SIGNS.get(m[2], m[2]), raw.decode("latin-1"))
    return made.encode("latin-1", "replace").decode("utf-8", "surrogateescape")


def number(said: bytes) -> int:
    """A status or a size as such logs write it, where ``-`` is none; what no size can be is cut."""
    return 0 if said == b"-" else int(said[:18])


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


def alike(made: Block, whos: list[_T], when: list[int], seen: list[bool], asker: Callable[[_T], Who]) -> None:
    """Count rows that are alike.

    Args:
        made: What they are added to.
        whos: Who asked, as it stands there.
        when: Times to the minute.
        seen: Whether there was no body.
        asker: Who that is.
    """
    if not all(map(le, when, islice(when, 1, None))):
        order = sorted(range(len(when)), key=when.__getitem__)
        when, whos, seen = [when[n] for n in order], [whos[n] for n in order], [seen[n] for n in order]
    first, last = dict(zip(reversed(whos), reversed(when), strict=True)), dict(zip(whos, when, strict=True))
    minutes = set(when)
    made.minutes.update(minutes)
    days = {time // DAY for time in minutes}
    every: Iterable[int] = [time // DAY for time in when] if len(days) > 1 else repeat(min(days, default=0), len(when))
    told = {who: asker(who) for who in first}
    for (who, day, nothing), count in Counter(zip(whos, every, seen, strict=True)).items():
        made.rows.append(Many(told[who], day, first[who], last[who], nothing, count))


class Swift(Lines):
    r"""A format with an expression for blocks besides ``row`` for a line.

    Attributes:
        block: Matches each line (``^(?:…|(?P<rest>[^\n]*))$``): a line that is written otherwise than most comes
            through as ``rest``, and is asked for by ``row``. Its other groups: ``who`` asked; the time to the
            ``minute``; the ``zone``; ``safe``, the method where it has no body; ``target``; ``none``, something where
            the response had no body.
    """

    block: ClassVar[re.Pattern[bytes]]

    def stamp(self, minute: bytes, zone: bytes) -> int | None:
        """A time to the minute, in seconds since 1970; None where it is none."""
        raise NotImplementedError

    def asker(self, raw: bytes) -> Who:
        """Who asked."""
        raise NotImplementedError

    def many(self, block: bytes) -> Block:
        """As for ``Lines``: columns are counted as a whole, in few steps a row."""
        rows = self.block.findall(block)
        if block.endswith(b"\n"):
            rows.pop()  # what is behind the last line break is no line
        if not rows:
            return Block([], set(), {}, 0, [])
        groups = list(zip(*rows, strict=True))
        columns: list[Sequence[bytes]] = [groups[self.block.groupindex[name] - 1] for name in _GROUPS]
        *_, targets, _, rest = columns
        texts = list(map(bytes.__add__, targets, rest)) if any(rest) else list(targets)
        made = Block([], set(), {}, 0, texts)
        both = set(zip(columns[1], columns[2], strict=True))
        stamps = {stamp: self.stamp(*stamp) if stamp[0] else None for stamp in both}
        if None in stamps.values():
            good = [stamps[stamp] is not None for stamp in zip(columns[1], columns[2], strict=True)]
            lines = enumerate(block.split(b"\n")[: len(rows)])
            made = self._slow(made, [(number, line) for number, line in lines if not good[number]])
            columns = [list(compress(column, good)) for column in columns]
        self._count(made, columns, {stamp: time for stamp, time in stamps.items() if time is not None})
        return made

    def _count(self, made: Block, columns: list[Sequence[bytes]], stamps: dict[tuple[bytes, bytes], int]) -> None:
        """Count rows that are alike."""
        whos, minutes, zones, safe, _, none, _ = columns
        if len({zone for _, zone in stamps}) == 1:
            known = {minute: time for (minute, _), time in stamps.items()}
            when = list(map(known.__getitem__, minutes))
        else:
            when = [stamps[stamp] for stamp in zip(minutes, zones, strict=True)]
        seen = [False] * len(when)
        if any(none) or b"HEAD " in set(safe):
            seen = [verb == b"HEAD " or (bool(verb) and bool(said)) for verb, said in zip(safe, none, strict=True)]
        alike(made, list(whos), when, seen, self.asker)

    def _slow(self, made: Block, lines: Iterable[tuple[int, bytes]]) -> Block:
        """Lines that are written otherwise than most."""
        blank = 0
        for number, line in lines:
            try:
                row = self.row(line) if line else None
                if row is None:
                    blank += 1
                    continue
                time = row.time - row.time % 60 if row.time is not None else None
            except Rejected as error:
                made.reject(str(error), number)
                continue
            seen = row.nothing and row.method in {"GET", "HEAD"}
            made.rows.append(Many(row.who, None if time is None else time // DAY, time, time, seen, 1))
            if time is not None:
                made.minutes.add(time)
        return made._replace(blank=blank)
