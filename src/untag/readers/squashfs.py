"""Images of squashfs, as in firmware, snaps and live systems: their files one after another, in plain Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Gap, Reason
from untag.readers import BinaryReader
from untag.readers._links import Links
from untag.readers._squash import FAILS, FILE, FOLDER, LINK, Image
from untag.spool import Names, member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits

__all__ = ["SquashfsReader"]

#: Signatures: little endian, and those that other systems write.
_OURS, _OTHERS = b"hsqs", (b"sqsh", b"shsq", b"qshs")
#: Folders below one another.
_DEPTH = 256
_TOOL = "unsquashfs (Debian: apt-get install squashfs-tools) unpacks it"


class SquashfsReader(BinaryReader):
    """Takes the files out in order of their folders."""

    name = "squashfs"
    rank = 50
    starts = (_OURS, *_OTHERS)
    shows = "unsquashfs -cat {file} {member}"
    limits = (
        "version 4.0 in little endian; other versions and images packed with lzo are gaps that name unsquashfs",
        "an image that begins inside of another file (raw firmware) is not looked for",
        "extended attributes are not read",
    )

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Artifact | Gap]:
        """Files, folder by folder.

        Raises:
            Damaged: The head makes no sense.
        """
        place = artifact.place.whole()
        if not artifact.head.startswith(_OURS):
            yield Gap(place, Reason.UNKNOWN, f"squashfs of another version or byte order: {_TOOL}", artifact.size)
            return
        with artifact.open() as file:
            image = Image(file, artifact.size)
            lacking = _lacking(image)
            if lacking is not None:
                yield Gap(place, *lacking, artifact.size)
                return
            yield from _walk(artifact, image, limits)
            if image.used > artifact.size:
                said = "the image ends before it says it does"
                yield Gap(place, Reason.DAMAGED, said, min(artifact.size, image.used - artifact.size))


def _lacking(image: Image) -> tuple[Reason, str] | None:
    """Why what the image is packed with cannot be unpacked here."""
    if image.codec not in ("gzip", "lzma", "xz", "lz4", "zstd"):
        return Reason.UNKNOWN, f"squashfs packed with {image.codec}: {_TOOL}"
    try:
        image.unpacked(b"", 1)
    except ImportError:
        return Reason.NEEDS, f"squashfs packed with {image.codec}: pip install 'untag[archives]' reads it"
    except FAILS:
        return None
    return None


class _Stream:
    """The blocks of a file as something to read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, _size: int) -> bytes:
        """Some bytes; none at the end."""
        return next(self._pieces, b"")


def _walk(artifact: Artifact, image: Image, limits: Limits) -> Iterator[Artifact | Gap]:
    place = artifact.place.whole()
    names, links = Names(), Links(place)
    seen: set[int] = set()
    waiting: list[tuple[int, str, int]] = [(image.root, "", 0)]
    while waiting:
        reference, path, depth = waiting.pop()
        if reference in seen or depth > _DEPTH:
            said = "a folder that holds itself, or lies too deep"
            yield Gap(place.inside(path.rstrip("/") or "/"), Reason.DAMAGED, said)
            continue
        seen.add(reference)
        below: list[tuple[int, str, int]] = []
        try:
            node = image.node(reference)
            for raw, inner in image.entries(node) if node.kind in FOLDER else ():
                name = path + names.text(raw)
                found = image.node(inner)
                if found.kind in FOLDER:
                    below.append((inner, name + "/", depth + 1))
                elif found.kind in FILE:
                    yield from member(artifact, name, _Stream(image.pieces(found)), limits, fails=FAILS)
                elif found.kind in LINK:
                    links.add(name, found.target.decode("utf-8", "replace"))
                else:
                    yield Gap(place.inside(name), Reason.REFUSED, "a device or pipe")
                if artifact.nest.left <= 0:
                    return
        except FAILS as error:
            said = error.detail if hasattr(error, "detail") else "damaged metadata"
            yield Gap(place.inside(path.rstrip("/") or "/"), Reason.DAMAGED, f"the folder breaks off: {said}")
        waiting.extend(reversed(below))
    yield from links.gaps()
