"""Projects of Visual Basic for Applications: which modules there are, and their source out of its compression.

Source: [MS-OVBA], 2.3.4.2 (the dir stream) and 2.4.1 (compression).
"""

from __future__ import annotations

import struct

from msgspec import Struct

__all__ = ["Broken", "Module", "decompress", "modules", "text"]

_CHUNK = 4096
_VERSION, _CODEPAGE, _NAME, _STREAM, _OFFSET = 0x09, 0x03, 0x19, 0x1A, 0x31
#: Records of a project that are looked at.
_MOST = 200_000


class Broken(ValueError):  # noqa: N818 - a state of the input
    """The bytes do not keep to the format.

    Attributes:
        part: What could be unpacked before.
    """

    def __init__(self, said: str, part: bytes = b"") -> None:
        super().__init__(said)
        self.part = part


class Module(Struct):
    """A module: its name, the stream it lies in, and where its source begins there."""

    name: str
    stream: str = ""
    offset: int = 0


def decompress(data: bytes, most: int) -> bytes:
    """The bytes of a compressed container.

    Args:
        data: From its signature on.
        most: Bytes that it may unpack to.

    Raises:
        Broken: It is none, is cut off or unpacks to more.
    """
    if data[:1] != b"\x01":
        raise Broken("no compressed container")
    out = bytearray()
    at = 1
    while at + 2 <= len(data):
        head = data[at] | data[at + 1] << 8
        if head >> 12 & 7 != 3:
            raise Broken("a chunk without its mark", bytes(out))
        end = at + (head & 0xFFF) + 3
        chunk, at = data[at + 2 : end], end
        out += _chunk(chunk) if head >> 15 else chunk
        if len(out) > most:
            raise Broken("more than may be unpacked", bytes(out[:most]))
    if at > len(data):
        raise Broken("it breaks off", bytes(out))
    return bytes(out)


def _chunk(chunk: bytes) -> bytes:
    """One chunk of at most 4,096 bytes: literals and copies of what came before in it."""
    out = bytearray()
    at = 0
    while at < len(chunk) and len(out) < _CHUNK:
        flags = chunk[at]
        at += 1
        for bit in range(8):
            if at >= len(chunk):
                break
            if not flags >> bit & 1:
                out.append(chunk[at])
                at += 1
                continue
            if at + 2 > len(chunk) or not out:
                return bytes(out)
            token = chunk[at] | chunk[at + 1] << 8
            at += 2
            wide = max(4, (len(out) - 1).bit_length())
            length = (token & 0xFFFF >> wide) + 3
            back = (token >> 16 - wide) + 1
            if back > len(out):
                return bytes(out)
            piece = out[len(out) - back :][:length]
            # A copy that reaches into what it makes repeats it.
            out += (piece * -(-length // len(piece)))[:length]
    return bytes(out[:_CHUNK])


def modules(data: bytes) -> tuple[list[Module], int]:
    """The modules of a project, and the code page of its texts.

    Args:
        data: The dir stream, unpacked.
    """
    out: list[Module] = []
    page, at = 1252, 0
    for _ in range(_MOST):
        if at + 6 > len(data):
            break
        kind, size = struct.unpack_from("<HI", data, at)
        at += 6
        if kind == _VERSION:
            size = 6  # its length field says 4
        body = data[at : at + size]
        at += size
        if kind == _CODEPAGE and len(body) == 2:
            page = body[0] | body[1] << 8
        elif kind == _NAME:
            out.append(Module(text(body, page)))
        elif kind == _STREAM and out:
            out[-1].stream = text(body, page)
        elif kind == _OFFSET and out and len(body) == 4:
            out[-1].offset = int.from_bytes(body, "little")
    return out, page


def text(raw: bytes, page: int) -> str:
    """Bytes in a code page as text."""
    try:
        return raw.decode(f"cp{page}" if page != 65001 else "utf-8", "replace")
    except LookupError:
        return raw.decode("cp1252", "replace")
