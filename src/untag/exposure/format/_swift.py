"""Lines of text that one expression takes apart a block at a time: what makes long logs cheap."""

from __future__ import annotations

import re
from collections import Counter
from itertools import compress, islice, repeat
from operator import le
from typing import TYPE_CHECKING, ClassVar

from untag.exposure.format import Block, Lines, Many
from untag.exposure.row import Rejected, Who
from untag.exposure.tally import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FIRST_LINE", "TEXT", "Swift", "request", "unescaped"]

#: A quoted text; and for a block a first line without quotes and escapes: whether its method has no body, the target.
TEXT = rb'(?:[^"\\\n]|\\.)*'
FIRST_LINE = rb'"(?:(?P<safe>GET |HEAD )|[A-Z]+ )(?P<target>[^"\\\n]*)"'
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
        block: Matches each line (``^(?:…|(?P<rest>[^\n]*))$``): a line that is written otherwise than most comes
            through as ``rest``, and is asked for by ``row``. Its groups: ``address``, ``day``, ``minute``, ``safe``,
            ``target``, ``rest``, and where the format has them ``user``, ``zone``, ``status`` (204, 304), ``zero``.
    """

    block: ClassVar[re.Pattern[bytes]]

    def stamp(self, day: bytes, minute: bytes, zone: bytes) -> int | None:
        """A time to the minute, in seconds since 1970; None where it is none."""
        raise NotImplementedError

    def many(self, block: bytes) -> Block:
        """As for ``Lines``: columns are counted as a whole, in few steps a row."""
        rows = self.block.findall(block)
        if block.endswith(b"\n"):
            rows.pop()  # what is behind the last line break is no line
        columns = list(zip(*rows, strict=True)) if rows else [()] * self.block.groups
        names = self.block.groupindex

        def column(name: str) -> Iterable[bytes]:
            return columns[names[name] - 1] if name in names else repeat(b"", len(rows))

        texts = list(map(bytes.__add__, column("target"), column("rest")))
        stamps = list(zip(column("day"), column("minute"), column("zone"), strict=True))
        times = {stamp: self.stamp(*stamp) if stamp[0] else None for stamp in set(stamps)}
        when = [times[stamp] for stamp in stamps]
        whos = list(zip(column("address"), column("user"), strict=True))
        fates = list(zip(column("safe"), column("status"), column("zero"), strict=True))
        made = Block([], set(), {}, 0, texts)
        if None in times.values():
            good = [time is not None for time in when]
            lines = enumerate(block.split(b"\n")[: len(rows)])
            made = self._slow(made, [(number, line) for number, line in lines if not good[number]])
            whos, fates = list(compress(whos, good)), list(compress(fates, good))
        self._count(made, [time for time in when if time is not None], whos, fates)
        return made

    @staticmethod
    def _count(
        made: Block, when: list[int], whos: list[tuple[bytes, bytes]], fates: list[tuple[bytes, bytes, bytes]]
    ) -> None:
        """Count rows that are alike."""
        if not all(map(le, when, islice(when, 1, None))):
            order = sorted(range(len(when)), key=when.__getitem__)
            when, whos, fates = [when[n] for n in order], [whos[n] for n in order], [fates[n] for n in order]
        first, last = dict(zip(reversed(whos), reversed(when), strict=True)), dict(zip(whos, when, strict=True))
        days = [time // DAY for time in when]
        made.minutes.update(when)
        told = {who: Who("", "" if who[1] == b"-" else unescaped(who[1]), unescaped(who[0])) for who in first}
        for (who, (safe, status, zero), day), count in Counter(zip(whos, fates, days, strict=True)).items():
            seen = bool(safe) and (bool(zero) or bool(status) or safe == b"HEAD ")
            made.rows.append(Many(told[who], day, first[who], last[who], seen, count))

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
