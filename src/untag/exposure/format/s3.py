"""Server access logs of Amazon S3, which say who fetched which object."""

from __future__ import annotations

import re

from untag.exposure.format import Lines
from untag.exposure.format._swift import TEXT, number, request, unescaped
from untag.exposure.format._when import clf
from untag.exposure.row import Rejected, Row, Who

__all__ = ["S3Format"]

_LINE = re.compile(
    rb"[0-9a-f]{64} (\S+) \[([^\]\n]{17,40})\] (\S+) (\S+) \S+ ([A-Z0-9_.]+) (\S+) "
    rb'(?:"(' + TEXT + rb')"|-) (\d{3}|-) \S+ (\d+|-) (?:\d+|-) [^\n]*'
)


class S3Format(Lines):
    """Owner, bucket, time, address, requester, operation, key, request, status and sizes."""

    name = "s3"
    title = "Amazon S3 server access log"
    source = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html"
    limits = "It holds no bodies, and is delivered on a best-effort basis: rows may be missing or late."
    rank = 2

    def row(self, line: bytes) -> Row | None:
        """As for ``Lines``."""
        if not line or line.isspace():
            return None
        found = _LINE.fullmatch(line)
        time = clf(found[2].decode("latin-1")) if found is not None else None
        if found is None or time is None:
            raise Rejected("it is no line of an S3 access log")
        method, target = "GET", f"/{found[1].decode()}/{unescaped(found[6])}"
        if found[7] is not None:
            method, target = request(unescaped(found[7]))
        else:
            method = found[5].decode("latin-1").split(".")[1] if found[5].count(b".") > 1 else "GET"
        address = "" if found[3] == b"-" else found[3].decode("latin-1")
        who = Who("" if found[4] == b"-" else unescaped(found[4]), "", address)
        return Row(who, time, method.upper()[:32], target, number(found[8]), number(found[9]))
