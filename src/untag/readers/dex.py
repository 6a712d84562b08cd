"""Dex files of Android apps: classes, fields, methods, members of enumerations, annotations and texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Damaged, Gap, Opaque, Reason
from untag.readers import DenseReader
from untag.surface import Kind, Role, Surface
from untag.syntax import dex
from untag.syntax.javaclass import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.place import Place
    from untag.syntax.dex import DexClass

__all__ = ["DexReader"]

#: Methods that the compiler made.
_MADE = frozenset({"<init>", "<clinit>", "values", "valueOf", "$values"})
_LONG = 3000


class DexReader(DenseReader):
    """Reads dex files; of their code only which texts it uses, and how arrays of texts are filled."""

    name = "dex"
    rank = 50
    starts = (dex.MAGIC,)
    sieved = True
    limits = (
        "Code is not read, but for the texts that it uses and arrays of texts that it fills: conditions are not seen.",
        "Names of local variables are not read; names of parameters are, where they were kept.",
        "What a packer encrypts, or a program builds at run time, is not seen.",
        "Files of Android's run time (vdex, odex, art) are swept.",
    )

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """All classes with what they declare, then what they use of others."""
        del limits
        if not artifact.held:
            raise Damaged("too large for a dex file")
        data, place = artifact.data, artifact.place.whole()
        code = damage = end = 0
        full = False
        for start, stop in dex.dexes(data):
            try:
                made = dex.Dex(data, start, artifact.focus)
            except dex.Broken as error:
                raise Damaged(str(error)) from error
            for one in made.classes():
                yield from _shown(one, place)
            for owner, name, called in made.imports():
                spot = place.at(pointer=f"/{owner}/{name}"[:400])
                path = f"{owner}.{name}"[:400] if called else owner[:400]
                yield Surface(Role.IMPORT, name[:_LONG], spot, path, Kind.CALLABLE if called else Kind.CLASS)
            for text in made.rest():
                yield from _lines(text, place.at(pointer="/strings"), "", Kind.FILE)
            end = stop
            code, damage, full = code + made.code, damage + made.damage, full or made.full
        if not end:
            raise Damaged("the header breaks off")
        if damage or int.from_bytes(data[32:36], "little") > len(data):
            yield Gap(place, Reason.DAMAGED, f"dex: {max(damage, 1)} things could not be followed to their end", 1)
        if full:
            yield Gap(place, Reason.LIMIT, "dex: more than is followed in one file; the rest was swept", 1)
        if end < len(data):
            yield Gap(place, Reason.UNKNOWN, "bytes behind a dex file; they were swept", len(data) - end)
        yield Opaque("machine_code", min(code, end))


def _shown(made: DexClass, place: Place) -> Iterator[Surface]:
    """Surfaces of a class."""
    own = made.name.replace("$", ".")[:400]
    kind = Kind.ENUM if made.enum else Kind.CLASS
    simple = own.rpartition(".")[2]
    yield Surface(Role.ENUM if made.enum else Role.TYPE, simple, place.at(pointer=f"/{own}"), own, kind)
    for name, type_, member, texts in made.fields:
        if name.startswith("$"):
            continue
        spot = place.at(pointer=f"/{own}/{name}"[:400])
        written = "" if member else plain(type_)[:200]
        yield Surface(Role.MEMBER if member else Role.FIELD, name[:_LONG], spot, own, kind, "", "", written)
        for text in texts:
            if text.strip():
                yield Surface(Role.VALUE, text.strip()[:_LONG], spot, own, kind, name[:400])
    for name, parameters in made.methods:
        if name in _MADE or name.startswith(("access$", "lambda$")):
            continue
        spot = place.at(pointer=f"/{own}/{name}"[:400])
        yield Surface(Role.FUNCTION, name[:_LONG], spot, own, kind)
        for parameter in parameters:
            yield Surface(Role.PARAMETER, parameter[:_LONG], spot, f"{own}.{name}"[:400], Kind.CALLABLE)
    for about, sort, key, text in made.notes:
        if text.strip():
            spot = place.at(pointer=f"/{own}/{about}@{sort.rpartition('.')[2]}.{key}"[:400])
            yield Surface(Role.ANNOTATION, text.strip()[:_LONG], spot, own, kind, about[:400])
    for number, (name, rows) in enumerate(made.arrays):
        owner = f"{own}.{name or f'array{number}'}"[:400]
        for index, text in enumerate(rows):
            spot = place.at(pointer=f"/{owner}/{index}"[:400])
            yield Surface(Role.MEMBER, text[:_LONG], spot, owner, Kind.LIST, "", str(index))
    for text in made.texts:
        yield from _lines(text, place.at(pointer=f"/{own}/strings"), own, kind)


def _lines(text: str, spot: Place, own: str, kind: Kind) -> Iterator[Surface]:
    for line in text.split("\n"):
        if line.strip():
            yield Surface(Role.STRING, line.strip()[:_LONG], spot, own, kind)
