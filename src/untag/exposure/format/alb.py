"""Access logs of AWS load balancers (application, and the classic one before it)."""

from __future__ import annotations

import re

from untag.exposure.format._swift import FIRST_LINE, TEXT, Swift, number, request, unescaped
from untag.exposure.format._when import iso
from untag.exposure.row import Rejected, Row, Who

__all__ = ["AlbFormat"]

_LINE = re.compile(
    rb"(?:[a-z0-9]{1,8} )?(\S{10,40}) (\S+) (\S+):\d+ \S+ \S+ \S+ \S+ (\d{3}|-) (?:\d{3}|-) \d+ \d+ "
    rb'"(' + TEXT + rb')" [^\n]*'
)


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
