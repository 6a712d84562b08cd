"""Messages of gRPC and gRPC-Web: protobuf in frames (PROTOCOL-HTTP2.md and PROTOCOL-WEB.md of github.com/grpc/grpc).

Frames that are packed are refused: requests are passed on so that nobody answers with one. Of the trailers that
gRPC-Web sends as a frame the status stays; a message in them is a text, and so is what is packed in one (``-bin``).
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from untag.guard.body import Unsound
from untag.guard.body._scan import said
from untag.guard.body._wire import Frames, Walk
from untag.surface import Role

if TYPE_CHECKING:
    from untag.guard.body import Reading
    from untag.guard.tree import Tree

__all__ = ["GrpcBody"]

_HEAD = 5
_TRAILERS = 0x80
#: What stands between texts in bytes that nobody describes.
_BETWEEN = re.compile(rb"[\x00-\x1f\x7f]+")
_LINE = re.compile(rb"([0-9A-Za-z_.-]{1,100}):[ \t]*([^\r\n]*)\r\n")
#: Trailers that say nothing of anybody.
_STATUS = frozenset({"grpc-status", "grpc-encoding", "grpc-accept-encoding"})


class GrpcBody:
    """Frames, each with a message."""

    name = "grpc"
    types = (
        "application/grpc", "application/grpc+proto", "application/grpc-web", "application/grpc-web+proto",
    )  # fmt: skip
    binary = True
    described = True

    def clean(self, text: str, reading: Reading) -> bool:  # noqa: ARG002 - what all formats are told
        """Never known beforehand."""
        return False

    def read(self, text: str, reading: Reading) -> Tree:
        """What its messages show.

        Raises:
            Unsound: It is none, a frame is packed, or as for one message.
        """
        tree = Frames()
        told = reading.told
        if told is None:
            raise Unsound("nobody says which message it is")
        data = text.encode("latin-1")
        walk = Walk(data, tree, reading, told)
        at = 0
        while at < len(data):
            reading.spend(1)
            begin = at + _HEAD
            end = begin + int.from_bytes(data[at + 1 : begin], "big")
            if begin > len(data) or end > len(data):
                raise Unsound("it ends too early")
            frame = tree.frame(at + 1, begin, end, wide=_HEAD - 1)
            if data[at] == 0:
                walk.message(told.name, begin, end, frame=frame)
            elif data[at] == _TRAILERS:
                self._trailers(tree, reading, data, begin, end)
                if end < len(data):
                    raise Unsound("something stands behind its trailers", ambiguous=True)
            else:
                raise Unsound("a frame of it is packed, or none of gRPC")
            at = end
        return tree

    @staticmethod
    def _trailers(tree: Tree, reading: Reading, data: bytes, begin: int, end: int) -> None:
        """Show trailers; each goes as a line."""
        box = tree.box(glued=False)
        while begin < end:
            found = _LINE.match(data, begin, end)
            if found is None:
                raise Unsound("its trailers are none")
            name, value = found[1].decode("ascii").lower(), found[2].decode("latin-1")
            here = box.add(begin, found.end(), name)
            if name not in _STATUS:
                said(tree, reading, name, "", int, (box, here), "", "trailer", Role.VALUE)
                value = _opened(value) if name.endswith("-bin") else unquote(value)
                said(tree, reading, value, "", int, (box, here), "", name, Role.VALUE)
            begin = found.end()

    def done(self, text: str) -> None:
        """What is left has its lengths anew."""


def _opened(value: str) -> str:
    """The texts in bytes that were packed to go into a trailer: they tell of a status in fields of protobuf.

    Raises:
        Unsound: They do not unpack.
    """
    rows = []
    for one in value.split(","):
        bare = one.strip().rstrip("=")  # padding may be there or not
        try:
            rows.append(binascii.a2b_base64(bare + "=" * (-len(bare) % 4), strict_mode=True))
        except ValueError:
            raise Unsound("its trailers are none") from None
    return _BETWEEN.sub(b" ", b" ".join(rows)).decode("utf-8", "replace").strip()
