"""EPUB books: what they are called, their chapters in the order of reading, and then all else that lies in them.

Format: EPUB 3.3 (OCF, packages); Adobe and IDPF obfuscate fonts alone, other encryption hides the text itself.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from untag.artifact import Artifact
from untag.gap import Gap, Reason
from untag.readers import BinaryReader
from untag.readers._links import Links
from untag.readers._zip import Parts
from untag.readers._zipped import items, shown
from untag.surface import Kind, Role, Surface
from untag.syntax import xml
from untag.syntax.xml import local

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.gap import Limits, Opaque
    from untag.readers._zip import Part
    from untag.syntax.tree import Node

    Named = tuple[Part, str, str]

__all__ = ["EpubReader"]

_SIGN = b"mimetypeapplication/epub+zip"
_CONTAINER, _LOCKS = "META-INF/container.xml", "META-INF/encryption.xml"
#: Elements of a package that say what the book is about; who made it is never looked at.
_ABOUT = {"title": Role.HEADING, "subject": Role.PROSE, "description": Role.PROSE}
#: Nodes of a package that are looked at.
_NODES = 500_000
#: What stands in the name of an algorithm that changes fonts alone.
_FONTS = ("idpf.org/2008/embedding", "ns.adobe.com/pdf/enc")


class EpubReader(BinaryReader):
    """Takes the chapters out in the order of reading; they are pages like any other."""

    name = "epub"
    rank = 60
    covers = ("zip",)
    shows = "unzip -p {file} {member}"
    limits = (
        "Chapters that a publisher has locked (DRM) are gaps; fonts that are only obfuscated are fonts.",
        "Who wrote or published a book is not looked at.",
        "Members that zip archives may hold and untag does not read are gaps here as well.",
    )

    def knows(self, artifact: Artifact) -> bool:
        """A zip whose first member says that it is a book."""
        return artifact.head.startswith(b"PK\3\4") and _SIGN in artifact.head[30:120]

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """What the package says of the book, chapters, then the rest in its order."""
        place = artifact.place.whole()
        parts, links = Parts(artifact), Links(place)
        rows = list(parts.named())[: limits.members]
        named = {name: row for row in rows for name in [row[1]]}
        package, order, said = self._package(artifact, named, limits)
        for role, text, pointer in said:
            yield Surface(role, text[:2000], place.at(pointer=pointer), "", Kind.SECTION)
        locked = self._locked(artifact, named, limits)
        for part, name, encoding in sorted(rows, key=lambda row: order.get(row[1], len(order))):
            if name in locked:
                text = "locked by its publisher; there is no password to give"
                yield Gap(place.inside(name), Reason.ENCRYPTED, text, part.packed)
            else:
                yield from shown(artifact, part, name, encoding, links, limits)
        yield from links.gaps()
        for text in dict.fromkeys(parts.damage):
            yield Gap(place, Reason.DAMAGED, text, parts.lost)
            parts.lost = 0
        if not package:
            yield Gap(place, Reason.DAMAGED, "epub: no package tells its chapters; it was read as an archive", 1)
        elif lost := sum(name not in named for name in order):
            yield Gap(place, Reason.ABSENT, f"epub: {lost} chapters of its package are not there", 1)
        if parts.overlapping:
            yield Gap(place, Reason.REFUSED, f"members that reach into others are not read: {parts.overlapping}")

    def _text(self, artifact: Artifact, named: dict[str, Named], name: str, limits: Limits) -> list[Node]:
        """All elements of a member, which is XML; none where it is not there."""
        if name not in named:
            return []
        for item in items(artifact, named[name][0], name, limits):
            if isinstance(item, Artifact) and item.held:
                document = xml.parse(item.text, _NODES)
                return [node for root in document.roots for node in root.walk()]
        return []

    def _package(
        self, artifact: Artifact, named: dict[str, Named], limits: Limits
    ) -> tuple[str, dict[str, int], list[tuple[Role, str, str]]]:
        """Name of the package, chapters by name with their number, and what it says of the book."""
        roots = self._text(artifact, named, _CONTAINER, limits)
        package = next((n.text("full-path") for n in roots if local(n.key) == "rootfile" and n.text("full-path")), "")
        files: dict[str, str] = {}
        order: dict[str, int] = {}
        said: list[tuple[Role, str, str]] = []
        for node in self._text(artifact, named, package, limits) if package else ():
            tag = local(node.key)
            if tag == "item":
                path = posixpath.join(posixpath.dirname(package), unquote(node.text("href").partition("#")[0]))
                files[node.text("id")] = posixpath.normpath(path)
            elif tag == "itemref" and (name := files.get(node.text("idref"))):
                order.setdefault(name, len(order))
            elif tag in _ABOUT:
                text = " ".join(" ".join(c.value for c in node.children if c.tag == xml.TEXT).split())
                if text:
                    said.append((_ABOUT[tag], text, f"/{package}/{tag}"))
        return package if order else "", order, said

    def _locked(self, artifact: Artifact, named: dict[str, Named], limits: Limits) -> set[str]:
        """Members that are encrypted by more than a change of fonts."""
        out: set[str] = set()
        way = ""
        for node in self._text(artifact, named, _LOCKS, limits):
            tag = local(node.key)
            if tag == "EncryptedData":
                way = ""
            elif tag == "EncryptionMethod":
                way = way or node.text("Algorithm")
            elif tag == "CipherReference" and not any(font in way for font in _FONTS):
                out.add(unquote(node.text("URI")))
        return out
