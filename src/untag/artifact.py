"""Bytes with a place and a digest: what sources and containers hand to readers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from untag import charset

if TYPE_CHECKING:
    from untag.charset import Decoded
    from untag.place import Place

__all__ = ["Artifact"]


@dataclass
class Artifact:
    """One file, member or stream, whole in memory.

    Attributes:
        place: Where it was met; ``place.chain[-1]`` is its path or member name.
        data: Its bytes.
        focus: Byte spans that hold something of interest, in order, or None where that is not known. A reader may
            pass over owners (functions, classes, objects) that no span touches; it must not otherwise depend on it.
        depth: How many containers it lies in.
    """

    place: Place
    data: bytes = field(repr=False)
    focus: tuple[tuple[int, int], ...] | None = None
    depth: int = 0

    @property
    def path(self) -> str:
        """Path or member name, with ``/``."""
        return self.place.chain[-1]

    @property
    def name(self) -> str:
        """Base name."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def suffix(self) -> str:
        """Lower-case suffix with its dot, or nothing; copies (``.svn-base``, ``.bak``, ``~``) are looked through."""
        name = self.name.lower().rstrip("~")
        for tail in (".svn-base", ".bak", ".orig", ".old", ".save", ".tmpl", ".template", ".sample", ".example"):
            name = name.removesuffix(tail)
        _, dot, last = name.rpartition(".")
        return dot + last if dot else ""

    @cached_property
    def digest(self) -> str:
        """``sha256:`` and 64 hex digits of the bytes."""
        return "sha256:" + hashlib.sha256(self.data).hexdigest()

    @cached_property
    def decoded(self) -> Decoded:
        """The bytes as text, with the encoding that was used."""
        return charset.decode(self.data)

    @property
    def text(self) -> str:
        """The decoded text; where no encoding fits, undecodable bytes stand as U+FFFD."""
        return self.decoded.text
