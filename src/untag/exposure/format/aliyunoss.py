"""Access logs of Alibaba Cloud OSS, which say who fetched which object."""

from __future__ import annotations

import re

from untag.exposure.format import Lines
from untag.exposure.format._swift import TEXT, number, request, unescaped
from untag.exposure.format._when import clf
from untag.exposure.row import Rejected, Row, Who

__all__ = ["AliyunossFormat"]

#: The common log format, then turnaround, referrer, agent, host, request, whether logging is on, and who asked.
_LINE = re.compile(
    rb'(\S+) \S+ \S+ \[([^\]\n]{17,40})\] "(' + TEXT + rb')" (\d{3}) (\d+|-) (?:\d+|-) '
    rb'"' + TEXT + rb'" "' + TEXT + rb'" '
    rb'"?\S+?"? "?([0-9A-F]{24})"? "(?:true|false)" "(' + TEXT + rb')" [^\n]*'
)


class AliyunossFormat(Lines):
    """Who asked is the account that signed the request, where one did."""

    name = "aliyunoss"
    title = "Alibaba Cloud OSS access log"
    source = "https://www.alibabacloud.com/help/en/oss/user-guide/logging"
    limits = "It holds no bodies."
    rank = 2

    def row(self, line: bytes) -> Row | None:
        """As for ``Lines``."""
        if not line or line.isspace():
            return None
        found = _LINE.fullmatch(line)
        time = clf(found[2].decode("latin-1")) if found is not None else None
        if found is None or time is None:
            raise Rejected("it is no line of an OSS access log")
        method, target = request(unescaped(found[3]))
        who = "" if found[7] == b"-" else unescaped(found[7])
        return Row(Who(who, "", found[1].decode("latin-1")), time, method, target, number(found[4]), number(found[5]))
