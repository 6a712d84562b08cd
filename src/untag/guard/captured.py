"""A message from a file: a body alone, or HTTP/1.1 as it was captured."""

from __future__ import annotations

import re

from untag.guard.message import Direction, Message
from untag.mistake import UntagError

__all__ = ["message"]

_ASKED = re.compile(rb"([A-Z]{1,20}) (\S+) HTTP/1\.[01]\r?\n")
_ANSWERED = re.compile(rb"HTTP/(?:1\.[01]|2|3) \d{3}[^\r\n]*\r?\n")
_HEADER = re.compile(rb"([!#-'*+\-.0-9A-Z^-z|~]+):[ \t]*([^\r\n]*)\r?\n")
#: Media type by suffix.
_SUFFIX = {
    "json": "application/json", "ndjson": "application/x-ndjson", "jsonl": "application/jsonl",
    "xml": "application/xml",
    "csv": "text/csv", "tsv": "text/tab-separated-values", "txt": "text/plain", "html": "text/html",
    "graphql": "application/graphql", "msgpack": "application/msgpack", "jpg": "image/jpeg", "jpeg": "image/jpeg",
    "png": "image/png", "svg": "image/svg+xml", "sse": "text/event-stream",
}  # fmt: skip


def message(
    data: bytes, name: str, direction: Direction | None, kind: str | None, method: str | None, path: str | None
) -> Message:
    """The message of a file.

    Args:
        data: What is in it.
        name: What it is called.
        direction: Of a body alone; a response where it is not said.
        kind: Media type of a body alone.
        method: Of the request; of a response ``GET`` where it is not said.
        path: Of the request, with its query.

    Raises:
        UntagError: Its headers are none, or its chunks are damaged.
    """
    first = _ASKED.match(data)
    answered = _ANSWERED.match(data)
    start = first or answered
    headers: list[tuple[str, str]] = []
    body = data
    if start is not None:
        at = start.end()
        while found := _HEADER.match(data, at):
            headers.append((found[1].decode("latin-1").lower(), found[2].decode("latin-1").strip()))
            at = found.end()
        end = re.compile(rb"\r?\n").match(data, at)
        if end is None and at < len(data):
            raise UntagError(f"{name}: its headers are none of HTTP")
        body = data[end.end() if end else at :]
        if any(n == "transfer-encoding" and "chunked" in v.lower() for n, v in headers):
            body = _joined(body, name)
            headers = [h for h in headers if h[0] != "transfer-encoding"]
    else:
        suffix = name.rpartition(".")[2].lower()
        headers.append(("content-type", kind or _SUFFIX.get(suffix, "application/json")))
    way: Direction = "request" if first is not None else "response" if start is not None else direction or "response"
    if first is not None and direction == "delivery":
        way = "delivery"
    target = path or (first[2].decode("latin-1") if first is not None else "/")
    target = re.sub(r"^[a-z]+://[^/]*", "", target)
    where, _, query = target.partition("?")
    said = method or (first[1].decode() if first is not None else "POST" if way != "response" and body else "GET")
    return Message(way, said, where or "/", query if way != "response" else "", tuple(headers), body)


def _joined(body: bytes, name: str) -> bytes:
    """The body without its chunks.

    Raises:
        UntagError: They are damaged.
    """
    out = bytearray()
    at = 0
    while True:
        end = body.find(b"\r\n", at)
        try:
            size = int(body[at:end].partition(b";")[0], 16) if end >= 0 else -1
        except ValueError:
            size = -1
        if size < 0 or end + 2 + size > len(body):
            raise UntagError(f"{name}: its chunks are damaged")
        if size == 0:
            return bytes(out)
        out += body[end + 2 : end + 2 + size]
        at = end + 2 + size + 2
