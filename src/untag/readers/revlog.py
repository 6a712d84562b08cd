"""Stores of Mercurial (``.hg/store``): what every revision of a file added, and what was written about each.

Of a revision those lines are shown that no older one has, with a few around them, at the lines where they stand.
"""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from untag import spool
from untag.edit import beside
from untag.gap import Damaged, Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.syntax import revlog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits

__all__ = ["RevlogReader"]

#: Lines around one that is new, which are shown as well.
_AROUND = 5
#: Lines that are known again; behind them some may be shown twice.
_SEEN = 2_000_000


class RevlogReader(BinaryReader):
    """Takes the revisions out, the oldest first, each without what an older one shows already."""

    name = "revlog"
    rank = 50
    starts = (b"\0\1\0\1\0\0", b"\0\3\0\1\0\0", b"\0\2\0\1\0\0", b"\0\0\0\1\0\0")
    limits = (
        "Five lines on either side of a new one are shown with it, and so may be shown again.",
        "Which commits hold it is told with --history alone; who committed is not looked at.",
        "Where the bytes lie in a file of their own (name.d), as those of large files do, that has to lie beside.",
        "Bundles and version 2 of the format are not read.",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The index of a revlog, or what is packed for one beside."""
        return revlog.revlog(artifact.head) or _packed(artifact)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Artifact | Gap | Opaque]:
        """Revisions from the oldest to the newest."""
        place = artifact.place.whole()
        if not revlog.revlog(artifact.head):
            # It is read with its index.
            artifact.lone = False
            yield Opaque("version_control", artifact.size)
            return
        if not artifact.held:
            yield Gap(place, Reason.LIMIT, "revlog: larger than is held at once", artifact.size)
            return
        data, name = artifact.data, _name(artifact.path)
        rows, whole = revlog.entries(data)
        if not rows:
            raise Damaged("no revision")
        if name == "00manifest":
            # Names of files with digests, of all revisions; the files lie in revlogs of their own.
            yield Opaque("version_control", artifact.size)
            return
        packed: Artifact | None = None
        if not int.from_bytes(data[:4], "big") & revlog.INLINE:
            packed = beside(artifact, artifact.name.removesuffix(".i") + ".d")
            # What is said of these bytes holds for this place alone.
            artifact.lone = False
            if packed is None:
                said = f"{len(rows)} revisions, whose bytes lie in a file (.d) that is not beside it"
                yield Gap(place, Reason.ABSENT, f"revlog: {said}", artifact.size)
                return
        with packed.open() if packed is not None else io.BytesIO(data) as file:
            yield from _revisions(
                artifact, revlog.Stretches(file), rows, limits, packed.size if packed is not None else 0
            )
        if not whole:
            yield Gap(place, Reason.DAMAGED, "revlog: it breaks off", 1)


def _packed(artifact: Artifact) -> bool:
    """Whether a file holds what is packed for an index beside it."""
    if not artifact.name.endswith(".d"):
        return False
    index = beside(artifact, artifact.name.removesuffix(".d") + ".i")
    return index is not None and revlog.revlog(index.head) and not int.from_bytes(index.head[:4], "big") & revlog.INLINE


def _revisions(
    artifact: Artifact, data: revlog.Stretches, rows: list[revlog.Entry], limits: Limits, more: int
) -> Iterator[Artifact | Gap]:
    """What the revisions of a file show, out of what is packed.

    Args:
        artifact: The index.
        data: What is packed.
        rows: The revisions.
        limits: Bounds.
        more: Bytes of a file beside the index.
    """
    place, name = artifact.place.whole(), _name(artifact.path)
    left = min(artifact.nest.left, max(limits.free, limits.ratio * (artifact.size + more)))
    done = lost = 0
    seen: set[bytes] = set()
    try:
        for number, text in revlog.texts(data, rows, left):
            done += 1
            if text is None:
                lost += 1
                continue
            body = _said(text) if name == "00changelog" else _fresh(revlog.bare(text), seen)
            yield from _member(artifact, number, name, body, limits)
    except ImportError:
        said = "revisions packed in Zstandard: pip install 'untag[archives]' reads them"
        yield Gap(place, Reason.NEEDS, f"revlog: {said}", artifact.size)
    except revlog.Full:
        said = f"revisions after the first {done} were not unpacked: they are too large"
        yield Gap(place, Reason.LIMIT, f"revlog: {said}", 1)
    if lost:
        yield Gap(place, Reason.DAMAGED, f"revlog: {lost} revisions cannot be followed, or lie elsewhere", 1)


def _member(artifact: Artifact, number: int, name: str, body: bytes, limits: Limits) -> Iterator[Artifact | Gap]:
    """What a revision shows, if it is anything."""
    if not body.strip():
        return
    inner = f"revision {number}/{name}"
    for item in spool.member(artifact, inner, io.BytesIO(body), limits, packed=artifact.size):
        if not isinstance(item, Gap):
            item.show = f"hg debugdata {{file}} {number}"
        yield item


def _name(path: str) -> str:
    """The name of the file whose revisions these are: without the escapes of Mercurial's store."""
    bare = path.rpartition("/")[2].removesuffix(".i")
    return spool.attached(revlog.unescaped(bare)) or "file"


def _said(text: bytes) -> bytes:
    """What was written about a commit: behind names of files and one empty line; who wrote it stands before."""
    return text.partition(b"\n\n")[2]


def _fresh(text: bytes, seen: set[bytes]) -> bytes:
    """A text without the lines that were shown before, but for those around new ones; each keeps its number."""
    if b"\0" in text[:8192]:
        mark = _mark(text)
        if mark in seen:
            return b""
        seen.add(mark)
        return text
    lines = text.split(b"\n")
    fresh = [n for n, line in enumerate(lines) if line.strip() and _mark(line) not in seen]
    if not fresh:
        return b""
    if len(seen) < _SEEN:
        seen.update(_mark(line) for line in lines)
    near = {at for n in fresh for at in range(n - _AROUND, n + _AROUND + 1)}
    return b"\n".join(line if n in near else b"" for n, line in enumerate(lines))


def _mark(line: bytes) -> bytes:
    """What a line is known by: itself, or its digest where it is long."""
    return line if len(line) <= 40 else hashlib.blake2b(line, digest_size=16).digest()
