"""Bodies of captured messages: their coding undone, their type as headers say it."""

from __future__ import annotations

from untag.exposure.row import Body
from untag.guard.body import Unsound
from untag.guard.coding import decoded, named

__all__ = ["captured", "said"]

#: Bytes that a body may expand to, as the guard has it.
LARGEST = 8 << 20


def captured(data: bytes | None, headers: tuple[tuple[str, str], ...]) -> Body | None:
    """A body as it was sent.

    Args:
        data: Its bytes, in the codings that headers say; None where the capture does not hold it.
        headers: Names in lower case.
    """
    if data is None:
        return None
    rows = dict(headers)
    kind, length = rows.get("content-type", ""), rows.get("content-length", "")
    cut = length.isdecimal() and len(length) < 19 and len(data) < int(length)
    names = named(rows.get("content-encoding", ""))
    if not names or not data or cut:
        return Body(data, kind, cut=cut, damaged="coding" if cut and names else "")
    try:
        return Body(decoded(data, names, LARGEST), kind)
    except Unsound as error:
        return Body(b"", kind, damaged="size" if error.limit else "coding")


def said(data: bytes) -> Body:
    """A message of a WebSocket, which has no type: JSON where it begins so, else a text, else bytes."""
    if data.lstrip()[:1] in {b"{", b"["}:
        return Body(data, "application/json")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return Body(data, "application/octet-stream")
    return Body(data, "text/plain")
