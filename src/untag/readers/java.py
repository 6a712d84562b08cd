"""Class files of Java and Kotlin: classes, fields, methods, enumerations, texts and arrays of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Damaged
from untag.readers import DenseReader
from untag.surface import Kind, Role, Surface
from untag.syntax import javaclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits, Opaque
    from untag.syntax.javaclass import JavaClass

__all__ = ["JavaReader"]

_MAGIC = b"\xca\xfe\xba\xbe"
#: Versions of class files, from Java 1.1 on; a fat file of macOS has so many programs nowhere.
_OLDEST, _NEWEST = 43, 120
#: Methods that the compiler made.
_MADE = frozenset({"<init>", "<clinit>", "values", "valueOf", "$values"})
_LONG = 3000


class JavaReader(DenseReader):
    """Reads class files; of their code only how arrays of texts are filled."""

    name = "java"
    rank = 50
    starts = (_MAGIC,)
    sieved = True
    limits = (
        "Code is not read, but for arrays of texts that it fills: conditions and calls are not seen.",
        "Names of parameters and local variables are not read.",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The first bytes, and a version where a fat file of macOS has its count."""
        head = artifact.head
        return head[:4] == _MAGIC and len(head) > 10 and _OLDEST <= int.from_bytes(head[6:8], "big") <= _NEWEST

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """The class with all it declares."""
        del limits
        if not artifact.held:
            raise Damaged("too large for a class file")
        try:
            made = javaclass.parse(artifact.data)
        except javaclass.Broken as error:
            raise Damaged(str(error)) from error
        yield from _shown(made, artifact)


def _shown(made: JavaClass, artifact: Artifact) -> Iterator[Surface]:
    """Surfaces of a class."""
    own = made.name.replace("$", ".")[:400]
    simple = own.rpartition(".")[2]
    place = artifact.place.whole()
    kind = Kind.ENUM if made.enum else Kind.CLASS
    yield Surface(Role.ENUM if made.enum else Role.TYPE, simple, place.at(pointer=f"/{own}"), own, kind)
    for name, type_, member, value in made.fields:
        if name.startswith("$"):
            continue
        spot = place.at(pointer=f"/{own}/{name}"[:400])
        written = "" if member else javaclass.plain(type_)[:200]
        yield Surface(Role.MEMBER if member else Role.FIELD, name, spot, own, kind, "", "", written)
        if value:
            yield Surface(Role.VALUE, value[:_LONG], spot, own, kind, name)
    for name, _ in made.methods:
        if name not in _MADE and not name.startswith(("access$", "lambda$")):
            yield Surface(Role.FUNCTION, name, place.at(pointer=f"/{own}/{name}"[:400]), own, kind)
    for number, (name, texts) in enumerate(made.arrays):
        owner = f"{own}.{name or f'array{number}'}"
        for index, text in enumerate(texts):
            spot = place.at(pointer=f"/{owner}/{index}"[:400])
            yield Surface(Role.MEMBER, text[:_LONG], spot, owner, Kind.LIST, "", str(index))
    for text in made.texts:
        for line in text[:200_000].split("\n"):
            if line.strip():
                yield Surface(Role.STRING, line.strip()[:_LONG], place.at(pointer=f"/{own}/strings"), own, kind)
