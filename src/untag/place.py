"""Where something is: a chain of containers and a spot inside the last one."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

__all__ = ["Place"]

_JOINT = "\0/"


class Place(Struct, frozen=True):
    """A spot inside an input.

    Attributes:
        chain: Names from the outside in. ``chain[0]`` is the path relative to the input, with ``/``;
            deeper elements are members of containers.
        input: Index of the input on the command line.
        line: First physical line in the innermost artifact, from 1.
        end_line: Last physical line, inclusive.
        column: Column of the first character, from 1, counted in characters.
        pointer: RFC 6901 pointer (or its like) inside a tree.
        offset: Byte offset in the innermost artifact, where there are no lines.
        commit: Object id of the commit, for history.
    """

    chain: tuple[str, ...]
    input: int = 0
    line: int | None = None
    end_line: int | None = None
    column: int | None = None
    pointer: str | None = None
    offset: int | None = None
    commit: str | None = None

    def inside(self, name: str) -> Place:
        """The place of member ``name`` of this container."""
        return Place((*self.chain, name), self.input, commit=self.commit)

    def at(
        self,
        line: int | None = None,
        end_line: int | None = None,
        column: int | None = None,
        pointer: str | None = None,
        offset: int | None = None,
    ) -> Place:
        """The same artifact, at a spot."""
        return Place(self.chain, self.input, line, end_line or line, column, pointer, offset, self.commit)

    def whole(self) -> Place:
        """The artifact itself, without a spot."""
        return Place(self.chain, self.input, commit=self.commit)

    def moved(self, chain: tuple[str, ...], number: int) -> Place:
        """The same spot in another copy of the same bytes (``chain`` replaces this place's chain)."""
        return replace(self, chain=chain, input=number)

    @property
    def flat(self) -> str:
        """The chain as one path, for what looks at names of folders: no file has a NUL in its name."""
        return self.chain[0] if len(self.chain) == 1 else _JOINT.join(self.chain)

    @staticmethod
    def chain_of(flat: str) -> tuple[str, ...]:
        """The chain of a path, or of a folder in one, that ``flat`` made."""
        return tuple(flat.removesuffix("\0").split(_JOINT))

    @property
    def sort(self) -> tuple[int, tuple[str, ...], str, int, int, int, str]:
        """A total order: input, chain, commit, line, column, offset, pointer."""
        return (
            self.input,
            self.chain,
            self.commit or "",
            self.line or 0,
            self.column or 0,
            self.offset or 0,
            self.pointer or "",
        )

    def __str__(self) -> str:
        """As printed: ``a.zip!b.jar!C.java:48``, ``schema.table.column``."""
        text = "!".join(self.chain)
        if self.line is not None:
            return f"{text}:{self.line}"
        if self.pointer:
            return text + self.pointer if self.pointer.startswith(".") else f"{text}#{self.pointer}"
        return text
