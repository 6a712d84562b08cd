"""Common and combined log format, of Apache, nginx and most servers that write text."""

from __future__ import annotations

import re

from untag.exposure.format._swift import FIRST_LINE, TEXT, Swift, number, request, unescaped
from untag.exposure.format._when import clf
from untag.exposure.row import Rejected, Row, Who

__all__ = ["CombinedFormat"]

#: Host, login, time, first line, status, bytes, and whatever a server adds; the name of a site may stand before. The
#: first time is the row's: a login that begins as one would let whoever writes an agent choose who asked.
_LINE = re.compile(
    rb"(?:[^ \n]+ )?([^ \n]+) [^ \n]+ ((?!\[)[^\n]{1,256}?) \[([^\]\n]{17,40})\] "
    rb'"(' + TEXT + rb')" (\d{3}|-) (\d+|-)(?: [^\n]*)?\r?'
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
        + rb" (?:(?P<none>[23]04 (?:\d++|-)|\d\d\d [0-])|\d\d\d \d++)(?![^ \n])[^\n]*+|(?P<rest>[^\n]*+))\n"
    )

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
