"""Offline logs of Alibaba Cloud CDN."""

from __future__ import annotations

import re

from untag.exposure.format import Lines
from untag.exposure.format._swift import TEXT, request, unescaped
from untag.exposure.format._when import clf
from untag.exposure.row import Rejected, Row, Who

__all__ = ["AliyuncdnFormat"]

_LINE = re.compile(
    rb'\[([^\]\n]{16,40})\] (\S+) \S+ \d+ "' + TEXT + rb'" "(' + TEXT + rb')" (\d{3}) \d+ (\d+) (\S+) [^\n]*'
)


class AliyuncdnFormat(Lines):
    """Time, client, proxy, duration, referrer, request, status, sizes, hit, agent and type."""

    name = "aliyuncdn"
    title = "Alibaba Cloud CDN offline log"
    source = "https://www.alibabacloud.com/help/en/cdn/user-guide/download-logs"
    limits = "It holds no bodies; sizes are with headers."
    rank = 1

    def row(self, line: bytes) -> Row | None:
        """As for ``Lines``."""
        if not line or line.isspace():
            return None
        found = _LINE.fullmatch(line)
        time = clf(found[1].decode("latin-1")) if found is not None else None
        if found is None or time is None:
            raise Rejected("it is no line of the CDN's log")
        method, target = request(unescaped(found[3]))
        return Row(Who(address=found[2].decode("latin-1")), time, method, target, int(found[4]))
