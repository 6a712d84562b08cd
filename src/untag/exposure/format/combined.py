"""Common and combined log format, of Apache, nginx and most servers that write text."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from untag.exposure.format import Block
from untag.exposure.format._swift import FIRST_LINE, TEXT, Swift, Told, alike, beside, number, request, unescaped
from untag.exposure.format._when import clf
from untag.exposure.row import Rejected, Row, Who

if TYPE_CHECKING:
    from untag.exposure.format._column import Page

__all__ = ["CombinedFormat"]

#: Host, login, time, first line, status, bytes, and whatever a server adds; the name of a site may stand before. The
#: first time is the row's: a login that begins as one would let whoever writes an agent choose who asked.
_LINE = re.compile(
    rb"(?:[^ \n]+ )?([^ \n]+) [^ \n]+ ((?!\[)[^\n]{1,256}?) \[([^\]\n]{17,40})\] "
    rb'"(' + TEXT + rb')" (\d{3}|-) (\d+|-)(?: [^\n]*)?\r?'
)


#: Where the zone of a line stands.
_ZONE = re.compile(rb":\d\d ([+-]\d{4})\] ")
#: Of columns: who asked, and a time in brackets with its seconds, of which there are so many bytes.
_WHO = re.compile(rb'[^ \n"\[]++ [^ \n]++ [^ \n\["]++')
_CLOCK = re.compile(rb"\[([^\] \n]{17}):[0-5]\d ([+-]\d{4})\] ")
_TIME = len("[01/Oct/2025:06:25:24 +0000] ")
_NEWLINE, _SPACE, _DASH, _ZERO, _TWO, _THREE, _FOUR = b"\n -0234"


@lru_cache(maxsize=64)
def _plain(zone: bytes) -> re.Pattern[bytes]:
    """Matches each line with its line break; of one whose answer has a body, as most have, who asked, when and what.

    Args:
        zone: The only one that it takes.
    """
    return re.compile(
        rb'(?:([^ \n"\[]++ [^ \n]++ [^ \n\["]++ \[[^\] \n]{17}):[0-5]\d ' + re.escape(zone) + rb"\] "
        rb'"((?!HEAD )[A-Z]{1,32}+ [!#-\[\]-~]++ HTTP/[\d.]++)" '
        rb"(?![23]04)\d\d\d [1-9]\d*+(?![^ \n])[^\n]*+|[^\n]*+)\n"
    )


class CombinedFormat(Swift):
    """Host, login, time, request, status and size, with or without what follows."""

    name = "combined"
    title = "common or combined access log (nginx, Apache)"
    source = "https://httpd.apache.org/docs/2.4/logs.html#accesslog"
    limits = "It holds no bodies: what was answered cannot be known from it, nor what was asked in a body."
    block = re.compile(
        rb'(?:(?P<who>[^ \n"\[]++ [^ \n]++ [^ \n\["]++) \[(?P<minute>[^\] \n]{17}):[0-5]\d (?P<zone>[+-]\d{4})\] '
        + FIRST_LINE
        + rb" (?:(?P<none>[23]04 (?:\d++|-)|\d\d\d [0-])|\d\d\d [1-9]\d*+)(?![^ \n])[^\n]*+|(?P<rest>[^\n]*+))\n"
    )

    def columns(self, page: Page) -> Told:
        """As for ``Swift``: before the first line of the request stands a time, which is always as long."""
        from untag.exposure.format._column import run

        rows = page.plain(2)
        open_, close = page.mark(rows, 0), page.mark(rows, 1)
        start = page.starts[rows]
        size = open_ - _TIME - 1 - start
        who, when = page.distinct(start, size), page.clocks(open_ - _TIME, _TIME)
        stamps = [self._time(value) for value in when.values]
        times = when.numbers([-1 if stamp is None else stamp for stamp in stamps])
        asked = [self._asked(value) for value in who.values]
        good = (page.byte(open_ - _TIME - 1) == _SPACE) & who.holding([one is not None for one in asked]) & (times >= 0)
        # A space, the status, a space, the size, and a space or the end of the line.
        tail = page.cells(close + 1, 24)
        many, length, hundreds = run(tail[:, 5:21]), tail[:, 5], tail[:, 1]
        end = page.byte(close + 6 + many + (many == 0))
        good &= (tail[:, 0] == _SPACE) & (run(tail[:, 1:5]) == 3) & (tail[:, 4] == _SPACE)
        digits = (many == 1) | ((many > 1) & (length != _ZERO))
        good &= (digits | (length == _DASH)) & ((end == _SPACE) | (end == _NEWLINE))
        empty = (tail[:, 2] == _ZERO) & (tail[:, 3] == _FOUR) & ((hundreds == _TWO) | (hundreds == _THREE))
        none = empty | (many == 0) | ((many == 1) & (length == _ZERO))
        askers = [one or Who() for one in asked]
        return Told(rows, good, who.codes, askers, times, none, open_ + 1, close - open_ - 1)

    @lru_cache(maxsize=20_000)  # noqa: B019 - there is one of each format
    def _asked(self, raw: bytes) -> Who | None:
        """Who asked; None where it is not written as most are."""
        return self.asker(raw) if _WHO.fullmatch(raw) else None

    def _time(self, said: bytes) -> int | None:
        """A time in brackets, with the space behind."""
        found = _CLOCK.fullmatch(said)
        return None if found is None else self.stamp(found[1], found[2])

    def expressed(self, block: bytes) -> Block:
        """As for ``Swift``: what most lines are is read by less than all they may be, and the rest as ever."""
        zone = _ZONE.search(block)
        if zone is None:
            return super().expressed(block)
        rows = _plain(zone[1]).findall(block if block.endswith(b"\n") else block + b"\n")
        heads, firsts = zip(*rows, strict=True)
        made = Block([], set(), {}, 0, list(firsts))
        often = Counter(heads)
        when = {minute: self.stamp(minute, zone[1]) for minute in {head[-17:] for head in often if head}}
        counts: list[tuple[Who, int, bool, int]] = []
        wrong = {b""}
        askers: dict[bytes, Who] = {}
        for head, count in often.items():
            time = when.get(head[-17:])
            if time is None:
                wrong.add(head)
            else:
                raw = head[:-19]
                who = askers.get(raw)
                if who is None:
                    who = askers[raw] = self.asker(raw)
                counts.append((who, time, False, count))
        alike(made, counts)
        odd = [place for place, head in enumerate(heads) if head in wrong] if wrong & often.keys() else []
        if not odd:
            return made
        lines = block.split(b"\n")
        return beside(made, odd, super().expressed(b"\n".join([lines[place] for place in odd]) + b"\n"))

    def row(self, line: bytes) -> Row | None:
        """As for ``Lines``."""
        if not line or line.isspace():
            return None
        found = _LINE.fullmatch(line)
        if found is None:
            raise Rejected("it is no line of the common log format")
        time = clf(found[3].decode("latin-1"))
        if time is None:
            raise Rejected("its time is none")
        method, target = request(unescaped(found[4]))
        user = found[2]
        return Row(
            Who("", "" if user == b"-" else unescaped(user).strip('"'), unescaped(found[1])),
            time,
            method,
            target,
            number(found[5]),
            number(found[6]),
        )

    def stamp(self, minute: bytes, zone: bytes) -> int | None:
        """As for ``Swift``."""
        return clf(f"{minute.decode('latin-1')} {zone.decode('latin-1')}")

    def asker(self, raw: bytes) -> Who:
        """As for ``Swift``."""
        address, _, user = raw.split(b" ", 2)
        return Who("", "" if user == b"-" else unescaped(user), unescaped(address))
