"""Readers: from bytes to what they show. A reader knows a format and nothing of what is looked for."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeGuard

from untag.cache import Cache
from untag.charset import is_text
from untag.registry import digest, leaf, leaves, names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from untag.artifact import Artifact
    from untag.gap import Freed, Gap, Limits, Opaque, Part
    from untag.surface import Surface

    Ask: TypeAlias = Callable[["Reader"], bool]

__all__ = [
    "BinaryReader", "DenseReader", "Reader", "called", "formats", "is_binary", "is_dense", "pick", "readers", "signed",
    "streams", "texts",
]  # fmt: skip


class Reader(Protocol):
    """What every file in this room holds as ``<Name>Reader``.

    Attributes:
        name: The file's name.
        rank: Among readers that know the same bytes the highest reads them; a specific format stands above the general
            one it is written in (a specification above plain JSON, and that above raw text).
        limits: What it does not read, one sentence each; printed by ``untag explain`` and the docs.
        formats: What it reads, where that is more than its first line can say; printed beside the limits.
        streams: Whether it also reads text that is too large to be held, through ``open()``.
        binary: Whether it is a ``BinaryReader``.
        dense: Whether it is a ``DenseReader``.
        tests: Nothing else to declare: its specimens lie in ``tests/specimens/readers/<name>/``.
    """

    name: str
    rank: int
    limits: tuple[str, ...]
    formats: tuple[str, ...] = ()
    streams: bool = False
    binary: bool = False
    dense: bool = False

    def knows(self, artifact: Artifact) -> bool:
        """Whether the bytes are of this format: by content first, by name last, cheaply and without an exception."""
        ...

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque | Part | Freed]:
        """What the artifact shows, its child artifacts, and what could not be read, in one stream.

        Raises:
            Damaged: The bytes do not keep to the format at all. What was yielded before stays; the next lower reader
                that knows the bytes then reads them too, so that no text is lost.
        """
        ...

    def lexed(self, artifact: Artifact, limits: Limits) -> bool:  # noqa: ARG002 - most readers have no such way
        """Whether ``read`` does not parse this artifact but only lexes it, for the coverage."""
        return False


class BinaryReader(Reader, Protocol):
    """A reader of a format that is no text: containers, binaries, models, datasets.

    It is asked before anything is taken for text, for artifacts of any size. So ``knows`` looks only at ``head``,
    ``tail``, ``size``, ``name`` and what it reads through ``open()``; ``read`` reads through ``open()``, or ``data``
    where ``held`` is true, and never holds a large artifact.

    A child artifact is yielded when it is ready and is gone when the next item is asked for: it is sieved, read and
    gathered in between. Children are made with ``untag.spool`` (``member`` for what has to be unpacked, ``extent`` for
    what stands there as it is), which keeps the bounds. Depth and the rest of the nest are set by who asks.

    Of the artifact's bytes all count as read but those of each ``Opaque`` and of each ``Gap`` at the artifact's own
    place (its ``size``); one that was not read at all is one such gap of all its bytes. A library that is not installed
    is a gap ``needs`` that names the command. Text that stands at no line has a ``pointer``; a surface with an
    ``offset`` and no line is taken for a string out of unknown bytes, and believed only where it stands as people
    write words. Files beside the artifact in which parts of it lie are named as ``Part``; what was deleted from it and
    is there still is ``Freed``.

    Attributes:
        starts: First bytes of the format. Where an artifact that looks like text begins so, this reader is asked too.
        sieved: Whether it is asked only where the sieve finds something in the raw bytes; False for what may be
            compressed, and for what shows something without a word.
        covers: Names of readers of lower rank that need not read what this one read to its end.
        rows: Whether the format holds rows of data, which may be persons: of what of it is swept raw nothing is shown
            but the lexicon's words themselves.
        models: Whether it shows models, so that one that carries no label is told as a gap (``untag.outline``).
        shows: Of a container, the ordinary command that writes a member to its output: ``unzip -p {file} {member}``.
    """

    binary: bool = True
    starts: tuple[bytes, ...] = ()
    sieved: bool = False
    covers: tuple[str, ...] = ()
    rows: bool = False
    models: bool = False
    shows: str = ""

    def knows(self, artifact: Artifact) -> bool:
        """Whether it begins with one of ``starts``; a format that is told otherwise says how."""
        return artifact.head.startswith(self.starts)


class DenseReader(BinaryReader, Protocol):
    """A reader of a format that shows more names than can be looked at one by one: symbols and types of programs.

    It is told in ``focus`` where forms of any strength stand in the bytes, and words for persons and their looks. Of
    what it shows only owners are looked at in which the sieve finds one of these.
    """

    dense: bool = True

    def glued(self, artifact: Artifact) -> Iterator[bytes]:  # noqa: ARG002 - most formats glue nothing to a name
        """Names, one on a line, that the sieve cannot see in the raw bytes since something is glued to them."""
        return iter(())


def readers() -> dict[str, Reader]:
    """All readers by name."""
    return leaves(__name__, "Reader")


def is_binary(reader: Reader) -> TypeGuard[BinaryReader]:
    """Whether a reader is one of a binary format."""
    return reader.binary


def is_dense(reader: Reader) -> TypeGuard[DenseReader]:
    """Whether a reader shows more than can be looked at one by one."""
    return reader.dense


def pick(artifact: Artifact) -> list[Reader]:
    """The readers that know an artifact, highest rank first; the last is always one that reads any text.

    Readers of binary formats are among them only where the artifact is one.
    """
    return [*formats(artifact), *texts(artifact)]


def texts(artifact: Artifact, ask: Ask | None = None) -> Iterator[Reader]:
    """The readers of text that know an artifact, highest rank first, and at last the one of unknown bytes.

    Those of lower rank are imported only where they are asked for.

    Args:
        artifact: The bytes.
        ask: Asks a reader whether it knows them, where somebody sees to it that none crashes over that.
    """
    return filter(_asking(artifact, ask), map(called, _order()))


def streams(artifact: Artifact, ask: Ask | None = None) -> Iterator[Reader]:
    """The readers of text that know an artifact which is too large to be held, highest rank first; see ``texts``."""
    knows = _asking(artifact, ask)
    return (r for r in map(called, _order()) if r.streams and knows(r))


def formats(artifact: Artifact, ask: Ask | None = None) -> list[BinaryReader]:
    """The readers of binary formats that know an artifact, highest rank first; see ``texts``.

    All of them read it, since bytes may be of several formats (a zip behind a program); but for those that one of
    higher rank ``covers``. Of what looks like text only those are asked whose first bytes it begins with.
    """
    order, knows = _order(binary=True), _asking(artifact, ask)
    if is_text(artifact.head):
        begin = _starts()
        order = tuple(name for name in order if artifact.head.startswith(begin[name]))
    return [r for r in map(called, order) if is_binary(r) and knows(r)]


def _asking(artifact: Artifact, ask: Ask | None) -> Ask:
    return ask or (lambda reader: reader.knows(artifact))


def signed(head: bytes) -> bool:
    """Whether bytes begin like a binary format, even if they look like text."""
    return head.startswith(_signs())


def called(name: str) -> Reader:
    """A reader by name."""
    one: Reader = leaf(__name__, "Reader", name)
    return one


@cache
def _order(*, binary: bool = False) -> tuple[str, ...]:
    """Names of the readers of text, or of the others, highest rank first."""
    rows = [(-rank, name) for name, (rank, is_one, _) in _facts().items() if is_one == binary]
    return tuple(name for _, name in sorted(rows))


@cache
def _starts() -> dict[str, tuple[bytes, ...]]:
    """Of each reader of a binary format the first bytes of that."""
    facts = _facts().items()
    return {name: tuple(s.encode("latin-1") for s in starts) for name, (_, binary, starts) in facts if binary}


@cache
def _signs() -> tuple[bytes, ...]:
    return tuple(start for starts in _starts().values() for start in starts)


@cache
def _facts() -> dict[str, tuple[int, bool, list[str]]]:
    """Of each reader its rank, whether it is one of a binary format, and the first bytes of that.

    They are kept in the user's cache, since to import every reader takes longer than to read a small file.
    """
    store, key = Cache(), digest(__name__, names(__name__))
    raw = store.read("readers", key)
    if raw is not None:
        try:
            return {name: (int(rank), bool(binary), list(starts)) for name, rank, binary, starts in json.loads(raw)}
        except (ValueError, TypeError):
            store.drop("readers", key)
    rows = []
    for name, one in readers().items():
        starts = [s.decode("latin-1") for s in one.starts] if is_binary(one) else []
        rows.append((name, one.rank, is_binary(one), starts))
    store.write("readers", key, json.dumps(rows).encode())
    return {name: (rank, binary, starts) for name, rank, binary, starts in rows}
