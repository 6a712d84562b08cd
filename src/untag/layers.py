"""Layers of container images: what a later layer deletes is still in the image, and is said to be deleted.

Format: the image specification of OCI, "Layer Filesystem Changeset" (whiteouts ``.wh.NAME``, opaque folders
``.wh..wh..opq``), and ``manifest.json`` as ``docker save`` writes it.
"""

from __future__ import annotations

import json
import posixpath
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from untag.finding import Evidence
from untag.place import Place

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Iterable, Iterator

    from untag.finding import Finding
    from untag.sources import Entry

__all__ = ["Layers"]

_MARK, _OPAQUE = ".wh.", ".wh..wh..opq"
#: Bytes of a manifest, and headers of an image that are looked at for one.
_MOST, _HEADERS = 4 << 20, 10_000


class _Gone(Struct, frozen=True):
    """What a layer deletes: a path with all below it, or all below it alone."""

    layer: str
    path: str
    whole: bool

    def has(self, path: str) -> bool:
        """Whether it deletes a path."""
        return (self.whole and path == self.path) or path.startswith(self.path + "/" if self.path else "")


class Layers:
    """Says which findings stand in files that a later layer of their image deletes."""

    def __init__(self, entries: Iterable[Entry], members: Iterable[tuple[int, str]]) -> None:
        """Look for whiteouts.

        Args:
            entries: Everything that was read.
            members: All members of containers: index of the input, and the chain as one path.
        """
        self._entries = entries
        self._gone: dict[tuple[int, tuple[str, ...]], list[_Gone]] = defaultdict(list)
        self._orders: dict[tuple[int, tuple[str, ...]], list[str]] = {}
        for number, flat in members:
            if _MARK not in flat:
                continue
            *image, layer, path = chain if len(chain := Place.chain_of(flat)) > 2 else ("", "", "")
            folder, name = posixpath.split(_plain(path))
            if image and name.startswith(_MARK):
                whole = name != _OPAQUE
                gone = _Gone(layer, posixpath.join(folder, name[len(_MARK) :]) if whole else folder, whole)
                self._gone[number, tuple(image)].append(gone)

    def told(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings, and of those in deleted files what deletes them."""
        if not self._gone:
            return tuple(findings)
        return tuple(map(self._told, findings))

    def _told(self, finding: Finding) -> Finding:
        place = finding.place
        for end in range(1, len(place.chain) - 1):
            image = (place.input, place.chain[:end])
            layer, path = place.chain[end], _plain(place.chain[end + 1])
            for gone in self._gone.get(image, ()):
                said = self._later(image, layer, gone.layer) if gone.layer != layer and gone.has(path) else ""
                if said:
                    told = Evidence("deleted", f"{said} ({gone.layer})"[:200], place.whole())
                    return replace(finding, against=(*finding.against, told))
        return finding

    def _later(self, image: tuple[int, tuple[str, ...]], layer: str, other: str) -> str:
        """What is said of a layer that deletes a file of another; nothing where it lies below."""
        if image not in self._orders:
            self._orders[image] = list(self._order(*image))
        order = self._orders[image]
        if layer in order and other in order:
            later = order.index(other) > order.index(layer)
            return "a later layer of the image deletes it; the image still holds it" if later else ""
        return "another layer of the image deletes it; which one is the later is not told"

    def _order(self, number: int, image: tuple[str, ...]) -> Iterator[str]:
        """Layers from the lowest on, by the manifests of an image that is a file."""
        entry = next((e for e in self._entries if e.place.input == number and e.place.chain == image and e.file), None)
        if entry is None:
            return
        import tarfile  # few inputs hold an image

        try:
            with tarfile.open(entry.file, "r:") as tar:
                yield from _layers(tar)
        except (tarfile.TarError, OSError, ValueError, KeyError, TypeError, RecursionError):
            return


def _layers(tar: tarfile.TarFile) -> Iterator[str]:
    found: dict[str, tarfile.TarInfo] = {}
    for _, info in zip(range(_HEADERS), tar, strict=False):
        found[_plain(info.name)] = info

    def read(name: str) -> Any:
        file = tar.extractfile(found[name]) if name in found and found[name].size <= _MOST else None
        return json.loads(file.read(_MOST)) if file is not None else None

    for row in read("manifest.json") or []:
        yield from (str(name) for name in row["Layers"])
    waiting = [read("index.json") or {}]
    for made in waiting:
        if len(waiting) > 1000:
            return
        waiting += [read(_blob(row["digest"])) or {} for row in made.get("manifests", [])]
        yield from (_blob(row["digest"]) for row in made.get("layers", []))


def _blob(digest: str) -> str:
    return "blobs/" + str(digest).replace(":", "/", 1)


def _plain(path: str) -> str:
    return path.removeprefix("./").lstrip("/")
