"""Access logs of AWS load balancers (application, and the classic one before it)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.exposure.format._swift import FIRST_LINE, TEXT, Swift, Told, number, request, unescaped
from untag.exposure.format._when import iso
from untag.exposure.row import Rejected, Row, Who

if TYPE_CHECKING:
    from untag.exposure.format._column import Page

__all__ = ["AlbFormat"]

_LINE = re.compile(
    rb"(?:[a-z0-9]{1,8} )?(\S{10,40}) (\S+) (\S+):\d+ \S+ \S+ \S+ \S+ (\d{3}|-) (?:\d{3}|-) \d+ \d+ "
    rb'"(' + TEXT + rb')" [^\n]*'
)

#: Of columns: the type, a time to the minute, an address, statuses, and sizes of which the digits are zeros.
_TYPE, _WHO, _STATUS = re.compile(rb"[a-z0-9]{1,8}"), re.compile(rb"[0-9a-f.:]+"), re.compile(rb"\d{3}|-")
_CLOCK = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d):[0-5]\d\.\d{1,12}Z")
_SIZES = re.compile(rb"(?:0{3}|-) 0+ 0+")
_NONE = frozenset({b"204", b"304"})
#: Fields before the first line of the request, and digits of a port.
_FIELDS, _PORT = 12, 6
_SPACE, _QUOTE, _COLON = b' ":'


class AlbFormat(Swift):
    """Type, time, balancer, client, target, times, statuses, sizes, request and what follows."""

    name = "alb"
    title = "AWS load balancer access log"
    source = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html"
    limits = "It holds no bodies; sizes are with headers, so that an empty response is not told from others."
    rank = 1
    block = re.compile(
        rb"(?:[a-z0-9]{1,8} (?P<minute>\d{4}-\d\d-\d\dT\d\d:\d\d):[0-5]\d\.\d{1,12}(?P<zone>Z) [!-~]++ "
        rb"(?P<who>[0-9a-f.:]+):\d+ (?:[!-~]++ ){4}(?:(?P<none>[23]04)|\d{3}|-) (?:\d{3}|-) \d++ \d++ "
        + FIRST_LINE
        + rb" [^\n]*+|(?P<rest>[^\n]*+))\n"
    )

    signs = b'" '

    def columns(self, page: Page) -> Told:
        """As for ``Swift``: fields by the spaces between them."""
        rows = page.plain(_FIELDS + 4)
        marks = [page.mark(rows, number) for number in range(_FIELDS + 4)]
        start, open_, close = page.starts[rows], marks[_FIELDS], marks[_FIELDS + 3]
        good = (page.sign(rows, _FIELDS) == _QUOTE) & (page.sign(rows, _FIELDS + 3) == _QUOTE)
        good &= (page.byte(close + 1) == _SPACE) & (open_ == marks[_FIELDS - 1] + 1)
        for place, before in enumerate([start - 1, *marks[: _FIELDS - 1]]):
            good &= (page.sign(rows, place) == _SPACE) & (marks[place] - before > 1)
        sort = page.distinct(start, marks[0] - start)
        when = page.stamped(marks[0] + 1, marks[1] - marks[0] - 1)
        found = [_CLOCK.fullmatch(value) for value in when.values]
        stamps = [None if one is None else self.stamp(one[1], b"Z") for one in found]
        times = when.numbers([-1 if stamp is None else stamp for stamp in stamps])
        port = page.back(marks[3], _PORT)
        who = page.distinct(marks[2] + 1, marks[3] - port - marks[2] - 2)
        good &= (port > 0) & (page.byte(marks[3] - port - 1) == _COLON) & who.matching(_WHO.fullmatch)
        status = page.distinct(marks[7] + 1, marks[8] - marks[7] - 1)
        sizes = page.distinct(marks[8] + 1, marks[11] - marks[8] - 1, shaped=True)
        good &= sort.matching(_TYPE.fullmatch) & status.matching(_STATUS.fullmatch) & sizes.matching(_SIZES.fullmatch)
        none = status.holding([value in _NONE for value in status.values])
        askers = [self.asker(value) for value in who.values]
        return Told(rows, good & (times >= 0), who.codes, askers, times, none, open_ + 1, close - open_ - 1)

    def row(self, line: bytes) -> Row | None:
        """As for ``Lines``."""
        if not line or line.isspace():
            return None
        found = _LINE.fullmatch(line)
        if found is None:
            raise Rejected("it is no line of a load balancer's log")
        time = iso(found[1].decode("latin-1"))
        if time is None:
            raise Rejected("its time is none")
        # A client that sent nothing is written "- http://host:port- -".
        first = unescaped(found[5])
        method, target = ("GET", "/") if first.startswith("- ") else request(first)
        return Row(Who(address=found[3].decode("latin-1")), time, method, target, number(found[4]))

    def stamp(self, minute: bytes, zone: bytes) -> int | None:
        """As for ``Swift``."""
        return iso(f"{minute.decode('latin-1')}{zone.decode('latin-1')}")

    def asker(self, raw: bytes) -> Who:
        """As for ``Swift``."""
        return Who(address=raw.decode("latin-1"))
