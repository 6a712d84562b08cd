"""Formats of bodies: what each shows, and where in the text it stands; one module a format, found by walking."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Protocol

from untag import registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from untag.guard.body._mold import Molds
    from untag.guard.body._wire import Told
    from untag.guard.tree import Tree

__all__ = ["Body", "Reading", "Unsound", "bodies", "listed", "named"]


class Unsound(ValueError):  # noqa: N818 - a state of the body
    """A body that is not passed, because it is not what it says or too much of it.

    Attributes:
        limit: Whether a bound was met.
        ambiguous: Whether two readers would read it differently.
    """

    def __init__(self, why: str, *, limit: bool = False, ambiguous: bool = False) -> None:
        super().__init__(why)
        self.limit = limit
        self.ambiguous = ambiguous


class Reading:
    """One look at one body: which texts say something, and how much may be read.

    Attributes:
        depth: How deep parts may nest.
    """

    def __init__(
        self,
        look: Callable[[str], bool],
        clean: Callable[[set[str]], bool],
        nothing: Callable[[str], bool],
        *,
        depth: int,
        parts: int,
        nested: int,
        media: Callable[[str], bool] = lambda _: False,
        boundary: str = "",
        told: Told | None = None,
        molds: Molds | None = None,
        spoken: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """Begin.

        Args:
            look: Whether a text holds a word of the lexicon.
            clean: Whether none of some texts holds one of a tag.
            nothing: Whether a text of any length surely holds none at all.
            depth: How deep parts may nest.
            parts: How many there may be.
            nested: How deep documents may lie in texts of documents.
            media: Whether a part of a media type passes unread.
            boundary: What divides the parts of a multipart body.
            told: Which message it is, for formats that do not say so themselves.
            molds: Forms of elements of lists that were met before; only for a body that is one document of JSON.
            spoken: Whether it is seen at once that a string of a sound document without escapes holds a word of a tag.
        """
        self.look = look
        self.clean = clean
        self.nothing = nothing
        self.depth = depth
        self.media = media
        self.boundary = boundary
        self.told = told
        self.molds = molds
        self.spoken = spoken
        #: A text that was seen to be what it says.
        self.proven: str | None = None
        #: How many steps are left.
        self.left = parts
        self._nested = nested

    def spend(self, steps: int) -> None:
        """Count work.

        Raises:
            Unsound: It is more than is allowed.
        """
        self.left -= steps
        if self.left < 0:
            raise Unsound("it has too many parts", limit=True)

    def enter(self) -> None:
        """Go into a document that lies in a text.

        Raises:
            Unsound: That is too deep.
        """
        self._nested -= 1
        if self._nested < 0:
            raise Unsound("documents lie too deep in texts of documents", limit=True)

    def leave(self) -> None:
        """Come back."""
        self._nested += 1


class Body(Protocol):
    """A format.

    Attributes:
        name: Its module.
        types: Media types, with ``*``, that are of it.
    """

    name: str
    types: tuple[str, ...]

    def clean(self, text: str, reading: Reading) -> bool:
        """Whether a text is sound and surely says nothing of a tag; False where that takes a closer look.

        Raises:
            Unsound: It is not what it says.
        """

    def read(self, text: str, reading: Reading) -> Tree:
        """What a text shows.

        Raises:
            Unsound: It is not what it says, too much, or ambiguous.
        """

    def done(self, text: str) -> None:
        """See to it that a text of which something was left out is sound.

        Raises:
            Unsound: It is not.
        """


def bodies() -> dict[str, Body]:
    """All formats by name."""
    found: dict[str, Body] = registry.leaves(__name__, "Body")
    return found


def named(media: str) -> Body | None:
    """The format of a media type (without parameters, in lower case), or None."""
    for body in bodies().values():
        if any(media == kind or ("*" in kind and fnmatchcase(media, kind)) for kind in body.types):
            return body
    return None


#: A list in a text: ``age, gender,race``. Sentences have other signs and longer parts.
_LISTED = re.compile(r"\s*[\w.:\- ]{1,60}(?:\s*[,;|]\s*[\w.:\- ]{0,60}){1,255}\s*")
_PIECE = re.compile(r"[^,;|\s](?:[^,;|]*[^,;|\s])?")
#: Spaces that a part of a list may hold.
_SPACES = 3


def listed(text: str) -> list[tuple[int, int]]:
    """Where the parts of a list stand in a text, or nothing where it is none."""
    if ("," not in text and ";" not in text and "|" not in text) or _LISTED.fullmatch(text) is None:
        return []
    rows = [found.span() for found in _PIECE.finditer(text)]
    if any(text.count(" ", *row) > _SPACES for row in rows):
        return []
    return rows
