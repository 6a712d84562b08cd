"""Zip archives and what is written as one: jar, war, apk, aab, ipa, whl, nupkg, docx, and a zip behind other bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Gap, Reason
from untag.readers import BinaryReader
from untag.readers._links import Links
from untag.readers._zip import LOCAL, Parts, end_of
from untag.readers._zipped import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits, Opaque
    from untag.surface import Surface

__all__ = ["ZipReader"]


class ZipReader(BinaryReader):
    """Takes the members out one after another."""

    name = "zip"
    rank = 50
    starts = (LOCAL, b"PK\5\6")
    shows = "unzip -p {file} {member}"
    limits = (
        "Members packed by methods other than deflate, bzip2, LZMA, xz and Zstandard are gaps.",
        "Archives that are split over several files are read as far as one file goes.",
        "Comments and extra fields are not read.",
    )

    def knows(self, artifact: Artifact) -> bool:
        """A zip by its first header, or by the directory at its end where other bytes stand before it."""
        return artifact.head.startswith((LOCAL, b"PK\5\6", b"PK\7\x08PK")) or end_of(artifact) is not None

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Members in order of where they begin; those that the directory does not list, too."""
        place = artifact.place.whole()
        parts, links = Parts(artifact), Links(place)
        for part, name, encoding in parts.named():
            yield from shown(artifact, part, name, encoding, links, limits)
        yield from links.gaps()
        for said in dict.fromkeys(parts.damage):
            yield Gap(place, Reason.DAMAGED, said, parts.lost)
            parts.lost = 0
        if parts.overlapping:
            yield Gap(place, Reason.REFUSED, f"members that reach into others are not read: {parts.overlapping}")
