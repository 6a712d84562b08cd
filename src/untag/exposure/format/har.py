"""HTTP Archive (HAR 1.2), as browsers, proxies and test tools save what they saw."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any

from untag.exposure.format import Capture
from untag.exposure.format._message import said
from untag.exposure.format._object import loaded, text, whole
from untag.exposure.format._when import iso
from untag.exposure.row import FAULTS, SAFE, Body, Rejected, Row, Who
from untag.exposure.unpack import Cut
from untag.exposure.unpack import whole as everything

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["HarFormat", "caller", "split"]

_ENTRIES = re.compile(rb'"entries"\s*:\s*\[')
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
#: Headers that say who calls, the first that is there counts; what they hold is only ever hashed.
_CALLERS = ("x-api-key", "api-key", "x-client-id", "authorization")


def split(url: str) -> str:
    """Path and query of an address."""
    bare = _SCHEME.sub("", url, count=1).partition("#")[0]
    return bare if bare.startswith("/") else f"/{bare}"


def caller(headers: tuple[tuple[str, str], ...]) -> str:
    """Who calls, as far as headers say."""
    rows = dict(headers)
    return next((rows[name] for name in _CALLERS if rows.get(name)), "")


class HarFormat(Capture):
    """Entries in order; an entry's number is its place."""

    name = "har"
    title = "HTTP Archive (HAR)"
    source = "http://www.softwareishard.com/blog/har-12-spec/"
    limits = "Some tools leave bodies out or cut them; a body that is missing though bytes were sent is told as such."
    rank = 8
    most = 256 << 20

    def knows(self, start: bytes) -> float:
        """As for ``Format``."""
        bare = start.lstrip(b"\xef\xbb\xbf \t\r\n")
        return 1.0 if bare.startswith(b"{") and b'"log"' in bare[:200] and _ENTRIES.search(start) else 0.0

    def rows(self, file: BinaryIO) -> Iterator[Row | str]:
        """As for ``Capture``."""
        data = everything(file, self.most).removeprefix(b"\xef\xbb\xbf")
        try:
            made = loaded(data)
        except Rejected as error:
            raise Cut(str(error), "damaged") from None
        log = made.get("log") if made is not None else None
        entries = log.get("entries") if isinstance(log, dict) else None
        if not isinstance(entries, list):
            raise Cut("it holds no entries", "damaged")
        del data, made, log
        for entry in entries:
            try:
                yield _row(entry)
            except FAULTS:
                yield "it is no entry of HAR"


def _row(entry: dict[str, Any]) -> Row:
    asked, answered = entry["request"], entry["response"]
    when = iso(text(entry.get("startedDateTime")))
    headers = _headers(asked)
    status = whole(answered.get("status")) or 0
    method = text(asked["method"]).upper()[:32]
    post = asked.get("postData")
    request: Body | None = None
    if isinstance(post, dict):
        request = _posted(post, whole(asked.get("bodySize")))
    elif (sent := whole(asked.get("bodySize"))) is not None:
        # Where the tool does not say, the method does.
        request = Body(cut=sent > 0 and method in SAFE) if not sent or method in SAFE else None
    content = answered.get("content")
    content = content if isinstance(content, dict) else {}
    size = whole(content.get("size"))
    response: Body | None = None
    kind = text(content.get("mimeType")) or dict(_headers(answered)).get("content-type", "")
    if isinstance(content.get("text"), str) and (content["text"] or size):
        response = _text(content["text"], kind, text(content.get("encoding")), size)
    elif not size and whole(answered.get("bodySize")) == 0:
        response = Body()
    address = entry.get("clientIPAddress")
    made = Row(
        Who(caller(headers), "", text(address)), when, method or "GET", split(text(asked["url"])), status, None,
        headers, request, response,
    )  # fmt: skip
    rows = entry.get("_webSocketMessages")
    if isinstance(rows, list):
        if status == 101 and made.answered is None:
            made.answered = Body()  # what was answered is the messages
        made.messages = tuple(_message(row) for row in rows if isinstance(row, dict))
    return made


def _message(row: dict[str, Any]) -> tuple[bool, Body]:
    """A message of a WebSocket, as Chromium saves them: a text, or bytes in base64."""
    data, sent = text(row.get("data")), row.get("type") == "send"
    if row.get("opcode") == 2:
        try:
            return sent, said(base64.b64decode(data, validate=True))
        except (binascii.Error, ValueError):
            return sent, Body(damaged="coding")
    return sent, said(data.encode("utf-8", "replace"))


def _headers(part: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    rows = part.get("headers")
    return tuple(
        (text(row.get("name")).lower(), text(row.get("value")))
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and not text(row.get("name")).startswith(":")
    )


def _posted(post: dict[str, Any], size: int | None) -> Body:
    """What was sent: a text, or the fields of a form."""
    kind = text(post.get("mimeType"))
    if isinstance(post.get("text"), str) and post["text"]:
        return _text(post["text"], kind, text(post.get("encoding")), size)
    params = post.get("params")
    if isinstance(params, list) and params:
        from urllib.parse import urlencode

        rows = [(text(p.get("name")), text(p.get("value"))) for p in params if isinstance(p, dict)]
        return Body(urlencode(rows, errors="surrogatepass").encode(), "application/x-www-form-urlencoded")
    return Body(b"", kind, cut=bool(size))


def _text(value: str, kind: str, encoding: str, size: int | None) -> Body:
    """A body as HAR holds it: base64 is tried only where it is said, and a text that is none is taken as it is.

    Some tools say base64 of what is plain.
    """
    data = value.encode("utf-8", "replace")
    if encoding == "base64":
        try:
            data = base64.b64decode(re.sub(rb"\s+", b"", data), validate=True)
        except (binascii.Error, ValueError):
            try:
                json.loads(value)
            except (ValueError, RecursionError):
                return Body(b"", kind, damaged="coding")
    else:
        # A charset is gone: the file is UTF-8.
        kind = re.sub(r";\s*charset=[^;]*", "", kind, flags=re.IGNORECASE)
    return Body(data, kind, cut=size is not None and len(data) < size and len(value) < size)
