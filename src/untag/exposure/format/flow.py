"""Flows as mitmproxy saves them (``mitmdump -w``): typed netstrings, one an exchange.

The format is a length, a colon, so many bytes, and a letter for their type; it is read here, since mitmproxy itself is
a program with a proxy in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from untag.exposure.format import Capture
from untag.exposure.format._message import captured, said
from untag.exposure.format._object import whole
from untag.exposure.format._when import told
from untag.exposure.format.har import caller
from untag.exposure.row import FAULTS, Body, Row, Who
from untag.exposure.unpack import Cut
from untag.exposure.unpack import whole as everything

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["FlowFormat", "netstring"]

_SIZE = re.compile(rb"(0|[1-9]\d{0,9}):")
#: Numbers; what else Python would take for one, or refuse with its text, is none.
_WHOLE = re.compile(rb"-?\d{1,18}")
_REAL = re.compile(rb"-?\d{1,18}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?")
#: How deep values may nest, and how many one flow may have.
_DEEP, _MOST = 32, 2_000_000


class _Unsound(ValueError):  # noqa: N818 - a state of the file
    """It is no value; the message is a constant."""


class FlowFormat(Capture):
    """Flows in order; a flow's number is its place. What is no exchange of HTTP is rejected."""

    name = "flow"
    title = "mitmproxy flows"
    source = "https://docs.mitmproxy.org/stable/concepts-howmitmproxyworks/"
    limits = "Bodies that the proxy streamed are not in it; flows of TCP, UDP and DNS are rejected."
    rank = 8

    def knows(self, start: bytes) -> float:
        """As for ``Format``."""
        found = _SIZE.match(start)
        return float(found is not None and b"7:request;" in start and b"11:client_conn;" in start)

    def rows(self, file: BinaryIO) -> Iterator[Row | str]:
        """As for ``Capture``."""
        data = memoryview(everything(file, self.most))
        at = 0
        while at < len(data):
            left = [_MOST]
            try:
                value, at = netstring(data, at, left)
            except _Unsound as error:  # its words are constants: those of a builtin error may quote the capture
                raise Cut(str(error), "damaged") from None
            try:
                yield _row(value)
            except FAULTS:
                yield "it is no flow of HTTP"


def netstring(data: memoryview, at: int, left: list[int], depth: int = 0) -> tuple[Any, int]:
    """A value, and where the next one begins.

    Args:
        data: All bytes.
        at: Where it begins.
        left: How many values there may be still; counted down.
        depth: How deep it lies.

    Raises:
        ValueError: It is none.
    """
    found = _SIZE.match(data[at : at + 12])
    left[0] -= 1
    if found is None or depth > _DEEP or left[0] < 0:
        raise _Unsound("it is no typed netstring, or nests too deep")
    start = at + found.end()
    end = start + int(found[1])
    if end >= len(data):
        raise _Unsound("its last flow is not whole")
    kind, raw = data[end], data[start:end]
    if kind in b"]}":
        values = []
        while start < end:
            value, start = netstring(data[:end], start, left, depth + 1)
            values.append(value)
        if kind == ord("]"):
            return values, end + 1
        if len(values) % 2 or not all(isinstance(name, str) for name in values[::2]):
            raise _Unsound("an object of it has no names")
        return dict(zip(values[::2], values[1::2], strict=True)), end + 1
    return _plain(kind, bytes(raw)), end + 1


def _plain(kind: int, raw: bytes) -> Any:
    """A value that holds no other.

    Raises:
        ValueError: It is none.
    """
    if kind == ord(","):
        return raw
    if kind == ord(";"):
        return raw.decode("utf-8", "replace")
    if kind == ord("#") and _WHOLE.fullmatch(raw):
        return int(raw)
    if kind == ord("^") and _REAL.fullmatch(raw):
        return float(raw)
    if kind == ord("!"):
        return raw == b"true"
    if kind == ord("~"):
        return None
    raise _Unsound("it is no typed netstring, or nests too deep")


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value if isinstance(value, str) else ""


def _headers(part: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((_text(name).lower(), _text(value)) for name, value in part["headers"])


def _row(flow: dict[str, Any]) -> Row:
    asked, answered = flow["request"], flow.get("response")
    headers = _headers(asked)
    client = flow.get("client_conn") or {}
    peer = client.get("peername") or client.get("address") or [""]
    if isinstance(peer, dict):  # as versions before 5 have it
        peer = peer.get("address") or [""]
    made = Row(
        Who(caller(headers), "", _text(peer[0])),
        told(asked.get("timestamp_start")),
        _text(asked["method"]).upper()[:32],
        _text(asked["path"]) or "/",
        0,
        None,
        tuple(row for row in headers if not row[0].startswith(":")),
        # A body that was streamed is not there: that a method mostly has none does not make it empty.
        captured(asked.get("content"), headers) or Body(cut=True),
    )
    if isinstance(answered, dict):
        made.status = whole(answered["status_code"]) or 0
        made.answered = captured(answered.get("content"), _headers(answered))
    socket = flow.get("websocket")
    if isinstance(socket, dict):
        made.messages = tuple(
            (bool(message[1]), said(message[2] if isinstance(message[2], bytes) else _text(message[2]).encode()))
            for message in socket["messages"]
        )
    return made
