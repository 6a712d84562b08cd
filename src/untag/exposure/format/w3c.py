"""Logs with a line ``#Fields:`` that names their columns: Amazon CloudFront, IIS, Azure App Service."""

from __future__ import annotations

from urllib.parse import unquote

from untag.exposure.format import Lines
from untag.exposure.format._when import told
from untag.exposure.row import Rejected, Row, Who

__all__ = ["W3cFormat"]

_NEEDED = ("cs-method", "cs-uri-stem")


class W3cFormat(Lines):
    """Columns are between tabs or spaces; a heading holds until the next."""

    name = "w3c"
    title = "W3C extended log: CloudFront, IIS, Azure App Service"
    source = "https://www.w3.org/TR/WD-logfile.html"
    limits = "It holds no bodies; sizes are with headers."
    headed = True
    rank = 3

    def __init__(self, fields: list[str] | None = None) -> None:
        self._fields = fields or []
        self._tabs = False

    def begin(self) -> Lines:
        """As for ``Lines``: without a heading yet."""
        return W3cFormat()

    def row(self, line: bytes) -> Row | None:
        """As for ``Lines``."""
        if not line or line.isspace():
            return None
        text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
        if text.startswith("#"):
            if text.startswith("#Fields:"):
                self._fields, self._tabs = text[8:].split(), False
            return None
        if not self._fields:
            raise Rejected("no line #Fields: stands before it")
        cells = text.split("\t") if "\t" in text else text.split(" ")
        if len(cells) != len(self._fields):
            raise Rejected("it has another number of columns than its heading")
        row = {name.lower(): cell for name, cell in zip(self._fields, cells, strict=True) if cell != "-"}
        if "cs-uri-stem" not in row:
            raise Rejected("it says no path")
        time = told(f"{row.get('date', '')} {row.get('time', '')}".strip())
        if time is None:
            raise Rejected("its time is none")
        query = row.get("cs-uri-query", "")
        if "\t" in text:
            # CloudFront escapes twice what a query holds.
            query = query.replace("%25", "%")
        status = row.get("sc-status", "")
        cookie = row.get("cs(cookie)", "")
        return Row(
            Who("", unquote(row.get("cs-username", "")), row.get("c-ip", "")),
            time,
            row.get("cs-method", "GET").upper()[:32],
            row["cs-uri-stem"] + (f"?{query}" if query else ""),
            int(status) if status.isdecimal() and len(status) == 3 else 0,
            None,
            (("cookie", unquote(cookie)),) if cookie else (),
        )
