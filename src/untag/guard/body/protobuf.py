"""Messages of protobuf (``application/x-protobuf``), by the descriptors that a policy names for their route.

Read as Latin-1, so that characters are bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.guard.body import Unsound
from untag.guard.body._wire import Frames, Walk

if TYPE_CHECKING:
    from untag.guard.body import Reading
    from untag.guard.tree import Tree

__all__ = ["ProtobufBody"]


class ProtobufBody:
    """One message."""

    name = "protobuf"
    types = (
        "application/x-protobuf", "application/protobuf", "application/vnd.google.protobuf",
        "application/x-google-protobuf", "application/*+proto", "application/*+protobuf",
    )  # fmt: skip
    binary = True
    described = True

    def clean(self, text: str, reading: Reading) -> bool:  # noqa: ARG002 - what all formats are told
        """Never known beforehand."""
        return False

    def read(self, text: str, reading: Reading) -> Tree:
        """What it shows.

        Raises:
            Unsound: It is no such message, too deep, ambiguous, or holds what its descriptors do not name.
        """
        tree = Frames()
        if reading.told is None:
            raise Unsound("nobody says which message it is")
        data = text.encode("latin-1")
        Walk(data, tree, reading, reading.told).message(reading.told.name, 0, len(data))
        return tree

    def done(self, text: str) -> None:
        """What is left has its lengths anew."""
