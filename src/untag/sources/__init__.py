"""Sources: from what the user names to entries that can be read. Passive: nothing is sent, nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from untag.registry import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.gap import Gap
    from untag.history.store import Store
    from untag.place import Place

__all__ = ["Entry", "Passed", "Source", "choose", "home", "sources", "told"]


class Entry(Struct, frozen=True):
    """Something that can be read.

    Attributes:
        place: Where it is.
        size: Bytes.
        file: Path to open, or empty where ``data`` holds the bytes.
        data: The bytes of what is no file.
        store: The git store that holds it under the id ``blob``, for what is neither a file nor at hand.
        blob: Its id there.
        lost: Why it cannot be read: a reason of gaps, and a sentence.
        stat: (device, inode, mtime_ns, ctime_ns) of a file, for the index of what needs no second look.
        show: The ordinary command that shows it, where it is no file.
    """

    place: Place
    size: int
    file: str = ""
    data: bytes = b""
    stat: tuple[int, int, int, int] = (0, 0, 0, 0)
    store: Store | None = None
    blob: str = ""
    lost: tuple[str, str] = ("", "")
    show: str = ""


class Passed(Struct, frozen=True):
    """Something that is deliberately not read, and is said to be.

    Attributes:
        place: Where.
        size: Bytes.
        why: ``ignored`` or a kind of what is opaque by design, for example ``version_control``.
    """

    place: Place
    size: int
    why: str


class Source(Protocol):
    """What every file in this room holds as ``<Name>Source``.

    Attributes:
        name: The file's name, the ``kind`` of the input in reports.
        limits: What it does not reach.
    """

    name: str
    limits: tuple[str, ...]

    def knows(self, spec: str) -> bool:
        """Whether an INPUT is of this kind."""
        ...

    def walk(self, spec: str, number: int, *, respect_ignore: bool = False) -> Iterator[Entry | Passed | Gap]:
        """Everything in the input, in a fixed order.

        Args:
            spec: As the user wrote it.
            number: Index of the input.
            respect_ignore: Whether ignore files are obeyed; what they leave out is yielded as ``Passed``.

        Raises:
            UntagError: The input is not there or cannot be opened at all.
        """
        ...


def sources() -> dict[str, Source]:
    """All sources by name."""
    return leaves(__name__, "Source")


def choose(spec: str) -> Source:
    """The source for an INPUT; a path is what nothing else claims."""
    table = sources()
    return next((s for name, s in table.items() if name != "path" and s.knows(spec)), table["path"])


def told(spec: str) -> str:
    """An INPUT as it may be told anywhere: a URL without its password."""
    one: Any = choose(spec) if "://" in spec else None
    said: str = one.told(spec) if hasattr(one, "told") else spec
    return said


def home(spec: str) -> str:
    """The path on disk at which an INPUT lies: itself, or the repository of a revision."""
    one: Any = choose(spec)
    said: str = one.home(spec) if hasattr(one, "home") else spec
    return said
