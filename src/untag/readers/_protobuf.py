"""What readers of models share: surfaces of names, entries, stray texts and gaps, with a pointer for a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Gap, Reason
from untag.readers._hidden import hidden, told
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.artifact import Artifact
    from untag.place import Place
    from untag.syntax.wire import Message

__all__ = ["TENSORFLOW", "doc", "entries", "gaps", "labels", "named", "shape", "sizes", "stray"]

#: Types of numbers by ``tensorflow/core/framework/types.proto``.
TENSORFLOW = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string", 9: "int64", 10: "bool",
    14: "bfloat16", 17: "uint16", 19: "float16", 22: "uint32", 23: "uint64",
}  # fmt: skip
#: Characters of one surface.
_LONG = 3000


def named(
    role: Role,
    text: str,
    place: Place,
    pointer: str,
    owner: str = "",
    about: str = "",
    value: str = "",
    type_: str = "",
) -> Surface:
    """A piece of text of a model."""
    spot = place.at(pointer=pointer[:400])
    return Surface(role, text[:_LONG], spot, owner[:400], Kind.MODEL, about[:200], value[:200], type_[:200])


def doc(text: str, place: Place, pointer: str, owner: str = "", about: str = "") -> Iterator[Surface]:
    """A description, line by line; it may hold a list of labels."""
    listed = hidden(text) if len(text) < _LONG and text[:1] in "{[" else []
    if len(listed) > 1:
        yield from labels(listed, place, pointer, owner or about)
        return
    for line in text[:200_000].split("\n"):
        for start in range(0, len(line), _LONG):
            if piece := line[start : start + _LONG].strip():
                yield named(Role.COMMENT if about else Role.PROSE, piece, place, pointer, owner, about)


def labels(rows: Sequence[tuple[str, str]], place: Place, pointer: str, owner: str) -> Iterator[Surface]:
    """The members of a set of labels."""
    for number, text in rows:
        if text.strip():
            yield named(Role.MEMBER, text, place, f"{pointer}/{number}", owner, "", number)


def entries(rows: Sequence[Message], place: Place, pointer: str, owner: str) -> Iterator[Surface]:
    """Keys and values of a map of texts."""
    for row in rows:
        key = row.text("key")
        yield from told(row.text("value"), key, place.at(pointer=f"{pointer}/{_step(key)}"), owner)


def stray(message: Message, place: Place, pointer: str, owner: str = "") -> Iterator[Surface]:
    """Texts under numbers that the schema does not know; several under one number are a list."""
    rows: dict[int, list[str]] = {}
    for number, text in message.stray:
        rows.setdefault(number, []).append(text)
    for number, texts in rows.items():
        role = Role.MEMBER if len(texts) > 1 else Role.STRING
        for text in texts:
            yield from (
                named(role, line.strip(), place, f"{pointer}/{number}", f"{owner}.{number}".lstrip("."))
                for line in text.split("\n")
                if line.strip()
            )


def shape(kind: str, sizes: Sequence[int | str]) -> str:
    """A tensor's type as text: ``float32[1, 7]``."""
    return f"{kind}[{', '.join(map(str, sizes))}]"


def sizes(dims: Message | None) -> list[int | str]:
    """The extents of a ``TensorShapeProto`` (``tensorflow/core/framework``), ``?`` for one that is open."""
    out: list[int | str] = []
    for dim in dims.all("dim") if dims is not None else ():
        size = dim.number("size")
        out.append("?" if size is None or size >= 1 << 63 else size)
    return out


def gaps(artifact: Artifact, damage: Sequence[int], *, full: bool, what: str) -> Iterator[Gap]:
    """What could not be followed."""
    for at in damage[:16]:
        yield Gap(
            artifact.place.at(offset=at), Reason.DAMAGED, f"{what}: broken at byte {at}", max(1, artifact.size - at)
        )
    if full:
        yield Gap(artifact.place.whole(), Reason.LIMIT, f"{what}: more values than are kept", 0)


def _step(name: str) -> str:
    return name[:80].replace("~", "~0").replace("/", "~1")
