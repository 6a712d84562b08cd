"""OLE compound files: whether one is a workbook, told by its directory before any library is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from untag.artifact import Artifact

__all__ = ["MAGIC", "holds", "workbook"]

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Entries of a directory have this many bytes, and begin with the name of a stream ([MS-CFB] 2.6.1).
_ENTRY = 128
_BOOKS = ("Workbook", "Book")
_OTHERS = ("WordDocument", "PowerPoint Document", "__properties_version1.0")


def workbook(artifact: Artifact) -> bool:
    """Whether a compound file is an old workbook of Excel, and not a document with one in it."""
    if not artifact.head.startswith(MAGIC):
        return False
    data = artifact.data if artifact.held else artifact.head + artifact.tail
    return any(_named(data, name, whole=artifact.held) for name in _BOOKS) and not any(
        _named(data, name, whole=artifact.held) for name in _OTHERS
    )


def holds(artifact: Artifact, name: str) -> bool:
    """Whether the directory of a compound file has an entry of that name, as far as it can be told at once."""
    return _named(artifact.data if artifact.held else artifact.head + artifact.tail, name, whole=artifact.held)


def _named(data: bytes, name: str, *, whole: bool) -> bool:
    raw = name.encode("utf-16-le") + b"\0\0"
    at = data.find(raw)
    while at >= 0 and at % _ENTRY and whole:
        at = data.find(raw, at + 1)
    return at >= 0
